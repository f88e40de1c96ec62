/* SPDX-License-Identifier: ISC */
/* Truths about the times that lines bear. */
#include "unit.h"

#include <time.h>

#include "sv/clock.h"
#include "sv/dated.h"
#include "sv/stamp.h"

#define WHEN (INT64_C(1795400950) * SV_SECOND + 378332000)
#define LABEL "@400000006b03a51b168ce360 "
#define LOCAL "2026-11-23 03:29:10.378332000  "
#define UTC "2026-11-23T02:29:10.378332Z "

static void in_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void expect(const char *line, size_t stamps)
{
    int64_t realtime = 0;

    in_zone("UTC-1");
    ck_assert_uint_eq(sv_dated(line, strlen(line), &realtime), stamps);
    ck_assert_int_eq(realtime, stamps ? WHEN : 0);
}

START_TEST(each_stamp_of_svlog_is_known)
{
    expect(LABEL "text", 26);
    expect(LOCAL "text", 31);
    expect(UTC "text", 28);
    expect(LABEL LOCAL "text", 57);
    expect(LABEL UTC, 54);
    expect(LABEL, 26);
}
END_TEST

START_TEST(what_is_written_as_a_stamp_is_read_as_that_time)
{
    char label[SV_STAMP_LABEL];
    char date[SV_STAMP_DATE];
    int64_t realtime;

    in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    for (int64_t when = WHEN; when < WHEN + 400 * 86400 * SV_SECOND;
         when += 86399 * SV_SECOND + 1) {
        sv_stamp_label(label, when);
        ck_assert_uint_eq(sv_dated(label, sizeof label, &realtime),
                          SV_STAMP_LABEL);
        ck_assert_int_eq(realtime, when);
        sv_stamp_date(date, when);
        ck_assert_uint_eq(sv_dated(date, sizeof date, &realtime),
                          SV_STAMP_DATE);
        ck_assert_int_eq(realtime, when);
    }
}
END_TEST

START_TEST(a_date_of_the_text_is_no_stamp)
{
    expect("", 0);
    expect("@400000006b03a51b168ce360", 0);
    expect("@400000006b03a51b168ce36g text", 0);
    expect("2026-11-23 03:29:10 text", 0);
    expect("2026-11-23 03:29:10.378332000 text", 0);
    expect("2026-13-23 03:29:10.378332000  text", 0);
    expect("2026-02-30 03:29:10.378332000  text", 0);
    expect("2026-11-23T02:29:10.378332+ text", 0);
}
END_TEST

static void expect_text(const char *text, int64_t seconds)
{
    int64_t realtime = -1;

    in_zone("UTC-1");
    ck_assert_msg(sv_dated_text(text, &realtime) == (seconds >= 0), "%s", text);
    ck_assert_int_eq(realtime, seconds >= 0 ? seconds * SV_SECOND : -1);
}

START_TEST(times_are_read_as_people_write_them)
{
    expect_text("2026-11-23", 1795388400);
    expect_text("2026-11-23 03:29", 1795400940);
    expect_text("2026-11-23T03:29:10", 1795400950);
    expect_text("2026-11-23T02:29:10Z", 1795400950);
    expect_text("2026-11-23T02:29Z", 1795400940);
    expect_text("2026-11-23T02:29:10.0Z", 1795400950);
    expect_text("", -1);
    expect_text("2026-11", -1);
    expect_text("2026-11-23 3:29", -1);
    expect_text("2026-11-31", -1);
    expect_text("2026-11-23 03:29:10 ", -1);
    expect_text("2026-11-23 25:00", -1);
}
END_TEST

int main(void)
{
    return UNIT_RUN("dated",
                    each_stamp_of_svlog_is_known,
                    what_is_written_as_a_stamp_is_read_as_that_time,
                    a_date_of_the_text_is_no_stamp,
                    times_are_read_as_people_write_them);
}
