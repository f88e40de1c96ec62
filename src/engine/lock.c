/* SPDX-License-Identifier: ISC */
/*
 * lock.c - the lock that says that somebody supervises.
 *
 * A child of a supervisor that was killed keeps its lock until the child's
 * exec, an instant later, or some on a busy machine; one that lives keeps it
 * for good, and listens to its control fifo.  So the first is waited for, and
 * the second is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "engine/engine.h"

enum { PATIENCE_US = 500000 };

static void wake(int signal)
{
    (void)signal;
}

static bool wait_for_lock(int fd, const struct flock *wanted)
{
    struct flock lock = *wanted;
    /* Again and again: the first may come before the wait has begun. */
    const struct itimerval soon = { .it_value.tv_usec = PATIENCE_US,
                                    .it_interval.tv_usec = PATIENCE_US };
    const struct itimerval never = { .it_value.tv_usec = 0 };
    struct sigaction on_alarm = { .sa_handler = wake }, old;
    sigset_t alarm_only, mask;
    bool ok;
    int error;

    /* Whoever started us may have blocked it, and we would wait for ever. */
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigaction(SIGALRM, &on_alarm, &old);
    sigprocmask(SIG_UNBLOCK, &alarm_only, &mask);
    setitimer(ITIMER_REAL, &soon, NULL);
    ok = fcntl(fd, F_OFD_SETLKW, &lock) == 0;
    error = errno;
    setitimer(ITIMER_REAL, &never, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGALRM, &old, NULL);
    errno = error;
    return ok;
}

static bool somebody_listens(int base, const char *control)
{
    int fd = openat(base, control, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool insist(int base, int fd, const char *control)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return false;
    while (!wait_for_lock(fd, &lock)) {
        if (errno != EINTR)
            return false;
        if (somebody_listens(base, control)) {
            errno = EBUSY;
            return false;
        }
    }
    return true;
}

int lock_insist(int base, const char *file, mode_t mode, const char *control)
{
    mode_t mask = umask(0);
    int fd = loop_fd(openat(base, file, O_RDWR | O_CREAT | O_CLOEXEC, mode));

    umask(mask);
    if (fd < 0 || insist(base, fd, control))
        return fd;

    int error = errno;

    close(fd);
    errno = error;
    return -1;
}
