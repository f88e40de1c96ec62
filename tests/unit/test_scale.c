/* SPDX-License-Identifier: ISC */
/* Truths about the axis of time. */
#include "unit.h"

#include "svctl/scale.h"

START_TEST(steps_are_round)
{
    static const struct {
        int64_t total;
        unsigned parts;
        int64_t step;
    } steps[] = {
        {0, 10, 200},           {1000, 10, 200},       {2000, 10, 500},
        {9999, 10, 1000},       {10000, 10, 2000},     {1606889, 10, 200000},
        {1606889, 5, 500000},   {90000000, 10, 10000000},
        {100000000, 10, 30000000},  {599000000, 10, 60000000},
        {86400000000, 10, 21600000000},
    };

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        ck_assert_int_eq(scale_step(steps[i].total, steps[i].parts),
                         steps[i].step);
}
END_TEST

START_TEST(there_are_never_more_parts_than_asked_for)
{
    for (int64_t total = 0; total < INT64_MAX / 8; total = 3 * total + 1)
        for (unsigned parts = 1; parts < 20; parts++)
            ck_assert_int_lt(total / scale_step(total, parts), parts);
}
END_TEST

START_TEST(marks_have_the_places_that_they_need)
{
    static const struct {
        int64_t at;
        int64_t step;
        const char *text;
    } marks[] = {
        {0, 200, "0"},             {200, 200, "0.2 ms"},
        {1000, 500, "1.0 ms"},     {20000, 20000, "20 ms"},
        {1500000, 100000, "1.5 s"}, {2000000, 500000, "2.0 s"},
        {20000000, 10000000, "20 s"}, {90000000, 30000000, "1m30s"},
        {0, 30000000, "0"},        {7200000000, 3600000000, "2h00m"},
    };
    char buf[SCALE_TEXT_MAX];

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        ck_assert_str_eq(scale_mark(buf, marks[i].at, marks[i].step),
                         marks[i].text);
}
END_TEST

START_TEST(a_time_has_three_digits)
{
    static const struct {
        int64_t us;
        const char *text;
    } times[] = {
        {0, "0.0 ms"},         {40, "0.0 ms"},      {50, "0.1 ms"},
        {9949, "9.9 ms"},      {9950, "10 ms"},     {25400, "25 ms"},
        {999499, "999 ms"},    {999500, "1.00 s"},  {1234567, "1.23 s"},
        {9994999, "9.99 s"},   {9995000, "10.0 s"}, {99949999, "99.9 s"},
        {99950000, "1m40s"},   {127000000, "2m07s"},
    };
    char buf[SCALE_TEXT_MAX];

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        ck_assert_str_eq(scale_time(buf, times[i].us), times[i].text);
}
END_TEST

int main(void)
{
    return UNIT_RUN("scale",
                    steps_are_round, there_are_never_more_parts_than_asked_for,
                    marks_have_the_places_that_they_need,
                    a_time_has_three_digits);
}
