/* SPDX-License-Identifier: ISC */
/*
 * test_svlog_logdir.c - which file a mark names, and what of a logdir that was
 * left in whatever state is kept.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/birth.h"
#include "svlog/logdir.h"

static char scratch[] = "/tmp/test_svlog_logdir.XXXXXX";
static const struct policy policy = {.keep = 10, .size = 99999};
static struct logdir logdir;
static const char *failed;

static void lock_logdir(void)
{
    ck_assert(logdir_lock(&logdir, scratch, &policy, &failed));
}

static void make_logdir(void)
{
    memcpy(scratch + sizeof scratch - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    lock_logdir();
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void drop_logdir(void)
{
    close(logdir.current);
    close(logdir.lock);
    close(logdir.dir);
    nftw(scratch, remove_one, 4, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *file, const char *text, mode_t mode)
{
    int fd = openat(logdir.dir, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert(sv_write_all(fd, text, strlen(text)));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static const char *text_of(const char *file)
{
    static char text[256];
    ssize_t n = sv_at_read(logdir.dir, ".", file, text, sizeof text - 1);

    if (n < 0)
        return NULL;
    text[n] = 0;
    return text;
}

static struct logdir_mark mark_of(const char *file, uint64_t size)
{
    struct stat st;

    ck_assert_int_eq(fstatat(logdir.dir, file, &st, 0), 0);
    return (struct logdir_mark){st.st_dev, st.st_ino,
                                sv_birth_of(logdir.dir, file), size};
}

static void open_logdir(const struct logdir_mark *mark)
{
    ck_assert(logdir_open(&logdir, mark, mark != NULL, &failed));
}

START_TEST(a_file_is_cut_under_whichever_name_it_has_by_now)
{
    static const char archive[] = "@400000005f00000000000000.u";
    static const char *const names[] = {"current", "previous", archive};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(names[i], "kept\nleft\n", 0644);
        struct logdir_mark mark = mark_of(names[i], 5);

        ck_assert(logdir_cut(&logdir, &mark));
        ck_assert_str_eq(text_of(names[i]), "kept\n");
        unlinkat(logdir.dir, names[i], 0);
    }
}
END_TEST

START_TEST(a_later_file_of_the_same_inode_is_another)
{
    put("current", "somebody else's\n", 0744);
    struct logdir_mark mark = mark_of("current", 3);

    mark.born++;
    ck_assert(logdir_cut(&logdir, &mark));
    ck_assert_str_eq(text_of("current"), "somebody else's\n");
}
END_TEST

START_TEST(a_file_whose_device_has_another_number_is_the_same)
{
    put("current", "kept\nleft\n", 0644);
    struct logdir_mark mark = mark_of("current", 5);

    mark.dev++;
    ck_assert(logdir_cut(&logdir, &mark));
    ck_assert_str_eq(text_of("current"), mark.born ? "kept\n" : "kept\nleft\n");
}
END_TEST

START_TEST(a_file_that_somebody_has_shortened_stays_short)
{
    put("current", "s\n", 0644);
    struct logdir_mark mark = mark_of("current", 5);

    ck_assert(logdir_cut(&logdir, &mark));
    ck_assert_str_eq(text_of("current"), "s\n");
}
END_TEST

START_TEST(a_current_that_is_kept_elsewhere_is_found_there)
{
    put("elsewhere", "kept\nleft\n", 0644);
    ck_assert_int_eq(symlinkat("elsewhere", logdir.dir, "current"), 0);
    struct logdir_mark mark = mark_of("elsewhere", 5);

    ck_assert(logdir_cut(&logdir, &mark));
    open_logdir(&mark);
    ck_assert(logdir_is_at(&logdir, &mark));
    ck_assert_str_eq(text_of("elsewhere"), "kept\n");
}
END_TEST

START_TEST(what_is_no_file_cannot_be_logged_to)
{
    ck_assert_int_eq(mkfifoat(logdir.dir, "current", 0700), 0);
    ck_assert(!logdir_open(&logdir, NULL, 0, &failed));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_str_eq(failed, "/current");
}
END_TEST

/* Killed as it had renamed current, with or without a new one. */
START_TEST(an_exchange_that_was_interrupted_leaves_the_state)
{
    put("previous", "line\n", 0644);
    put("state", "7", 0644);
    if (_i)
        put("current", "", 0644);
    struct logdir_mark mark = mark_of("previous", 5);

    open_logdir(&mark);
    ck_assert_str_eq(text_of("state"), "7");
    ck_assert_ptr_null(text_of("previous"));
    ck_assert_uint_eq(logdir.size, 0);
}
END_TEST

START_TEST(a_current_of_somebody_elses_crash_costs_the_state)
{
    put("current", "line\n", 0644);
    put("state", "7", 0644);
    open_logdir(NULL);
    ck_assert_str_eq(text_of("state"), "");
    ck_assert_uint_eq(logdir.size, 0);
}
END_TEST

/* s6-log has been told to end while a processor was running (D13). */
START_TEST(a_rotation_beside_a_current_that_is_whole_is_rescued)
{
    put("current", "3\n", 0744);
    put("previous", "1\n2\n", 0744);
    put("processed", "1", 0644);
    put("state", "7", 0644);
    put("newstate", "8", 0644);
    open_logdir(NULL);
    ck_assert_uint_eq(logdir.size, 2);
    ck_assert_str_eq(text_of("current"), "3\n");
    ck_assert_str_eq(text_of("state"), "7");
    ck_assert_ptr_null(text_of("previous"));
    ck_assert_ptr_null(text_of("processed"));
    ck_assert_ptr_null(text_of("newstate"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logdir");
    TCase *all = tcase_create("logdir");
    SRunner *runner = srunner_create(suite);
    int bad;

    tcase_add_checked_fixture(all, make_logdir, drop_logdir);
    tcase_add_test(all, a_file_is_cut_under_whichever_name_it_has_by_now);
    tcase_add_test(all, a_later_file_of_the_same_inode_is_another);
    tcase_add_test(all, a_file_whose_device_has_another_number_is_the_same);
    tcase_add_test(all, a_file_that_somebody_has_shortened_stays_short);
    tcase_add_test(all, a_current_that_is_kept_elsewhere_is_found_there);
    tcase_add_test(all, what_is_no_file_cannot_be_logged_to);
    tcase_add_loop_test(all, an_exchange_that_was_interrupted_leaves_the_state,
                        0, 2);
    tcase_add_test(all, a_current_of_somebody_elses_crash_costs_the_state);
    tcase_add_test(all, a_rotation_beside_a_current_that_is_whole_is_rescued);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    bad = srunner_ntests_failed(runner);
    srunner_free(runner);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
