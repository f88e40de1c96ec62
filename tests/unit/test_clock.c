/* SPDX-License-Identifier: ISC */
/* Truths about the clocks and the stamps. */
#include "unit.h"

#include <stdint.h>
#include <time.h>

#include "sv/clock.h"

START_TEST(a_stamp_is_the_one_that_s6_wrote_at_that_time)
{
    tain stamp = sv_stamp_of(INT64_C(1795389532) * SV_SECOND + 0x103ade44);

    ck_assert_uint_eq(stamp.sec.x, 0x400000006b037881);
    ck_assert_uint_eq(stamp.nano, 0x103ade44);
}
END_TEST

START_TEST(leap_seconds_are_counted)
{
    ck_assert_uint_eq(sv_stamp_of(0).sec.x, TAI_MAGIC + 10);
    /* 1972-07-01, after the first leap second; 2017-01-01, after the last */
    ck_assert_uint_eq(sv_stamp_of(78796800 * SV_SECOND).sec.x,
                      TAI_MAGIC + 78796800 + 11);
    ck_assert_uint_eq(sv_stamp_of(1483228800 * SV_SECOND).sec.x,
                      TAI_MAGIC + 1483228800 + 37);
}
END_TEST

START_TEST(a_stamp_goes_there_and_back)
{
    static const int64_t times[] = {
        0,
        1,
        -1,
        -SV_SECOND,
        SV_SECOND - 1,
        78796799 * SV_SECOND,
        78796800 * SV_SECOND,
        INT64_C(1483228799999999999),
        INT64_C(1795389532272293444),
        INT64_C(-9000000000123456789),
        INT64_C(9000000000123456789),
    };

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        tain stamp = sv_stamp_of(times[i]);

        ck_assert_uint_lt(stamp.nano, SV_SECOND);
        ck_assert_int_eq(sv_stamp_to_realtime(&stamp), times[i]);
    }
}
END_TEST

START_TEST(a_stamp_is_as_old_on_the_clock_that_nobody_sets)
{
    int64_t before = sv_boottime();
    tain stamp = sv_stamp_now();
    int64_t when = sv_stamp_to_boottime(&stamp);

    ck_assert_int_ge(when, before - SV_SECOND);
    ck_assert_int_le(when, sv_boottime());
    stamp = sv_stamp_of(INT64_MAX);
    ck_assert_int_ge(sv_stamp_to_boottime(&stamp), before);
    stamp = sv_stamp_of(0);
    ck_assert_int_eq(sv_stamp_to_boottime(&stamp), 0);
    stamp = (tain){{0}, 0};
    ck_assert_int_eq(sv_stamp_to_boottime(&stamp), 0);
}
END_TEST

START_TEST(a_stamp_too_far_away_is_the_end_of_time)
{
    tain stamp = {{UINT64_MAX}, 0};

    ck_assert_int_eq(sv_stamp_to_realtime(&stamp), INT64_MAX);
    stamp = tain_infinite;
    ck_assert_int_eq(sv_stamp_to_realtime(&stamp), INT64_MAX);
    stamp = tain_zero;
    ck_assert_int_eq(sv_stamp_to_realtime(&stamp), INT64_MIN);
}
END_TEST

START_TEST(now_lies_between_two_looks_at_the_clock_of_s6)
{
    /* skalibs rounds by adding 500 ns */
    tain rounding = {TAI_ZERO, 500};
    tain before;
    tain after;
    tain now;

    ck_assert(tain_wallclock_read(&before));
    now = sv_stamp_now();
    ck_assert(tain_wallclock_read(&after));
    tain_add(&now, &now, &rounding);
    ck_assert(!tain_less(&now, &before));
    ck_assert(!tain_less(&after, &now));
}
END_TEST

START_TEST(real_time_is_the_time_of_day)
{
    time_t before = time(NULL);
    int64_t now = sv_realtime();

    /* time(2) reads a coarser clock, up to a tick behind */
    ck_assert_int_ge(now / SV_SECOND, before);
    ck_assert_int_le(now / SV_SECOND, time(NULL) + 1);
}
END_TEST

START_TEST(boot_time_never_goes_back)
{
    int64_t before = sv_boottime();

    ck_assert_int_gt(before, 0);
    for (int i = 0; i < 1000; i++) {
        int64_t now = sv_boottime();

        ck_assert_int_ge(now, before);
        before = now;
    }
}
END_TEST

int main(void)
{
    return UNIT_RUN("clock", a_stamp_is_the_one_that_s6_wrote_at_that_time,
                    leap_seconds_are_counted, a_stamp_goes_there_and_back,
                    a_stamp_is_as_old_on_the_clock_that_nobody_sets,
                    a_stamp_too_far_away_is_the_end_of_time,
                    now_lies_between_two_looks_at_the_clock_of_s6,
                    real_time_is_the_time_of_day, boot_time_never_goes_back);
}
