/* SPDX-License-Identifier: ISC */
/*
 * tree.c - a directory with all that is in it: copied, removed.
 *
 * A level has a descriptor or two open, so that names stay short and nobody can
 * lead us elsewhere by exchanging a directory for a symlink.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/tree.h"

enum { OPEN_DIR = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
enum { COPY_SIZE = 16384 };

/* For a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Calls what for each entry of the directory base, name until one fails. */
static bool each(int base, const char *name, int depth, int to,
                 bool (*what)(int from, const char *name, int to, int depth))
{
    int fd = openat(base, name, OPEN_DIR);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    bool ok = true;

    if (dir == NULL) {
        close_quietly(fd);
        return false;
    }
    while (ok && (errno = 0, entry = readdir(dir)) != NULL)
        if (!is_dots(entry->d_name))
            ok = what(fd, entry->d_name, to, depth + 1);
    ok = ok && errno == 0;

    int error = errno;

    closedir(dir);
    errno = error;
    return ok;
}

/* ---- copying ------------------------------------------------------------ */

/* Only root gives files away; a chown(2) takes set-id bits, so before chmod. */
static bool give(int fd, const struct stat *st)
{
    if (!sv_at_give(fd, "", st->st_uid, st->st_gid))
        return false;
    return fchmod(fd, st->st_mode & 07777) == 0;
}

static bool pour(int in, int out)
{
    char buf[COPY_SIZE];
    ssize_t n;

    while ((n = read(in, buf, sizeof buf)) != 0)
        if (n < 0 ? errno != EINTR : !sv_write_all(out, buf, (size_t)n))
            return false;
    return true;
}

static bool copy_file(int from, const char *name, int to, const char *as,
                      const struct stat *st)
{
    int in = openat(from, name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int out = in < 0 ? -1
                     : openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                              0600);
    bool ok = out >= 0 && pour(in, out) && give(out, st);

    close_quietly(in);
    close_quietly(out);
    return ok;
}

static bool copy_link(int from, const char *name, int to, const char *as)
{
    char target[SV_PATH_MAX];

    return sv_at_link(from, name, target) && symlinkat(target, to, as) == 0;
}

static bool copy_fifo(int to, const char *as, const struct stat *st)
{
    if (mkfifoat(to, as, 0600) < 0 ||
        !sv_at_give(to, as, st->st_uid, st->st_gid))
        return false;
    return fchmodat(to, as, st->st_mode & 07777, 0) == 0;
}

static bool copy_entry(int from, const char *name, int to, int depth);

static bool copy_dir(int from, const char *name, int to, const char *as,
                     const struct stat *st, int depth)
{
    int fd;
    bool ok;

    if (mkdirat(to, as, 0700) < 0)
        return false;
    fd = openat(to, as, OPEN_DIR);
    ok = fd >= 0 && each(from, name, depth, fd, copy_entry) && give(fd, st);
    close_quietly(fd);
    return ok;
}

static bool copy(int from, const char *name, int to, const char *as, int depth)
{
    struct stat st;

    if (depth > SV_TREE_DEPTH) {
        errno = ELOOP;
        return false;
    }
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR: return copy_dir(from, name, to, as, &st, depth);
    case S_IFREG: return copy_file(from, name, to, as, &st);
    case S_IFLNK: return copy_link(from, name, to, as);
    case S_IFIFO: return copy_fifo(to, as, &st);
    default: errno = EINVAL; return false;
    }
}

static bool copy_entry(int from, const char *name, int to, int depth)
{
    return copy(from, name, to, name, depth);
}

bool sv_tree_copy(int base, const char *from, const char *to)
{
    return copy(base, from, base, to, 0);
}

/* ---- removing ----------------------------------------------------------- */

static bool remove_entry(int base, const char *name, int unused, int depth)
{
    if (unlinkat(base, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return false;
    if (depth > SV_TREE_DEPTH) {
        errno = ELOOP;
        return false;
    }
    return each(base, name, depth, unused, remove_entry) &&
           unlinkat(base, name, AT_REMOVEDIR) == 0;
}

bool sv_tree_remove(int base, const char *path)
{
    return remove_entry(base, path, -1, 0);
}
