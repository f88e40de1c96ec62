/* SPDX-License-Identifier: ISC */
/* Truths about the names that people type. */
#include "unit.h"

#include <fnmatch.h>

#include "svctl/rows.h"

static struct rows rows;

static void add(const char *name)
{
    struct sv_wire_row row = {.state = SV_WIRE_UP};

    snprintf(row.name, sizeof row.name, "%s", name);
    rows_add(&rows, &row);
}

START_TEST(a_logger_comes_after_its_service)
{
    static const char *const sorted[] = {"db", "web", "web/log", "web-2",
                                         "web0"};

    add("web0");
    add("web-2");
    add("web/log");
    add("web");
    add("db");
    rows_sort(&rows);
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++)
        ck_assert_str_eq(rows.rows[i].name, sorted[i]);
    ck_assert_ptr_eq(rows_find(&rows, "web"), &rows.rows[1]);
    ck_assert_ptr_null(rows_find(&rows, "we"));
    rows_free(&rows);
}
END_TEST

START_TEST(a_pattern_does_not_reach_into_loggers)
{
    ck_assert(name_is_pattern("web*"));
    ck_assert(name_is_pattern("w[ea]b"));
    ck_assert(!name_is_pattern("web/log"));
    ck_assert(name_matches("web*", "web-2"));
    ck_assert(!name_matches("web*", "web/log"));
    ck_assert(name_matches("*/log", "web/log"));
}
END_TEST

START_TEST(a_set_is_one_letter_of_it)
{
    ck_assert(name_matches("tty[0-9]", "tty1"));
    ck_assert(!name_matches("tty[0-9]", "ttyS"));
    ck_assert(name_matches("tty[!0-9]", "ttyS"));
    ck_assert(!name_matches("tty[^0-9]", "tty1"));
    ck_assert(!name_matches("web[!a]log", "web/log"));
    ck_assert(name_matches("[]a-]", "]"));
    ck_assert(name_matches("[]a-]", "-"));
    ck_assert(!name_matches("[]a-]", "b"));
    ck_assert(name_matches("[a", "[a"));
    ck_assert(!name_matches("[a-", "a"));
    ck_assert(name_matches("a\\*", "a*"));
    ck_assert(!name_matches("a\\*", "ab"));
    ck_assert(name_matches("*ab*ba", "aababba"));
    ck_assert(!name_matches("*ab*ba", "abab"));
}
END_TEST

/* The count-th of all texts of so many parts each, in any order; returns false
 * behind the last. */
static bool make_text(char *text, size_t count, const char *const *parts,
                      size_t size, size_t length)
{
    for (*text = 0; length > 0; length--, count /= size)
        strcat(text, parts[count % size]);
    return count == 0;
}

static void compare_with_fnmatch(const char *pattern)
{
    static const char *const letters[] = {"a", "b", "/"};
    char name[8];

    for (size_t length = 0; length <= 3; length++)
        for (size_t i = 0; make_text(name, i, letters, 3, length); i++)
            ck_assert_msg(name_matches(pattern, name) ==
                              (fnmatch(pattern, name, FNM_PATHNAME) == 0),
                          "pattern %s, name %s", pattern, name);
}

START_TEST(patterns_match_what_those_of_the_shell_do)
{
    static const char *const parts[] = {"a", "/", "*", "?", "[ac]", "[!a]"};
    char pattern[32];

    for (size_t length = 0; length <= 3; length++)
        for (size_t i = 0; make_text(pattern, i, parts, 6, length); i++)
            compare_with_fnmatch(pattern);
}
END_TEST

static struct nearest look_for(const char *mistyped)
{
    struct nearest found = nearest_to(mistyped);

    for (size_t i = 0; i < rows.count; i++)
        nearest_try(&found, rows.rows[i].name);
    return found;
}

/* The name that is most like the mistyped one. */
static const char *nearest(const char *mistyped)
{
    return look_for(mistyped).found;
}

static const char *hint(const char *mistyped)
{
    static char text[HINT_MAX];
    struct nearest found = look_for(mistyped);

    return nearest_hint(&found, text);
}

START_TEST(only_what_ends_in_log_is_a_logger)
{
    ck_assert(name_is_logger("web/log"));
    ck_assert(!name_is_logger("log"));
    ck_assert(!name_is_logger("web/logs"));
    ck_assert(!name_is_logger("weblog"));
}
END_TEST

START_TEST(the_distance_counts_slips_of_the_finger)
{
    ck_assert_uint_eq(name_distance("dbus", "dbus", 3), 0);
    ck_assert_uint_eq(name_distance("dbsu", "dbus", 3), 1);
    ck_assert_uint_eq(name_distance("dbs", "dbus", 3), 1);
    ck_assert_uint_eq(name_distance("dbuus", "dbus", 3), 1);
    ck_assert_uint_eq(name_distance("dbas", "dbus", 3), 1);
    ck_assert_uint_eq(name_distance("", "dbus", 9), 4);
    ck_assert_uint_eq(name_distance("nginx", "sshd", 3), 4);
}
END_TEST

START_TEST(the_distance_of_names_that_are_too_long_is_out_of_reach)
{
    char name[SV_NAME_MAX + 2];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    ck_assert_uint_eq(name_distance(name, "web", 3), 4);
    ck_assert_uint_eq(name_distance("web", name, 3), 4);
    name[SV_NAME_MAX] = 0;
    ck_assert_uint_eq(name_distance(name, name, 3), 0);
}
END_TEST

START_TEST(only_a_name_that_is_near_is_suggested)
{
    add("dbus");
    add("nginx");
    add("a");
    ck_assert_str_eq(nearest("dbsu"), "dbus");
    ck_assert_str_eq(nearest("ngnxi"), "nginx");
    ck_assert_ptr_null(nearest("postfix"));
    ck_assert_ptr_null(nearest("xyz"));
    ck_assert_str_eq(hint("dbsu"), " (did you mean dbus?)");
    ck_assert_str_eq(hint("xyz"), "");
    rows_free(&rows);
}
END_TEST

START_TEST(a_word_that_was_begun_comes_first)
{
    add("start");
    add("statistics/log");
    add("statistics");
    add("status");
    ck_assert_str_eq(nearest("stat"), "status");
    ck_assert_str_eq(nearest("stati"), "statistics");
    ck_assert_str_eq(nearest("sta"), "start");
    ck_assert_str_eq(nearest("stast"), "start");
    ck_assert_ptr_null(nearest("s"));
    rows_free(&rows);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "rows",
        a_logger_comes_after_its_service,
        a_pattern_does_not_reach_into_loggers,
        a_set_is_one_letter_of_it,
        patterns_match_what_those_of_the_shell_do,
        only_what_ends_in_log_is_a_logger,
        the_distance_counts_slips_of_the_finger,
        the_distance_of_names_that_are_too_long_is_out_of_reach,
        only_a_name_that_is_near_is_suggested,
        a_word_that_was_begun_comes_first);
}
