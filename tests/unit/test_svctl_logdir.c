/* SPDX-License-Identifier: ISC */
/* Truths about which directory a logger writes. */
#include "unit.h"

#include "svctl/logdir.h"

/* script, below a directory in which web and db are log directories. */
static void expect(const char *script, const char *logdir)
{
    char text[200];
    char dir[64];
    char wanted[100];
    char path[SV_PATH_MAX];

    snprintf(dir, sizeof dir, "/proc/self/fd/%d", service);
    ck_assert_int_eq(mkdirat(service, "web", 0700), 0);
    ck_assert_int_eq(mkdirat(service, "db", 0700), 0);
    put_text("web/current", "");
    put_text("db/current", "");
    put_text("run", "");
    snprintf(text, sizeof text, "%s", script);
    ck_assert_int_eq(logdir_in_text(text, dir, path), logdir != NULL);
    if (!logdir)
        return;
    snprintf(wanted, sizeof wanted, "%s/%s", dir, logdir);
    ck_assert_str_eq(path, wanted);
}

START_TEST(the_last_log_directory_in_a_script_is_the_one)
{
    expect("#!/bin/sh\nexec svlog -b t n20 ./db ./web\n", "./web");
}
END_TEST

START_TEST(a_word_of_execline_may_be_in_quotes)
{
    expect("#!/bin/execlineb -P\ns6-log -b -- t \"./web\"", "./web");
}
END_TEST

START_TEST(a_path_that_is_no_log_directory_is_passed_over)
{
    expect("#!/bin/sh\nset -- ./web t n20\n. ./run ./none /\n", "./web");
}
END_TEST

START_TEST(a_script_may_name_no_log_directory)
{
    expect("#!/bin/sh\nexec svlog t 1 web/current\n", NULL);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("logdir",
                               the_last_log_directory_in_a_script_is_the_one,
                               a_word_of_execline_may_be_in_quotes,
                               a_path_that_is_no_log_directory_is_passed_over,
                               a_script_may_name_no_log_directory);
}
