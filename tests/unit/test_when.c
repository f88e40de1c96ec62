/* SPDX-License-Identifier: ISC */
/* Truths about times as people read them. */
#include "unit.h"

#include <time.h>

#include "svctl/when.h"

static const struct {
    int64_t seconds;
    const char *text;
} durations[] = {
    {-5, "0s"},           {0, "0s"},          {59, "59s"},
    {60, "1m00s"},        {187, "3m07s"},     {3599, "59m59s"},
    {3600, "1h00m"},      {7500, "2h05m"},    {86399, "23h59m"},
    {86400, "1d00h"},     {1047600, "12d03h"}, {8639999, "99d23h"},
    {8640000, "100d"},    {INT64_MAX, "106751991167300d"},
};

START_TEST(a_duration_has_two_units_at_most)
{
    char buf[WHEN_DURATION_MAX];

    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        ck_assert_str_eq(when_duration(buf, durations[i].seconds),
                         durations[i].text);
}
END_TEST

START_TEST(a_label_becomes_local_time)
{
    char buf[WHEN_LOCAL_MAX];
    int64_t realtime;

    setenv("TZ", "UTC-2", 1);
    tzset();
    /* 1700000000.25, and 37 s of TAI. */
    ck_assert(when_scan("@400000006553f1250ee6b280", &realtime));
    ck_assert_int_eq(realtime, INT64_C(1700000000250000000));
    ck_assert_str_eq(when_local(buf, realtime), "2023-11-15 00:13:20.250");
    ck_assert_str_eq(when_utc(buf, realtime), "2023-11-14T22:13:20.250000Z");
}
END_TEST

START_TEST(a_time_before_1970_is_one_too)
{
    char buf[WHEN_LOCAL_MAX];

    ck_assert_str_eq(when_utc(buf, -1), "1969-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(what_is_no_label_is_left_alone)
{
    static const char *const bad[] = {
        "@400000006553f1250ee6b28",  "400000006553f1250ee6b2800",
        "@400000006553f1250ee6b28g", "@400000006553f125ffffffff",
        "@ffffffffffffffff00000000", "@000000000000000000000000",
    };
    int64_t realtime = 7;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char label[WHEN_STAMP + 1] = "";

        stpcpy(label, bad[i]);
        ck_assert_msg(!when_scan(label, &realtime), "%s", bad[i]);
    }
    ck_assert_int_eq(realtime, 7);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "when",
        a_duration_has_two_units_at_most, a_label_becomes_local_time,
        a_time_before_1970_is_one_too, what_is_no_label_is_left_alone);
}
