/* SPDX-License-Identifier: ISC */
/*
 * at.c - files of a service directory, reached below a descriptor.
 *
 * Every open is non-blocking: whoever may write into a service directory may
 * put a fifo where a file should be, and must not stop a whole tree with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/at.h"

/* What getdents64(2) writes is the C library's struct dirent on a 64-bit
 * machine, with glibc and with musl. */
_Static_assert(offsetof(struct dirent, d_reclen) == 16 &&
                   offsetof(struct dirent, d_name) == 19,
               "struct dirent must be the kernel's");

char *sv_at(char buf[static SV_PATH_MAX], const char *dir, const char *file)
{
    size_t file_size = strlen(file) + 1;
    size_t dir_size = strcmp(dir, ".") == 0 ? 0 : strlen(dir) + 1;

    buf[0] = '\0';
    if (file_size > SV_PATH_MAX || dir_size > SV_PATH_MAX - file_size)
        return buf;
    if (dir_size > 0) {
        memcpy(buf, dir, dir_size - 1);
        buf[dir_size - 1] = '/';
    }
    memcpy(buf + dir_size, file, file_size);
    return buf;
}

bool sv_at_exists(int base, const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    struct stat st;

    if (fstatat(base, sv_at(path, dir, file), &st, 0) == 0)
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        errno = 0;
    return false;
}

bool sv_at_is(int fd, int base, const char *path)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && fstatat(base, path, &b, 0) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool sv_at_link(int base, const char *path, char target[static SV_PATH_MAX])
{
    ssize_t n = readlinkat(base, path, target, SV_PATH_MAX);

    if (n == SV_PATH_MAX)
        errno = ENAMETOOLONG;
    if (n < 0 || n == SV_PATH_MAX)
        return false;
    target[n] = '\0';
    return true;
}

bool sv_at_pointed(int base, const char *dir, const char *path,
                   char target[static SV_PATH_MAX])
{
    char text[SV_PATH_MAX];

    if (!sv_at_link(base, path, target))
        return false;
    if (target[0] == '/')
        return true;
    memcpy(text, target, strlen(target) + 1);
    errno = ENAMETOOLONG;
    return sv_at(target, dir, text)[0] != '\0';
}

/* Closes fd for a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

int sv_at_open(int base, const char *dir, const char *file, off_t *size)
{
    char path[SV_PATH_MAX];
    struct stat st;
    int fd = openat(base, sv_at(path, dir, file),
                    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0) {
        if (S_ISREG(st.st_mode)) {
            *size = st.st_size;
            return fd;
        }
        errno = EINVAL;
    }
    close_quietly(fd);
    return -1;
}

ssize_t sv_at_read(int base, const char *dir, const char *file, char *buf,
                   size_t size)
{
    off_t unused;
    size_t used = 0;
    ssize_t n = 1;
    int fd = sv_at_open(base, dir, file, &unused);

    if (fd < 0)
        return -1;
    while (used < size && n != 0) {
        n = read(fd, buf + used, size - used);
        if (n > 0)
            used += (size_t)n;
        else if (n < 0 && errno != EINTR)
            break;
    }
    close_quietly(fd);
    return n < 0 ? -1 : (ssize_t)used;
}

bool sv_at_replace(int base, const char *dir, const char *file,
                   const char *fresh, const char *buf, size_t size)
{
    char from[SV_PATH_MAX];
    int fd = openat(base, sv_at(from, dir, fresh),
                    O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOFOLLOW |
                        O_NOCTTY | O_CLOEXEC,
                    0666);

    if (fd >= 0) {
        char to[SV_PATH_MAX];

        if (!sv_write_all(fd, buf, size))
            close_quietly(fd);
        else if (close(fd) == 0 &&
                 renameat(base, from, base, sv_at(to, dir, file)) == 0)
            return true;
    }

    int error = errno;

    unlinkat(base, from, 0);
    errno = error;
    return false;
}

bool sv_at_give(int base, const char *name, uid_t uid, gid_t gid)
{
    return fchownat(base, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)
               == 0
           || errno == EPERM || errno == EINVAL;
}

bool sv_at_names(int dir, void (*tell)(void *context, const char *name),
                 void *context)
{
    _Alignas(struct dirent) char buf[4096];
    long n;

    while ((n = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0)
        for (long at = 0; at < n;) {
            const struct dirent *entry = (const void *)(buf + at);

            tell(context, entry->d_name);
            at += entry->d_reclen;
        }
    return n == 0;
}

bool sv_write_all(int fd, const char *buf, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, buf, size);

        if (n >= 0) {
            buf += n;
            size -= (size_t)n;
        } else if (errno != EINTR)
            return false;
    }
    return true;
}
