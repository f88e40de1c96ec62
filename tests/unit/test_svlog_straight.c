/* SPDX-License-Identifier: ISC */
/* test_svlog_straight.c - which lines go straight, and what is seen in them. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "svlog/straight.h"
#include "svlog/svlog.h"

unsigned int verbosity = 0;

static struct logdir logdir;
static struct lines lines;
static char window[WINDOW];

static void make_file(void)
{
    char name[] = "/tmp/test_svlog_straight.XXXXXX";

    logdir = (struct logdir){
        .current = mkstemp(name),
        .policy = {.size = 1000000, .tolerance = 2000}};
    lines = (struct lines){0};
    ck_assert_int_ge(logdir.current, 0);
    unlink(name);
}

static void drop_file(void)
{
    close(logdir.current);
}

/* Adds text, as a splice would, and looks at it. */
static void look_at(const char *text, size_t size)
{
    uint64_t from = logdir.size;

    ck_assert(logdir_seek_end(&logdir));
    ck_assert(sv_write_all(logdir.current, text, size));
    logdir.size += size;
    ck_assert(straight_look(&logdir, from, &lines, window));
}

#define LOOK_AT(text) look_at(text, sizeof(text) - 1)

START_TEST(a_script_that_adds_nothing_suits)
{
    struct script script = {.count = 1, .actions[0].to = TO_LOGDIR};

    ck_assert(straight_suits(&script, 0));
    ck_assert(!straight_suits(&script, 48));
    script.actions[0].has_label = true;
    ck_assert(!straight_suits(&script, 0));
    script.actions[0] = (struct action){.to = TO_LOGDIR, .prefix = "p"};
    ck_assert(!straight_suits(&script, 0));
    script.actions[0] = (struct action){.to = TO_STDOUT};
    ck_assert(!straight_suits(&script, 0));
    script.actions[0].to = script.actions[1].to = TO_LOGDIR;
    script.count = 2;
    ck_assert(!straight_suits(&script, 0));
}
END_TEST

START_TEST(no_rotation_is_due_after_what_there_is_room_for)
{
    size_t room = straight_room(&logdir);

    ck_assert_uint_eq(room, 1000000 - 2000 - 1);
    logdir.size = room - STRAIGHT_LEAST;
    ck_assert_uint_eq(straight_room(&logdir), STRAIGHT_LEAST);
    logdir.size++;
    ck_assert_uint_eq(straight_room(&logdir), 0);
}
END_TEST

START_TEST(there_is_no_room_before_a_rotation)
{
    logdir.is_asked = true;
    ck_assert_uint_eq(straight_room(&logdir), 0);
    logdir.is_asked = false;
    logdir.step = ROTATION_RENAME;
    ck_assert_uint_eq(straight_room(&logdir), 0);
}
END_TEST

START_TEST(a_nul_becomes_a_newline)
{
    char buf[16] = "";

    LOOK_AT("a\0b\n\0");
    LOOK_AT("\0c\n");
    ck_assert_int_eq(pread(logdir.current, buf, sizeof buf, 0), 8);
    ck_assert_str_eq(buf, "a\nb\n\n\nc\n");
    ck_assert_uint_eq(lines.column, 0);
}
END_TEST

START_TEST(a_line_that_has_begun_is_seen)
{
    LOOK_AT("one\ntw");
    ck_assert_uint_eq(lines.column, 2);
    LOOK_AT("oo");
    ck_assert_uint_eq(lines.column, 4);
    LOOK_AT("\n");
    ck_assert_uint_eq(lines.column, 0);
    LOOK_AT("x\0yz");
    ck_assert_uint_eq(lines.column, 2);
}
END_TEST

START_TEST(more_than_a_window_is_looked_at_as_well)
{
    static char much[3 * WINDOW];

    memset(much, 'x', sizeof much);
    look_at(much, sizeof much);
    ck_assert_uint_eq(lines.column, sizeof much);
    much[WINDOW] = 0;
    look_at(much, sizeof much);
    ck_assert_uint_eq(lines.column, 2 * WINDOW - 1);
}
END_TEST

START_TEST(a_file_that_was_emptied_by_hand_is_no_error)
{
    LOOK_AT("one\n");
    ck_assert_int_eq(ftruncate(logdir.current, 0), 0);
    ck_assert(straight_look(&logdir, 2, &lines, window));
    ck_assert(logdir_seek_end(&logdir));
    ck_assert_uint_eq(logdir.size, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("straight");
    TCase *all = tcase_create("straight");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(all, make_file, drop_file);
    tcase_add_test(all, a_script_that_adds_nothing_suits);
    tcase_add_test(all, no_rotation_is_due_after_what_there_is_room_for);
    tcase_add_test(all, there_is_no_room_before_a_rotation);
    tcase_add_test(all, a_nul_becomes_a_newline);
    tcase_add_test(all, a_line_that_has_begun_is_seen);
    tcase_add_test(all, more_than_a_window_is_looked_at_as_well);
    tcase_add_test(all, a_file_that_was_emptied_by_hand_is_no_error);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
