/* SPDX-License-Identifier: ISC */
/*
 * clock.c - the two clocks, and the step between unix time and TAI64N.
 *
 * The step is skalibs's (its "sysclock" conversions, which know the leap
 * seconds and how skalibs was configured), because a stamp of ours must equal
 * the one that an s6 program would have written at the same instant.
 */
#include <stdbool.h>
#include <time.h>

#include "sv/clock.h"

/* The farthest whole seconds from 1970 that nanoseconds in an int64_t reach. */
#define FAR (INT64_MAX / SV_SECOND - 1)

static int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return now.tv_sec * SV_SECOND + now.tv_nsec;
}

int64_t sv_boottime(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t sv_realtime(void)
{
    return read_clock(CLOCK_REALTIME);
}

tain sv_stamp_of(int64_t realtime)
{
    struct timespec when = {.tv_sec = realtime / SV_SECOND,
                            .tv_nsec = realtime % SV_SECOND};
    tain stamp = TAIN_EPOCH;

    if (when.tv_nsec < 0) {
        when.tv_sec -= 1;
        when.tv_nsec += SV_SECOND;
    }
    tain_from_timespec_sysclock(&stamp, &when);
    return stamp;
}

int64_t sv_stamp_to_realtime(const tain *stamp)
{
    struct timespec when;

    if (tai_sec(tain_secp(stamp)) >= TAI_MAGIC + FAR)
        return INT64_MAX;
    if (tai_sec(tain_secp(stamp)) <= TAI_MAGIC - FAR ||
        !timespec_sysclock_from_tain(&when, stamp))
        return INT64_MIN;
    return when.tv_sec * SV_SECOND + when.tv_nsec;
}

int64_t sv_stamp_to_boottime(const tain *stamp)
{
    int64_t now = sv_boottime();
    int64_t realtime = sv_realtime();
    int64_t since = sv_stamp_to_realtime(stamp);

    if (since > realtime)
        return now;
    return since < realtime - now ? 0 : now - (realtime - since);
}

tain sv_stamp_now(void)
{
    return sv_stamp_of(sv_realtime());
}
