/* SPDX-License-Identifier: ISC */
/*
 * when.c - times as people read them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <skalibs/tai.h>

#include "sv/clock.h"
#include "sv/stamp.h"
#include "svctl/when.h"

enum { SIZE_TO_MS = sizeof "YYYY-MM-DD HH:MM:SS.mmm" - 1 };

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

char *when_local(char buf[static WHEN_LOCAL_MAX], int64_t realtime)
{
    sv_stamp_date(buf, realtime);
    buf[SIZE_TO_MS] = 0;
    return buf;
}

char *when_utc(char buf[static WHEN_LOCAL_MAX], int64_t realtime)
{
    sv_stamp_utc(buf, realtime);
    buf[SV_STAMP_UTC - 1] = 0; /* the blank */
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
