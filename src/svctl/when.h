/* SPDX-License-Identifier: ISC */
/*
 * when.h - times as people read them.
 */
#ifndef SVCTL_WHEN_H
#define SVCTL_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WHEN_DURATION_MAX = 24, /* bytes, with the NUL */
    WHEN_LOCAL_MAX = 40,
    WHEN_STAMP = 25, /* "@" and 24 hexadecimal digits */
};

/* "0s", "59s", "3m07s", "2h05m", "12d03h", "1234d": two units at most. */
char *when_duration(char buf[static WHEN_DURATION_MAX], int64_t seconds);

/* Nanoseconds since 1970 as local time, "2026-11-23 02:36:02.123". */
char *when_local(char buf[static WHEN_LOCAL_MAX], int64_t realtime);

/* The same in UTC, "2026-11-23T02:36:02.123456Z". */
char *when_utc(char buf[static WHEN_LOCAL_MAX], int64_t realtime);

/* Reads a TAI64N label of WHEN_STAMP bytes.  False, and *realtime as it was,
 * if it is none, or is of a time that 64 bits of nanoseconds cannot hold. */
bool when_scan(const char label[static WHEN_STAMP], int64_t *realtime);

#endif
