/* SPDX-License-Identifier: ISC */
/*
 * dated.h - when does a line of a log say that it was written?
 *
 * The stamps are those that svlog and s6-log put at the head of a line:
 *
 *   "@" 24 hexadecimal digits " "            TAI64N (t)
 *   "YYYY-MM-DD HH:MM:SS.nnnnnnnnn" "  "     local time, two spaces (T)
 *   "YYYY-MM-DDTHH:MM:SS.uuuuuuZ" " "        UTC, a space
 *
 * or the first and one of the others after it.  Nothing else is a stamp: a date
 * that a program prints of its own has another shape, and is part of the text.
 */
#ifndef SV_DATED_H
#define SV_DATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SV_DATED_MAX = 57 }; /* bytes of the longest that there is */

/* Returns how many bytes of the line its stamps are, spaces included, and sets
 * *realtime to what the first of them says, in nanoseconds since 1970.  0, with
 * *realtime as it was, if it has none.  Remembers the minute it was last asked
 * for: for one thread. */
size_t sv_dated(const char *line, size_t size, int64_t *realtime);

/* A time of day as people write it: "YYYY-MM-DD", or with " HH:MM" or "THH:MM",
 * ":SS" and a fraction as they like, and "Z" for UTC, else local time.  False,
 * and *realtime as it was, if it is none, or more follows. */
bool sv_dated_text(const char *text, int64_t *realtime);

#endif
