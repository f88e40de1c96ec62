/* SPDX-License-Identifier: ISC */
/*
 * when.c - times as people read them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <skalibs/tai.h>

#include "sv/clock.h"
#include "svctl/when.h"

char *when_duration(char buf[static WHEN_DURATION_MAX], int64_t seconds)
{
    static const struct {
        int64_t below; /* seconds */
        int64_t big;
        int64_t small;
        char big_unit;
        char small_unit;
    } scales[] = {
        {3600, 60, 1, 'm', 's'},
        {86400, 3600, 60, 'h', 'm'},
        {8640000, 86400, 3600, 'd', 'h'},
    };

    if (seconds < 0)
        seconds = 0;
    if (seconds < 60) {
        snprintf(buf, WHEN_DURATION_MAX, "%ds", (int)seconds);
        return buf;
    }
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        if (seconds < scales[i].below) {
            snprintf(buf, WHEN_DURATION_MAX, "%d%c%02d%c",
                     (int)(seconds / scales[i].big), scales[i].big_unit,
                     (int)(seconds % scales[i].big / scales[i].small),
                     scales[i].small_unit);
            return buf;
        }
    snprintf(buf, WHEN_DURATION_MAX, "%" PRId64 "d", seconds / 86400);
    return buf;
}

/* Splits into seconds and nanoseconds, also before 1970. */
static time_t split(int64_t realtime, int64_t *nano)
{
    *nano = realtime % SV_SECOND;
    if (*nano < 0)
        *nano += SV_SECOND;
    return (time_t)((realtime - *nano) / SV_SECOND);
}

char *when_local(char buf[static WHEN_LOCAL_MAX], int64_t realtime)
{
    int64_t nano;
    time_t seconds = split(realtime, &nano);
    struct tm tm;
    size_t n = 0;

    if (localtime_r(&seconds, &tm))
        n = strftime(buf, WHEN_LOCAL_MAX, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(buf + n, WHEN_LOCAL_MAX - n, ".%03d", (int)(nano / 1000000));
    return buf;
}

char *when_utc(char buf[static WHEN_LOCAL_MAX], int64_t realtime)
{
    int64_t nano;
    time_t seconds = split(realtime, &nano);
    struct tm tm;
    size_t n = 0;

    if (gmtime_r(&seconds, &tm))
        n = strftime(buf, WHEN_LOCAL_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buf + n, WHEN_LOCAL_MAX - n, ".%06dZ", (int)(nano / 1000));
    return buf;
}

bool when_scan(const char label[static WHEN_STAMP], int64_t *realtime)
{
    tain stamp;
    int64_t when;

    if (label[0] != '@' || timestamp_scan(label, &stamp) != WHEN_STAMP ||
        stamp.nano > 999999999)
        return false;
    when = sv_stamp_to_realtime(&stamp);
    if (when == INT64_MIN || when == INT64_MAX)
        return false;
    *realtime = when;
    return true;
}
