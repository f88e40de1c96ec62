/* SPDX-License-Identifier: ISC */
/* Truths about lists of causes of death. */
#include "unit.h"

#include "sv/causes.h"

static struct sv_causes causes;

static bool names(const char *list, int code, int signal)
{
    struct sv_death death = { .code = (uint8_t)code,
                              .signal = (uint8_t)signal };

    ck_assert_ptr_null(sv_causes_scan(&causes, list));
    return sv_causes_name(&causes, &death);
}

static void refuses(const char *list, const char *why)
{
    const char *fault = sv_causes_scan(&causes, list);

    ck_assert_msg(fault != NULL, "%s was taken", list);
    ck_assert_str_eq(fault, why);
}

START_TEST(a_code_a_range_and_a_signal_are_named)
{
    ck_assert(names("1", 1, 0));
    ck_assert(!names("1", 2, 0));
    ck_assert(names("9,3-5", 3, 0) && names("9,3-5", 5, 0));
    ck_assert(!names("9,3-5", 6, 0));
    ck_assert(names("0-255", 0, 0) && names("0-255", 255, 0));
    ck_assert(names("SIGTERM", 143, 15) && names("term", 143, 15));
    ck_assert(names("sig15", 143, 15) && !names("sig15", 143 - 1, 14));
}
END_TEST

START_TEST(a_signal_is_its_code_too_and_not_the_other_way)
{
    ck_assert(names("143", 143, 15));
    ck_assert(!names("15", 143, 15));
    ck_assert(!names("SIGTERM", 143, 0));
}
END_TEST

START_TEST(any_separators_stand_between_causes)
{
    ck_assert(!names("", 0, 0));
    ck_assert(names("1,,3,", 3, 0));
    ck_assert(names("1 SIGTERM;\t3\n", 3, 0));
}
END_TEST

START_TEST(faults_are_told)
{
    refuses("256", "invalid exit code");
    refuses("1-300", "invalid exit code");
    refuses("5-1", "invalid interval");
    refuses("1-", "invalid interval specification");
    refuses("1-SIGTERM", "invalid interval specification");
    refuses("SIG0", "invalid signal");
    refuses("SIG99", "invalid signal");
    refuses("foo", "invalid status list specification");
    refuses(",1", "invalid status list specification");
    refuses("1x", "invalid status list specification");
    refuses(" 3", "invalid status list specification");
    refuses("1- 3", "invalid interval specification");
    refuses("-3", "invalid status list specification");
}
END_TEST

START_TEST(deaths_are_counted_from_a_time_on)
{
    struct sv_death deaths[3] = { { .code = 1 }, { .code = 2 }, { .code = 1 } };
    tain since;

    for (unsigned int i = 0; i < 3; i++)
        tain_uint(&deaths[i].stamp, 10 * (i + 1));
    ck_assert_ptr_null(sv_causes_scan(&causes, "1"));
    tain_uint(&since, 10);
    ck_assert_ptr_eq(sv_causes_reach(&causes, deaths, 3, &since, 1), deaths);
    ck_assert_ptr_eq(sv_causes_reach(&causes, deaths, 3, &since, 2),
                     deaths + 2);
    ck_assert_ptr_null(sv_causes_reach(&causes, deaths, 3, &since, 3));
    tain_uint(&since, 11);
    ck_assert_ptr_null(sv_causes_reach(&causes, deaths, 3, &since, 2));
}
END_TEST

int main(void)
{
    return UNIT_RUN("causes", a_code_a_range_and_a_signal_are_named,
                    a_signal_is_its_code_too_and_not_the_other_way,
                    any_separators_stand_between_causes, faults_are_told,
                    deaths_are_counted_from_a_time_on);
}
