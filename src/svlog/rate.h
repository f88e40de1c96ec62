/* SPDX-License-Identifier: ISC */
/*
 * rate.h - so many lines a second, and no more: what is beyond is dropped and
 * counted, and the count becomes a line of the log, once a second at most.
 *
 * A bucket holds a burst of lines, and is filled at the rate.  Times are those of
 * CLOCK_BOOTTIME, in nanoseconds.
 */
#ifndef SVLOG_RATE_H
#define SVLOG_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
    uint32_t lines; /* a second; 0: there is no limit */
    uint32_t burst; /* lines */
    int64_t credit; /* ns of the rate that may be used */
    int64_t at;     /* when that was so; 0: never yet */
    uint64_t dropped;
    int64_t since; /* when the first of them was */
};

/* Has the next line its place?  If not it is counted. */
bool rate_admits(struct rate *rate, int64_t now);

/* When is it to be said how many were dropped?  0: none were. */
int64_t rate_due(const struct rate *rate);

/* Says it in buf, without a newline or a NUL, and starts to count anew; returns
 * its size. */
enum { RATE_NOTICE = 128 };
size_t rate_notice(struct rate *rate, char buf[static RATE_NOTICE]);

#endif
