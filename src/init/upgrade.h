/* SPDX-License-Identifier: ISC */
/*
 * upgrade.h - init becomes the init that is on disk now.
 *
 * The file is asked first, as a child (sv/state.h), whether it will go on from
 * here: process 1 that becomes a program which cannot would be the end of the
 * machine.  What init knows goes through a memfd; what it holds stays open.
 */
#ifndef INIT_UPGRADE_H
#define INIT_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/settings.h"

/* settings is kept, not copied. */
void upgrade_begin(const struct settings *settings);

/* svscan asks for it.  It is told how it ended: by us, or by the new init. */
void upgrade_ask(void);

/* Was pid the init on disk?  Then takes note of what it answered. */
bool upgrade_ended(pid_t pid, int wstat);

/* Goes on, as far as that is possible; after each round of the loop. */
void upgrade_look(void);

/* When upgrade_look is to be called even so (CLOCK_BOOTTIME ns); INT64_MAX for
 * never. */
int64_t upgrade_due(void);

/* ---- the new init -------------------------------------------------------- */

/* Did init become this one?  Then restores what must be there before anything
 * else begins: the place, signals and limits, the settings, the relay. */
bool upgrade_take(struct settings *settings);

/* Restores all else, when all has begun: holds, line, children; and tells
 * svscan.  Nothing, if this is a start. */
void upgrade_resume(void);

#endif
