/* SPDX-License-Identifier: ISC */
/* test_svlog_line.c - where lines end, and how long ones go by in pieces. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/line.h"

static struct lines lines;

/* All pieces of text: "<" begins a line, ">" ends one, "|" parts it. */
static const char *cut(const char *text, size_t size, enum rest rest)
{
    static char all[4096];
    char *at = all;
    struct piece piece;

    lines_begin(&lines, text, size, rest);
    while (lines_next(&lines, &piece)) {
        *at++ = piece.begins ? '<' : '|';
        memcpy(at, piece.text, piece.size);
        at += piece.size;
        *at++ = piece.ends ? '>' : '|';
    }
    *at = 0;
    return all;
}

#define CUT(text, rest) cut(text, sizeof(text) - 1, rest)

static void begin(void)
{
    lines = (struct lines){0};
}

START_TEST(a_newline_ends_a_line)
{
    ck_assert_str_eq(CUT("a\nbc\n\nd\n", REST_COMES), "<a><bc><><d>");
}
END_TEST

START_TEST(a_nul_ends_a_line_as_well)
{
    ck_assert_str_eq(CUT("a\0b\n\0c\0", REST_COMES), "<a><b><><c>");
}
END_TEST

START_TEST(an_unfinished_line_waits_for_its_end)
{
    const char text[] = "one\ntw";

    ck_assert_str_eq(CUT(text, REST_COMES), "<one>");
    ck_assert_uint_eq((size_t)(lines.end - lines.at), 2);
    ck_assert_uint_eq(lines.column, 0);
}
END_TEST

START_TEST(at_the_end_of_input_an_unfinished_line_is_a_line)
{
    ck_assert_str_eq(CUT("one\ntw", REST_NONE), "<one><tw>");
    ck_assert_str_eq(CUT("one\n", REST_NONE), "<one>");
    ck_assert_str_eq(CUT("", REST_NONE), "");
}
END_TEST

START_TEST(a_line_without_limit_passes_in_pieces)
{
    ck_assert_str_eq(CUT("abc", REST_PIECES), "<abc|");
    ck_assert_uint_eq(lines.column, 3);
    ck_assert_str_eq(CUT("def", REST_PIECES), "|def|");
    ck_assert_str_eq(CUT("g\nh\n", REST_COMES), "|g><h>");
    ck_assert_uint_eq(lines.column, 0);
}
END_TEST

START_TEST(what_has_passed_is_ended_at_the_end_of_input)
{
    ck_assert_str_eq(CUT("abc", REST_PIECES), "<abc|");
    ck_assert_str_eq(CUT("", REST_NONE), "|>");
    ck_assert_uint_eq(lines.column, 0);
}
END_TEST

START_TEST(a_line_as_long_as_the_limit_is_whole)
{
    lines.limit = 4;
    ck_assert_str_eq(CUT("abcd\nabc\n", REST_COMES), "<abcd><abc>");
    ck_assert_str_eq(CUT("abcd", REST_COMES), "");
    ck_assert_str_eq(CUT("abcd\0", REST_COMES), "<abcd>");
}
END_TEST

START_TEST(what_goes_beyond_the_limit_is_a_line_of_its_own)
{
    lines.limit = 4;
    ck_assert_str_eq(CUT("abcde\n", REST_COMES), "<abcd><e>");
    ck_assert_str_eq(CUT("abcdefghi", REST_COMES), "<abcd><efgh>");
    ck_assert_str_eq(CUT("abcdefgh\n", REST_COMES), "<abcd><efgh>");
}
END_TEST

/* A svlog that was killed had no limit. */
START_TEST(what_has_gone_beyond_the_limit_before_ends_at_once)
{
    lines.limit = 4;
    lines.column = 7;
    ck_assert_str_eq(CUT("abc\n", REST_COMES), "|><abc>");
}
END_TEST

/* Else it would be none, in JSON. */
START_TEST(a_character_is_not_parted_if_that_matters)
{
    ck_assert_str_eq(CUT("a\xc3", REST_PIECES), "<a\xc3|");
    begin();
    lines.whole_characters = true;
    ck_assert_str_eq(CUT("a\xc3", REST_PIECES), "<a|");
    ck_assert_str_eq(CUT("\xc3", REST_PIECES), "");
    ck_assert_str_eq(CUT("\xc3\xa9", REST_PIECES), "|\xc3\xa9|");
    ck_assert_str_eq(CUT("b\xe2\x82", REST_PIECES), "|b|");
    ck_assert_str_eq(CUT("\xe2\x82\xac", REST_PIECES), "|\xe2\x82\xac|");
    ck_assert_str_eq(CUT("\xf0\x9f\x98", REST_PIECES), "");
    ck_assert_str_eq(CUT("\xf0\x9f\x98\x80", REST_PIECES),
                     "|\xf0\x9f\x98\x80|");
    ck_assert_str_eq(CUT("\xff\x80\x80\x80", REST_PIECES),
                     "|\xff\x80\x80\x80|");
    ck_assert_str_eq(CUT("\xe2\x82", REST_NONE), "|\xe2\x82>");
}
END_TEST

START_TEST(the_limit_counts_what_went_by_in_pieces)
{
    lines.limit = 4;
    ck_assert_str_eq(CUT("abc", REST_PIECES), "<abc|");
    ck_assert_str_eq(CUT("defg\n", REST_COMES), "|d><efg>");
    ck_assert_str_eq(CUT("abcd", REST_PIECES), "<abcd|");
    ck_assert_str_eq(CUT("\nx\n", REST_COMES), "|><x>");
    ck_assert_str_eq(CUT("abcd", REST_PIECES), "<abcd|");
    ck_assert_str_eq(CUT("x\n", REST_COMES), "|><x>");
}
END_TEST

/* Whatever the bytes and wherever they are parted, the lines are the same. */
START_TEST(the_parting_of_the_input_does_not_show)
{
    const char text[] = "a\nbb\0\nccccccccc\n\0\0dddddd";
    size_t size = sizeof text - 1;
    char whole[256];

    for (lines.limit = 0; lines.limit < 12; lines.limit++) {
        uint64_t limit = lines.limit;
        size_t held = 0;
        char parted[256] = "";

        strcpy(whole, cut(text, size, REST_NONE));
        for (size_t end = 0; end <= size; end++) {
            strcat(parted, cut(text + held, end - held, REST_COMES));
            held = (size_t)(lines.at - text);
        }
        strcat(parted, cut(text + held, size - held, REST_NONE));
        ck_assert_str_eq(parted, whole);
        ck_assert_uint_eq(lines.limit, limit);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("line");
    TCase *all = tcase_create("line");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_test(all, a_character_is_not_parted_if_that_matters);
    tcase_add_test(all, what_has_gone_beyond_the_limit_before_ends_at_once);
    tcase_add_test(all, a_newline_ends_a_line);
    tcase_add_test(all, a_nul_ends_a_line_as_well);
    tcase_add_test(all, an_unfinished_line_waits_for_its_end);
    tcase_add_test(all, at_the_end_of_input_an_unfinished_line_is_a_line);
    tcase_add_test(all, a_line_without_limit_passes_in_pieces);
    tcase_add_test(all, what_has_passed_is_ended_at_the_end_of_input);
    tcase_add_test(all, a_line_as_long_as_the_limit_is_whole);
    tcase_add_test(all, what_goes_beyond_the_limit_is_a_line_of_its_own);
    tcase_add_test(all, the_limit_counts_what_went_by_in_pieces);
    tcase_add_test(all, the_parting_of_the_input_does_not_show);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
