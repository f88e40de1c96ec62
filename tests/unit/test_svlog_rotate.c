/* SPDX-License-Identifier: ISC */
/*
 * test_svlog_rotate.c - a rotation, step by step, in a real directory.
 *
 * A step is made to fail by a directory that stands where its file should go,
 * which stops root as well.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "svlog/rotate.h"
#include "svlog/svlog.h"

unsigned int verbosity = 0;

static char scratch[] = "/tmp/test_svlog_rotate.XXXXXX";
static struct logdir logdir;
static const struct policy policy = {.keep = 10, .size = 4096,
                                     .tolerance = 96, .retry_ms = 2000};

static void make_logdir(void)
{
    const char *failed;

    memcpy(scratch + sizeof scratch - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    umask(022);
    ck_assert(logdir_lock(&logdir, scratch, &policy, &failed));
    ck_assert(logdir_open(&logdir, NULL, 0, &failed));
}

static void drop_logdir(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", scratch);
    ck_assert_int_eq(system(command), 0);
    close(logdir.current);
    close(logdir.lock);
    close(logdir.dir);
}

static void again(void)
{
    const char *failed;

    close(logdir.current);
    close(logdir.lock);
    close(logdir.dir);
    ck_assert(logdir_lock(&logdir, scratch, &policy, &failed));
    ck_assert(logdir_open(&logdir, NULL, 0, &failed));
}

static void log_text(const char *text)
{
    ck_assert(sv_write_all(logdir.current, text, strlen(text)));
    logdir.size += strlen(text);
}

static void put_file(const char *name, const char *text, mode_t mode)
{
    int fd = openat(logdir.dir, name, O_WRONLY | O_CREAT | O_TRUNC, mode);

    ck_assert_int_ge(fd, 0);
    ck_assert(sv_write_all(fd, text, strlen(text)));
    close(fd);
}

/* The mode of a file, 0 if there is none. */
static mode_t mode_of(const char *name)
{
    struct stat st;

    return fstatat(logdir.dir, name, &st, 0) < 0 ? 0 : st.st_mode & 07777;
}

/* All archives of a kind in order of their labels: their texts, together. */
static const char *archives(const char *suffix)
{
    static char text[8192];
    struct dirent **names;
    int count = scandir(scratch, &names, NULL, alphasort);

    *text = 0;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(text);

        if (names[i]->d_name[0] == '@' &&
            !strcmp(names[i]->d_name + ARCHIVE_LABEL, suffix)) {
            ssize_t got = sv_at_read(logdir.dir, ".", names[i]->d_name,
                                     text + size, sizeof text - size - 1);
            text[size + (size_t)(got < 0 ? 0 : got)] = 0;
        }
        free(names[i]);
    }
    free(names);
    return text;
}

/* What a file says, "" if it is not there. */
static const char *text_of(const char *name)
{
    static char text[64];
    ssize_t size = sv_at_read(logdir.dir, ".", name, text, sizeof text - 1);

    text[size < 0 ? 0 : size] = 0;
    return text;
}

/* A rotation with that processor, up to where it runs. */
static void rotate_with(const char *processor)
{
    logdir.policy.processor = processor;
    logdir.policy.is_shell = true;
    log_text("one\n");
    logdir.is_asked = true;
    ck_assert(rotate(&logdir, SV_SECOND));
    ck_assert_int_eq(logdir.step, ROTATION_WAIT);
}

/* Until the processor has ended, as SIGCHLD would say. */
static void reap(int64_t now)
{
    siginfo_t info;

    ck_assert_int_eq(waitid(P_PID, (id_t)logdir.processor, &info,
                            WEXITED | WNOWAIT), 0);
    rotate_reap(&logdir, now);
    rotate_finish(&logdir, now);
}

START_TEST(nothing_is_rotated_before_its_time)
{
    log_text("one\n");
    ck_assert(!rotate_is_due(&logdir, 3995));
    ck_assert(rotate_is_due(&logdir, 3996));
    ck_assert(rotate(&logdir, 1));
    ck_assert_str_eq(archives(".s"), "");
}
END_TEST

START_TEST(a_rotation_that_is_asked_for_makes_an_archive)
{
    log_text("one\n");
    logdir.is_asked = true;
    ck_assert(rotate(&logdir, 1));
    ck_assert_str_eq(archives(".s"), "one\n");
    ck_assert_uint_eq(logdir.size, 0);
    ck_assert_uint_eq(mode_of("current"), 0644);
    ck_assert_uint_eq(mode_of("previous"), 0);
    log_text("two\n");
    ck_assert(rotate(&logdir, 1));
    ck_assert_str_eq(archives(".s"), "one\n");
}
END_TEST

START_TEST(an_empty_current_is_not_rotated)
{
    logdir.is_asked = true;
    ck_assert(!rotate_is_due(&logdir, 0));
    ck_assert(rotate(&logdir, 1));
    ck_assert(!logdir.is_asked);
    ck_assert_str_eq(archives(".s"), "");
}
END_TEST

START_TEST(a_step_that_fails_is_taken_again_when_its_time_has_come)
{
    log_text("one\n");
    logdir.is_asked = true;
    ck_assert_int_eq(mkdirat(logdir.dir, "previous", 0700), 0);
    ck_assert(!rotate(&logdir, SV_SECOND));
    ck_assert_int_eq(logdir.step, ROTATION_RENAME);
    ck_assert_int_eq(logdir.retry_at, 3 * SV_SECOND);
    ck_assert_int_eq(unlinkat(logdir.dir, "previous", AT_REMOVEDIR), 0);
    ck_assert(!rotate(&logdir, 3 * SV_SECOND - 1));
    ck_assert_str_eq(archives(".s"), "");
    ck_assert(rotate(&logdir, 3 * SV_SECOND));
    ck_assert_int_eq(logdir.retry_at, 0);
    ck_assert_str_eq(archives(".s"), "one\n");
}
END_TEST

START_TEST(a_rotation_goes_on_where_it_stood)
{
    log_text("one\n");
    logdir.step = ROTATION_OPEN;
    ck_assert_int_eq(renameat(logdir.dir, "current", logdir.dir, "previous"),
                     0);
    ck_assert_int_eq(mkdirat(logdir.dir, "current", 0700), 0);
    ck_assert(!rotate(&logdir, SV_SECOND));
    ck_assert_int_eq(logdir.step, ROTATION_OPEN);
    ck_assert_int_eq(unlinkat(logdir.dir, "current", AT_REMOVEDIR), 0);
    ck_assert(rotate(&logdir, 9 * SV_SECOND));
    ck_assert_str_eq(archives(".s"), "one\n");
    ck_assert_uint_eq(logdir.size, 0);
}
END_TEST

START_TEST(archives_are_kept_up_to_their_number)
{
    logdir.policy.keep = 2;
    for (char text[] = "1\n"; *text < '6'; ++*text) {
        log_text(text);
        logdir.is_asked = true;
        ck_assert(rotate(&logdir, 1));
    }
    ck_assert_str_eq(archives(".s"), "4\n5\n");
    logdir.policy.keep = 0;
    ck_assert(logdir_trim(&logdir));
    ck_assert_str_eq(archives(".s"), "");
}
END_TEST

START_TEST(archives_are_kept_up_to_their_total)
{
    logdir.policy.total = 5;
    for (char text[] = "1\n"; *text < '6'; ++*text) {
        log_text(text);
        logdir.is_asked = true;
        ck_assert(rotate(&logdir, 1));
    }
    ck_assert_str_eq(archives(".s"), "4\n5\n");
}
END_TEST

START_TEST(what_only_looks_like_an_archive_is_left_alone)
{
    static const char *const names[] = {
        "@400000006b03a51b168ce53f", "@400000006b03a51b168ce53f.x",
        "@400000006B03A51B168CE53F.s", "@400000006b03a51b168ce53f.s.gz",
        "400000006b03a51b168ce53f.s"};

    logdir.policy.keep = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put_file(names[i], "mine", 0644);
    ck_assert(logdir_trim(&logdir));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_uint_eq(mode_of(names[i]), 0644);
}
END_TEST

START_TEST(a_current_that_was_closed_is_gone_on_with)
{
    log_text("one\n");
    ck_assert(logdir_close(&logdir));
    ck_assert_uint_eq(mode_of("current"), 0744);
    again();
    ck_assert_uint_eq(logdir.size, 4);
    ck_assert_uint_eq(mode_of("current"), 0644);
    ck_assert_str_eq(archives(".u"), "");
}
END_TEST

START_TEST(a_current_that_was_not_closed_is_rescued)
{
    log_text("one\n");
    put_file("newstate", "x", 0644);
    put_file("state", "x", 0644);
    again();
    ck_assert_uint_eq(logdir.size, 0);
    ck_assert_str_eq(archives(".u"), "one\n");
    ck_assert_uint_eq(mode_of("newstate"), 0);
    ck_assert_uint_eq(mode_of("state"), 0644);
}
END_TEST

START_TEST(a_current_that_is_known_to_be_ours_is_gone_on_with)
{
    const char *failed;
    struct logdir_mark mark = {logdir.dev, logdir.ino, logdir.born,
                               4};

    log_text("one\ntw");
    ck_assert(logdir_cut(&logdir, &mark));
    ck_assert(logdir_open(&logdir, &mark, 1, &failed));
    ck_assert_uint_eq(logdir.size, 4);
    ck_assert_str_eq(archives(".u"), "");
}
END_TEST

START_TEST(a_cut_finds_the_file_under_its_new_name)
{
    struct logdir_mark mark = {logdir.dev, logdir.ino, logdir.born,
                               4};

    log_text("one\ntw");
    again();
    ck_assert_str_eq(archives(".u"), "one\ntw");
    ck_assert(logdir_cut(&logdir, &mark));
    ck_assert_str_eq(archives(".u"), "one\n");
}
END_TEST

START_TEST(a_cut_makes_nothing_longer)
{
    struct logdir_mark mark = {logdir.dev, logdir.ino, logdir.born,
                               400};

    log_text("one\n");
    ck_assert(logdir_cut(&logdir, &mark));
    again();
    ck_assert_str_eq(archives(".u"), "one\n");
}
END_TEST

/* s6-log refuses to start here: both would get one name. */
START_TEST(previous_and_current_are_both_rescued)
{
    log_text("two\n");
    put_file("previous", "one\n", 0744);
    put_file("processed", "half", 0644);
    again();
    ck_assert_str_eq(archives(".u"), "one\ntwo\n");
    ck_assert_uint_eq(mode_of("processed"), 0);
}
END_TEST

START_TEST(what_a_processor_had_finished_is_kept_in_place_of_previous)
{
    log_text("two\n");
    put_file("previous", "one\n", 0744);
    put_file("processed", "ONE\n", 0744);
    again();
    ck_assert_str_eq(archives(".s"), "ONE\n");
    ck_assert_str_eq(archives(".u"), "two\n");
    ck_assert_uint_eq(mode_of("previous"), 0);
}
END_TEST

START_TEST(an_archive_that_was_linked_is_not_linked_twice)
{
    log_text("two\n");
    put_file("previous", "one\n", 0744);
    ck_assert_int_eq(linkat(logdir.dir, "previous", logdir.dir,
                            "@400000006b03a51b168ce53f.s", 0), 0);
    again();
    ck_assert_str_eq(archives(".s"), "one\n");
    ck_assert_str_eq(archives(".u"), "two\n");
}
END_TEST

START_TEST(a_processor_makes_the_archive_and_the_state)
{
    put_file("state", "old", 0644);
    rotate_with("sed s/one/ONE/; sed s/old/new/ <&4 >&5");
    ck_assert_uint_eq(mode_of("previous"), 0744);
    reap(SV_SECOND);
    ck_assert_int_eq(logdir.step, ROTATION_NONE);
    ck_assert_str_eq(archives(".s"), "ONE\n");
    ck_assert_str_eq(text_of("state"), "new");
    ck_assert_uint_eq(mode_of("previous"), 0);
    ck_assert_uint_eq(mode_of("processed"), 0);
    ck_assert_uint_eq(mode_of("newstate"), 0);
}
END_TEST

START_TEST(nothing_is_exchanged_while_a_processor_runs)
{
    rotate_with("cat");
    log_text("two\n");
    logdir.is_asked = true;
    ck_assert(!rotate_is_due(&logdir, 9999));
    ck_assert(rotate(&logdir, SV_SECOND));
    ck_assert(logdir.is_asked);
    reap(SV_SECOND);
    ck_assert_str_eq(archives(".s"), "one\n");
    ck_assert(rotate_is_due(&logdir, 0));
}
END_TEST

START_TEST(a_processor_that_fails_runs_again_when_its_time_has_come)
{
    static const char *const failing[] = {"echo half; exit 1",
                                          "echo half; kill -9 $$"};

    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        rotate_with(failing[i]);
        reap(SV_SECOND);
        ck_assert_int_eq(logdir.step, ROTATION_RUN);
        ck_assert_int_eq(logdir.finish_at, 3 * SV_SECOND);
        logdir.policy.processor = "cat";
        rotate_finish(&logdir, 3 * SV_SECOND - 1);
        ck_assert_int_eq(logdir.step, ROTATION_RUN);
        rotate_finish(&logdir, 3 * SV_SECOND);
        ck_assert_int_eq(logdir.step, ROTATION_WAIT);
        reap(3 * SV_SECOND);
    }
    ck_assert_str_eq(archives(".s"), "one\none\n");
}
END_TEST

/* A directory stands in the way of each step, and then it does not. */
START_TEST(each_step_after_the_processor_is_taken_again)
{
    static const struct {
        const char *file;
        enum rotation step;
    } steps[] = {{"processed", ROTATION_SYNC_PROCESSED},
                 {"newstate", ROTATION_SYNC_STATE},
                 {"previous", ROTATION_REMOVE},
                 {"state", ROTATION_STATE}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        rotate_with("cat; echo new >&5");
        waitid(P_PID, (id_t)logdir.processor, &(siginfo_t){0},
               WEXITED | WNOWAIT);
        renameat(logdir.dir, steps[i].file, logdir.dir, "aside");
        ck_assert_int_eq(mkdirat(logdir.dir, steps[i].file, 0700), 0);
        rotate_reap(&logdir, SV_SECOND);
        rotate_finish(&logdir, SV_SECOND);
        ck_assert_int_eq(logdir.step, steps[i].step);
        ck_assert_int_eq(logdir.finish_at, 3 * SV_SECOND);
        ck_assert_int_eq(logdir.retry_at, 0);
        unlinkat(logdir.dir, steps[i].file, AT_REMOVEDIR);
        renameat(logdir.dir, "aside", logdir.dir, steps[i].file);
        rotate_finish(&logdir, 3 * SV_SECOND);
        ck_assert_int_eq(logdir.step, ROTATION_NONE);
        ck_assert_str_eq(text_of("state"), "new\n");
    }
    ck_assert_str_eq(archives(".s"), "one\none\none\none\n");
}
END_TEST

START_TEST(without_a_previous_the_rotation_ends)
{
    rotate_with("exit 1");
    reap(SV_SECOND);
    ck_assert_int_eq(unlinkat(logdir.dir, "previous", 0), 0);
    rotate_finish(&logdir, 3 * SV_SECOND);
    ck_assert_int_eq(logdir.step, ROTATION_NONE);
    ck_assert_str_eq(archives(".s"), "");
}
END_TEST

/* Killed after the step that is named: what there is then becomes one archive,
 * and what the processor had to say is remembered if it was done. */
START_TEST(after_a_kill_between_two_steps_there_is_one_archive)
{
    static const struct {
        const char *previous, *processed, *newstate;
        mode_t mode; /* of processed */
        const char *rescued, *archived, *state;
    } kills[] = {
        /* MARK      */ {"one\n", NULL, NULL, 0, "one\n", "", "old"},
        /* RUN       */ {"one\n", "ON", "n", 0644, "one\n", "", "old"},
        /* WAIT      */ {"one\n", "ONE\n", "new", 0644, "one\n", "", "old"},
        /* SYNC_...  */ {"one\n", "ONE\n", "new", 0744, "", "ONE\n", "new"},
        /* REMOVE    */ {NULL, "ONE\n", "new", 0744, "", "ONE\n", "new"},
        /* STATE     */ {NULL, "ONE\n", NULL, 0744, "", "ONE\n", "old"},
    };

    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++) {
        const struct logdir_mark mark = {logdir.dev, logdir.ino, logdir.born,
                               4};
        const char *failed;

        log_text("two\n");
        put_file("state", "old", 0644);
        if (kills[i].previous)
            put_file("previous", kills[i].previous, 0744);
        if (kills[i].processed)
            put_file("processed", kills[i].processed, kills[i].mode);
        if (kills[i].newstate)
            put_file("newstate", kills[i].newstate, 0644);
        ck_assert(logdir_open(&logdir, &mark, 1, &failed));
        ck_assert_str_eq(archives(".u"), kills[i].rescued);
        ck_assert_str_eq(archives(".s"), kills[i].archived);
        ck_assert_str_eq(text_of("state"), kills[i].state);
        ck_assert_str_eq(text_of("current"), "two\n");
        ck_assert_uint_eq(mode_of("previous"), 0);
        ck_assert_uint_eq(mode_of("processed"), 0);
        ck_assert_uint_eq(mode_of("newstate"), 0);
        drop_logdir();
        make_logdir();
    }
}
END_TEST

START_TEST(the_time_of_a_current_begins_with_its_first_line)
{
    logdir.policy.period = 5;
    rotate_watch(&logdir, SV_SECOND);
    ck_assert_int_eq(logdir.period_at, 0);
    log_text("one\n");
    rotate_watch(&logdir, 2 * SV_SECOND);
    rotate_watch(&logdir, 3 * SV_SECOND);
    ck_assert_int_eq(logdir.period_at, 7 * SV_SECOND);
    rotate_by_time(&logdir, 7 * SV_SECOND - 1);
    ck_assert(!logdir.is_asked);
    rotate_by_time(&logdir, 7 * SV_SECOND);
    ck_assert(logdir.is_asked);
    ck_assert(rotate(&logdir, 7 * SV_SECOND));
    ck_assert_str_eq(archives(".s"), "one\n");
}
END_TEST

START_TEST(a_new_current_has_a_time_of_its_own)
{
    logdir.policy.period = 5;
    log_text("one\n");
    rotate_watch(&logdir, 2 * SV_SECOND);
    logdir.is_asked = true;
    ck_assert(rotate(&logdir, 4 * SV_SECOND));
    log_text("two\n");
    rotate_watch(&logdir, 4 * SV_SECOND);
    ck_assert_int_eq(logdir.period_at, 9 * SV_SECOND);
}
END_TEST

/* In a process of its own, as locks are. */
static bool is_busy(void)
{
    struct logdir other;
    const char *failed;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(!logdir_lock(&other, scratch, &policy, &failed) &&
              errno == EBUSY && !strcmp(failed, "/lock"));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

START_TEST(a_logdir_has_one_logger)
{
    ck_assert(is_busy());
    close(logdir.lock);
    logdir.lock = -1;
    ck_assert(!is_busy());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rotate");
    TCase *all = tcase_create("rotate");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(all, make_logdir, drop_logdir);
    tcase_add_test(all, nothing_is_rotated_before_its_time);
    tcase_add_test(all, a_rotation_that_is_asked_for_makes_an_archive);
    tcase_add_test(all, an_empty_current_is_not_rotated);
    tcase_add_test(all,
                   a_step_that_fails_is_taken_again_when_its_time_has_come);
    tcase_add_test(all, a_rotation_goes_on_where_it_stood);
    tcase_add_test(all, archives_are_kept_up_to_their_number);
    tcase_add_test(all, archives_are_kept_up_to_their_total);
    tcase_add_test(all, what_only_looks_like_an_archive_is_left_alone);
    tcase_add_test(all, a_current_that_was_closed_is_gone_on_with);
    tcase_add_test(all, a_current_that_was_not_closed_is_rescued);
    tcase_add_test(all, a_current_that_is_known_to_be_ours_is_gone_on_with);
    tcase_add_test(all, a_cut_finds_the_file_under_its_new_name);
    tcase_add_test(all, a_cut_makes_nothing_longer);
    tcase_add_test(all, previous_and_current_are_both_rescued);
    tcase_add_test(all,
                   what_a_processor_had_finished_is_kept_in_place_of_previous);
    tcase_add_test(all, an_archive_that_was_linked_is_not_linked_twice);
    tcase_add_test(all, a_processor_makes_the_archive_and_the_state);
    tcase_add_test(all, nothing_is_exchanged_while_a_processor_runs);
    tcase_add_test(all,
                   a_processor_that_fails_runs_again_when_its_time_has_come);
    tcase_add_test(all, each_step_after_the_processor_is_taken_again);
    tcase_add_test(all, without_a_previous_the_rotation_ends);
    tcase_add_test(all, after_a_kill_between_two_steps_there_is_one_archive);
    tcase_add_test(all, the_time_of_a_current_begins_with_its_first_line);
    tcase_add_test(all, a_new_current_has_a_time_of_its_own);
    tcase_add_test(all, a_logdir_has_one_logger);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
