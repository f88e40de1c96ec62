/* SPDX-License-Identifier: ISC */
/* Truths about texts that are put together. */
#include "unit.h"

#include <errno.h>

#include "sv/join.h"
#include "sv/say.h"

START_TEST(strings_come_one_behind_the_other)
{
    char text[8];

    ck_assert(sv_join(text, sizeof text, SV_STRINGS("web", "", "/log")));
    ck_assert_str_eq(text, "web/log");
    ck_assert(sv_join(text, 1, SV_STRINGS("")));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(what_does_not_fit_is_cut_off)
{
    char text[8] = "1234567";

    errno = 0;
    ck_assert(!sv_join(text, 6, SV_STRINGS("web", "/log", "", "/log")));
    ck_assert_int_eq(errno, ENAMETOOLONG);
    ck_assert_str_eq(text, "web/l");
    ck_assert_int_eq(text[6], '7');
    ck_assert(!sv_join(text, 1, SV_STRINGS("w")));
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "join",
        strings_come_one_behind_the_other,
        what_does_not_fit_is_cut_off);
}
