/* SPDX-License-Identifier: ISC */
/*
 * boot.h - writes down when each service came up, as the tree began.
 *
 * For svctl chart; the file is that of sv/boot.h.  Nothing is written that
 * could not be found out again, by records and stamps, when svscan was killed
 * before: so lines wait for the end of a round.  A service of the boot costs a
 * line at its start, one more if it says later that it is up, and after that
 * nothing.
 */
#ifndef SVSCAN_BOOT_H
#define SVSCAN_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/engine.h"

enum { BOOT_BATCH = 2048 }; /* bytes that are written at once */

struct boot {
    struct engine *engine;
    int fd;        /* -1: nothing is written down, or nothing more */
    off_t size;    /* of the file, when all of lines[] is written */
    bool is_begun; /* services are looked at */
    bool is_known; /* who is part of it: whoever comes now has come later */
    bool is_over;
    size_t awaited; /* services of it that are on their way up */
    size_t used;
    char lines[BOOT_BATCH];
};

/* Before anything is taken up: begins the file below the engine's live; unless
 * is_fresh says that no tree stood here, goes on with the one that is there.
 * What fails, here and later, costs the chart, and is said. */
void boot_open(struct boot *boot, struct engine *engine, bool is_fresh);

/* The first scan is over, and whatever could start was started. */
void boot_begin(struct boot *boot);

/* Something that a client could see has changed. */
void boot_see(struct boot *boot, struct service *service);
/* Supervision of it has ended. */
void boot_forget(struct boot *boot, struct service *service);

/* A round of the loop is over: what it brought is written.  has_all: there is
 * no definition of which nobody knows yet what it will be. */
void boot_run(struct boot *boot, bool has_all);

#endif
