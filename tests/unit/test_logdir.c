/* SPDX-License-Identifier: ISC */
/* Truths about the files of a log. */
#include "unit.h"

#include "sv/logdir.h"

#define OLD "@400000006553f1250ee6b280.s"
#define NEWER "@400000006553f1250ee6b281.u"

static void expect_files(int current, size_t count, const char *const *names)
{
    struct sv_log_files files;

    ck_assert(sv_log_list(&files, service, current));
    ck_assert_uint_eq(files.count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(files.names[i], names[i]);
    sv_log_free(&files);
}

START_TEST(files_are_listed_from_old_to_new_and_nothing_else)
{
    static const char *const all[] = {OLD, NEWER, "previous"};
    int current;

    put_text(NEWER, "b\n");
    put_text("previous", "c\n");
    put_text(OLD, "a\n");
    put_text("current", "d\n");
    put_text("state", "");
    put_text("@400000006553f1250ee6b280.x", "");
    current = openat(service, "current", O_RDONLY);
    expect_files(current, 3, all);
    expect_files(-1, 3, all);
    close(current);
}
END_TEST

START_TEST(a_file_that_has_two_names_during_a_rotation_is_listed_once)
{
    static const char *const all[] = {OLD};

    put_text("previous", "a\n");
    ck_assert_int_eq(linkat(service, "previous", service, OLD, 0), 0);
    expect_files(-1, 1, all);
}
END_TEST

START_TEST(what_was_current_when_it_was_opened_is_not_listed_nor_what_follows)
{
    static const char *const all[] = {OLD};
    int current;

    put_text(OLD, "a\n");
    put_text("current", "b\n");
    current = openat(service, "current", O_RDONLY);
    ck_assert_int_eq(renameat(service, "current", service, NEWER), 0);
    put_text("previous", "c\n");
    expect_files(current, 1, all);
    close(current);
}
END_TEST

static void expect_tail(size_t lines, off_t from, size_t left)
{
    int fd = openat(service, "current", O_RDONLY);

    ck_assert_int_eq(sv_log_tail(fd, &lines), from);
    ck_assert_uint_eq(lines, left);
    close(fd);
}

START_TEST(the_tail_of_a_file_is_counted_in_lines)
{
    put_text("current", "one\ntwo\nthree\n");
    expect_tail(1, 8, 0);
    expect_tail(2, 4, 0);
    expect_tail(3, 0, 0);
    expect_tail(5, 0, 2);
    expect_tail(0, 14, 0);
    put_text("current", "one\ntwo");
    expect_tail(1, 4, 0);
    put_text("current", "");
    expect_tail(1, 0, 1);
    put_text("current", "\n\n\n");
    expect_tail(2, 1, 0);
}
END_TEST

START_TEST(a_tail_may_be_longer_than_the_buffer)
{
    static char text[40000];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 10 == 9 ? '\n' : 'x';
    put_bytes("current", text, sizeof text);
    expect_tail(3000, 10000, 0);
    expect_tail(4000, 0, 0);
    expect_tail(4001, 0, 1);
    memset(text, 'x', sizeof text);
    put_bytes("current", text, sizeof text);
    expect_tail(1, 0, 0);
    expect_tail(2, 0, 1);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "logdir",
        files_are_listed_from_old_to_new_and_nothing_else,
        a_file_that_has_two_names_during_a_rotation_is_listed_once,
        what_was_current_when_it_was_opened_is_not_listed_nor_what_follows,
        the_tail_of_a_file_is_counted_in_lines,
        a_tail_may_be_longer_than_the_buffer);
}
