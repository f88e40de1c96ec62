/* SPDX-License-Identifier: ISC */
/*
 * scale.c - an axis of time with round marks, and times as people read them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "svctl/scale.h"
#include "svctl/when.h"

enum { MS = 1000, S = 1000000, LEAST = 200, DECADES_END = 10 * S };

int64_t scale_step(int64_t total, unsigned parts_max)
{
    static const int32_t seconds[] = {30, 60, 120, 300, 600, 1800, 3600, 7200,
                                      21600, 43200, 86400};
    static const int8_t factors[] = {2, 5, 10};
    int64_t decade = LEAST / 2;
    int64_t step = LEAST;
    size_t i;

    while (decade < DECADES_END) {
        for (i = 0; i < sizeof factors; i++) {
            step = decade * factors[i];
            if (total / step < parts_max)
                return step;
        }
        decade = step;
    }
    for (i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        step = INT64_C(1) * S * seconds[i];
        if (total / step < parts_max)
            return step;
    }
    while (total / step >= parts_max)
        step *= 2;
    return step;
}

/* us in units, rounded, with so many places. */
static char *decimal(char buf[static SCALE_TEXT_MAX], int64_t us, int64_t unit,
                     unsigned places, const char *name)
{
    int64_t least = unit;
    int64_t n;

    for (unsigned i = 0; i < places; i++)
        least /= 10;
    n = (us + least / 2) / least;
    if (places)
        snprintf(buf, SCALE_TEXT_MAX, "%" PRId64 ".%0*" PRId64 " %s",
                 n * least / unit, (int)places, n % (unit / least), name);
    else
        snprintf(buf, SCALE_TEXT_MAX, "%" PRId64 " %s", n, name);
    return buf;
}

char *scale_mark(char buf[static SCALE_TEXT_MAX], int64_t at, int64_t step)
{
    if (at == 0) {
        buf[0] = '0';
        buf[1] = 0;
        return buf;
    }
    if (step < MS)
        return decimal(buf, at, MS, 1, "ms");
    if (step < S / 10)
        return decimal(buf, at, MS, 0, "ms");
    if (step < S)
        return decimal(buf, at, S, 1, "s");
    return step <= DECADES_END ? decimal(buf, at, S, 0, "s")
                               : when_duration(buf, at / S);
}

char *scale_time(char buf[static SCALE_TEXT_MAX], int64_t us)
{
    if (us < 10 * MS - 50)
        return decimal(buf, us, MS, 1, "ms");
    if (us < S - MS / 2)
        return decimal(buf, us, MS, 0, "ms");
    if (us < 10 * S - 5 * MS)
        return decimal(buf, us, S, 2, "s");
    return us < 100 * S - 50 * MS ? decimal(buf, us, S, 1, "s")
                                  : when_duration(buf, (us + S / 2) / S);
}
