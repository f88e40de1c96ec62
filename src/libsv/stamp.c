/* SPDX-License-Identifier: ISC */
/* stamp.c - TAI64N labels and local dates. */
#include <string.h>
#include <time.h>

#include <skalibs/djbtime.h>

#include "sv/clock.h"
#include "sv/stamp.h"

enum { DATE_DIGITS = 10, DATE_TO_SECONDS = 19, NANO_DIGITS = 9, MICRO_DIGITS = 6 };

void sv_stamp_label(char buf[static SV_STAMP_LABEL], int64_t realtime)
{
    tain stamp = sv_stamp_of(realtime);

    timestamp_fmt(buf, &stamp);
    buf[SV_STAMP_NAME] = ' ';
}

/* What a second is called is worked out once: the C library may look for a
 * change of the time zone each time that it is asked. */
struct known {
    char text[DATE_TO_SECONDS + 1];
    time_t second;
};

/* Writes it, and then a fraction of so many digits; returns how far it got. */
static char *put_time(char *to, struct known *known, int64_t realtime,
                      bool is_utc, int digits)
{
    int64_t nano = realtime % SV_SECOND;
    time_t second = (time_t)(realtime / SV_SECOND);
    struct tm tm;

    if (nano < 0) {
        second -= 1;
        nano += SV_SECOND;
    }
    if (!known->text[0] || known->second != second) {
        if (!(is_utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)) ||
            strftime(known->text, sizeof known->text, "%Y-%m-%d %H:%M:%S",
                     &tm) != DATE_TO_SECONDS)
            memcpy(known->text, "0000-00-00 00:00:00", sizeof known->text);
        known->text[DATE_DIGITS] = is_utc ? 'T' : ' ';
        known->second = second;
    }
    memcpy(to, known->text, DATE_TO_SECONDS);
    to[DATE_TO_SECONDS] = '.';
    for (int digit = NANO_DIGITS; digit > 0; digit--) {
        if (digit <= digits)
            to[DATE_TO_SECONDS + digit] = (char)('0' + nano % 10);
        nano /= 10;
    }
    return to + DATE_TO_SECONDS + 1 + digits;
}

void sv_stamp_date(char buf[static SV_STAMP_DATE], int64_t realtime)
{
    static struct known known;

    memcpy(put_time(buf, &known, realtime, false, NANO_DIGITS), "  ", 2);
}

void sv_stamp_utc(char buf[static SV_STAMP_UTC], int64_t realtime)
{
    static struct known known;

    memcpy(put_time(buf, &known, realtime, true, MICRO_DIGITS), "Z ", 2);
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
