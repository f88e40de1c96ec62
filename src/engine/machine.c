/* SPDX-License-Identifier: ISC */
/*
 * machine.c - what a service does next, as a table.
 *
 *            SPAWNED                    DIED                  no finish
 *   +-> DOWN -------> STARTING/UP ------------> FINISH ----+   +----------+
 *   |     ^                |         (has finish)  |       |   |          |
 *   |     |                | WANT_EXIT   WANT_EXIT |       |   |DIED_BARE |
 *   |     |                v         DIED          v       |   |          |
 *   |     |             LAST_UP --------------> LAST_FINISH|   |          |
 *   |     |                |                       |       |   |          |
 *   |     |                | DIED_BARE             |       |   |          |
 *   |     |                +--------> GONE <-------+       |   |          |
 *   |     +------------------------------------------------+---+          |
 *   +---------------------------------------------------------------------+
 *
 * A oneshot has states of its own; to who only knows longruns, done is ready,
 * and down is finish.
 *
 *        up spawned          WORKED            down spawned
 *   IDLE ---------> RUNNING_UP ----> DONE --------------------> RUNNING_DOWN
 *    ^               | |              |                          |   |
 *    |   CUT_SHORT   | | BROKE        | NO_SCRIPT         WORKED |   | BROKE
 *    +---------------+ +-> FAILED <---|--------------------------|---+
 *    +--------------------------------+--------------------------+
 *
 * The LAST_ pair, and LAST_SCRIPT, exist so that "leave when it is over" is a place, and not a
 * flag that every other transition has to remember to test.  What is wanted is
 * no state but a flag beside it: it decides whether a restart that is due
 * happens, which the caller asks before it feeds START_DUE.
 *
 * Source: contract 6.3, the state machine of s6-supervise, to which STARTING is
 * our addition (to s6 it is UP).
 */
#include <stddef.h>

#include "engine/machine.h"

#define ON(state, event) [STATE_##state][EVENT_##event]

enum {
    SAVE = ACT_STATUS,
    STOP_IT = ACT_UNWANT | ACT_KILL_SEQUENCE | ACT_STATUS,
    DIES = ACT_STATUS | ACT_TELL_DIED,
    ENDS = ACT_STATUS | ACT_TELL_DOWN,
    FAILS = ACT_UNWANT | ACT_STATUS | ACT_TELL_FAILED | ACT_TELL_DOWN,
    FAILS_BARE = FAILS | ACT_TELL_DIED,
    IS_READY = ACT_STATUS | ACT_TELL_READY,
    REPLACE_IT = ACT_KILL_SEQUENCE | ACT_STATUS,
    AS_IT_IS = ACT_NOTHING_ELSE,
    IS_UNDONE = ACT_STATUS | ACT_TELL_DOWN | ACT_GO_ON,
    LEAVES = ACT_STATUS | ACT_TELL_DOWN | ACT_LEAVE,
};

static const struct step table[STATES][EVENTS] = {
    ON(DOWN, START_DUE) = { STATE_DOWN, ACT_SPAWN_RUN },
    ON(DOWN, SPAWNED) = { STATE_UP, SAVE | ACT_TELL_UP },
    ON(DOWN, SPAWNED_MUTE) = { STATE_STARTING, SAVE | ACT_TELL_UP },
    ON(DOWN, SPAWN_FAILED) = { STATE_DOWN, ACT_ARM_RETRY },
    ON(DOWN, WANT_UP) = { STATE_DOWN, ACT_WANT | SAVE | ACT_SPAWN_RUN },
    ON(DOWN, WANT_DOWN) = { STATE_DOWN, ACT_UNWANT | SAVE },
    ON(DOWN, WANT_ONCE) = { STATE_DOWN, ACT_UNWANT | SAVE | ACT_SPAWN_RUN },
    ON(DOWN, WANT_STAY) = { STATE_DOWN, ACT_UNWANT | SAVE },
    ON(DOWN, WANT_EXIT) = { STATE_GONE, ACT_LEAVE },
    ON(DOWN, TERM) = { STATE_GONE, ACT_LEAVE },

    ON(STARTING, READY) = { STATE_UP, IS_READY },
    ON(STARTING, SILENT) = { STATE_STARTING, AS_IT_IS },
    ON(STARTING, UNHEALTHY) = { STATE_STARTING, REPLACE_IT },
    ON(STARTING, DIED) = { STATE_FINISH, ACT_SPAWN_FINISH | DIES },
    ON(STARTING, DIED_BARE) = { STATE_DOWN,
                                DIES | ACT_TELL_DOWN | ACT_ARM_RESTART },
    ON(STARTING, DIED_FOR_GOOD) = { STATE_DOWN, FAILS_BARE },
    ON(STARTING, WANT_UP) = { STATE_STARTING, ACT_WANT | SAVE },
    ON(STARTING, WANT_DOWN) = { STATE_STARTING, STOP_IT },
    ON(STARTING, WANT_ONCE) = { STATE_STARTING, ACT_UNWANT | SAVE },
    ON(STARTING, WANT_STAY) = { STATE_STARTING, ACT_UNWANT | SAVE },
    ON(STARTING, WANT_EXIT) = { STATE_LAST_UP, ACT_CLOSE_STDIO },
    ON(STARTING, TERM) = { STATE_LAST_UP, STOP_IT },
    ON(STARTING, REPLACE) = { STATE_STARTING, ACT_WANT | REPLACE_IT },
    ON(STARTING, TIMED_OUT) = { STATE_STARTING, STOP_IT },
    ON(STARTING, KILL_DUE) = { STATE_STARTING, ACT_KILL | SAVE },

    ON(UP, UNHEALTHY) = { STATE_UP, REPLACE_IT },
    ON(UP, DIED) = { STATE_FINISH, ACT_SPAWN_FINISH | DIES },
    ON(UP, DIED_BARE) = { STATE_DOWN, DIES | ACT_TELL_DOWN | ACT_ARM_RESTART },
    ON(UP, DIED_FOR_GOOD) = { STATE_DOWN, FAILS_BARE },
    ON(UP, WANT_UP) = { STATE_UP, ACT_WANT | SAVE },
    ON(UP, WANT_DOWN) = { STATE_UP, STOP_IT },
    ON(UP, WANT_ONCE) = { STATE_UP, ACT_UNWANT | SAVE },
    ON(UP, WANT_STAY) = { STATE_UP, ACT_UNWANT | SAVE },
    ON(UP, WANT_EXIT) = { STATE_LAST_UP, ACT_CLOSE_STDIO },
    ON(UP, TERM) = { STATE_LAST_UP, STOP_IT },
    ON(UP, REPLACE) = { STATE_UP, ACT_WANT | REPLACE_IT },
    ON(UP, KILL_DUE) = { STATE_UP, ACT_KILL | SAVE },

    ON(FINISH, FINISHED) = { STATE_DOWN, ENDS | ACT_ARM_RESTART },
    ON(FINISH, FINISHED_125) = { STATE_DOWN, FAILS },
    ON(FINISH, FINISH_FAILED) = { STATE_DOWN, ENDS | ACT_ARM_RESTART },
    ON(FINISH, WANT_UP) = { STATE_FINISH, ACT_WANT | SAVE },
    ON(FINISH, WANT_DOWN) = { STATE_FINISH, ACT_UNWANT | SAVE },
    ON(FINISH, WANT_ONCE) = { STATE_FINISH, ACT_UNWANT | SAVE },
    ON(FINISH, WANT_STAY) = { STATE_FINISH, ACT_UNWANT | SAVE },
    ON(FINISH, WANT_EXIT) = { STATE_LAST_FINISH, ACT_CLOSE_STDIO },
    ON(FINISH, TERM) = { STATE_LAST_FINISH, ACT_CLOSE_STDIO },
    ON(FINISH, REPLACE) = { STATE_FINISH, ACT_WANT | SAVE },
    ON(FINISH, KILL_DUE) = { STATE_FINISH, ACT_KILL },

    ON(LAST_UP, READY) = { STATE_LAST_UP, IS_READY },
    ON(LAST_UP, SILENT) = { STATE_LAST_UP, AS_IT_IS },
    ON(LAST_UP, UNHEALTHY) = { STATE_LAST_UP, REPLACE_IT },
    ON(LAST_UP, DIED) = { STATE_LAST_FINISH, ACT_SPAWN_FINISH | DIES },
    ON(LAST_UP, DIED_BARE) = { STATE_GONE, DIES | ACT_TELL_DOWN | ACT_LEAVE },
    ON(LAST_UP, DIED_FOR_GOOD) = { STATE_GONE, FAILS_BARE | ACT_LEAVE },
    ON(LAST_UP, WANT_UP) = { STATE_LAST_UP, ACT_WANT | SAVE },
    ON(LAST_UP, WANT_DOWN) = { STATE_LAST_UP, STOP_IT },
    ON(LAST_UP, WANT_ONCE) = { STATE_LAST_UP, ACT_UNWANT | SAVE },
    ON(LAST_UP, WANT_STAY) = { STATE_LAST_UP, ACT_UNWANT | SAVE },
    ON(LAST_UP, WANT_EXIT) = { STATE_LAST_UP, ACT_CLOSE_STDIO },
    ON(LAST_UP, TERM) = { STATE_LAST_UP, STOP_IT },
    ON(LAST_UP, REPLACE) = { STATE_LAST_UP, ACT_WANT | REPLACE_IT },
    ON(LAST_UP, KILL_DUE) = { STATE_LAST_UP, ACT_KILL | SAVE },

    ON(LAST_FINISH, FINISHED) = { STATE_GONE, ENDS | ACT_LEAVE },
    ON(LAST_FINISH, FINISHED_125) = { STATE_GONE, FAILS | ACT_LEAVE },
    ON(LAST_FINISH, FINISH_FAILED) = { STATE_GONE, ENDS | ACT_LEAVE },
    ON(LAST_FINISH, WANT_UP) = { STATE_LAST_FINISH, ACT_WANT | SAVE },
    ON(LAST_FINISH, WANT_DOWN) = { STATE_LAST_FINISH, ACT_UNWANT | SAVE },
    ON(LAST_FINISH, WANT_ONCE) = { STATE_LAST_FINISH, ACT_UNWANT | SAVE },
    ON(LAST_FINISH, WANT_STAY) = { STATE_LAST_FINISH, ACT_UNWANT | SAVE },
    ON(LAST_FINISH, WANT_EXIT) = { STATE_LAST_FINISH, ACT_CLOSE_STDIO },
    ON(LAST_FINISH, TERM) = { STATE_LAST_FINISH, AS_IT_IS },
    ON(LAST_FINISH, REPLACE) = { STATE_LAST_FINISH, ACT_WANT | SAVE },
    ON(LAST_FINISH, KILL_DUE) = { STATE_LAST_FINISH, ACT_KILL },

    ON(IDLE, START_DUE) = { STATE_IDLE, ACT_SPAWN_UP },
    ON(IDLE, SPAWNED) = { STATE_RUNNING_UP, SAVE | ACT_TELL_UP },
    ON(IDLE, SPAWN_FAILED) = { STATE_FAILED, FAILS },
    ON(IDLE, WANT_UP) = { STATE_IDLE, ACT_WANT | SAVE | ACT_SPAWN_UP },
    ON(IDLE, WANT_DOWN) = { STATE_IDLE, ACT_UNWANT | SAVE },
    ON(IDLE, WANT_ONCE) = { STATE_IDLE, ACT_WANT | SAVE | ACT_SPAWN_UP },
    ON(IDLE, WANT_STAY) = { STATE_IDLE, ACT_UNWANT | SAVE },
    ON(IDLE, WANT_EXIT) = { STATE_GONE, ACT_LEAVE },
    ON(IDLE, TERM) = { STATE_GONE, ACT_LEAVE },

    ON(RUNNING_UP, WORKED) = { STATE_DONE, IS_READY | ACT_GO_ON },
    ON(RUNNING_UP, BROKE) = { STATE_FAILED, FAILS_BARE },
    ON(RUNNING_UP, CUT_SHORT) = { STATE_IDLE, IS_UNDONE | ACT_TELL_DIED },
    ON(RUNNING_UP, WANT_UP) = { STATE_RUNNING_UP, ACT_WANT | SAVE },
    ON(RUNNING_UP, WANT_DOWN) = { STATE_RUNNING_UP, STOP_IT },
    ON(RUNNING_UP, WANT_ONCE) = { STATE_RUNNING_UP, ACT_WANT | SAVE },
    ON(RUNNING_UP, WANT_STAY) = { STATE_RUNNING_UP, AS_IT_IS },
    ON(RUNNING_UP, WANT_EXIT) = { STATE_LAST_SCRIPT, ACT_CLOSE_STDIO },
    ON(RUNNING_UP, TERM) = { STATE_LAST_SCRIPT, STOP_IT },
    ON(RUNNING_UP, REPLACE) = { STATE_RUNNING_UP, ACT_WANT | REPLACE_IT },
    ON(RUNNING_UP, KILL_DUE) = { STATE_RUNNING_UP, ACT_KILL | SAVE },
    ON(RUNNING_UP, TIMED_OUT) = { STATE_RUNNING_UP, ACT_KILL_SEQUENCE | SAVE },

    ON(DONE, STOP_DUE) = { STATE_DONE, ACT_SPAWN_DOWN },
    ON(DONE, SPAWNED_DOWN) = { STATE_RUNNING_DOWN, DIES },
    ON(DONE, SPAWN_FAILED) = { STATE_FAILED, FAILS_BARE },
    ON(DONE, NO_SCRIPT) = { STATE_IDLE, IS_UNDONE | ACT_TELL_DIED },
    ON(DONE, WANT_UP) = { STATE_DONE, ACT_WANT | SAVE },
    ON(DONE, WANT_DOWN) = { STATE_DONE, ACT_UNWANT | SAVE | ACT_SPAWN_DOWN },
    ON(DONE, WANT_ONCE) = { STATE_DONE, ACT_WANT | SAVE },
    ON(DONE, WANT_STAY) = { STATE_DONE, AS_IT_IS },
    ON(DONE, WANT_EXIT) = { STATE_GONE, ACT_LEAVE },
    ON(DONE, TERM) = { STATE_LAST_SCRIPT,
                       ACT_UNWANT | SAVE | ACT_SPAWN_DOWN },
    ON(DONE, REPLACE) = { STATE_DONE, ACT_WANT | SAVE | ACT_SPAWN_DOWN },

    ON(RUNNING_DOWN, WORKED) = { STATE_IDLE, IS_UNDONE },
    ON(RUNNING_DOWN, BROKE) = { STATE_FAILED, FAILS },
    ON(RUNNING_DOWN, WANT_UP) = { STATE_RUNNING_DOWN, ACT_WANT | SAVE },
    ON(RUNNING_DOWN, WANT_DOWN) = { STATE_RUNNING_DOWN, ACT_UNWANT | SAVE },
    ON(RUNNING_DOWN, WANT_ONCE) = { STATE_RUNNING_DOWN, ACT_WANT | SAVE },
    ON(RUNNING_DOWN, WANT_STAY) = { STATE_RUNNING_DOWN, AS_IT_IS },
    ON(RUNNING_DOWN, WANT_EXIT) = { STATE_LAST_SCRIPT, ACT_CLOSE_STDIO },
    ON(RUNNING_DOWN, TERM) = { STATE_LAST_SCRIPT, ACT_CLOSE_STDIO },
    ON(RUNNING_DOWN, REPLACE) = { STATE_RUNNING_DOWN, ACT_WANT | SAVE },
    ON(RUNNING_DOWN, KILL_DUE) = { STATE_RUNNING_DOWN, ACT_KILL | SAVE },
    ON(RUNNING_DOWN, TIMED_OUT) = { STATE_RUNNING_DOWN,
                                    ACT_KILL_SEQUENCE | SAVE },

    /* What a stop has to do is known to who looks which of the two failed. */
    ON(FAILED, SPAWNED) = { STATE_RUNNING_UP, SAVE | ACT_TELL_UP },
    ON(FAILED, SPAWNED_DOWN) = { STATE_RUNNING_DOWN, DIES },
    ON(FAILED, SPAWN_FAILED) = { STATE_FAILED, FAILS },
    ON(FAILED, NO_SCRIPT) = { STATE_IDLE, IS_UNDONE },
    ON(FAILED, WANT_UP) = { STATE_FAILED, ACT_WANT | SAVE | ACT_SPAWN_UP },
    ON(FAILED, WANT_DOWN) = { STATE_FAILED,
                              ACT_UNWANT | SAVE | ACT_SPAWN_DOWN },
    ON(FAILED, WANT_ONCE) = { STATE_FAILED, ACT_WANT | SAVE | ACT_SPAWN_UP },
    ON(FAILED, WANT_STAY) = { STATE_FAILED, ACT_UNWANT | SAVE },
    ON(FAILED, WANT_EXIT) = { STATE_GONE, ACT_LEAVE },
    ON(FAILED, TERM) = { STATE_GONE, ACT_LEAVE },

    ON(LAST_SCRIPT, STOP_DUE) = { STATE_LAST_SCRIPT, ACT_SPAWN_DOWN },
    ON(LAST_SCRIPT, SPAWNED_DOWN) = { STATE_LAST_SCRIPT, DIES },
    ON(LAST_SCRIPT, SPAWN_FAILED) = { STATE_GONE, LEAVES | ACT_TELL_DIED },
    ON(LAST_SCRIPT, NO_SCRIPT) = { STATE_GONE, LEAVES | ACT_TELL_DIED },
    ON(LAST_SCRIPT, WORKED) = { STATE_GONE, LEAVES },
    ON(LAST_SCRIPT, BROKE) = { STATE_GONE, LEAVES },
    ON(LAST_SCRIPT, CUT_SHORT) = { STATE_GONE, LEAVES | ACT_TELL_DIED },
    ON(LAST_SCRIPT, WANT_UP) = { STATE_LAST_SCRIPT, ACT_WANT | SAVE },
    ON(LAST_SCRIPT, WANT_DOWN) = { STATE_LAST_SCRIPT, ACT_UNWANT | SAVE },
    ON(LAST_SCRIPT, WANT_ONCE) = { STATE_LAST_SCRIPT, ACT_WANT | SAVE },
    ON(LAST_SCRIPT, WANT_STAY) = { STATE_LAST_SCRIPT, AS_IT_IS },
    ON(LAST_SCRIPT, WANT_EXIT) = { STATE_LAST_SCRIPT, AS_IT_IS },
    ON(LAST_SCRIPT, TERM) = { STATE_LAST_SCRIPT, AS_IT_IS },
    ON(LAST_SCRIPT, REPLACE) = { STATE_LAST_SCRIPT, ACT_WANT | SAVE },
    ON(LAST_SCRIPT, KILL_DUE) = { STATE_LAST_SCRIPT, ACT_KILL | SAVE },
    ON(LAST_SCRIPT, TIMED_OUT) = { STATE_LAST_SCRIPT,
                                   ACT_KILL_SEQUENCE | SAVE },
};

static const char *const state_names[STATES] = {
    [STATE_DOWN] = "down",           [STATE_STARTING] = "starting",
    [STATE_UP] = "up",               [STATE_FINISH] = "finish",
    [STATE_LAST_UP] = "last-up",     [STATE_LAST_FINISH] = "last-finish",
    [STATE_IDLE] = "idle",           [STATE_RUNNING_UP] = "running-up",
    [STATE_DONE] = "done",           [STATE_RUNNING_DOWN] = "running-down",
    [STATE_FAILED] = "failed",       [STATE_LAST_SCRIPT] = "last-script",
    [STATE_GONE] = "gone",
};

static const char *const event_names[EVENTS] = {
    [EVENT_START_DUE] = "start-due",
    [EVENT_SPAWNED] = "spawned",
    [EVENT_SPAWNED_MUTE] = "spawned-mute",
    [EVENT_SPAWN_FAILED] = "spawn-failed",
    [EVENT_READY] = "ready",
    [EVENT_SILENT] = "silent",
    [EVENT_UNHEALTHY] = "unhealthy",
    [EVENT_DIED] = "died",
    [EVENT_DIED_BARE] = "died-bare",
    [EVENT_DIED_FOR_GOOD] = "died-for-good",
    [EVENT_FINISHED] = "finished",
    [EVENT_FINISHED_125] = "finished-125",
    [EVENT_FINISH_FAILED] = "finish-failed",
    [EVENT_SPAWNED_DOWN] = "spawned-down",
    [EVENT_NO_SCRIPT] = "no-script",
    [EVENT_WORKED] = "worked",
    [EVENT_BROKE] = "broke",
    [EVENT_CUT_SHORT] = "cut-short",
    [EVENT_STOP_DUE] = "stop-due",
    [EVENT_WANT_UP] = "want-up",
    [EVENT_WANT_DOWN] = "want-down",
    [EVENT_WANT_ONCE] = "want-once",
    [EVENT_WANT_STAY] = "want-stay",
    [EVENT_WANT_EXIT] = "want-exit",
    [EVENT_TERM] = "term",
    [EVENT_REPLACE] = "replace",
    [EVENT_KILL_DUE] = "kill-due",
    [EVENT_TIMED_OUT] = "timed-out",
};

bool machine_expects(enum state state, enum event event)
{
    return table[state][event].actions != 0;
}

struct step machine_step(enum state state, enum event event)
{
    if (!machine_expects(state, event))
        return (struct step){ state, 0 };
    return table[state][event];
}

const char *machine_state_name(enum state state)
{
    return state_names[state];
}

const char *machine_event_name(enum event event)
{
    return event_names[event];
}
