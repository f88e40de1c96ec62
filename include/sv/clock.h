/* SPDX-License-Identifier: ISC */
/*
 * clock.h - the two clocks of the suite, and nothing sleeps.
 *
 * Time that is recorded for people is wall-clock time, a tain (TAI64N, as s6's
 * default build: unix time + 37 s today).  Time that is waited for, and the
 * window in which a child was started, is CLOCK_BOOTTIME in nanoseconds in an
 * int64_t (field 22 of /proc/PID/stat counts the same clock).
 */
#ifndef SV_CLOCK_H
#define SV_CLOCK_H

#include <stdint.h>
#include <skalibs/tai.h>

#define SV_MS INT64_C(1000000)     /* nanoseconds in a millisecond */
#define SV_SECOND INT64_C(1000000000)

/* Nanoseconds of CLOCK_BOOTTIME now.  Cannot fail on Linux. */
int64_t sv_boottime(void);

/* Nanoseconds of CLOCK_REALTIME now. */
int64_t sv_realtime(void);

/* The TAI64N stamp of nanoseconds since 1970, and back.  A stamp too far from
 * 1970 for an int64_t (292 years) becomes INT64_MAX or INT64_MIN. */
tain sv_stamp_of(int64_t realtime);
int64_t sv_stamp_to_realtime(const tain *stamp);

/* Nanoseconds of CLOCK_BOOTTIME when a stamp was taken, going by its age; where
 * the clock was set since, and so it lies in the future or before the boot, now
 * or 0. */
int64_t sv_stamp_to_boottime(const tain *stamp);

/* The TAI64N stamp of now: sv_stamp_of(sv_realtime()). */
tain sv_stamp_now(void);

#endif
