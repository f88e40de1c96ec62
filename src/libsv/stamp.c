/* SPDX-License-Identifier: ISC */
/* stamp.c - TAI64N labels and local dates. */
#include <string.h>
#include <time.h>

#include <skalibs/djbtime.h>

#include "sv/clock.h"
#include "sv/stamp.h"

enum { DATE_TO_SECONDS = 19, NANO_DIGITS = 9, MICRO_DIGITS = 6 };

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

/* A number of so many digits, and what stands behind it; returns how far it
 * got. */
static char *put_number(char *to, int number, int digits, char behind)
{
    for (int digit = digits - 1; digit >= 0; digit--) {
        to[digit] = (char)('0' + number % 10);
        number /= 10;
    }
    to[digits] = behind;
    return to + digits + 1;
}

/* strftime(3) would do, and bring the names of days in with it: 4 kB.  Any time
 * of 64 bits of nanoseconds has a year of four digits. */
static void put_seconds(char to[static DATE_TO_SECONDS + 1],
                        const struct tm *tm, char between)
{
    to = put_number(to, tm->tm_year + 1900, 4, '-');
    to = put_number(to, tm->tm_mon + 1, 2, '-');
    to = put_number(to, tm->tm_mday, 2, between);
    to = put_number(to, tm->tm_hour, 2, ':');
    to = put_number(to, tm->tm_min, 2, ':');
    put_number(to, tm->tm_sec, 2, '\0');
}

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
        if (!(is_utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
            tm = (struct tm){.tm_year = -1900, .tm_mon = -1};
        put_seconds(known->text, &tm, is_utc ? 'T' : ' ');
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
