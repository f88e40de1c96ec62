/* SPDX-License-Identifier: ISC */
/*
 * watchdog.h - the watchdog device, which resets a machine whose process 1 does
 * not get to feed it any more.
 *
 * Only where sv.watchdog= asks for it (init/settings.h).  A device that is not
 * there yet is looked for once a second, since its module may be loaded late.
 */
#ifndef INIT_WATCHDOG_H
#define INIT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/* It is to bite after so many milliseconds, rounded up to seconds; 0: never,
 * and nothing is opened. */
void watchdog_begin(int64_t ms);

/* Opens it, or feeds it, if it is time to; after each round of the loop. */
void watchdog_look(void);

/* When that is (CLOCK_BOOTTIME ns); INT64_MAX for never. */
int64_t watchdog_due(void);

/* Disarms it.  Elsewhere it stays armed when its file is closed: over the exec
 * of an upgrade, and over a reboot that may hang. */
void watchdog_disarm(void);

#endif
