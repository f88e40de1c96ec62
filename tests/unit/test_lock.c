/* SPDX-License-Identifier: ISC */
/* Truths about the lock that says that somebody supervises. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/engine.h"

/* A process that holds the lock, as a record lock of s6's kind, until it is
 * killed; it does when this returns. */
static pid_t holder(void)
{
    int told[2];
    char c;
    pid_t pid;

    ck_assert_int_eq(pipe(told), 0);
    pid = fork();
    if (pid == 0) {
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        int fd = openat(service, "lock", O_RDWR | O_CREAT, 0644);

        if (fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0
            && write(told[1], "+", 1) == 1)
            pause();
        _exit(1);
    }
    close(told[1]);
    ck_assert_int_eq(read(told[0], &c, 1), 1);
    close(told[0]);
    return pid;
}

static int open_control(void)
{
    ck_assert_int_eq(mkfifoat(service, "control", 0600), 0);
    return openat(service, "control", O_RDONLY | O_NONBLOCK);
}

START_TEST(a_free_lock_is_taken_and_seen_with_its_mode)
{
    mode_t mask = umask(077);
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    struct stat st;
    int fd = lock_insist(service, "lock", 0644, "control");
    int other = openat(service, "lock", O_RDONLY);

    umask(mask);
    ck_assert_int_ge(fd, LOOP_FD_MIN);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0644);
    ck_assert_int_eq(fcntl(other, F_GETLK, &lock), 0);
    ck_assert_int_eq(lock.l_type, F_WRLCK);
    close(other);
    close(fd);
}
END_TEST

START_TEST(who_listens_is_not_waited_for)
{
    int control = open_control();
    pid_t pid = holder();

    ck_assert_int_eq(lock_insist(service, "lock", 0644, "control"), -1);
    ck_assert_int_eq(errno, EBUSY);
    close(control);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(who_does_not_listen_is_waited_for)
{
    pid_t pid = holder(), killer = fork();

    if (killer == 0) {
        poll(NULL, 0, 1200); /* longer than it takes to ask who listens */
        kill(pid, SIGKILL);
        _exit(0);
    }

    int fd = lock_insist(service, "lock", 0644, "control");

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    waitpid(killer, NULL, 0);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("lock",
                               a_free_lock_is_taken_and_seen_with_its_mode,
                               who_listens_is_not_waited_for,
                               who_does_not_listen_is_waited_for);
}
