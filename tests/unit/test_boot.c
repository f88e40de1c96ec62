/* SPDX-License-Identifier: ISC */
/* Truths about the lines of a tree's start. */
#include "unit.h"

#include <string.h>

#include "sv/boot.h"

/* How many lines there are; *last is the last of them. */
static size_t read_all(const char *text, size_t size,
                       struct sv_boot_line *last)
{
    const char *end = text + size;
    size_t n = 0;

    while (sv_boot_read(&text, end, last))
        n++;
    return n;
}

static size_t lines_of(const char *text)
{
    struct sv_boot_line line;

    return read_all(text, strlen(text), &line);
}

START_TEST(what_is_written_is_read)
{
    static const char *const names[] = {
        "web", "web/log", "a b", " ", "up", "caf\xc3\xa9", "\xff<&>\"'",
    };

    for (int event = 0; event < SV_BOOT_EVENTS; event++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            char text[SV_BOOT_LINE_MAX];
            const char *name = event < SV_BOOT_TREE ? names[i] : "";
            struct sv_boot_line line;
            size_t size = sv_boot_write(text, 12345678,
                                        (enum sv_boot_event)event, names[i]);

            ck_assert_uint_eq(size, strlen(text));
            ck_assert_uint_eq(read_all(text, size, &line), 1);
            ck_assert_int_eq(line.at, 12345678);
            ck_assert_int_eq((int)line.event, event);
            ck_assert_str_eq(line.name, name);
        }
}
END_TEST

START_TEST(the_longest_name_has_room)
{
    char name[SV_BOOT_NAME_MAX + 1], text[SV_BOOT_LINE_MAX];
    struct sv_boot_line line;

    memset(name, 'n', SV_NAME_MAX);
    strcpy(name + SV_NAME_MAX, "/log");
    ck_assert_uint_eq(sv_boot_write(text, INT64_C(999999999999999999),
                                    SV_BOOT_START, name),
                      strlen(text));
    ck_assert_uint_eq(read_all(text, strlen(text), &line), 1);
    ck_assert_str_eq(line.name, name);
    memset(name, 'n', SV_BOOT_NAME_MAX);
    sv_boot_write(text, 0, SV_BOOT_UP, name);
    ck_assert_uint_eq(lines_of(text), 0);
}
END_TEST

START_TEST(what_was_torn_is_no_line)
{
    static const char text[] = "5 tree\n7 up web\n";
    struct sv_boot_line line;

    for (size_t size = 0; size < sizeof text; size++)
        ck_assert_uint_eq(read_all(text, size, &line),
                          size < 7 ? 0 : size < 16 ? 1 : 2);
}
END_TEST

START_TEST(what_is_no_line_is_skipped)
{
    static const char *const bad[] = {
        "\n",          "web\n",        "5\n",           "5 \n",
        "5 up\n",      "5 up \n",      "5 up .web\n",   "5 up a/b\n",
        "5 up /log\n", "5 up web/\n",  "5 up a\tb\n",   "5 uP web\n",
        "5  up web\n", " 5 up web\n",  "-5 up web\n",   "5 tree web\n",
        "5 tree \n",   "5 fell web\n", "0x5 up web\n",  "5 up a/log/log\n",
        "1000000000000000000 up web\n",
    };
    char text[64];
    struct sv_boot_line line;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "1 tree\n%s2 up web\n", bad[i]);
        ck_assert_msg(lines_of(text) == 2, "%s", text);
    }
    ck_assert_uint_eq(read_all("5 up w\0b\n", 9, &line), 0);
}
END_TEST

int main(void)
{
    return UNIT_RUN("boot",
                    what_is_written_is_read, the_longest_name_has_room,
                    what_was_torn_is_no_line, what_is_no_line_is_skipped);
}
