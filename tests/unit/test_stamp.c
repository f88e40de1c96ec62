/* SPDX-License-Identifier: ISC */
/* test_stamp.c - both stamps, to the byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sv/clock.h"
#include "sv/stamp.h"

/* As s6-log 2.11.3.2 stamped a line, with TZ=UTC. */
#define LABEL "@400000006b03a51b168ce53f "
#define DATE "2026-11-23 02:29:10.378332479  "
#define WHEN (INT64_C(1795400950) * SV_SECOND + 378332479)

static void in_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static const char *date(int64_t when)
{
    static char buf[SV_STAMP_DATE + 1];

    sv_stamp_date(buf, when);
    return buf;
}

START_TEST(a_label_is_what_s6_log_writes)
{
    char buf[SV_STAMP_LABEL + 1] = "";

    sv_stamp_label(buf, WHEN);
    ck_assert_str_eq(buf, LABEL);
}
END_TEST

START_TEST(a_date_is_what_s6_log_writes)
{
    in_zone("UTC");
    ck_assert_str_eq(date(WHEN), DATE);
}
END_TEST

START_TEST(nanoseconds_have_nine_digits)
{
    in_zone("UTC");
    ck_assert_str_eq(date(0), "1970-01-01 00:00:00.000000000  ");
    ck_assert_str_eq(date(7), "1970-01-01 00:00:00.000000007  ");
    ck_assert_str_eq(date(999999999), "1970-01-01 00:00:00.999999999  ");
    ck_assert_str_eq(date(SV_SECOND), "1970-01-01 00:00:01.000000000  ");
}
END_TEST

START_TEST(a_clock_before_1970_goes_forward_too)
{
    in_zone("UTC");
    ck_assert_str_eq(date(-1), "1969-12-31 23:59:59.999999999  ");
}
END_TEST

START_TEST(a_date_is_local)
{
    in_zone("XXX-5:30");
    ck_assert_str_eq(date(WHEN), "2026-11-23 07:59:10.378332479  ");
}
END_TEST

START_TEST(a_date_that_cannot_be_is_as_long_as_any)
{
    in_zone("UTC");
    ck_assert_uint_eq(strlen(date(INT64_MAX)), SV_STAMP_DATE);
    ck_assert_uint_eq(strlen(date(INT64_MIN)), SV_STAMP_DATE);
}
END_TEST

static const char *date_of(const char *label, bool is_utc)
{
    static char buf[SV_STAMP_FAR + 1];

    buf[sv_stamp_to_date(buf, label, is_utc)] = '\0';
    return buf;
}

START_TEST(a_label_means_the_date_it_was_made_of)
{
    in_zone("XXX-5:30");
    ck_assert_str_eq(date_of(LABEL, true), "2026-11-23 02:29:10.378332479");
    ck_assert_str_eq(date_of(LABEL, false), "2026-11-23 07:59:10.378332479");
}
END_TEST

START_TEST(a_leap_second_has_a_date_of_its_own)
{
    ck_assert_str_eq(date_of("@40000000586846a400000000", true),
                     "2016-12-31 23:59:60.000000000");
    ck_assert_str_eq(date_of("@40000000586846a500000000", true),
                     "2017-01-01 00:00:00.000000000");
}
END_TEST

START_TEST(a_year_has_the_digits_that_it_needs)
{
    ck_assert_str_eq(date_of("@400000ffffffffff000000ff", true),
                     "36812-02-20 00:35:38.000000255");
    ck_assert_uint_lt(strlen(date_of("@400fffffffffffff00000000", true)),
                      SV_STAMP_FAR);
    ck_assert_str_eq(date_of("@40ffffffffffffff00000000", true), "");
}
END_TEST

START_TEST(what_is_no_label_has_no_date)
{
    ck_assert_str_eq(date_of("@400000006b03a51b168ce53g", true), "");
    ck_assert_str_eq(date_of("4400000006b03a51b168ce53f", true), "");
    ck_assert_str_eq(date_of("@400000006b03a51b3b9aca00", true), "");
    ck_assert_str_eq(date_of("@3fffffffffffffff00000000", true), "");
    ck_assert_str_ne(date_of("@400000006B03A51B168CE53F", true), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stamp");
    TCase *all = tcase_create("stamp");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, a_label_is_what_s6_log_writes);
    tcase_add_test(all, a_date_is_what_s6_log_writes);
    tcase_add_test(all, nanoseconds_have_nine_digits);
    tcase_add_test(all, a_clock_before_1970_goes_forward_too);
    tcase_add_test(all, a_date_is_local);
    tcase_add_test(all, a_date_that_cannot_be_is_as_long_as_any);
    tcase_add_test(all, a_label_means_the_date_it_was_made_of);
    tcase_add_test(all, a_leap_second_has_a_date_of_its_own);
    tcase_add_test(all, a_year_has_the_digits_that_it_needs);
    tcase_add_test(all, what_is_no_label_has_no_date);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
