/* SPDX-License-Identifier: ISC */
/*
 * test_svlog_inflight.c - what a svlog finds that was killed here or there.
 *
 * "Killed" means that the file is opened anew, with nothing but what the calls
 * before it have left in it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "sv/at.h"
#include "svlog/inflight.h"

static char scratch[] = "/tmp/test_svlog_inflight.XXXXXX";
static int dir;
static struct inflight inflight;
static char aside[INFLIGHT_ASIDE];

static void make_file(void)
{
    memcpy(scratch + sizeof scratch - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    dir = open(scratch, O_RDONLY | O_DIRECTORY);
    ck_assert(inflight_open(&inflight, dir, aside));
    ck_assert(inflight_settle(&inflight));
}

static void drop_file(void)
{
    close(inflight.fd);
    unlinkat(dir, INFLIGHT, 0);
    close(dir);
    rmdir(scratch);
}

static void be_killed(void)
{
    close(inflight.fd);
    memset(&inflight, 0xff, sizeof inflight);
    ck_assert(inflight_open(&inflight, dir, aside));
}

/* As a splice would have put it there. */
static void take(const char *text, size_t size)
{
    ck_assert_int_eq(lseek(inflight.fd, (off_t)inflight.size, SEEK_SET),
                     (off_t)inflight.size);
    ck_assert(sv_write_all(inflight.fd, text, size));
    inflight.size += size;
}

#define TAKE(text) take(text, sizeof(text) - 1)

static const char *left(void)
{
    static char buf[256];
    ssize_t size = inflight_read(&inflight, 0, buf, sizeof buf - 1);

    ck_assert_int_eq(size, (ssize_t)inflight_left(&inflight));
    buf[size] = 0;
    return buf;
}

static void work(size_t size)
{
    inflight.ledger.begin += size;
}

START_TEST(what_was_taken_is_found)
{
    TAKE("one\ntwo\n");
    be_killed();
    ck_assert_str_eq(left(), "one\ntwo\n");
}
END_TEST

START_TEST(what_was_worked_is_found_until_the_ledger_is_settled)
{
    TAKE("one\ntwo\n");
    work(4);
    be_killed();
    ck_assert_str_eq(left(), "one\ntwo\n");
    work(4);
    ck_assert(inflight_settle(&inflight));
    be_killed();
    ck_assert_str_eq(left(), "two\n");
}
END_TEST

START_TEST(the_ledger_says_how_the_logdirs_were)
{
    inflight.ledger.marks = 2;
    inflight.ledger.mark[1] = (struct logdir_mark){1, 2, 4, 3};
    inflight.ledger.column = 7;
    ck_assert(inflight_settle(&inflight));
    be_killed();
    ck_assert_uint_eq(inflight.ledger.marks, 2);
    ck_assert_uint_eq(inflight.ledger.mark[1].dev, 1);
    ck_assert_uint_eq(inflight.ledger.mark[1].ino, 2);
    ck_assert_uint_eq(inflight.ledger.mark[1].size, 3);
    ck_assert_uint_eq(inflight.ledger.column, 7);
}
END_TEST

START_TEST(after_another_boot_the_bytes_count_and_the_marks_do_not)
{
    inflight.ledger.marks = 1;
    inflight.ledger.column = 7;
    inflight.ledger.boot[0] ^= 1;
    ck_assert(inflight_settle(&inflight));
    TAKE("one\n");
    be_killed();
    ck_assert_uint_eq(inflight.ledger.marks, 0);
    ck_assert_uint_eq(inflight.ledger.column, 0);
    ck_assert_str_eq(left(), "one\n");
}
END_TEST

START_TEST(a_rewind_keeps_what_is_left)
{
    static char much[INFLIGHT_REWIND];

    take(much, sizeof much);
    TAKE("rest");
    work(sizeof much);
    ck_assert(inflight_rewind(&inflight, "rest", 4));
    ck_assert_uint_eq(inflight.size, INFLIGHT_LEDGER + 4);
    ck_assert_str_eq(left(), "rest");
    TAKE("more");
    be_killed();
    ck_assert_str_eq(left(), "restmore");
}
END_TEST

START_TEST(a_rewind_that_was_killed_before_the_cut_is_finished)
{
    static char much[INFLIGHT_REWIND];

    take(much, sizeof much);
    TAKE("rest");
    ck_assert_int_eq(pwrite(inflight.fd, "rest", 4, INFLIGHT_LEDGER), 4);
    inflight.ledger.begin = INFLIGHT_LEDGER;
    inflight.ledger.cut = INFLIGHT_LEDGER + 4;
    ck_assert(inflight_settle(&inflight));
    be_killed();
    ck_assert_str_eq(left(), "rest");
    ck_assert_uint_eq(inflight.ledger.cut, 0);
    be_killed();
    ck_assert_str_eq(left(), "rest");
}
END_TEST

START_TEST(after_an_orderly_end_nothing_is_found)
{
    TAKE("one\n");
    work(4);
    inflight.ledger.marks = 1;
    ck_assert(inflight_settle(&inflight));
    ck_assert(inflight_empty(&inflight));
    be_killed();
    ck_assert_uint_eq(inflight_left(&inflight), 0);
    ck_assert_uint_eq(inflight.ledger.marks, 0);
}
END_TEST

START_TEST(a_file_that_is_not_ours_is_begun_anew)
{
    ck_assert_int_eq(pwrite(inflight.fd, "nonsense", 8, 0), 8);
    be_killed();
    ck_assert_uint_eq(inflight_left(&inflight), 0);
    ck_assert_uint_eq(inflight.size, INFLIGHT_LEDGER);
}
END_TEST

START_TEST(a_ledger_that_contradicts_its_file_is_none)
{
    inflight.ledger.begin = INFLIGHT_LEDGER + 1;
    ck_assert(inflight_settle(&inflight));
    be_killed();
    ck_assert_uint_eq(inflight.ledger.begin, INFLIGHT_LEDGER);
    inflight.ledger.marks = SCRIPT_ACTIONS_MAX + 1;
    ck_assert(inflight_settle(&inflight));
    be_killed();
    ck_assert_uint_eq(inflight.ledger.marks, 0);
}
END_TEST

START_TEST(bytes_with_a_ledger_that_makes_no_sense_are_put_aside)
{
    char text[8] = "";

    TAKE("one\n");
    ck_assert_int_eq(pwrite(inflight.fd, "nonsense", 8, 0), 8);
    be_killed();
    ck_assert_uint_eq(inflight_left(&inflight), 0);
    ck_assert_uint_eq(inflight.size, INFLIGHT_LEDGER);
    ck_assert_int_eq(strncmp(aside, ".inflight.@4", 12), 0);
    int fd = openat(dir, aside, O_RDONLY);

    ck_assert_int_eq(pread(fd, text, sizeof text, INFLIGHT_LEDGER), 4);
    ck_assert_str_eq(text, "one\n");
    close(fd);
    unlinkat(dir, aside, 0);
}
END_TEST

START_TEST(whether_bytes_wait_is_seen_from_outside)
{
    ck_assert(!inflight_waits(dir));
    TAKE("one\ntwo\n");
    ck_assert(inflight_waits(dir));
    work(8);
    ck_assert(inflight_settle(&inflight));
    ck_assert(!inflight_waits(dir));
    /* Void bytes of a rewind that is not done do not count. */
    TAKE("three\n");
    inflight.ledger.cut = inflight.ledger.begin;
    ck_assert(inflight_settle(&inflight));
    ck_assert(!inflight_waits(dir));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inflight");
    TCase *all = tcase_create("inflight");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(all, make_file, drop_file);
    tcase_add_test(all, what_was_taken_is_found);
    tcase_add_test(all, what_was_worked_is_found_until_the_ledger_is_settled);
    tcase_add_test(all, the_ledger_says_how_the_logdirs_were);
    tcase_add_test(all,
                   after_another_boot_the_bytes_count_and_the_marks_do_not);
    tcase_add_test(all, a_rewind_keeps_what_is_left);
    tcase_add_test(all, a_rewind_that_was_killed_before_the_cut_is_finished);
    tcase_add_test(all, after_an_orderly_end_nothing_is_found);
    tcase_add_test(all, a_file_that_is_not_ours_is_begun_anew);
    tcase_add_test(all, a_ledger_that_contradicts_its_file_is_none);
    tcase_add_test(all, bytes_with_a_ledger_that_makes_no_sense_are_put_aside);
    tcase_add_test(all, whether_bytes_wait_is_seen_from_outside);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
