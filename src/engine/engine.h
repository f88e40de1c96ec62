/* SPDX-License-Identifier: ISC */
/*
 * engine.h - services, and the one process that supervises them all.
 *
 *   main   ->  engine_open, engine_adopt, service_take ..., loop_run
 *   loop   ->  a pidfd, a control fifo, a readiness pipe or a timer of a
 *              service is ready: act.c makes an event of it
 *   act    ->  machine_step: where to, and what to do; then does it
 *   spawn  ->  clone and exec
 *   adopt  ->  what an earlier svscan left running
 *
 * Permanent descriptors of a service: control (a fifo, opened once), the pidfd
 * of what runs, and of a service with a logger its fifo.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/resource.h>

#include "sv/child.h"
#include "sv/command.h"
#include "sv/hold.h"
#include "sv/relay.h"
#include "sv/status.h"
#include "sv/wire.h"
#include "engine/loop.h"
#include "engine/machine.h"

enum { SPAWN_SLOTS = 4 };

struct engine;

struct service {
    struct service *next; /* all services of the engine, in order of taking */
    struct service *previous;
    struct service *same_hash;
    struct engine *engine;
    char *name;  /* as in the scan directory: "web", "web/log" */
    int base;    /* its files: openat(base, dir "/" file) */
    bool owns_base; /* a foreign one's own descriptor; else the tree's */
    char *dir;
    dev_t dev;
    ino_t ino;
    struct service *logger;   /* web's: web/log */
    struct service *producer; /* web/log's: web */

    enum state state;
    bool want;
    bool close_stdio;
    bool ready;
    bool paused;
    bool never_started;
    bool adopted;
    bool stopping;      /* down-signal has been sent to what runs now */
    bool kill_group;    /* ... and the timer's KILL goes to the group */
    bool is_foreign;
    bool is_changed;    /* its definition is newer than its copy */
    bool is_active;     /* the last scan saw it */
    bool is_nuked;      /* told to go by the scanner: do not take up again */
    tain stamp;
    tain ready_stamp;
    uint16_t wstat;
    uint32_t restarts;
    uint32_t deaths;
    int64_t started; /* CLOCK_BOOTTIME ns of the last start of run; 0: never */
    char *note;      /* what is wrong with it, in words; NULL: nothing */

    struct sv_child *child; /* its record */
    struct watch pid;       /* pidfd of what runs */
    struct watch control;
    struct watch readiness;
    int log_fifo; /* its stdout goes there; -1: no logger */
    int own_lock; /* a foreign service's own lock; -1: the tree's covers it */
    struct timer timer; /* restart or retry when down, kill when not */
    void *extra;        /* svscan's */
};

struct hooks {
    /* After every change of what a client could see. */
    void (*changed)(struct service *service);
    /* Before run is looked at for a start; may bring the directory up to
     * date. */
    void (*before_start)(struct service *service);
    /* Supervision has ended (event x is out); the service is freed next. */
    void (*left)(struct service *service);
};

struct engine {
    struct loop loop;
    struct sv_children children;
    int live;           /* the directory that the names are relative to */
    const char *label;  /* how messages name a service: "" or "service " */
    struct hooks hooks;
    struct service *first;
    struct service *last;
    struct service **by_identity; /* hash of (dev, ino) */
    size_t buckets;
    size_t services;
    size_t services_max;
    size_t running;     /* services with a process */
    bool quiet_start;   /* do not start anything (a stop is in progress) */

    int line;                 /* to init; -1: no init of ours */
    struct sv_relay *relay;   /* NULL: no init of ours */
    struct watch relay_event;
    size_t adopted;           /* services whose end the relay will tell */

    int slots[SPAWN_SLOTS];   /* spawn.h */
    bool sigpipe_was_ignored;
    struct rlimit inherited_files;
    bool has_clone3;
};

/* ---- engine.c: the set of services ------------------------------------- */

struct service_origin {
    const char *name;
    int base;        /* the service keeps it if owns_base */
    bool owns_base;
    const char *dir;
    bool is_foreign;
    struct service *producer; /* for "web/log": web */
};

/* Opens an engine on the tree whose directory is live (kept, not owned), with
 * records in the given file below it.  The tree's lock is held already.  False
 * with errno set. */
bool engine_open(struct engine *engine, int live, const char *children,
                 const char *children_new, size_t services_max);

/* Takes a service directory under supervision: makes supervise/ and event/,
 * opens control, and either starts it (s6's start: status, event s, then run
 * unless there is a down file) or adopts what the records say of it.  Returns
 * NULL, having said why in one message, if it cannot be had. */
struct service *service_take(struct engine *engine,
                             const struct service_origin *origin);

struct service *service_by_name(const struct engine *engine, const char *name);
struct service *service_by_identity(const struct engine *engine, dev_t dev,
                                    ino_t ino);

/* Ends supervision at once, whatever runs (it runs on): event x, record freed,
 * everything closed, service freed. */
void service_leave(struct service *service);

/* Remembers what is wrong with a service and says it once: a note that is the
 * same as the last is not said again.  NULL: all is well. */
void service_note(struct service *service, const char *file,
                  const char *reason);

/* Fills *row with what a client may know of it. */
void service_row(const struct service *service, struct sv_wire_row *row);

/* ---- act.c: commands and steps ----------------------------------------- */

/* Does what a byte in its control fifo would. */
void service_command(struct service *service, const struct sv_command *command);

/* Feeds an event to the machine and does what it says. */
void service_happen(struct service *service, enum event event);

#endif
