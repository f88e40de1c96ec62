/* SPDX-License-Identifier: ISC */
/* Truths about finding the descendants of a guardian. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unit.h"
#include "init/family.h"

static pid_t parent(const char *stat)
{
    return family_parent(stat, strlen(stat));
}

START_TEST(the_parent_is_the_fourth_field_of_stat)
{
    ck_assert_int_eq(parent("12 (sh) S 7 12 12 0 -1"), 7);
    ck_assert_int_eq(parent("12 (a b) R 4194304 1"), 4194304);
}
END_TEST

START_TEST(a_name_can_pretend_to_be_anything)
{
    ck_assert_int_eq(parent("12 (x) S 1 (y) S 7 12"), 7);
    ck_assert_int_eq(parent("12 (\n) ) Z 9 1"), 9);
}
END_TEST

START_TEST(a_stat_that_was_cut_names_nobody)
{
    ck_assert_int_eq(parent(""), 0);
    ck_assert_int_eq(parent("12 (sh"), 0);
    ck_assert_int_eq(parent("12 (sh)"), 0);
    ck_assert_int_eq(parent("12 (sh) S"), 0);
    ck_assert_int_eq(parent("12 (sh) S x"), 0);
    ck_assert_int_eq(parent("12 (sh) S 99999999999"), 0);
}
END_TEST

/* A child that waits until it is killed. */
static pid_t start_waiting(void)
{
    pid_t pid = fork();

    while (pid == 0)
        pause();
    return pid;
}

/* Below us: a child, its child, and one that has lost its parent and its
 * session.  Beside us: a process that must not be hit. */
START_TEST(all_below_us_are_hit_and_nobody_else)
{
    pid_t sibling = start_waiting();
    pid_t us = fork();
    int wstat;

    if (us == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        if (fork() == 0) {
            setsid();
            start_waiting();
            _exit(0);
        }
        if (fork() == 0) {
            start_waiting();
            for (;;)
                pause();
        }
        alarm(20);
        do
            family_signal(FAMILY_ALL, (const int[]){SIGKILL, 0});
        while (waitpid(-1, NULL, 0) > 0);
        _exit(23);
    }
    ck_assert_int_eq(waitpid(us, &wstat, 0), us);
    ck_assert(WIFEXITED(wstat) && WEXITSTATUS(wstat) == 23);
    ck_assert_int_eq(waitpid(sibling, &wstat, WNOHANG), 0);
    kill(sibling, SIGKILL);
    ck_assert_int_eq(waitpid(sibling, &wstat, 0), sibling);
}
END_TEST

static bool is_log_fifo(const char *path)
{
    return family_is_log_fifo(path, strlen(path));
}

START_TEST(a_logger_is_known_by_the_fifo_that_it_reads)
{
    ck_assert(is_log_fifo("/run/sv/web/supervise/stdout"));
    ck_assert(is_log_fifo("/supervise/stdout"));
    ck_assert(is_log_fifo("/run/sv/s6-svscan-log/fifo"));
    ck_assert(!is_log_fifo("/run/sv/web/supervise/control"));
    ck_assert(!is_log_fifo("/run/sv/web/xsupervise/stdout"));
    ck_assert(!is_log_fifo("/srv/my-s6-svscan-log/fifo"));
    ck_assert(!is_log_fifo("supervise/stdout"));
    ck_assert(!is_log_fifo(""));
}
END_TEST

int main(void)
{
    return UNIT_RUN("family", the_parent_is_the_fourth_field_of_stat,
                    a_name_can_pretend_to_be_anything,
                    a_stat_that_was_cut_names_nobody,
                    all_below_us_are_hit_and_nobody_else,
                    a_logger_is_known_by_the_fifo_that_it_reads);
}
