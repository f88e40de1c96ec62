/* SPDX-License-Identifier: ISC */
/*
 * control.c - commands to a fifo, and who holds a lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/control.h"

/* Opened without waiting for a reader, written with waiting for room. */
static bool write_waiting(int fd, const char *letters, size_t size)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return false;
    return sv_write_all(fd, letters, size);
}

enum sv_sent sv_control_send(int base, const char *path, const char *letters,
                             size_t size)
{
    int fd = openat(base, path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    bool ok;
    int error;

    if (fd < 0)
        return errno == ENXIO ? SV_SENT_TO_NOBODY : SV_SENT_FAILED;
    ok = size == 0 || write_waiting(fd, letters, size);
    error = errno;
    close(fd);
    errno = error;
    if (ok)
        return SV_SENT;
    return errno == EPIPE ? SV_SENT_TO_NOBODY : SV_SENT_FAILED;
}

enum sv_held sv_lock_held(int base, const char *path)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    int fd = openat(base, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int got, error;

    if (fd < 0)
        return errno == ENOENT ? SV_NOT_HELD : SV_HELD_UNKNOWN;
    got = fcntl(fd, F_GETLK, &lock);
    error = errno;
    close(fd);
    errno = error;
    if (got < 0)
        return SV_HELD_UNKNOWN;
    return lock.l_type == F_UNLCK ? SV_NOT_HELD : SV_HELD;
}
