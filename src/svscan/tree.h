/* SPDX-License-Identifier: ISC */
/*
 * tree.h - the whole tree: one engine, and what feeds it.
 *
 *   main.c   options, the lock, and the order in which all of it opens
 *   tree.c   control fifo, signals, and the hooks between the parts
 *   scan.c   entries of LIVE -> services, by s6's rules
 *   catch.c  the catch-all logger reads what we say
 *   boot.c   when each came up, for svctl chart
 *   handle.c scripts for signals, and orphans
 *   stop.c   everything down, in order
 *   leave.c  finish
 *   upgrade.c  we become the svscan on disk;   handover.c  what it is told
 *   defs.c   definitions -> live copies;   serve.c   svctl
 */
#ifndef SVSCAN_TREE_H
#define SVSCAN_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/order.h"
#include "svscan/boot.h"
#include "svscan/defs.h"
#include "svscan/handover.h"
#include "svscan/serve.h"

enum stop_phase {
    STOP_NOT,
    STOP_SERVICES, /* every service but the loggers */
    STOP_LOGGERS,  /* they have come to the end of their fifos, or will */
    STOP_CATCH_ALL,
    STOP_DONE,
};

struct options {
    char *const *argv; /* as we were called */
    const struct handover *resumed; /* we were svscan before; NULL: a start */
    const char *defs; /* NULL: LIVE itself is the scan directory */
    const char *live;
    int notify;       /* -d; -1: nobody is waiting */
    int line;         /* -R; -1: no init of ours */
    int console;      /* -X; -1: our stderr */
    uint32_t services_max;
    uint32_t name_max;
    uint32_t period_ms; /* -t; 0: scan when told only */
    uint32_t mode;      /* -m, of the socket */
};

/* The svscan on disk is asked whether it would go on from here. */
struct upgrade {
    struct watch probe; /* fd -1: it is not */
    struct timer late;
    struct timer init_late; /* init is asked to become the init on disk */
    pid_t pid;
    bool is_late;
};

struct tree {
    struct engine engine;
    const struct options *options;
    struct order order;
    struct boot boot;
    struct defs defs;
    struct serve serve;
    int lock;
    int service_lock; /* every supervise/lock is a link of it */
    bool is_serving;
    struct watch control;
    struct timer period;
    struct timer retry; /* a scan that nobody asked for */
    bool is_partial;    /* the last scan could not take up all that it saw */

    enum stop_phase phase;
    bool is_entering; /* ... a phase: it is not over before it has begun */
    struct timer drain;
    struct timer patience; /* says whom the stop waits for */
    int64_t stop_began;
    bool loggers_too; /* q: TERM for loggers as well */
    bool is_noted;    /* the stop, for a svscan after us */
    int64_t began;     /* CLOCK_BOOTTIME ns */
    uint32_t restarts; /* of svscan, that nobody asked for */
    int catch_all_fifo; /* held open for both; -1: none */
    bool has_strangers; /* there may be children that we did not start */
    struct script *scripts; /* of signals, those that run */
    struct upgrade upgrade;
};

/* The tree an engine is in. */
#define TREE_OF(engine_pointer) CONTAINER(engine_pointer, struct tree, engine)

/* ---- tree.c ---- */

bool tree_open(struct tree *tree, int live);
void tree_run(struct tree *tree);
bool tree_has_defs(const struct tree *tree);
/* Does what a byte in .s6-svscan/control means. */
void tree_command(struct tree *tree, char letter);

/* ---- handle.c ---- */

/* Starts the script for a signal, .s6-svscan/SIGNAME.  False if there is none,
 * or, having said why, if it cannot be started: then the signal means what it
 * means without. */
bool handle_signal(struct tree *tree, int signal);
/* Reaps every child that is dead, services by their death protocol. */
void handle_reap(struct tree *tree);
/* Starts argv[0] as such a script is: in LIVE, with what we were given.  False
 * with errno set. */
bool handle_spawn(struct tree *tree, const char *const *argv, pid_t *pid,
                  int *pidfd);
/* Can there be children that we did not start? */
bool handle_has_strangers(void);

/* ---- leave.c ---- */

/* Becomes .s6-svscan/finish or crash; returns the exit code where there is
 * none. */
int leave(const struct tree *tree);

/* ---- scan.c ---- */

/* Reads LIVE: takes up what is new, marks what is gone as inactive.  Nothing
 * while all stops, nor while definitions are waited for. */
void scan_all(struct tree *tree);
/* The same in a second. */
void scan_soon(struct tree *tree);
/* Takes up one entry of LIVE, with its logger; marks it active. */
void scan_entry(struct tree *tree, const char *name);
/* Takes up the logger of a service, where there is one. */
void scan_logger(struct tree *tree, struct service *service);
/* Tells inactive services to go: their loggers come to an end of file. */
void scan_nuke(struct tree *tree, bool loggers_too);
/* Takes one service (and its logger) out of the tree. */
void scan_remove(struct service *service);

/* ---- catch.c ---- */

/* Makes the catch-all's fifo and points our output at it; a message on
 * failure: then everything goes where it went before. */
void catch_open(struct tree *tree);
/* Points our output back, so that its logger comes to the end of it. */
void catch_close(struct tree *tree);
/* Points it back for an exec, and to the fifo again if there was none. */
void catch_step_aside(const struct tree *tree);
void catch_step_back(const struct tree *tree);

/* ---- upgrade.c ---- */

/* Which file we are is remembered, before the current directory changes. */
void upgrade_remember_program(void);
/* Begins to become the svscan on disk: it is asked whether it will.  Returns
 * the reason why that cannot be; NULL: it has begun, and what comes of it is
 * told by serve_upgraded, unless it succeeds. */
const char *upgrade_begin(struct tree *tree);
/* The same of init, which answers by upgrade_init_ended: with the reason why
 * not, or NULL. */
const char *upgrade_begin_init(struct tree *tree);
void upgrade_init_ended(struct tree *tree, const char *reason);
/* The one on disk has ended, and is not reaped yet: does what it answered. */
void upgrade_answered(struct tree *tree);

/* ---- stop.c ---- */

/* Begins to stop the tree; once begun it only gets more urgent. */
void stop_begin(struct tree *tree, bool loggers_too);
/* The same, for one that a svscan after us is to go on with. */
void stop_begin_noted(struct tree *tree, bool loggers_too);
/* Whoever it waited for has stopped: it is its turn, in the phase of
 * services. */
void stop_turn(struct tree *tree, struct service *service);
/* A service has left: is its phase over? */
void stop_advance(struct tree *tree, const struct service *leaving);
/* A logger has lost its producer for good: it ends when it has read all. */
void stop_drain(struct tree *tree, struct service *logger);
/* Starts a logger that is down, if it should not be and there is something for
 * it to read: its service, which leaves, says nothing more. */
void stop_wake(struct service *logger);

#endif
