/* SPDX-License-Identifier: ISC */
/*
 * boot.h - LIVE/.svscan/boot: when each service came up, as the tree began.
 *
 * Lines of text that svscan appends and svctl chart reads:
 *
 *   TIME EVENT NAME
 *
 * TIME is CLOCK_BOOTTIME in microseconds, NAME a service's, which may hold
 * spaces, and the last three events have none:
 *
 *   wait NAME    it is wanted, and not started yet
 *   start NAME   its run, of a oneshot its up, was started
 *   up NAME      it is ready; up, where it announces nothing; done, a oneshot
 *   fail NAME    it could not be started, or ended before it was up or within
 *                a second of that
 *   tree         svscan began: the first line
 *   taken        all that is there is taken up; a service that no line before
 *                this one names came later, and has none
 *   over         nothing more will come up by itself
 *
 * Each is there once for a service, at its first time; `up' may follow `fail'.
 * SIGKILL can tear the last write: what does not end with a newline is no line.
 */
#ifndef SV_BOOT_H
#define SV_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/paths.h"

enum sv_boot_event {
    SV_BOOT_WAIT,
    SV_BOOT_START,
    SV_BOOT_UP,
    SV_BOOT_FAIL,
    SV_BOOT_TREE, /* from here on: without a name */
    SV_BOOT_TAKEN,
    SV_BOOT_OVER,
    SV_BOOT_EVENTS
};

enum {
    SV_BOOT_NAME_MAX = SV_NAME_MAX + 4, /* that of a logger: "web/log" */
    SV_BOOT_LINE_MAX = SV_BOOT_NAME_MAX + 32, /* bytes, newline and NUL too */
    SV_BOOT_SIZE_MAX = 4 << 20,         /* bytes of the file */
};

struct sv_boot_line {
    int64_t at; /* microseconds; never negative */
    enum sv_boot_event event;
    char name[SV_BOOT_NAME_MAX + 1]; /* "" where the event has none */
};

/* Writes a line, with its newline and a NUL, and returns its length without
 * the NUL.  name is of at most SV_BOOT_NAME_MAX bytes, and not looked at where
 * the event has none. */
size_t sv_boot_write(char buf[static SV_BOOT_LINE_MAX], int64_t at,
                     enum sv_boot_event event, const char *name);

/* Reads the next line from *text on, which ends at end; what is no line is
 * skipped.  Sets *text behind it; false: there is none any more. */
bool sv_boot_read(const char **text, const char *end,
                  struct sv_boot_line *line);

#endif
