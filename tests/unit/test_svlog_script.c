/* SPDX-License-Identifier: ISC */
/* test_svlog_script.c - what the directives of a script mean. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/script.h"

static struct script script;
static struct complaint complaint;

#define PARSE(...)                                                             \
    script_parse(&script, (const char *const[]){__VA_ARGS__, NULL}, &complaint)

#define REFUSED(why, about, ...)                                               \
    do {                                                                       \
        ck_assert(!PARSE(__VA_ARGS__));                                        \
        ck_assert_str_eq(complaint.text, why);                                 \
        ck_assert_str_eq(complaint.directive, about);                          \
    } while (0)

START_TEST(a_path_is_a_logdir_with_the_usual_policy)
{
    const struct policy *policy = &script.actions[0].policy;

    ck_assert(PARSE("./log"));
    ck_assert_uint_eq(script.count, 1);
    ck_assert_str_eq(script.actions[0].path, "./log");
    ck_assert_uint_eq(policy->keep, 10);
    ck_assert_uint_eq(policy->size, 99999);
    ck_assert_uint_eq(policy->tolerance, 2000);
    ck_assert_uint_eq(policy->retry_ms, 2000);
    ck_assert_uint_eq(policy->total, 0);
    ck_assert_ptr_null(script.actions[0].prefix);
    ck_assert_ptr_null(script.unused);
}
END_TEST

START_TEST(numbers_hold_for_every_action_that_follows)
{
    ck_assert(PARSE("n3", "/a", "s5000", "l7", "S123456789012", "r1", "/b"));
    ck_assert_uint_eq(script.count, 2);
    ck_assert_uint_eq(script.actions[0].policy.keep, 3);
    ck_assert_uint_eq(script.actions[0].policy.size, 99999);
    ck_assert_uint_eq(script.actions[1].policy.keep, 3);
    ck_assert_uint_eq(script.actions[1].policy.size, 5000);
    ck_assert_uint_eq(script.actions[1].policy.tolerance, 7);
    ck_assert_uint_eq(script.actions[1].policy.total, 123456789012);
    ck_assert_uint_eq(script.actions[1].policy.retry_ms, 1);
}
END_TEST

START_TEST(a_stamp_holds_for_one_action)
{
    ck_assert(PARSE("t", "T", "1", "/a", "t", "/b"));
    ck_assert(script.actions[0].has_label && script.actions[0].has_date);
    ck_assert_int_eq(script.actions[0].to, TO_STDOUT);
    ck_assert(!script.actions[1].has_label && !script.actions[1].has_date);
    ck_assert(script.actions[2].has_label && !script.actions[2].has_date);
}
END_TEST

START_TEST(a_prefix_holds_until_a_bare_p)
{
    ck_assert(PARSE("pa b:", "1", "1", "p", "1"));
    ck_assert_str_eq(script.actions[0].prefix, "a b:");
    ck_assert_str_eq(script.actions[1].prefix, "a b:");
    ck_assert_ptr_null(script.actions[2].prefix);
}
END_TEST

START_TEST(the_size_is_kept_within_bounds)
{
    ck_assert(PARSE("s1", "/a", "s4000000000", "/b"));
    ck_assert_uint_eq(script.actions[0].policy.size, 4096);
    ck_assert_uint_eq(script.actions[1].policy.size, 268435455);
}
END_TEST

START_TEST(a_tolerance_beyond_half_the_size_is_refused)
{
    const char *why = "directive ";

    REFUSED(why, "l2049", "s4096", "l2049", "/a");
    ck_assert_str_eq(complaint.rest, " conflicts with previous s directive");
    REFUSED(why, "l50000", "l50000", "s200000", "/a");
    ck_assert(PARSE("s4096", "l2048", "/a"));
    ck_assert(PARSE("l3000", "s4096", "/a"));
}
END_TEST

START_TEST(a_script_without_an_action_is_refused)
{
    REFUSED("no action directive specified", "", "t", "n3");
}
END_TEST

START_TEST(what_is_no_directive_is_refused)
{
    const char *why = "unrecognized directive: ";

    REFUSED(why, "x", "x", "/a");
    REFUSED(why, "", "", "/a");
    REFUSED(why, "n", "n", "/a");
    REFUSED(why, "n3x", "n3x", "/a");
    REFUSED(why, "n-1", "n-1", "/a");
    REFUSED(why, "s99999999999", "s99999999999", "/a");
    REFUSED(why, "r ", "r ", "/a");
}
END_TEST

START_TEST(a_letter_that_stands_alone_takes_nothing)
{
    const char *why = "syntax error at directive: ";

    REFUSED(why, "t1", "t1", "/a");
    REFUSED(why, "T1", "T1", "/a");
    REFUSED(why, "1x", "1x");
}
END_TEST

START_TEST(an_alert_a_status_and_a_processor_are_kept)
{
    ck_assert(PARSE("2", "E10", "^20", "2", "=st", "!cat", "/a", "?x y", "/b",
                    "!", "R60", "/c"));
    ck_assert_int_eq(script.actions[0].to, TO_ALERT);
    ck_assert_uint_eq(script.actions[0].alert, 200);
    ck_assert_uint_eq(script.actions[1].alert, 10);
    ck_assert_int_eq(script.actions[2].to, TO_STATUS);
    ck_assert_str_eq(script.actions[2].path, "st");
    ck_assert_uint_eq(script.actions[2].status, 20);
    ck_assert_uint_eq(script.actions[0].status, 1001);
    ck_assert_str_eq(script.actions[3].policy.processor, "cat");
    ck_assert(!script.actions[3].policy.is_shell);
    ck_assert_str_eq(script.actions[4].policy.processor, "x y");
    ck_assert(script.actions[4].policy.is_shell);
    ck_assert_ptr_null(script.actions[5].policy.processor);
    ck_assert_uint_eq(script.actions[4].policy.period, 0);
    ck_assert_uint_eq(script.actions[5].policy.period, 60);
    ck_assert(!script.selects);
}
END_TEST

static uint64_t selected(const char *line)
{
    char text[64];

    strcpy(text, line);
    text[strlen(line) + 1] = 'x';
    text[strlen(line)] = 'y';
    return script_select(&script, text, strlen(line));
}

START_TEST(selection_carries_over_between_actions)
{
    ck_assert(PARSE("-", "+a", "1", "+b", "1", "f", "1"));
    ck_assert(script.selects);
    ck_assert_uint_eq(selected("a1"), 3);
    ck_assert_uint_eq(selected("b2"), 2);
    ck_assert_uint_eq(selected("c3"), 4);
    script_free(&script);
    ck_assert(PARSE("1", "-", "1", "f", "1"));
    ck_assert_uint_eq(selected("a"), 1);
    script_free(&script);
}
END_TEST

#define MATCHES(pattern, line, truth)                                          \
    do {                                                                       \
        ck_assert(PARSE("-", "+" pattern, "1"));                               \
        ck_assert_uint_eq(selected(line), truth);                              \
        script_free(&script);                                                  \
    } while (0)

START_TEST(a_pattern_is_a_regular_expression)
{
    MATCHES("", "", 1);
    MATCHES("^", "ab", 1);
    MATCHES("^$", "", 1);
    MATCHES("^$", "a", 0);
    MATCHES("b", "abc", 1);
    MATCHES("^b", "abc", 0);
    MATCHES("^ab", "abc", 1);
    MATCHES("bc$", "abc", 1);
    MATCHES("ab$", "abc", 0);
    MATCHES("^abc$", "abc", 1);
    MATCHES("^abc$", "abcabc", 0);
    MATCHES("a.c", "abc", 1);
    MATCHES("a\\.c", "abc", 0);
    MATCHES("a\\.c", "a.c", 1);
    MATCHES("^[0-9]+ (x|y)$", "12 y", 1);
    MATCHES("^[0-9]+ (x|y)$", "12 z", 0);
    MATCHES("y", "abc", 0);
}
END_TEST

START_TEST(what_is_no_regular_expression_is_refused)
{
    REFUSED("unrecognized directive: ", "+(", "+(", "1");
    REFUSED("unrecognized directive: ", "-[", "-[", "1");
    REFUSED("syntax error at directive: ", "fx", "fx", "1");
    REFUSED("syntax error at directive: ", "2x", "2x");
    REFUSED("syntax error at directive: ", "=", "=");
    REFUSED("unrecognized directive: ", "E", "E", "1");
    REFUSED("unrecognized directive: ", "^x", "^x", "1");
    REFUSED("unrecognized directive: ", "R", "R", "1");
}
END_TEST

START_TEST(a_directive_after_the_last_action_is_mentioned)
{
    ck_assert(PARSE("1", "t", "n3"));
    ck_assert_str_eq(script.unused, "t");
    ck_assert(PARSE("1", "t", "1"));
    ck_assert_ptr_null(script.unused);
}
END_TEST

START_TEST(there_is_an_end_to_the_actions)
{
    const char *words[SCRIPT_ACTIONS_MAX + 2] = {NULL};

    for (size_t i = 0; i < SCRIPT_ACTIONS_MAX; i++)
        words[i] = "1";
    ck_assert(script_parse(&script, words, &complaint));
    words[SCRIPT_ACTIONS_MAX] = "1";
    ck_assert(!script_parse(&script, words, &complaint));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *all = tcase_create("script");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(all, a_path_is_a_logdir_with_the_usual_policy);
    tcase_add_test(all, numbers_hold_for_every_action_that_follows);
    tcase_add_test(all, a_stamp_holds_for_one_action);
    tcase_add_test(all, a_prefix_holds_until_a_bare_p);
    tcase_add_test(all, the_size_is_kept_within_bounds);
    tcase_add_test(all, a_tolerance_beyond_half_the_size_is_refused);
    tcase_add_test(all, a_script_without_an_action_is_refused);
    tcase_add_test(all, what_is_no_directive_is_refused);
    tcase_add_test(all, a_letter_that_stands_alone_takes_nothing);
    tcase_add_test(all, an_alert_a_status_and_a_processor_are_kept);
    tcase_add_test(all, selection_carries_over_between_actions);
    tcase_add_test(all, a_pattern_is_a_regular_expression);
    tcase_add_test(all, what_is_no_regular_expression_is_refused);
    tcase_add_test(all, a_directive_after_the_last_action_is_mentioned);
    tcase_add_test(all, there_is_an_end_to_the_actions);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
