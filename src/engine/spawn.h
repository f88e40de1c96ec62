/* SPDX-License-Identifier: ISC */
/*
 * spawn.h - starts a program of a service.
 *
 * The child shares our memory and, at first, our table of descriptors, and we
 * stand still until it has exec'ed or ended: so its cost does not grow with
 * what is open, and its record in `children` is the whole conversation.  What
 * it needs lies in a few slots below LOOP_FD_MIN; its first call is to leave
 * the shared table with only those.
 *
 * Why nothing is ever started twice, instant by instant (svscan may be killed
 * at each of them):
 *   before INTENT      nothing has happened; the next svscan starts it.
 *   INTENT, no child   the same: a record of intent alone never runs.
 *   child, no RUNNING  the child looks whether we live before it says RUNNING:
 *                      if not, it ends.  Until it ends or execs it holds the
 *                      tree's lock, which it inherited, and the next svscan
 *                      reads the records only under that lock: it sees INTENT,
 *                      and starts it.
 *   RUNNING, no exec   the child looks again, and takes RUNNING back if we are
 *                      dead.  The next svscan waits for the lock: by then there
 *                      is an INTENT, an exec (adopt it) or a failure (VOID).
 *   exec               the lock's description is gone from the child; pid, t0
 *                      and t1 name the process beyond doubt.
 */
#ifndef ENGINE_SPAWN_H
#define ENGINE_SPAWN_H

#include "engine/engine.h"

struct spawn {
    struct service *service;
    enum sv_child_role role;
    unsigned flags;          /* of the record: SV_CHILD_* */
    pid_t of;                /* finish: the run that it follows */
    const char *const *argv; /* argv[0] is the name; NULL ends it */
    const char *program;     /* what to exec, relative to the directory */
    int hold_end;            /* reading end of the readiness pipe, which init
                                holds before anything can write; -1: none */
    int notify_end;          /* its writing end; -1: none */
    int notify_number;       /* which descriptor the child gets it as */
    int stdio[3];            /* descriptors to use instead; -1: ours */
    bool new_pid_namespace;
    bool in_our_session; /* else it leads one of its own */
};

/* Reserves the slots and opens what every child needs: the tree's lock, a
 * pidfd of ourselves.  False with errno set; ENFILE: no room below
 * LOOP_FD_MIN. */
bool spawn_open(struct engine *engine, int lock);

/* Starts it.  True: it has passed its exec, *pidfd is its pidfd, close-on-exec,
 * and the record says RUNNING.  False with errno set: nothing runs and the
 * record says VOID, or what it said before. */
bool spawn(const struct spawn *spawn, int *pidfd);

#endif
