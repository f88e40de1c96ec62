/* SPDX-License-Identifier: ISC */
/* test_svlog_rate.c - a bucket of lines, in a time of our own. */
#include <check.h>
#include <string.h>

#include "sv/clock.h"
#include "svlog/rate.h"

static struct rate rate;
static int64_t now;

static void begin(void)
{
    rate = (struct rate){.lines = 10, .burst = 3};
    now = 1000 * SV_SECOND;
}

/* How many of so many lines are admitted. */
static int admitted(int lines)
{
    int count = 0;

    for (int i = 0; i < lines; i++)
        count += rate_admits(&rate, now);
    return count;
}

START_TEST(without_a_limit_every_line_has_its_place)
{
    rate.lines = 0;
    ck_assert_int_eq(admitted(1000), 1000);
    ck_assert_int_eq(rate_due(&rate), 0);
}
END_TEST

START_TEST(a_burst_is_admitted_and_then_the_rate)
{
    ck_assert_int_eq(admitted(100), 3);
    now += SV_SECOND / 10;
    ck_assert_int_eq(admitted(100), 1);
    now += SV_SECOND / 20;
    ck_assert_int_eq(admitted(100), 0);
    now += SV_SECOND / 20;
    ck_assert_int_eq(admitted(100), 1);
}
END_TEST

START_TEST(a_pause_fills_the_bucket_and_no_more)
{
    ck_assert_int_eq(admitted(3), 3);
    now += 3600 * SV_SECOND;
    ck_assert_int_eq(admitted(100), 3);
}
END_TEST

START_TEST(a_clock_that_goes_back_gives_nothing_and_takes_nothing)
{
    ck_assert_int_eq(admitted(2), 2);
    now -= SV_SECOND;
    ck_assert_int_eq(admitted(100), 1);
    now += SV_SECOND / 10;
    ck_assert_int_eq(admitted(100), 1);
}
END_TEST

START_TEST(what_was_dropped_is_said_a_second_after_the_first)
{
    char text[RATE_NOTICE] = "";

    admitted(5);
    now += SV_SECOND / 2;
    admitted(1);
    ck_assert_int_eq(rate_due(&rate), 1001 * SV_SECOND);
    ck_assert_uint_eq(rate_notice(&rate, text), strlen(text));
    ck_assert_str_eq(text, "svlog: warning: dropped 2 lines, more than 10 a"
                           " second");
    ck_assert_int_eq(rate_due(&rate), 0);
}
END_TEST

START_TEST(the_fastest_rate_counts_as_well)
{
    rate = (struct rate){.lines = 1000000, .burst = 1000000};
    ck_assert_int_eq(admitted(1000001), 1000000);
    now += 1000;
    ck_assert_int_eq(admitted(2), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svlog_rate");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_test(all, without_a_limit_every_line_has_its_place);
    tcase_add_test(all, a_burst_is_admitted_and_then_the_rate);
    tcase_add_test(all, a_pause_fills_the_bucket_and_no_more);
    tcase_add_test(all, a_clock_that_goes_back_gives_nothing_and_takes_nothing);
    tcase_add_test(all, what_was_dropped_is_said_a_second_after_the_first);
    tcase_add_test(all, the_fastest_rate_counts_as_well);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
