/* SPDX-License-Identifier: ISC */
/* lockfile.c - a lock on a file, waited for with a limit. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#include "chain/lockfile.h"

static volatile sig_atomic_t is_late;

static void on_alarm(int signal)
{
    (void)signal;
    is_late = 1;
}

/* First without O_CREAT: with it, a file of somebody else in a directory such as
 * /tmp could be refused. */
int lockfile_open(const char *path, bool is_shared)
{
    int fd;

    if (!is_shared)
        return open(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0666);
    fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    return open(path, O_RDONLY | O_CREAT | O_NONBLOCK, 0666);
}

static bool take(int fd, const struct lockfile *how)
{
    struct flock lock = { .l_type = how->is_shared ? F_RDLCK : F_WRLCK };
    int wait = how->is_description ? F_OFD_SETLKW : F_SETLKW;
    int try = how->is_description ? F_OFD_SETLK : F_SETLK;
    int got;

    do
        got = fcntl(fd, how->wait_ms == 0 ? try : wait, &lock);
    while (got < 0 && errno == EINTR && !is_late);
    if (got < 0 && errno == EINTR)
        errno = ETIMEDOUT;
    return got == 0;
}

bool lockfile_take(int fd, const struct lockfile *how)
{
    /* Again and again from then on: one that came just before the wait would
     * not end it.  Without SA_RESTART, so that each ends it. */
    struct itimerval when = {
        .it_value = { how->wait_ms / 1000, how->wait_ms % 1000 * 1000L },
        .it_interval = { 0, 10000 },
    };
    struct sigaction alarm = { .sa_handler = on_alarm }, before;
    sigset_t set, mask;
    bool ok;
    int error;

    if (how->wait_ms <= 0)
        return take(fd, how);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    is_late = 0;
    sigaction(SIGALRM, &alarm, &before);
    sigprocmask(SIG_UNBLOCK, &set, &mask);
    setitimer(ITIMER_REAL, &when, NULL);
    ok = take(fd, how);
    error = errno;
    /* A timer lives on through exec. */
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGALRM, &before, NULL);
    errno = error;
    return ok;
}
