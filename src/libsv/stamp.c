/* SPDX-License-Identifier: ISC */
/* stamp.c - TAI64N labels and local dates. */
#include <string.h>
#include <time.h>

#include <skalibs/djbtime.h>

#include "sv/clock.h"
#include "sv/stamp.h"

enum { DATE_TO_SECONDS = 19, NANO_DIGITS = 9 };

void sv_stamp_label(char buf[static SV_STAMP_LABEL], int64_t realtime)
{
    tain stamp = sv_stamp_of(realtime);

    timestamp_fmt(buf, &stamp);
    buf[SV_STAMP_NAME] = ' ';
}

/* Local time is worked out once a second: the C library may look for a change
 * of the time zone each time that it is asked. */
static void to_seconds(char buf[static DATE_TO_SECONDS], time_t second)
{
    static char text[DATE_TO_SECONDS + 1];
    static time_t known;
    struct tm local;

    if (!text[0] || known != second) {
        if (!localtime_r(&second, &local) ||
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) !=
                DATE_TO_SECONDS)
            memcpy(text, "0000-00-00 00:00:00", sizeof text);
        known = second;
    }
    memcpy(buf, text, DATE_TO_SECONDS);
}

void sv_stamp_date(char buf[static SV_STAMP_DATE], int64_t realtime)
{
    int64_t second = realtime / SV_SECOND;
    int64_t nano = realtime % SV_SECOND;

    if (nano < 0) {
        second -= 1;
        nano += SV_SECOND;
    }
    to_seconds(buf, (time_t)second);
    buf[DATE_TO_SECONDS] = '.';
    for (int digit = NANO_DIGITS; digit > 0; digit--) {
        buf[DATE_TO_SECONDS + digit] = (char)('0' + nano % 10);
        nano /= 10;
    }
    buf[SV_STAMP_DATE - 2] = buf[SV_STAMP_DATE - 1] = ' ';
}

/* skalibs's way from label to date, not that from nanoseconds above: these do
 * not count leap seconds, and end in 2262. */
size_t sv_stamp_to_date(char buf[static SV_STAMP_FAR],
                        const char label[static SV_STAMP_NAME], bool is_utc)
{
    localtmn local;
    tain stamp;

    if (timestamp_scan(label, &stamp) == 0 || stamp.nano >= SV_SECOND ||
        !localtmn_from_tain(&local, &stamp, !is_utc))
        return 0;
    return localtmn_fmt(buf, &local);
}
