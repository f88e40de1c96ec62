/* SPDX-License-Identifier: ISC */
/* Truths about command lines that are split into words. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "sv/words.h"

static struct sv_words words;

/* The words of text, each between < and >; or what is wrong. */
static const char *split(const char *text)
{
    static char answer[SV_VALUE_MAX];
    const char *fault = sv_words_split(&words, text, strlen(text));
    char *at = answer;

    if (fault != NULL)
        return fault;
    *at = '\0';
    for (size_t i = 0; i < words.count; i++)
        at += sprintf(at, "<%s>", words.words[i]);
    ck_assert_ptr_null(words.words[words.count]);
    return answer;
}

START_TEST(words_are_what_is_between_blanks)
{
    ck_assert_str_eq(split("sysctl -w\tnet.ipv4.ip_forward=1\n"),
                     "<sysctl><-w><net.ipv4.ip_forward=1>");
    ck_assert_str_eq(split("  one \n\n two  "), "<one><two>");
}
END_TEST

START_TEST(quotes_keep_blanks_and_make_empty_words)
{
    ck_assert_str_eq(split("echo \"a b\"c \"\""), "<echo><a bc><>");
    ck_assert_str_eq(split("echo \"{ # }\""), "<echo><{ # }>");
}
END_TEST

START_TEST(a_backslash_takes_what_follows_as_it_is)
{
    ck_assert_str_eq(split("a\\ b \\\"c \\# \\n"), "<a b><\"c><#><n>");
    ck_assert_str_eq(split("\"a\\n\\t\\\\\\\"\""), "<a\n\t\\\">");
}
END_TEST

START_TEST(a_comment_ends_with_its_line)
{
    ck_assert_str_eq(split("# one\ntwo # three\nfour#five"),
                     "<two><four#five>");
}
END_TEST

START_TEST(what_needs_execlineb_is_refused_and_says_so)
{
    ck_assert_str_eq(split("if { true } echo"),
                     "holds a brace, which needs execlineb");
    ck_assert_str_eq(split("echo $HOME"), "holds a $, which needs execlineb");
    ck_assert_str_eq(split("echo \"$HOME\""),
                     "holds a $, which needs execlineb");
    ck_assert_str_eq(
        split("echo \"\\0x41\""),
        "holds a character by its number, which needs execlineb");
}
END_TEST

START_TEST(what_is_no_command_line_is_refused)
{
    ck_assert_str_eq(split(""), "holds no command");
    ck_assert_str_eq(split(" # nothing\n"), "holds no command");
    ck_assert_str_eq(split("echo \"a"), "ends within quotes");
    ck_assert_str_eq(split("echo a\\"), "ends with a backslash");
    ck_assert_str_eq(sv_words_split(&words, "a\0b", 3), "holds a NUL");
    ck_assert_uint_eq(words.count, 0);
}
END_TEST

START_TEST(there_is_an_end_to_words_and_bytes)
{
    static char text[SV_VALUE_MAX + 2];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i & 1 ? ' ' : 'a';
    ck_assert_ptr_null(sv_words_split(&words, text, 510));
    ck_assert_uint_eq(words.count, SV_WORDS_MAX);
    ck_assert_str_eq(sv_words_split(&words, text, 511),
                     "holds more than 255 words");
    memset(text, 'a', sizeof text);
    ck_assert_ptr_null(sv_words_split(&words, text, SV_VALUE_MAX));
    ck_assert_str_eq(sv_words_split(&words, text, SV_VALUE_MAX + 1),
                     "holds more than 4096 bytes");
}
END_TEST

START_TEST(a_program_is_the_first_of_its_name_in_path)
{
    char path[SV_PATH_MAX];

    setenv("PATH", ":/nowhere:/bin", 1);
    ck_assert(sv_words_program(path, "sh"));
    ck_assert_str_eq(path, "/bin/sh");
    setenv("PATH", "/bin:/usr/bin", 1);
    ck_assert(!sv_words_program(path, "no program is called that"));
    setenv("PATH", "", 1);
    ck_assert(!sv_words_program(path, "sh"));
    unsetenv("PATH");
    ck_assert(sv_words_program(path, "sh"));
}
END_TEST

int main(void)
{
    return UNIT_RUN("words", words_are_what_is_between_blanks,
                    quotes_keep_blanks_and_make_empty_words,
                    a_backslash_takes_what_follows_as_it_is,
                    a_comment_ends_with_its_line,
                    what_needs_execlineb_is_refused_and_says_so,
                    what_is_no_command_line_is_refused,
                    there_is_an_end_to_words_and_bytes,
                    a_program_is_the_first_of_its_name_in_path);
}
