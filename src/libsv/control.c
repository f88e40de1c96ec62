/* SPDX-License-Identifier: ISC */
/*
 * control.c - commands to a fifo, and who holds a lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

static bool is_directory(int base, const char *path)
{
    struct stat st;

    if (fstatat(base, path, &st, 0) < 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

/* The fifo at dir, file could not be opened, for want of something: of what? */
static enum sv_told what_lacks(int base, const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    int error = errno;

    if (!is_directory(base, dir))
        return SV_TOLD_FAILED;
    sv_at(path, dir, file);
    *strrchr(path, '/') = '\0';
    if (!is_directory(base, path))
        return errno == ENOENT ? SV_TOLD_NOBODY : SV_TOLD_BROKEN;
    errno = error;
    return SV_TOLD_BROKEN;
}

enum sv_told sv_control_tell(int base, const char *dir, const char *file,
                             const char *letters, size_t size)
{
    char path[SV_PATH_MAX];

    switch (sv_control_send(base, sv_at(path, dir, file), letters, size)) {
    case SV_SENT:
        return SV_TOLD;
    case SV_SENT_TO_NOBODY:
        return SV_TOLD_NOBODY;
    case SV_SENT_FAILED:
        break;
    }
    if (*path != '\0' &&
        (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
        return what_lacks(base, dir, file);
    return SV_TOLD_FAILED;
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
