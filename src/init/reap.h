/* SPDX-License-Identifier: ISC */
/*
 * reap.h - whoever has died is waited for, and the relay told how it ended.
 *
 * Waiting for any child costs in the number of children, and after a death of
 * svscan they are ten thousand.  So a child that signalfd has named is waited
 * for by its pid, and sweeps for those that were not named (signals merge) are
 * as far apart as they are costly.
 */
#ifndef INIT_REAP_H
#define INIT_REAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define REAP_NEVER INT64_MAX

/* Is told of every child that ended, in order; returns true for one of init's
 * own, which is then no business of the relay. */
typedef bool reap_ended(pid_t pid, int wstat);

/* Makes the relay.  If it cannot be had, what is reaped goes untold, and
 * reap_relay tries again. */
void reap_begin(reap_ended *ended);

/* The relay's memfd and eventfd, in this order, for svscan; false with errno
 * set if there is no relay. */
bool reap_relay(int fds[2]);

/* Over an exec; reap_resume before reap_begin, for the relay to be that one. */
struct reap_state {
    int32_t memory; /* -1: there is no relay */
    int32_t bell;
    uint64_t quiet;
};
void reap_save(struct reap_state *state);
void reap_resume(const struct reap_state *state);

/* A SIGCHLD that named pid has come. */
void reap_named(pid_t pid);

/* All named children of this round have been reaped: sweeps, now or when the
 * time for it has come, and wakes svscan if it is listening. */
void reap_round(void);

/* svscan has been reaped: what it leaves is told of from here on. */
void reap_orphaned(void);

/* The next round sweeps, whatever it costs, and then wakes svscan. */
void reap_sweep(void);

/* When the next sweep is due (CLOCK_BOOTTIME ns; long ago: now); REAP_NEVER if
 * none is. */
int64_t reap_due(void);

/* Did the last sweep find that init has no children at all?  False from
 * reap_sweep to the sweep that it asked for. */
bool reap_is_childless(void);

#endif
