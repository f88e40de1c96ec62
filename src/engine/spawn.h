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
 * Why nothing is ever started twice: what the next svscan finds, killed at each
 * instant, and why it is right to do what adopt.c says.  It reads the records
 * only under the tree's lock, whose description a child keeps until it execs
 * or ends, so that by then none is on its way any more.
 *   before INTENT      nothing has happened.  The record says IDLE, or of a
 *                      finish DEAD: what led here is done again.
 *   INTENT, no child   nothing runs: it is started.  So it is where fork fails,
 *                      which puts back what the record said before.  If init
 *                      holds the readiness pipe already, that of the new start
 *                      replaces it (line_hold).
 *   child, no RUNNING  the child looks whether we live before it says RUNNING,
 *                      and if not, ends; killed, it leaves INTENT as well.  It
 *                      has done nothing: it is started.
 *   RUNNING, no exec   the child looks again, and takes RUNNING back to INTENT
 *                      if we are dead.  If it saw us alive in our last instant
 *                      it execs, with RUNNING true.  Killed by somebody, it is
 *                      a death that init tells of.  exec refused: VOID, which
 *                      is no death, and is tried again later.
 *   exec               the lock is gone from it; it is known by pid, and by its
 *                      start, which lies in [t0, t1]: both ends and the start
 *                      are CLOCK_BOOTTIME, which counts suspended time too, and
 *                      all are rounded down to ticks of 1/100 s alike.  Another
 *                      process of that pid would have to begin within that
 *                      window, after this one was reaped and every other
 *                      number had been given.
 *   the pid            is in the record before RUNNING: the kernel writes it
 *                      (CLONE_PARENT_SETTID), or the child, in our namespace's
 *                      number even where it has one of its own.
 *   exec, no status    the record is newer than supervise/status, and says when
 *                      run began, or how the run of a finish ended.
 *   another world      another boot, pid namespace or process 1 of it: the
 *                      records are void, and so is whatever ran (child.h).
 */
#ifndef ENGINE_SPAWN_H
#define ENGINE_SPAWN_H

#include "engine/engine.h"
#include "sv/paths.h"

struct spawn {
    struct service *service;
    struct sv_child *child; /* its record; NULL: the service's */
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
    char **environment;      /* NULL: ours */
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

/* ---- noexec.c: LIVE is mounted noexec ------------------------------------ */

enum { NOEXEC_LINE = 256, NOEXEC_GIVEN = 8 };

/* Room for a plan of ours. */
struct noexec {
    struct spawn plan;
    char line[NOEXEC_LINE];
    char path[SV_PATH_MAX];
    const char *argv[NOEXEC_GIVEN + 4];
};

/* Is what fd is of mounted so? */
bool noexec_is(int fd);

/* The same start in other words, which are kept in *how; spawn itself if it can
 * be executed, or nobody knows better.  At most NOEXEC_GIVEN words are given. */
const struct spawn *noexec_plan(const struct spawn *spawn, struct noexec *how);

#endif
