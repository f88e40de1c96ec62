/* SPDX-License-Identifier: ISC */
/*
 * engine.h - services, and the one process that supervises them all.
 *
 *   main   ->  engine_open, service_take ..., engine_settle, loop_run
 *   loop   ->  a pidfd (death.c), a control fifo (obey.c), a readiness pipe
 *              (ready.c) or a timer of a service is ready: an event for act.c
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
#include "sv/service.h"
#include "sv/status.h"
#include "sv/wire.h"
#include "engine/loop.h"
#include "engine/machine.h"

enum { SPAWN_SLOTS = 7 };

struct engine;
struct graph_node;
struct notify;
struct health;
struct overdue;

struct service {
    struct service *next; /* all services of the engine, in order of taking */
    struct service *previous;
    struct service *next_gone; /* next still leads back into the list */
    struct service *same_hash;      /* the next of the same bucket ... */
    struct service *same_name_hash; /* ... by its name */
    struct engine *engine;
    char *name;     /* as in the scan directory: "web", "web/log" */
    int base;       /* its files: openat(base, dir "/" file) */
    bool owns_base; /* a foreign one's own descriptor; else the tree's */
    char *dir;
    dev_t dev;
    ino_t ino;
    struct service *logger;   /* web's: web/log */
    struct service *producer; /* web/log's: web */
    struct graph_node *node; /* order.h; NULL: it has nothing to do with others */
    uint64_t look; /* definition.c: what it looked like; 0: look again */

    enum sv_kind kind; /* never SV_BUNDLE */
    enum state state;
    enum event follow; /* what the step at hand leads to; EVENTS: nothing */
    bool is_logger;   /* it was taken up as one */
    bool is_draining; /* it has nobody left to read from */
    bool want;
    bool close_stdio; /* finish gets /dev/null for 0 and 1 */
    bool ready;
    bool paused;
    bool never_started;
    bool is_new;     /* its first status file is being written */
    bool adopted;    /* what runs was started by an earlier svscan */
    bool awaits_end; /* ... and is dead; the relay has yet to say how */
    bool stopping;   /* what runs has been told to go */
    bool is_failing; /* its last start failed; the record says VOID */
    bool is_hopeless; /* ... and would again: it is not tried by itself */
    bool is_failed; /* it stays down until it is started by hand, and not
                       because anybody wanted that: finish said so, or it was
                       restarted too often */
    bool is_by_hand; /* its next start was asked for, and has a timeout-up */
    bool is_unhealthy; /* ... and has been, or is being, stopped for it */
    bool announces;    /* it says when it is ready, one way or another */
    bool waits;       /* it is wanted, and starts when what it needs is up */
    bool waits_once;  /* ... and is not wanted any more from then on */
    bool stops_later; /* ... stops when what needs it is down */
    bool resumes;     /* ... and is wanted again if that stop is called off */
    bool has_stop_limit; /* it was told to go by an order: timeout-down counts */
    bool is_overdue;  /* ... and is over */
    bool note_is_stop; /* the note says that its stop was called off */
    bool restarts_later; /* ... stops, and starts again */
    bool is_restarting; /* it was told to go, and then waits */
    bool is_asked;      /* it is in the list of those that order_commit is to
                           restart */
    struct service *next_asked; /* ... whose next is that one */
    bool note_is_wait; /* the note says that it waits in vain */
    bool note_is_loop; /* ... that run dies again and again */
    bool note_is_new;  /* it was made by the start at hand */
    bool has_counts; /* of restarts, in its file */
    bool is_foreign; /* no definition of ours stands behind it */
    bool is_changed; /* its definition is newer than its copy */
    bool is_active;  /* it is to be there: the last scan saw it */
    bool is_saved;   /* its status file is known, which says this: */
    char saved[SV_STATUS_SIZE];
    uint8_t boot;    /* svscan/boot.c; 0: it is no part of the boot */
    tain stamp;
    int64_t stamped; /* when that was, by a clock that nobody sets */
    tain ready_stamp;
    uint16_t wstat;
    uint32_t restarts;
    uint32_t deaths;
    uint32_t quick_deaths; /* in a row, each within a second of its start */
    uint32_t quick_runs;   /* restart.h */
    int64_t started;       /* CLOCK_BOOTTIME ns of run's last start; 0: never */
    char *note;            /* what is wrong with it, in words; NULL: nothing */

    struct sv_child *child; /* its record */
    struct watch pid;       /* pidfd of what runs */
    int64_t seen_dead;      /* since when it awaits_end */
    struct watch control;
    struct watch readiness;
    struct health *health; /* check.c; NULL: it has no check */
    struct notify *notify; /* said.c; NULL: it never had a notify-socket */
    struct overdue *overdue; /* overdue.c; NULL: it never had to stop in time */
    int log_fifo; /* its stdout goes there; -1: no logger */
    int input;    /* the fifo that its producers write to; -1: it is none */
    int own_lock; /* a foreign service's own lock; -1: the tree's covers it */
    struct timer timer; /* restart or retry when down, kill when not */
};

struct hooks {
    /* A service is in the set; it has not been started, nor adopted, yet. */
    void (*taken)(struct service *service);
    /* It is to be started for the first time: true if that is to be left to
     * who answers. */
    bool (*must_wait)(struct service *service);
    /* A round of the loop is over. */
    void (*round_over)(struct engine *engine);
    /* It was to stop, and could not in its time, or its down failed. */
    void (*stop_failed)(struct service *service);
    /* After every change of what a client could see. */
    void (*changed)(struct service *service);
    /* The service that reads what it writes, in a pipeline; NULL: none. */
    struct service *(*consumer)(struct service *service);
    /* Before run is looked at for a start; may bring the directory up to
     * date. */
    void (*before_start)(struct service *service);
    /* Supervision has ended (event x is out); the service is in the list for
     * the last time, and freed when this round of the loop is over.  Whoever
     * walks the list may let it go, and others with it, and walk on. */
    void (*left)(struct service *service);
};

/* A descriptor that init held for an earlier svscan. */
struct held {
    struct sv_hold message;
    int fd; /* -1: claimed */
};

struct engine {
    struct loop loop;
    struct sv_children children;
    struct sv_child **old; /* hash of the records to be adopted, by identity;
                              NULL: nobody is left who has one */
    size_t old_room;
    struct timer stray_due; /* the first of those without a service to kill */
    bool is_behind;  /* there are records that say "running", and no service
                        has them yet */
    bool is_settled; /* every record is a service's, or a stray process's */
    bool is_alone; /* there is one service, which our messages name anyhow */
    int live;                /* the directory that names are relative to */
    bool is_noexec;          /* ... which lies on a mount that is */
    const char *defs;        /* where copies in it come from; NULL: there are
                                none */
    const char *shared_lock; /* below live: the inode of every supervise/lock;
                                NULL: each service has a lock of its own */
    struct hooks hooks;
    struct service *first;
    struct service *last;
    struct service *gone; /* to be freed after this round */
    struct service **by_identity; /* hash of (dev, ino) */
    struct service **by_name;     /* hash of the name */
    size_t buckets;               /* of either */
    size_t services;
    size_t services_max;
    size_t more_timers;  /* of services, beside the one that each has */
    char **environment;  /* said.c: ours, with room for what it adds */
    bool is_stopping;      /* the tree is going down: nothing restarts */
    uint32_t stop_kill_ms; /* then: what a timeout-kill of 0 counts as */

    struct service *catch_all; /* reads our own output; NULL: nobody does */
    int console;               /* where our messages went before; -1: stderr */

    struct watch line;      /* to init; fd -1: no init of ours */
    void (*on_stop)(struct engine *engine); /* stop everything; NULL: there is
                                               but one service */
    struct timer stop_due;
    void (*on_upgraded)(struct engine *engine); /* init says how that ended */
    struct timer upgraded_due;
    enum sv_upgrade_end upgraded;
    char init_version[SV_HOLD_TEXT]; /* "": it has not said */
    struct held *held; /* sorted by name */
    size_t helds;
    struct sv_relay *relay; /* NULL: no init of ours */
    struct watch relay_event;
    uint64_t relay_seen;    /* its head before this round of the loop */
    size_t adopted;         /* services whose end the relay will tell */
    size_t awaited;         /* ... of which it is asked now */

    int look[2];            /* a pipe to look into another's bytes with */
    int slots[SPAWN_SLOTS]; /* spawn.h */
    bool sigpipe_was_ignored;
    struct rlimit inherited_files;
    bool has_clone3;
    bool is_resumed; /* we exec'ed ourselves: what ran before are children of
                        ours still, and inherited_files is set */
    int listener; /* the control fifo that says that somebody listens (lock.c):
                     no child may keep it open; -1: not open yet */
};

/* ---- engine.c, take.c, equip.c, show.c: the set of services -------------- */

struct service_origin {
    const char *name;
    int base;
    bool owns_base; /* the service keeps base, and closes it when it leaves;
                       if it is not taken, base is closed at once */
    const char *dir;
    bool is_foreign;
    bool is_logged;    /* it has a logger: its stdout is a fifo */
    bool is_catch_all; /* it reads what we, and who has no logger, say */
    struct service *producer; /* for "web/log": web */
};

/* Opens an engine whose loop, live, hooks, shared_lock and is_alone are set, and
 * after an exec is_resumed and inherited_files (the rest is 0), with records in
 * the file `children` below live (children_new is its temporary name).  lock is
 * the tree's, which is held already.  False with errno set. */
bool engine_open(struct engine *engine, int lock, const char *children,
                 const char *children_new, size_t services_max);

/* Takes a service directory under supervision: makes supervise/ and event/,
 * opens control, and either starts it (s6's start: status, event s, then run
 * unless there is a down file) or adopts what the records say of it.  Returns
 * NULL, having said why in one message, and errno set, if it cannot be had. */
struct service *service_take(struct engine *engine,
                             const struct service_origin *origin);

struct service *service_by_name(const struct engine *engine, const char *name);
struct service *service_by_identity(const struct engine *engine, dev_t dev,
                                    ino_t ino);

/* Makes room for n further timers of a service.  False with errno set. */
bool engine_reserve_timers(struct engine *engine, size_t n);

/* Ends supervision at once: event x, everything closed, freed after this round
 * of the loop.  What runs, runs on, and its record stays. */
void service_leave(struct service *service);

/* Remembers what is wrong with a service, and says it if it is new.  The
 * strings end with NULL and are concatenated. */
void service_note(struct service *service, const char *const *strings);
/* Says something of a service, by its name. */
void service_say(const struct service *service, const char *text);
void service_forget_note(struct service *service);

/* Gives it a fifo for its stdout, kept over our death by init; nothing if it
 * has one.  False with errno set. */
bool service_open_log(struct service *service);
/* Lets the fifo go, so that its reader comes to the end of it. */
void service_close_log(struct service *service);

/* The same for the fifo that its producers write to. */
bool service_open_input(struct service *service);
void service_close_input(struct service *service);

/* The file that says that it is not to be up from the beginning. */
const char *service_marker(const struct service *service);

/* Is there a process of it? */
bool service_is_running(const struct service *service);

/* Fills *row with what a client may know of it. */
void service_row(const struct service *service, struct sv_wire_row *row);

/* Its run, or a oneshot's script, began or ended then. */
void service_stamp(struct service *service, tain stamp);

/* Makes supervise/ of a service directory, or what a link of that name points
 * to.  False with errno set; ENOTDIR: something else is there. */
bool service_make_supervise(int base, const char *dir);

/* ---- lock.c: the lock that says that somebody supervises ----------------- */

/* Opens file below base, made with mode whatever the umask is, and locks it:
 * whoever holds the lock is waited for as long as nobody listens to the fifo
 * control.  Returns the descriptor, which keeps the lock, or -1 with errno set;
 * EBUSY: somebody listens. */
int lock_insist(int base, const char *file, mode_t mode, const char *control);

/* ---- obey.c: commands ---------------------------------------------------- */

/* Does what a byte in its control fifo would. */
void service_command(struct service *service, const struct sv_command *command);

/* ---- act.c: events, steps, actions --------------------------------------- */

/* Feeds an event to the machine and does what it says. */
void service_happen(struct service *service, enum event event);

/* Starts it now if it is wanted, down, and not being stopped: a restart that is
 * due, or a start that had failed.  That one waits for what it needs. */
void service_retry(struct service *service);

/* Arms its one timer: the restart, or the kill, of its state. */
void service_arm(struct service *service, int64_t at);

/* What the status file is to say. */
void service_tell(const struct service *service, struct sv_status *status);
/* Has the status file say it. */
void service_save(struct service *service);

/* ---- start.c: run and finish --------------------------------------------- */

/* Notes why its run could not be started; ECANCELED: nobody knows. */
void service_note_failed_start(struct service *service, int error);

/* ---- ready.c: readiness -------------------------------------------------- */

/* Watches the reading end of a readiness pipe, its own from now on. */
void service_await_readiness(struct service *service, int fd);
/* It is dead: takes what it said before, which comes first, and closes the
 * pipe. */
void service_hear_last_words(struct service *service);

/* ---- said.c: the notify socket ------------------------------------------- */

/* Its descriptor; -1: it has none. */
int service_said_socket(const struct service *service);

/* ---- check.c: does it do what it should? --------------------------------- */

/* Its check that runs; 0: none does. */
pid_t service_check_pid(const struct service *service);
/* Does what the pidfd of that would have done. */
void service_look_at_check(struct service *service);

/* ---- death.c: a process has ended ---------------------------------------- */

/* Watches a process of it that runs by its pidfd, its own from now on.  False
 * with errno set: pidfd is still the caller's. */
bool service_watch_pid(struct service *service, int pidfd);

/* Does what its pidfd would have done, if its process is a dead child of ours;
 * false if it is not. */
bool service_look(struct service *service);

/* The process of its record has ended with wstat (SV_WSTAT_UNKNOWN: nobody
 * knows) at the CLOCK_REALTIME ns `died`: the death protocol up to, and
 * without, the reaping. */
void service_died(struct service *service, int wstat, int64_t died);

/* ---- adopt.c: what an earlier svscan left ------------------------------- */

/* The record that the service has had, or that of its check; NULL if none. */
struct sv_child *adopt_find(struct engine *engine, dev_t dev, ino_t ino);
struct sv_child *adopt_find_check(struct engine *engine, dev_t dev, ino_t ino);
/* Indexes the records for adopt_find.  False with errno set. */
bool adopt_open(struct engine *engine);
/* Watches what runs by the record of a service, if it runs still.  False with
 * errno set: it may run, and cannot be watched now. */
bool adopt_watch(struct service *service);
/* Goes on with a service where its record says that we stopped. */
void adopt(struct service *service);
/* An adopted process is dead, and how it ended is for the relay to say. */
void adopt_await(struct service *service);

/* ---- stray.c: records without a service ---------------------------------- */

/* A scan has seen every directory, and whatever has a record is taken up:
 * records that no service has claimed are of services whose directory is gone.
 * Says so, once, and forgets them, but for what runs: its directory may come
 * again.  Until then it is killed, if it has been told to go, in time. */
void engine_settle(struct engine *engine);
/* A scan could not take up everything. */
void engine_miss(struct engine *engine);

/* ---- locked.c: a run that holds a lock ---------------------------------- */

/* What svscan and supervise do under the name SV_RUN_LOCKED: take the lock of
 * the service directory that is the cwd, then become its run.  Returns the exit
 * code when that fails. */
int run_locked(int argc, char *argv[]);

/* ---- line.c: init, where there is one of ours --------------------------- */

/* Says hello on the descriptor fd (-R), and takes the relay and all that init
 * holds for us; after an exec the relay only, since what init holds was handed
 * over (line_keep).  False with errno set: there is nobody to talk to. */
bool line_open(struct engine *engine, int fd);
/* Adds fd, from now on the engine's, to what line_claim finds. */
void line_keep(struct engine *engine, const struct sv_hold *message, int fd);
/* All is kept that there is: before the first line_claim. */
void line_sort(struct engine *engine);
/* Sends a message; without an init of ours it does nothing and says false. */
bool line_say(struct engine *engine, enum sv_hold_op op, int64_t arg);
/* A service with flag-main has ended: tells init, and stops the tree when the
 * loop comes round, whoever is above it. */
void line_main_ended(struct engine *engine, int wstat);
/* Lets init hold fd under (kind, dev, ino), and drop it again. */
void line_hold(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino, int64_t tag, int fd);
void line_drop(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino);
/* What init held under that name for an earlier svscan: a descriptor, now the
 * caller's, and its tag; -1 if there is none. */
int line_claim(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino, int64_t *tag);
/* Lets go, here and in init, whatever nobody has claimed. */
void line_settle(struct engine *engine);
/* Has init wake us at each sweep, as long as there is somebody whose end it
 * tells. */
void line_listen(struct engine *engine);
/* A round of the loop is over: what the relay told before it, and who was seen
 * to, is done with. */
void line_advance(struct engine *engine);

#endif

