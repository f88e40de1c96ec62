/* SPDX-License-Identifier: ISC */
/*
 * machine.h - what a service does next: states, events, actions.
 *
 * A pure table, no system call: told where the service is and what happened, it
 * answers where the service now is and what is to be done.  act.c does it.
 */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H

#include <stdbool.h>

enum state {
    STATE_DOWN,        /* nothing runs; perhaps a start is due */
    STATE_STARTING,    /* run lives, its readiness is awaited */
    STATE_UP,          /* run lives, and is ready or has nothing to announce */
    STATE_FINISH,      /* finish runs */
    STATE_LAST_UP,     /* run lives; we leave when it dies */
    STATE_LAST_FINISH, /* finish runs; we leave when it ends */
    STATE_IDLE,         /* a oneshot: not done, or undone */
    STATE_RUNNING_UP,   /* up runs */
    STATE_DONE,         /* up has done its work */
    STATE_RUNNING_DOWN, /* down runs */
    STATE_FAILED,       /* the last of the two that ran did not do its work */
    STATE_LAST_SCRIPT,  /* either runs, or is to; we leave when it ends */
    STATE_GONE,         /* not supervised any more */
    STATES
};

enum event {
    EVENT_START_DUE,     /* the restart time is here, and it is wanted up */
    EVENT_SPAWNED,       /* run has passed its exec; nothing to announce */
    EVENT_SPAWNED_MUTE,  /* run has passed its exec; it will announce itself */
    EVENT_SPAWN_FAILED,
    EVENT_READY,         /* the newline on its notification fd */
    EVENT_SILENT,        /* its notification fd was closed without one */
    EVENT_UNHEALTHY,     /* run lives, but does not do what it promised */
    EVENT_DIED,          /* run is dead, and there is a finish */
    EVENT_DIED_BARE,     /* run is dead, and there is no finish */
    EVENT_DIED_FOR_GOOD, /* ... and it has been restarted too often */
    EVENT_FINISHED,      /* finish has ended */
    EVENT_FINISHED_125,  /* ... saying "never again" */
    EVENT_FINISH_FAILED, /* finish could not be started after all */
    EVENT_SPAWNED_DOWN,  /* down of a oneshot has passed its exec */
    EVENT_NO_SCRIPT,     /* there is no down, or nothing that it would undo */
    EVENT_WORKED,        /* up or down has exited 0, and in time */
    EVENT_BROKE,         /* ... or has not */
    EVENT_CUT_SHORT,     /* up has ended as it was told to */
    EVENT_STOP_DUE,      /* it is done, and is to be undone */
    EVENT_WANT_UP,
    EVENT_WANT_DOWN,
    EVENT_WANT_ONCE,
    EVENT_WANT_STAY,
    EVENT_WANT_EXIT,
    EVENT_TERM,          /* SIGTERM of s6-supervise: exit, and stop it */
    EVENT_REPLACE,       /* it is to stop, and is wanted up all the while */
    EVENT_KILL_DUE,      /* timeout-kill or timeout-finish is over */
    EVENT_TIMED_OUT,     /* timeout-up, or timeout-down of a oneshot, is over */
    EVENTS
};

/* In the order in which they are carried out.  finish is spawned before the
 * status is written, which names its pid; run after, so that what is wanted is
 * on disk before anything runs. */
enum action {
    ACT_WANT = 1 << 0, /* it is wanted up from now on */
    ACT_UNWANT = 1 << 1,
    ACT_KILL_SEQUENCE = 1 << 2, /* down-signal, CONT, and the kill timer */
    ACT_KILL = 1 << 3,          /* KILL, CONT; again in 5 s */
    ACT_CLOSE_STDIO = 1 << 4,   /* finish gets /dev/null for 0 and 1 */
    ACT_SPAWN_FINISH = 1 << 5,
    ACT_STATUS = 1 << 6,      /* write the status file */
    ACT_TELL_UP = 1 << 7,     /* event u */
    ACT_TELL_READY = 1 << 8,  /* event U */
    ACT_TELL_DIED = 1 << 9,   /* event d */
    ACT_TELL_FAILED = 1 << 10, /* event O */
    ACT_TELL_DOWN = 1 << 11,  /* event D */
    ACT_SPAWN_RUN = 1 << 12,
    ACT_ARM_RESTART = 1 << 13, /* a start is due when the second is over */
    ACT_ARM_RETRY = 1 << 14,   /* a start failed: again after a while */
    ACT_LEAVE = 1 << 15,       /* event x, and supervision ends */
    ACT_NOTHING_ELSE = 1 << 16, /* the cell is meant to be as it is */
    ACT_SPAWN_UP = 1 << 17,
    ACT_SPAWN_DOWN = 1 << 18,
    ACT_GO_ON = 1 << 19 /* to what is wanted of a oneshot, if that differs */
};

struct step {
    enum state to;
    unsigned actions; /* carried out in the order of their bits */
};

/* What follows from event in state.  A cell that is not in the table is "stay,
 * do nothing". */
struct step machine_step(enum state state, enum event event);

/* May this event happen in this state at all?  (An event of a process that the
 * state does not have may not; the simulation checks that it never does.) */
bool machine_expects(enum state state, enum event event);

const char *machine_state_name(enum state state);
const char *machine_event_name(enum event event);

#endif
