/* SPDX-License-Identifier: ISC */
/* Truths about how soon a service is started again, and whether. */
#include "unit.h"

#include "engine/restart.h"

enum { MS = 1000000 };

static const struct restart_policy three_in_ten = {
    .delay_ms = 1000, .max = 3, .window_ms = 10000,
};

static const struct restart_policy doubling = {
    .delay_ms = 100, .delay_max_ms = 1000, .max = UINT32_MAX,
};

START_TEST(without_files_it_is_a_second)
{
    const struct restart_policy policy = { .delay_ms = 1000,
                                           .max = UINT32_MAX };

    for (uint32_t quick = 0; quick < 40; quick++)
        ck_assert_uint_eq(restart_delay(&policy, quick), 1000);
}
END_TEST

START_TEST(the_delay_doubles_up_to_the_longest)
{
    static const uint32_t delays[] = { 100, 100, 200, 400, 800, 1000, 1000 };

    for (uint32_t quick = 0; quick < 7; quick++)
        ck_assert_uint_eq(restart_delay(&doubling, quick), delays[quick]);
    ck_assert_uint_eq(restart_delay(&doubling, 32), 1000);
}
END_TEST

START_TEST(a_longest_that_is_shorter_changes_nothing)
{
    struct restart_policy policy = doubling;

    policy.delay_max_ms = 50;
    ck_assert_uint_eq(restart_delay(&policy, 5), 100);
    policy.delay_ms = 0;
    policy.delay_max_ms = 0;
    ck_assert_uint_eq(restart_delay(&policy, 5), RESTART_LEAST_MS);
}
END_TEST

START_TEST(a_run_as_long_as_the_longest_begins_anew)
{
    struct restarts restarts = { 0 };

    for (int i = 1; i <= 5; i++)
        ck_assert(restart_count(&restarts, &doubling, i, 999, i * MS));
    ck_assert_uint_eq(restarts.quick, 5);
    ck_assert(restart_count(&restarts, &doubling, 6, 1000, 6 * MS));
    ck_assert_uint_eq(restarts.quick, 0);
}
END_TEST

START_TEST(one_restart_more_than_the_most_is_a_failure)
{
    struct restarts restarts = { 0 };

    for (int i = 1; i <= 3; i++)
        ck_assert(restart_count(&restarts, &three_in_ten, i, 0, i * MS));
    ck_assert(!restart_count(&restarts, &three_in_ten, 4, 0, 4 * MS));
    ck_assert(restarts.has_failed);
}
END_TEST

START_TEST(what_is_older_than_the_window_does_not_count)
{
    struct restarts restarts = { 0 };

    for (int i = 1; i <= 100; i++)
        ck_assert(restart_count(&restarts, &three_in_ten, i, 0,
                                (int64_t)i * 4000 * MS));
    ck_assert_uint_le(restarts.count, 3);
}
END_TEST

START_TEST(a_death_that_is_heard_of_twice_counts_once)
{
    struct restarts restarts = { 0 };

    for (int i = 0; i < 10; i++)
        ck_assert(restart_count(&restarts, &three_in_ten, 77, 0, i * MS));
    ck_assert_uint_eq(restarts.count, 1);
    for (int i = 1; i <= 3; i++)
        restart_count(&restarts, &three_in_ten, i, 0, i * MS);
    ck_assert(restarts.has_failed);
    ck_assert(!restart_count(&restarts, &three_in_ten, 3, 0,
                             INT64_C(99999) * MS));
}
END_TEST

START_TEST(no_restart_may_be_allowed)
{
    struct restarts restarts = { 0 };
    struct restart_policy never = three_in_ten;

    never.max = 0;
    ck_assert(!restart_count(&restarts, &never, 1, 0, MS));
}
END_TEST

START_TEST(as_many_as_there_is_room_for_may_be_allowed)
{
    struct restarts restarts = { 0 };
    struct restart_policy most = three_in_ten;

    most.max = RESTARTS_MAX;
    for (int i = 1; i <= RESTARTS_MAX; i++)
        ck_assert(restart_count(&restarts, &most, i, 0, i * MS));
    ck_assert(!restart_count(&restarts, &most, RESTARTS_MAX + 1, 0, 100 * MS));
    ck_assert(restart_is_whole(&restarts, sizeof restarts));
}
END_TEST

START_TEST(a_file_that_is_not_ours_is_not_believed)
{
    struct restarts restarts = { 0 };

    ck_assert(!restart_is_whole(&restarts, sizeof restarts - 1));
    restarts.count = RESTARTS_MAX + 1;
    ck_assert(!restart_is_whole(&restarts, sizeof restarts));
    restarts.count = 0;
    restarts.quick = UINT32_MAX;
    ck_assert(!restart_is_whole(&restarts, sizeof restarts));
}
END_TEST

int main(void)
{
    return UNIT_RUN("restart", without_files_it_is_a_second,
                    the_delay_doubles_up_to_the_longest,
                    a_longest_that_is_shorter_changes_nothing,
                    a_run_as_long_as_the_longest_begins_anew,
                    one_restart_more_than_the_most_is_a_failure,
                    what_is_older_than_the_window_does_not_count,
                    a_death_that_is_heard_of_twice_counts_once,
                    no_restart_may_be_allowed,
                    as_many_as_there_is_room_for_may_be_allowed,
                    a_file_that_is_not_ours_is_not_believed);
}
