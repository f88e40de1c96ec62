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

#include <stdint.h>

enum {
    SV_STAMP_NAME = 25,  /* "@" and 24 hexadecimal digits */
    SV_STAMP_LABEL = 26, /* that and a space */
    SV_STAMP_DATE = 31,  /* "YYYY-MM-DD HH:MM:SS.nnnnnnnnn", two spaces */
};

/* Writes the TAI64N label of a time in nanoseconds since 1970: exactly
 * SV_STAMP_LABEL bytes, no NUL.  Cannot fail. */
void sv_stamp_label(char buf[static SV_STAMP_LABEL], int64_t realtime);

/* Writes the same as a date of the local time zone: exactly SV_STAMP_DATE
 * bytes, no NUL.  A time that the C library has no date for is shown as
 * 0000-00-00 00:00:00.  Remembers the second it was last asked for: for one
 * thread. */
void sv_stamp_date(char buf[static SV_STAMP_DATE], int64_t realtime);

#endif
