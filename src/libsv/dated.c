/* SPDX-License-Identifier: ISC */
/* dated.c - the stamps at the head of a line, back to times. */
#include <string.h>
#include <time.h>

#include <skalibs/djbtime.h>

#include "sv/clock.h"
#include "sv/dated.h"
#include "sv/stamp.h"

enum {
    NANO_DIGITS = 9,
    MICRO_DIGITS = 6,
    UTC_SIZE = 27, /* "YYYY-MM-DDTHH:MM:SS.uuuuuuZ" */
    SECONDS_AT = 19, /* what stands behind "YYYY-MM-DD HH:MM:SS" */
};

/* Exactly count digits; false if there are not so many. */
static bool read_digits(const char *text, size_t count, int *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = 10 * *value + (text[i] - '0');
    }
    return true;
}

/* A minute of local time is asked for once: the C library may look for a change
 * of the time zone each time. */
static bool seconds_of(struct tm *tm, bool is_utc, int64_t *seconds)
{
    static struct tm known;
    static int64_t known_seconds;
    static bool known_is_utc;
    int second = tm->tm_sec;
    int64_t start;

    tm->tm_sec = 0;
    if (known.tm_mday && known_is_utc == is_utc && known.tm_min == tm->tm_min &&
        known.tm_hour == tm->tm_hour && known.tm_mday == tm->tm_mday &&
        known.tm_mon == tm->tm_mon && known.tm_year == tm->tm_year) {
        *seconds = known_seconds + second;
        return true;
    }
    known = *tm;
    start = is_utc ? timegm(tm) : mktime(tm);
    /* What the calendar does not have, as the 30th of February, comes back as
     * another day. */
    if (start == -1 || tm->tm_mday != known.tm_mday) {
        known.tm_mday = 0;
        return false;
    }
    known_seconds = start;
    known_is_utc = is_utc;
    *seconds = start + second;
    return true;
}

static bool is_of_calendar(const struct tm *tm)
{
    return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday > 0 &&
           tm->tm_mday <= 31 && tm->tm_hour < 24 && tm->tm_min < 60 &&
           tm->tm_sec <= 60 && tm->tm_year >= 70 && tm->tm_year < 2262 - 1900;
}

/* "YYYY-MM-DD", and the year as struct tm counts it. */
static bool read_day(const char *text, struct tm *tm)
{
    *tm = (struct tm){.tm_isdst = -1};
    if (!read_digits(text, 4, &tm->tm_year) || text[4] != '-' ||
        !read_digits(text + 5, 2, &tm->tm_mon) || text[7] != '-' ||
        !read_digits(text + 8, 2, &tm->tm_mday))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

/* "YYYY-MM-DD?HH:MM:SS.", and so many digits behind it. */
static bool read_date(const char *text, char between, bool is_utc,
                      size_t digits, int64_t *realtime)
{
    struct tm tm;
    int64_t seconds;
    int fraction;

    if (!read_day(text, &tm) || text[10] != between ||
        !read_digits(text + 11, 2, &tm.tm_hour) || text[13] != ':' ||
        !read_digits(text + 14, 2, &tm.tm_min) || text[16] != ':' ||
        !read_digits(text + 17, 2, &tm.tm_sec) || text[SECONDS_AT] != '.' ||
        !read_digits(text + SECONDS_AT + 1, digits, &fraction) ||
        !is_of_calendar(&tm) || !seconds_of(&tm, is_utc, &seconds))
        return false;
    *realtime = seconds * SV_SECOND +
                (digits == MICRO_DIGITS ? (int64_t)fraction * 1000 : fraction);
    return true;
}

static size_t read_label(const char *line, size_t size, int64_t *realtime)
{
    tain stamp;
    int64_t when;

    if (size < SV_STAMP_LABEL || line[0] != '@' ||
        line[SV_STAMP_NAME] != ' ' ||
        timestamp_scan(line, &stamp) != SV_STAMP_NAME ||
        stamp.nano >= SV_SECOND)
        return 0;
    when = sv_stamp_to_realtime(&stamp);
    if (when == INT64_MIN || when == INT64_MAX)
        return 0;
    *realtime = when;
    return SV_STAMP_LABEL;
}

static size_t read_iso(const char *line, size_t size, int64_t *realtime)
{
    if (size >= SV_STAMP_DATE && line[SV_STAMP_DATE - 1] == ' ' &&
        line[SV_STAMP_DATE - 2] == ' ' &&
        read_date(line, ' ', false, NANO_DIGITS, realtime))
        return SV_STAMP_DATE;
    if (size > UTC_SIZE && line[UTC_SIZE - 1] == 'Z' && line[UTC_SIZE] == ' ' &&
        read_date(line, 'T', true, MICRO_DIGITS, realtime))
        return UTC_SIZE + 1;
    return 0;
}

size_t sv_dated(const char *line, size_t size, int64_t *realtime)
{
    size_t label = read_label(line, size, realtime);
    int64_t other;

    if (!label)
        return read_iso(line, size, realtime);
    return label + read_iso(line + label, size - label, &other);
}

/* ":SS" or less, ".fraction" or less, "Z" or less: what may follow minutes. */
static bool read_end(const char *text, struct tm *tm, int64_t *nano,
                     bool *is_utc)
{
    int64_t digit = SV_SECOND;

    *nano = 0;
    if (*text == ':') {
        if (!read_digits(text + 1, 2, &tm->tm_sec))
            return false;
        text += 3;
    }
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            *nano += (digit /= 10) * (*text - '0');
    *is_utc = *text == 'Z';
    return text[*is_utc] == 0;
}

bool sv_dated_text(const char *text, int64_t *realtime)
{
    size_t size = strnlen(text, UTC_SIZE + NANO_DIGITS);
    bool is_utc = false;
    int64_t nano = 0;
    int64_t seconds;
    struct tm tm;

    if (size < 10 || !read_day(text, &tm))
        return false;
    if (size > 10 &&
        (size < 16 || (text[10] != ' ' && text[10] != 'T') ||
         !read_digits(text + 11, 2, &tm.tm_hour) || text[13] != ':' ||
         !read_digits(text + 14, 2, &tm.tm_min) ||
         !read_end(text + 16, &tm, &nano, &is_utc)))
        return false;
    if (!is_of_calendar(&tm) || !seconds_of(&tm, is_utc, &seconds))
        return false;
    *realtime = seconds * SV_SECOND + nano;
    return true;
}
