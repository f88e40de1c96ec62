/* SPDX-License-Identifier: ISC */
/* Truths about what init takes from its own command line and the kernel's. */
#include "unit.h"
#include "init/settings.h"

static struct settings settings;
static char bad[256];

static void note_bad(const char *word)
{
    strcat(strcat(bad, *bad ? " " : ""), word);
}

static bool read_kernel(const char *text)
{
    settings = (struct settings){.stop_ms = 60000, .grace_ms = 3000};
    bad[0] = '\0';
    settings_from_kernel(&settings, text, note_bad);
    return bad[0] == '\0';
}

START_TEST(an_ordinary_command_line_changes_nothing)
{
    ck_assert(read_kernel("console=ttyS0 root=/dev/vda ro quiet sv=1\n"));
    ck_assert_int_eq(settings.stop_ms, 60000);
    ck_assert_int_eq(settings.grace_ms, 3000);
    ck_assert_int_eq(settings.crash, CRASH_RETRY);
    ck_assert(!settings.verbose);
    ck_assert(read_kernel(""));
}
END_TEST

START_TEST(each_of_our_words_is_taken)
{
    ck_assert(read_kernel("sv.stop=0 a sv.grace=250\tsv.crash=shell "
                          "sv.verbose\n"));
    ck_assert_int_eq(settings.stop_ms, 0);
    ck_assert_int_eq(settings.grace_ms, 250);
    ck_assert_int_eq(settings.crash, CRASH_SHELL);
    ck_assert(settings.verbose);
    ck_assert_int_eq(settings.watchdog_ms, 0);
    ck_assert(read_kernel("sv.watchdog=30000"));
    ck_assert_int_eq(settings.watchdog_ms, 30000);
    ck_assert(read_kernel("sv.crash=reboot"));
    ck_assert_int_eq(settings.crash, CRASH_REBOOT);
    ck_assert(read_kernel("sv.crash=reboot sv.crash=retry"));
    ck_assert_int_eq(settings.crash, CRASH_RETRY);
}
END_TEST

START_TEST(each_word_that_makes_no_sense_is_shown_and_the_rest_counts)
{
    ck_assert(!read_kernel("sv.stop=5s sv.grace=1 sv.crash=maybe sv."));
    ck_assert_str_eq(bad, "sv.stop=5s sv.crash=maybe sv.");
    ck_assert_int_eq(settings.stop_ms, 60000);
    ck_assert_int_eq(settings.grace_ms, 1);
    for (const char *const *word = (const char *const[]){
             "sv.stop=", "sv.stop", "sv.grace=-1", "sv.grace=86400001",
             "sv.stop=99999999999999999999", "sv.crash=", "sv.crash=shells",
             "sv.crash=shel", "sv.verbose=1", "sv.watchdog=5s", "sv.stopp=1", "sv.", NULL};
         *word; word++) {
        ck_assert(!read_kernel(*word));
        ck_assert_str_eq(bad, *word);
        ck_assert_int_eq(settings.stop_ms, 60000);
        ck_assert_int_eq(settings.grace_ms, 3000);
    }
}
END_TEST

START_TEST(a_long_word_that_makes_no_sense_is_cut)
{
    char text[200] = "sv.";

    memset(text + 3, 'x', 150);
    ck_assert(!read_kernel(text));
    ck_assert_uint_eq(strlen(bad), SETTING_WORD_MAX - 1);
}
END_TEST

START_TEST(what_is_in_quotes_is_one_word)
{
    ck_assert(read_kernel("dyndbg=\"file x sv.stop=1\" sv.grace=2"));
    ck_assert_int_eq(settings.stop_ms, 60000);
    ck_assert_int_eq(settings.grace_ms, 2);
    ck_assert(read_kernel("a=\"never closed sv.stop=1"));
    ck_assert_int_eq(settings.stop_ms, 60000);
}
END_TEST

START_TEST(what_comes_after_two_dashes_is_not_the_kernels)
{
    ck_assert(read_kernel("sv.grace=2 -- sv.stop=1"));
    ck_assert_int_eq(settings.grace_ms, 2);
    ck_assert_int_eq(settings.stop_ms, 60000);
}
END_TEST

static struct words words;
static char ignored[256];

static void ignore(const char *word)
{
    strcat(ignored, word);
    strcat(ignored, ";");
}

/* Reads a command line, of copies: the words of a program can be written to. */
static void read_list(const char *const *list)
{
    static char copies[16][64];
    static char *argv[17] = {copies[0]};
    size_t n = 1;

    for (; *list; list++, n++)
        argv[n] = strcpy(copies[n], *list);
    argv[n] = NULL;
    ignored[0] = '\0';
    words_read(&words, argv, ignore);
}

#define READ(...) read_list((const char *const[]){__VA_ARGS__, NULL})

START_TEST(every_option_is_understood_short_and_long)
{
    READ("-u", "-f", "/a", "/b");
    ck_assert(words.guardian);
    ck_assert_str_eq(words.defs, "/a");
    ck_assert_str_eq(words.live, "/b");
    ck_assert_ptr_null(words.main);
    READ("--guardian", "--definitions", "/c");
    ck_assert(words.guardian);
    ck_assert_str_eq(words.defs, "/c");
    READ("--definitions=/d", "--help", "--version");
    ck_assert_str_eq(words.defs, "/d");
    ck_assert(words.help && words.version && !words.guardian);
    ck_assert_str_eq(ignored, "");
}
END_TEST

START_TEST(the_main_program_is_all_that_follows_two_dashes)
{
    READ("/live", "--", "prog", "-f", "--");
    ck_assert_str_eq(words.main[0], "prog");
    ck_assert_str_eq(words.main[1], "-f");
    ck_assert_str_eq(words.main[2], "--");
    ck_assert_ptr_null(words.main[3]);
    READ("/live", "--");
    ck_assert_ptr_null(words.main);
}
END_TEST

START_TEST(what_cannot_be_used_is_ignored)
{
    READ("single", "/live", "3", "/again", "-x", "--definition=/d", "-f", "rel");
    ck_assert_str_eq(words.live, "/live");
    ck_assert_ptr_null(words.defs);
    ck_assert_str_eq(ignored, "single;3;/again;-x;--definition=/d;rel;");
    READ("-f");
    ck_assert_str_eq(ignored, "-f;");
    READ("");
    ck_assert_str_eq(ignored, ";");
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "settings", an_ordinary_command_line_changes_nothing,
        each_of_our_words_is_taken,
        each_word_that_makes_no_sense_is_shown_and_the_rest_counts,
        a_long_word_that_makes_no_sense_is_cut, what_is_in_quotes_is_one_word,
        what_comes_after_two_dashes_is_not_the_kernels,
        every_option_is_understood_short_and_long,
        the_main_program_is_all_that_follows_two_dashes,
        what_cannot_be_used_is_ignored);
}
