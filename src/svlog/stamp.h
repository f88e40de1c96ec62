/* SPDX-License-Identifier: ISC */
/*
 * stamp.h - the two stamps that s6-log can put before a line.
 *
 * They are made once for all the lines that arrived together, and copied.
 */
#ifndef SVLOG_STAMP_H
#define SVLOG_STAMP_H

#include <stdint.h>

enum {
    STAMP_NAME = 25,  /* "@" and 24 hexadecimal digits */
    STAMP_LABEL = 26, /* that and a space */
    STAMP_DATE = 31,  /* "YYYY-MM-DD HH:MM:SS.nnnnnnnnn" and two spaces */
};

/* Both write exactly so many bytes, no NUL, for a time in ns since 1970. */
void stamp_label(char buf[static STAMP_LABEL], int64_t realtime);
void stamp_date(char buf[static STAMP_DATE], int64_t realtime);

#endif
