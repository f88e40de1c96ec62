/* SPDX-License-Identifier: ISC */
/* Truths about resource limits. */
#include "unit.h"

#include "chain/limit.h"

/* Of descriptors, which there are a few of under any limit; each test is a
 * process of its own. */
static struct rlimit set(enum limit_which which, const char *text)
{
    struct limit_value value;
    struct rlimit now;

    ck_assert(limit_scan(&value, text, true));
    ck_assert(limit_set(RLIMIT_NOFILE, which, &value));
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &now), 0);
    return now;
}

#define IS(limit, soft, hard)                                                  \
    do {                                                                       \
        struct rlimit is = (limit);                                            \
        ck_assert_uint_eq(is.rlim_cur, (soft));                                \
        ck_assert_uint_eq(is.rlim_max, (hard));                                \
    } while (0)

START_TEST(a_value_is_a_number_or_the_hard_limit)
{
    struct limit_value value;

    ck_assert(limit_scan(&value, "12", false));
    ck_assert(!value.is_hard);
    ck_assert_uint_eq(value.value, 12);
    ck_assert(limit_scan(&value, "=", false));
    ck_assert(value.is_hard);
    ck_assert(!limit_scan(&value, "", false));
    ck_assert(!limit_scan(&value, "-1", false));
    ck_assert(!limit_scan(&value, "1k", false));
    ck_assert(!limit_scan(&value, "18446744073709551616", false));
    ck_assert(!limit_scan(&value, "unlimited", false));
    ck_assert(limit_scan(&value, "unlimited", true));
    ck_assert(!value.is_hard);
    ck_assert_uint_eq(value.value, RLIM_INFINITY);
}
END_TEST

START_TEST(a_limit_has_a_name)
{
    ck_assert_int_eq(limit_named("nofile"), (int)RLIMIT_NOFILE);
    ck_assert_int_eq(limit_named("as"), (int)RLIMIT_AS);
    ck_assert_int_eq(limit_named("nofiles"), -1);
    ck_assert_int_eq(limit_named(""), -1);
}
END_TEST

START_TEST(a_soft_limit_is_never_above_the_hard_one)
{
    IS(set(LIMIT_BOTH, "60"), 60, 60);
    IS(set(LIMIT_SOFT, "50"), 50, 60);
    IS(set(LIMIT_SOFT, "70"), 60, 60);
    IS(set(LIMIT_SOFT, "50"), 50, 60);
    IS(set(LIMIT_SOFT, "unlimited"), 60, 60);
    IS(set(LIMIT_SOFT, "50"), 50, 60);
    IS(set(LIMIT_SOFT, "="), 60, 60);
}
END_TEST

START_TEST(a_hard_limit_that_is_lowered_lowers_the_soft_one)
{
    IS(set(LIMIT_BOTH, "60"), 60, 60);
    IS(set(LIMIT_SOFT, "50"), 50, 60);
    IS(set(LIMIT_HARD, "="), 50, 60);
    IS(set(LIMIT_HARD, "55"), 50, 55);
    IS(set(LIMIT_HARD, "40"), 40, 40);
}
END_TEST

int main(void)
{
    return UNIT_RUN("limit", a_value_is_a_number_or_the_hard_limit,
                    a_limit_has_a_name,
                    a_soft_limit_is_never_above_the_hard_one,
                    a_hard_limit_that_is_lowered_lowers_the_soft_one);
}
