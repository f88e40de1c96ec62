/* SPDX-License-Identifier: ISC */
/* Truths about svexec's command line. */
#include "unit.h"

#include "svexec/options.h"

static struct options options;

/* Reads words that are separated by single spaces. */
static bool read_words(const char *words)
{
    static char text[4096];
    static char *argv[OPTIONS_CHANGES_MAX * 2 + 8];
    int argc = 0;
    char *rest = text;

    snprintf(text, sizeof text, "svexec %s", words);
    while ((argv[argc] = strsep(&rest, " ")) != NULL)
        argc++;
    optind = 0; /* getopt starts anew */
    return options_read(&options, argc, argv);
}

static void expect_wrong(const char *words, const char *value)
{
    ck_assert_msg(!read_words(words), "taken: %s", words);
    ck_assert_ptr_nonnull(options.should);
    ck_assert_str_eq(options.wrong, value);
}

static void expect_usage(const char *words)
{
    ck_assert_msg(!read_words(words), "taken: %s", words);
    ck_assert_ptr_null(options.should);
}

START_TEST(nothing_is_changed_that_was_not_asked_for)
{
    ck_assert(read_words("prog -u x"));
    ck_assert_str_eq(options.program[0], "prog");
    ck_assert_str_eq(options.program[1], "-u");
    ck_assert(!options.has_mask && !options.is_session);
    ck_assert_ptr_null(options.lock);
    ck_assert_ptr_null(options.user);
    ck_assert_ptr_null(options.dir);
    ck_assert_uint_eq(options.variables, 0);
    ck_assert_int_eq(options.nice, 0);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        ck_assert(!options.limit[i].is_set);
}
END_TEST

START_TEST(short_and_long_options_are_the_same)
{
    static const char *const both[] = {
        "-m 027 -L l -t 5 -s -C d -n -3 -u u:g -i i -o o -r r prog",
        "--umask=027 --lock l --timeout 5 --session --chdir d --nice=-3 "
        "--user u:g --stdin i --stdout o --stderr r -- prog",
    };

    for (int i = 0; i < 2; i++) {
        ck_assert(read_words(both[i]));
        ck_assert_uint_eq(options.mask, 027);
        ck_assert(options.has_mask && options.is_session);
        ck_assert_str_eq(options.lock, "l");
        ck_assert_int_eq(options.how.wait_ms, 5);
        ck_assert_str_eq(options.dir, "d");
        ck_assert_int_eq(options.nice, -3);
        ck_assert_str_eq(options.user, "u:g");
        ck_assert_str_eq(options.stream[0], "i");
        ck_assert_str_eq(options.stream[1], "o");
        ck_assert_str_eq(options.stream[2], "r");
        ck_assert_str_eq(options.program[0], "prog");
    }
}
END_TEST

START_TEST(a_lock_is_of_the_description_and_waited_for)
{
    ck_assert(read_words("-L l prog"));
    ck_assert(options.how.is_description);
    ck_assert_int_eq(options.how.wait_ms, LOCKFILE_WAITS);
    ck_assert(read_words("-N -L l prog"));
    ck_assert_int_eq(options.how.wait_ms, 0);
    expect_usage("-N prog");
    expect_usage("-t 5 prog");
    expect_wrong("-L l -t 2147483648 prog", "2147483648");
    expect_wrong("-L l -t -1 prog", "-1");
}
END_TEST

START_TEST(changes_of_the_environment_keep_their_order)
{
    ck_assert(read_words("-E A= -e dir -U A -e more prog"));
    ck_assert_uint_eq(options.variables, 4);
    ck_assert_int_eq(options.variable[0].kind, VARIABLE_SET);
    ck_assert_str_eq(options.variable[0].text, "A=");
    ck_assert_int_eq(options.variable[1].kind, VARIABLE_DIR);
    ck_assert_int_eq(options.variable[2].kind, VARIABLE_UNSET);
    ck_assert_str_eq(options.variable[3].text, "more");
    expect_wrong("-E =x prog", "=x");
    expect_wrong("-E A prog", "A");
    expect_wrong("-U A=x prog", "A=x");
}
END_TEST

START_TEST(there_may_be_256_of_them)
{
    char words[OPTIONS_CHANGES_MAX * 5 + 16] = "";

    for (int i = 0; i < OPTIONS_CHANGES_MAX; i++)
        strcat(words, "-U A ");
    strcat(words, "prog");
    ck_assert(read_words(words));
    memcpy(words + strlen(words) - 4, "-U B prog", sizeof "-U B prog");
    expect_wrong(words, "B");
}
END_TEST

START_TEST(a_limit_is_a_name_and_a_number)
{
    ck_assert(read_words("-l nofile=5 -l core=unlimited -l as=hard prog"));
    ck_assert(options.limit[RLIMIT_NOFILE].is_set);
    ck_assert_uint_eq(options.limit[RLIMIT_NOFILE].value.value, 5);
    ck_assert(!options.limit[RLIMIT_NOFILE].value.is_hard);
    ck_assert(options.limit[RLIMIT_CORE].value.value == RLIM_INFINITY);
    ck_assert(options.limit[RLIMIT_AS].value.is_hard);
    ck_assert(!options.limit[RLIMIT_STACK].is_set);
    ck_assert(read_words("-l nofile=5 -l nofile=6 prog"));
    ck_assert_uint_eq(options.limit[RLIMIT_NOFILE].value.value, 6);
    expect_wrong("-l nofile prog", "nofile");
    expect_wrong("-l nofile= prog", "nofile=");
    expect_wrong("-l nofile== prog", "nofile==");
    expect_wrong("-l nofile=5k prog", "nofile=5k");
    expect_wrong("-l files=5 prog", "files=5");
    expect_wrong("-l a-name-that-is-too-long=5 prog",
                 "a-name-that-is-too-long=5");
}
END_TEST

START_TEST(a_wrong_value_is_told)
{
    expect_wrong("-m 1000 prog", "1000");
    expect_wrong("-m 8 prog", "8");
    expect_wrong("-n 40 prog", "40");
    expect_wrong("-n x prog", "x");
    expect_wrong("-C  prog", "");
    expect_wrong("-u  prog", "");
}
END_TEST

START_TEST(without_a_program_or_with_an_unknown_option_it_is_usage)
{
    expect_usage("-s");
    expect_usage("-s --");
    expect_usage("-x prog");
    expect_usage("--unknown prog");
    expect_usage("-u");
    ck_assert(read_words("-V"));
    ck_assert_int_eq(options.wanted, OPTIONS_VERSION);
    ck_assert(read_words("-s -h"));
    ck_assert_int_eq(options.wanted, OPTIONS_HELP);
}
END_TEST

START_TEST(the_help_fits_and_fills_80_columns_at_most)
{
    char help[OPTIONS_HELP_MAX];
    char *rest = help;
    const char *line;

    options_help(help);
    ck_assert_uint_lt(strlen(help), sizeof help - 1);
    ck_assert_ptr_nonnull(strstr(help, "See svexec(8).\n"));
    while ((line = strsep(&rest, "\n")) != NULL)
        ck_assert_uint_le(strlen(line), 80);
}
END_TEST

int main(void)
{
    return UNIT_RUN("svexec_options", nothing_is_changed_that_was_not_asked_for,
                    short_and_long_options_are_the_same,
                    a_lock_is_of_the_description_and_waited_for,
                    changes_of_the_environment_keep_their_order,
                    there_may_be_256_of_them, a_limit_is_a_name_and_a_number,
                    a_wrong_value_is_told,
                    without_a_program_or_with_an_unknown_option_it_is_usage,
                    the_help_fits_and_fills_80_columns_at_most);
}
