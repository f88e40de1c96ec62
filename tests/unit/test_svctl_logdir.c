/* SPDX-License-Identifier: ISC */
/* Truths about which directory a logger writes. */
#include "unit.h"

#include "svctl/logdir.h"

static void expect_word(const char *script, const char *word)
{
    char text[200];
    const char *found;

    snprintf(text, sizeof text, "%s", script);
    found = logdir_in_text(text);
    if (word)
        ck_assert_str_eq(found, word);
    else
        ck_assert_ptr_null(found);
}

START_TEST(the_last_path_in_a_script_is_the_log_directory)
{
    expect_word("#!/bin/sh\nexec svlog -b t n20 /var/log/web\n",
                "/var/log/web");
    expect_word("#!/bin/execlineb -P\ns6-log -b -- t \"./main\"", "./main");
    expect_word("#!/bin/sh\nexec svlog t 1\n", NULL);
    expect_word("", NULL);
}
END_TEST

int main(void)
{
    return UNIT_RUN("logdir", the_last_path_in_a_script_is_the_log_directory);
}
