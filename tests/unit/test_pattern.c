/* SPDX-License-Identifier: ISC */
/* Truths about patterns of events. */
#include "unit.h"

#include <errno.h>

#include "sv/pattern.h"

static struct sv_pattern pattern;

/* How many bytes of text are heard until the pattern matches; -1: never. */
static int matches_after(const char *regex, const char *text)
{
    int n = 0;

    ck_assert(sv_pattern_begin(&pattern, regex));
    while (!sv_pattern_matches(&pattern)) {
        if (text[n] == '\0') {
            n = -1;
            break;
        }
        sv_pattern_hear(&pattern, text[n++]);
    }
    sv_pattern_end(&pattern);
    return n;
}

START_TEST(a_match_is_found_with_the_byte_that_completes_it)
{
    ck_assert_int_eq(matches_after("bc", "abcd"), 3);
    ck_assert_int_eq(matches_after("a(b|c)d|q", "aacdq"), 4);
    ck_assert_int_eq(matches_after("[dD]", "uU"), -1);
}
END_TEST

START_TEST(nothing_is_heard_where_nothing_has_to_be)
{
    ck_assert_int_eq(matches_after("x*", "abc"), 0);
}
END_TEST

START_TEST(anchors_are_the_first_byte_and_the_last)
{
    ck_assert_int_eq(matches_after("^b", "ab"), -1);
    ck_assert_int_eq(matches_after("^ab", "abc"), 2);
    ck_assert_int_eq(matches_after("a$", "ba"), 2);
    ck_assert_int_eq(matches_after("^b$", "bb"), 1);
}
END_TEST

START_TEST(what_is_no_expression_is_refused)
{
    ck_assert(!sv_pattern_begin(&pattern, "("));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(the_newer_half_is_remembered)
{
    ck_assert(sv_pattern_begin(&pattern, "yx|^z"));
    for (int i = 0; i < SV_PATTERN_MAX; i++)
        sv_pattern_hear(&pattern, 'z' - (i == SV_PATTERN_MAX - 1));
    sv_pattern_hear(&pattern, '\0');
    ck_assert(!pattern.has_forgotten);
    ck_assert(sv_pattern_matches(&pattern));
    sv_pattern_hear(&pattern, 'z');
    ck_assert(pattern.has_forgotten);
    ck_assert(!sv_pattern_matches(&pattern));
    ck_assert_uint_eq(pattern.used, SV_PATTERN_MAX / 2 + 1);
    sv_pattern_hear(&pattern, 'y');
    sv_pattern_hear(&pattern, 'x');
    ck_assert(sv_pattern_matches(&pattern));
    sv_pattern_end(&pattern);
}
END_TEST

int main(void)
{
    return UNIT_RUN("pattern",
                    a_match_is_found_with_the_byte_that_completes_it,
                    nothing_is_heard_where_nothing_has_to_be,
                    anchors_are_the_first_byte_and_the_last,
                    what_is_no_expression_is_refused,
                    the_newer_half_is_remembered);
}
