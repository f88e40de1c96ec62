/* SPDX-License-Identifier: ISC */
/*
 * restart.h - how soon a service is started again, and whether.
 *
 * The files, all optional: restart-delay and restart-delay-max (milliseconds
 * from start to start, doubling from the first to the second with each run in a
 * row that is shorter than the second), max-restarts and restart-window (more
 * restarts than that within so many milliseconds: it has failed, and stays down
 * until it is started by hand).
 *
 * What was counted is in supervise/restarts, an image of struct restarts in the
 * machine's byte order: it is of this boot and goes when the service is taken
 * up anew.  Only services with one of these files have it.
 */
#ifndef ENGINE_RESTART_H
#define ENGINE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

enum {
    RESTARTS_MAX = 64,          /* that max-restarts may allow */
    RESTART_LEAST_MS = 10,      /* from start to start, whatever it says */
    RESTART_WINDOW_MS = 60000,  /* where restart-window does not say */
};

struct restarts {
    int64_t death;     /* the last that was counted, by its CLOCK_REALTIME ns:
                          after a kill of svscan it is heard of again */
    uint32_t quick;    /* runs in a row that were shorter than delay_max_ms */
    uint32_t count;    /* of at[] */
    uint32_t has_failed;
    uint32_t spare;
    int64_t at[RESTARTS_MAX]; /* CLOCK_BOOTTIME ns, oldest first */
};

struct restart_policy {
    uint32_t delay_ms;
    uint32_t delay_max_ms; /* 0: the delay stays what it is */
    uint32_t max;          /* at most RESTARTS_MAX; UINT32_MAX: no limit */
    uint32_t window_ms;
};

/* A run has died, at the CLOCK_REALTIME ns death, after lasted_ms; it would be
 * started again now (CLOCK_BOOTTIME ns).  Counts that, once for each death;
 * false if it has failed instead. */
bool restart_count(struct restarts *restarts,
                   const struct restart_policy *policy, int64_t death,
                   int64_t lasted_ms, int64_t now);

/* How long its next start is from its last, after so many quick runs. */
uint32_t restart_delay(const struct restart_policy *policy, uint32_t quick);

/* Is what a file held the state of anybody? */
bool restart_is_whole(const struct restarts *restarts, size_t size);

#endif
