/* SPDX-License-Identifier: ISC */
/* test_svlog_find.c - what is found is what a slow search finds, and what a
 * line must hold is held by every line that matches. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/find.h"
#include "svlog/pattern.h"

enum { LONGEST = 70 };

/* A copy of exactly size bytes, so that a byte too many is seen. */
static char *exactly(const char *text, size_t size)
{
    char *copy = malloc(size ? size : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    return copy;
}

static const char *line_end_slowly(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != 0)
        at++;
    return at;
}

START_TEST(the_first_end_is_found_wherever_it_is)
{
    char text[LONGEST];

    for (size_t size = 0; size <= LONGEST; size++)
        for (size_t at = 0; at <= size; at++) {
            memset(text, 'x', sizeof text);
            if (at < size)
                text[at] = at % 2 ? '\n' : 0;
            if (at + 3 < size)
                text[at + 3] = '\n';

            char *copy = exactly(text, size);

            ck_assert_ptr_eq(find_line_end(copy, copy + size),
                             line_end_slowly(copy, copy + size));
            free(copy);
        }
}
END_TEST

static void find_in(const char *text, size_t size, const char *what,
                    size_t what_size)
{
    char *copy = exactly(text, size);

    ck_assert_ptr_eq(find_text(copy, copy + size, what, what_size),
                     memmem(copy, size, what, what_size));
    free(copy);
}

START_TEST(a_text_is_found_wherever_it_is)
{
    static const char what[] = "abcabdabcabcdefghijklmnopqr";
    char text[LONGEST];

    for (size_t what_size = 1; what_size < sizeof what; what_size++)
        for (size_t size = 0; size <= LONGEST; size++)
            for (size_t at = 0; at <= size; at++) {
                memset(text, 'a', sizeof text);
                memcpy(text + at, what,
                       what_size < sizeof text - at ? what_size
                                                    : sizeof text - at);
                find_in(text, size, what, what_size);
            }
}
END_TEST

START_TEST(a_nul_is_a_text_as_any)
{
    static const char text[] = "0123456789012345\0" "7890123456789012345678";

    find_in(text, sizeof text - 1, "", 1);
    find_in(text + 17, sizeof text - 18, "", 1);
}
END_TEST

START_TEST(the_first_nul_is_found_wherever_it_is)
{
    char text[3 * LONGEST];

    for (size_t size = 0; size <= sizeof text; size += 3)
        for (size_t at = 0; at <= size; at++) {
            memset(text, '\xff', sizeof text);
            if (at < size)
                text[at] = 0;
            if (at + 70 < size)
                text[at + 70] = 0;

            char *copy = exactly(text, size);

            ck_assert_ptr_eq(find_nul(copy, copy + size),
                             memchr(copy, 0, size));
            free(copy);
        }
}
END_TEST

static void must_hold(const char *source, bool is_plain, const char *text)
{
    struct pattern pattern;

    ck_assert(pattern_compile(&pattern, source));
    ck_assert_msg(pattern.is_plain == is_plain, "%s", source);
    ck_assert_msg(pattern.size == strlen(text) &&
                      memcmp(pattern.text, text, pattern.size) == 0,
                  "%s: %.*s", source, (int)pattern.size, pattern.text);
    pattern_free(&pattern);
}

START_TEST(what_a_line_must_hold_is_the_longest_run)
{
    must_hold("error", true, "error");
    must_hold("^a\\.b$", true, "a.b");
    must_hold("ab?cde", false, "cde");
    must_hold("abc*", false, "ab");
    must_hold("abc+d", false, "abc");
    must_hold("ab.cdef[xyz]g", false, "cdef");
    must_hold("x{2,3}yyz{0}w", false, "yy");
    must_hold("[]a]bc[[:alpha:]]", false, "bc");
    must_hold("time(d.)?out", false, "time");
    must_hold("(a|[)]b\\))cde", false, "cde");
    must_hold("a$b", false, "a");
}
END_TEST

START_TEST(of_what_is_not_understood_nothing_must_be_held)
{
    must_hold("abc|d", false, "");
    must_hold("(abc)", false, "");
    must_hold("[abc]*", false, "");
    must_hold("", true, "");
}
END_TEST

START_TEST(a_line_without_it_is_not_asked_further)
{
    struct pattern pattern;

    ck_assert(pattern_compile(&pattern, "^[0-9]+ (error|panic): "));
    ck_assert(pattern_matches(&pattern, "12 panic: no", 12));
    ck_assert(!pattern_matches(&pattern, "12 panic no", 11));
    ck_assert(!pattern_matches(&pattern, "12 warn: no", 11));
    pattern_free(&pattern);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svlog_find");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(all, the_first_end_is_found_wherever_it_is);
    tcase_add_test(all, a_text_is_found_wherever_it_is);
    tcase_add_test(all, a_nul_is_a_text_as_any);
    tcase_add_test(all, the_first_nul_is_found_wherever_it_is);
    tcase_add_test(all, what_a_line_must_hold_is_the_longest_run);
    tcase_add_test(all, of_what_is_not_understood_nothing_must_be_held);
    tcase_add_test(all, a_line_without_it_is_not_asked_further);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
