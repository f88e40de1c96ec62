/* SPDX-License-Identifier: ISC */
/*
 * stamp.h - the two stamps that a line of a log can begin with.
 *
 * They are made once for all the lines that arrived together, and copied.
 *
 * Source: contract 1.5 and 10.3, directives t and T.
 */
#ifndef SV_STAMP_H
#define SV_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SV_STAMP_NAME = 25,  /* "@" and 24 hexadecimal digits */
    SV_STAMP_LABEL = 26, /* that and a space */
    SV_STAMP_DATE = 31,  /* "YYYY-MM-DD HH:MM:SS.nnnnnnnnn", two spaces */
    SV_STAMP_UTC = 28, /* "YYYY-MM-DDTHH:MM:SS.uuuuuuZ", a space */
    SV_STAMP_FAR = 36,   /* room for a date with a year of ten digits */
};

/* Writes the TAI64N label of a time in nanoseconds since 1970: exactly
 * SV_STAMP_LABEL bytes, no NUL.  Cannot fail. */
void sv_stamp_label(char buf[static SV_STAMP_LABEL], int64_t realtime);

/* Writes the same as a date of the local time zone: exactly SV_STAMP_DATE
 * bytes, no NUL.  A time that the C library has no date for is shown as
 * 0000-00-00 00:00:00.  Remembers the second it was last asked for: for one
 * thread. */
void sv_stamp_date(char buf[static SV_STAMP_DATE], int64_t realtime);

/* Writes the same in UTC, as ISO 8601 has it, to the microsecond: exactly
 * SV_STAMP_UTC bytes, no NUL.  As for the local date otherwise. */
void sv_stamp_utc(char buf[static SV_STAMP_UTC], int64_t realtime);

/* Writes the date that a label of SV_STAMP_NAME bytes means, in UTC or in the
 * local time zone, without the two spaces: a leap second is second 60, and a
 * year has as many digits as it needs.  Returns its size, or 0 if that is no
 * label (hexadecimal digits of either case, less than 1,000,000,000 ns), or
 * none since 1970, or in a year that the C library cannot tell. */
size_t sv_stamp_to_date(char buf[static SV_STAMP_FAR],
                        const char label[static SV_STAMP_NAME], bool is_utc);

#endif
