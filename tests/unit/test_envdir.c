/* SPDX-License-Identifier: ISC */
/* Truths about the values of an environment directory. */
#include "unit.h"

#include "chain/envdir.h"

static const struct envdir_how plain = { .nul = '\n' };

static const char *value(const char *file, size_t size,
                         const struct envdir_how *how)
{
    static char text[64];

    memcpy(text, file, size);
    ck_assert_uint_lt(envdir_value(text, size, how), sizeof text);
    return text;
}

START_TEST(a_value_is_the_first_line_without_blanks_at_its_end)
{
    ck_assert_str_eq(value("a b \t \nc", 8, &plain), "a b");
    ck_assert_str_eq(value("  \n", 3, &plain), "");
}
END_TEST

START_TEST(a_nul_becomes_a_newline_which_is_no_blank)
{
    ck_assert_str_eq(value("x\0y\0 ", 5, &plain), "x\ny\n");
}
END_TEST

START_TEST(a_whole_file_loses_its_last_newline_only)
{
    struct envdir_how how = { .nul = '\n', .is_verbatim = true };

    ck_assert_str_eq(value("a \nb\n\n", 6, &how), "a \nb\n");
    how.keeps_end = true;
    ck_assert_str_eq(value("a\n", 2, &how), "a\n");
}
END_TEST

int main(void)
{
    return UNIT_RUN("envdir",
                    a_value_is_the_first_line_without_blanks_at_its_end,
                    a_nul_becomes_a_newline_which_is_no_blank,
                    a_whole_file_loses_its_last_newline_only);
}
