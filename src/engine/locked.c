/* SPDX-License-Identifier: ISC */
/*
 * locked.c - lock-fd: a run that holds a lock for as long as it lives.
 *
 * To wait for the lock between clone and exec would stop the whole tree, so
 * this is a program of its own.  The lock is an open-file-description lock: it
 * moves with dup2, lasts until the last copy of the descriptor is closed, and
 * whoever asks with F_GETLK sees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "engine/engine.h"
#include "sv/paths.h"
#include "sv/say.h"

static int open_lock(const char *name)
{
    struct stat st;
    int fd = open(SV_SERVICE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
                  0666);

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        sv_warn(name, ": a previous instance of the service wrote to the lock"
                      " file!");
        if (ftruncate(fd, 0) < 0)
            sv_warn_sys(name, ": unable to truncate " SV_SERVICE_LOCK);
    }
    return fd;
}

static bool take(int fd, const char *name)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return false;
    sv_warn(name, ": another instance of the service is already running,"
                  " child will block");
    while (fcntl(fd, F_OFD_SETLKW, &lock) < 0)
        if (errno != EINTR)
            return false;
    return true;
}

int run_locked(int argc, char *argv[])
{
    unsigned int fd_wanted;

    if (argc < 4 || uint0_scan(argv[1], &fd_wanted) == 0)
        sv_die_usage(SV_RUN_LOCKED " fd program args... name");

    const char *name = argv[argc - 1];
    int number = (int)fd_wanted;
    int fd = open_lock(name);

    if (fd < 0)
        sv_die_sys("unable to open " SV_SERVICE_LOCK " of ", name);
    if (!take(fd, name))
        sv_die_sys("unable to lock " SV_SERVICE_LOCK " of ", name);
    if (fd != number && (dup2(fd, number) < 0 || close(fd) < 0))
        sv_die_sys("unable to give the lock to ", name);

    execv(argv[2], argv + 2);
    sv_warn_sys(name, ": unable to execute ", argv[2]);
    return errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC;
}
