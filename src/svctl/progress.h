/* SPDX-License-Identifier: ISC */
/*
 * progress.h - who is waited for, in one line on the terminal.
 *
 *   waiting for web: needs db, which is starting, 4 s of 60 s, and 2 more
 *
 * Where standard error is no terminal there is none.
 */
#ifndef SVCTL_PROGRESS_H
#define SVCTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/wire.h"

struct progress {
    bool is_on;
    bool is_shown;  /* there is a line to be wiped */
    int64_t began;  /* CLOCK_BOOTTIME ns */
    int64_t due;    /* ... of the next look at what it says */
    int64_t again;  /* ... not before which it is shown again: a terminal may be
                       slow, and what it says costs svscan an answer */
    char blame;     /* of enum sv_blame: why it waits */
    struct sv_wire_row whom; /* ... and for whom; state SV_WIRE_GONE: it is not
                                known what that one does */
    const struct sv_wire_row *other; /* who is stopped before it; NULL: nobody */
};

/* There is a line only if it is on. */
void progress_begin(struct progress *progress, bool is_on);

/* Another second is over, and svscan is to be asked what the line should say:
 * sets the time of the next. */
bool progress_is_due(struct progress *progress);

/* What svscan tells: whom the service waits for, and what that one does. */
void progress_blame(struct progress *progress, unsigned char letter,
                    const char *whom);
void progress_see(struct progress *progress, const struct sv_wire_row *row);

/* Shows the line: for the service, and so many that are pending, the service
 * itself included; until the CLOCK_BOOTTIME ns deadline. */
void progress_show(struct progress *progress, const struct sv_wire_row *row,
                   size_t pending, int64_t deadline);

/* Wipes it. */
void progress_end(struct progress *progress);

#endif
