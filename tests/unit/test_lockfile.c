/* SPDX-License-Identifier: ISC */
/* Truths about a lock that the next program holds. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "chain/lockfile.h"

static const struct lockfile at_once = { .wait_ms = 0, .is_description = true };

static int open_lock(bool is_shared)
{
    int fd;

    ck_assert_int_eq(fchdir(service), 0);
    fd = lockfile_open("lock", is_shared);
    ck_assert_int_ge(fd, 0);
    return fd;
}

START_TEST(a_lock_of_the_description_keeps_others_away)
{
    struct lockfile shared = { .is_shared = true, .is_description = true };
    int first = open_lock(false);
    int second = open_lock(false);
    int reader = open_lock(true);

    ck_assert(lockfile_take(first, &at_once));
    ck_assert(!lockfile_take(second, &at_once));
    ck_assert(errno == EAGAIN || errno == EACCES);
    ck_assert(!lockfile_take(reader, &shared));
    close(first);
    ck_assert(lockfile_take(reader, &shared));
    ck_assert(!lockfile_take(second, &at_once));
    close(reader);
    ck_assert(lockfile_take(second, &at_once));
}
END_TEST

START_TEST(a_lock_of_the_description_outlives_other_closes)
{
    int first = open_lock(false);
    int second = open_lock(false);

    ck_assert(lockfile_take(first, &at_once));
    close(open_lock(true));
    close(dup(first));
    ck_assert(!lockfile_take(second, &at_once));
}
END_TEST

START_TEST(a_shared_lock_needs_no_right_to_write)
{
    put_text("lock", "words");
    ck_assert_int_eq(fchmodat(service, "lock", 0444, 0), 0);

    int fd = open_lock(true);

    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    ck_assert(lockfile_take(fd, &(struct lockfile){ .is_shared = true }));
}
END_TEST

START_TEST(a_fifo_is_no_lock)
{
    ck_assert_int_eq(mkfifoat(service, "lock", 0600), 0);
    ck_assert_int_eq(fchdir(service), 0);
    ck_assert_int_lt(lockfile_open("lock", false), 0);
    ck_assert_int_eq(errno, ENXIO);
}
END_TEST

/* The timer and the handler are as they were, also where SIGALRM is blocked. */
START_TEST(a_wait_ends_in_time_and_leaves_nothing_behind)
{
    struct lockfile soon = { .wait_ms = 20, .is_description = true };
    struct itimerval timer;
    struct sigaction before, after;
    sigset_t blocked, now;
    int first = open_lock(false);
    int second = open_lock(false);

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    sigaction(SIGALRM, NULL, &before);
    ck_assert(lockfile_take(first, &at_once));
    ck_assert(!lockfile_take(second, &soon));
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert_int_eq(getitimer(ITIMER_REAL, &timer), 0);
    ck_assert_int_eq(timer.it_value.tv_sec + timer.it_value.tv_usec, 0);
    sigaction(SIGALRM, NULL, &after);
    ck_assert(after.sa_handler == before.sa_handler);
    sigprocmask(SIG_SETMASK, NULL, &now);
    ck_assert(sigismember(&now, SIGALRM));
    sigpending(&now);
    ck_assert(!sigismember(&now, SIGALRM));
}
END_TEST

START_TEST(who_waits_has_it_when_the_holder_ends)
{
    struct lockfile patient = { .wait_ms = LOCKFILE_WAITS };
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);

    pid_t holder = fork();

    if (holder == 0) {
        if (lockfile_take(open_lock(false), &patient) &&
            write(ready[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);

    int fd = open_lock(false);

    ck_assert(!lockfile_take(fd, &(struct lockfile){ .wait_ms = 0 }));
    kill(holder, SIGKILL);
    ck_assert(lockfile_take(fd, &patient));
    waitpid(holder, NULL, 0);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "lockfile", a_lock_of_the_description_keeps_others_away,
        a_lock_of_the_description_outlives_other_closes,
        a_shared_lock_needs_no_right_to_write, a_fifo_is_no_lock,
        a_wait_ends_in_time_and_leaves_nothing_behind,
        who_waits_has_it_when_the_holder_ends);
}
