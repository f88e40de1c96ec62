/* SPDX-License-Identifier: ISC */
/*
 * stage.c - a copy in the making, where nobody sees it.
 *
 * The stage is closed to others, so that nobody can put a symlink in the way.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "sv/at.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/stage.h"

enum { DEPTH_MAX = 64, ROUNDS = 8 };

/* For a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* ---- directories -------------------------------------------------------- */

int stage_open(int base, const char *name)
{
    return openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool remove_tree(int base, const char *name, int depth);

/* Removes what is in the directory; false if something stays. */
static bool empty_dir(int base, const char *name, int depth)
{
    /* It may be ours and closed even to us. */
    fchmodat(base, name, 0700, AT_SYMLINK_NOFOLLOW);

    int fd = stage_open(base, name);

    if (fd < 0)
        return false;

    DIR *list = fdopendir(fd);
    const struct dirent *entry;
    bool done = true;

    if (list == NULL) {
        close_quietly(fd);
        return false;
    }
    while (done && (entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            done = remove_tree(fd, entry->d_name, depth + 1);

    int error = errno;

    closedir(list);
    errno = error;
    return done;
}

/* A mount point answers EBUSY before anything of it has been touched: both
 * calls are made on the name before it is entered. */
static bool remove_tree(int base, const char *name, int depth)
{
    if (unlinkat(base, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return false;
    /* Once is enough, unless somebody still writes there. */
    for (int round = 0; round < ROUNDS; round++) {
        if (unlinkat(base, name, AT_REMOVEDIR) == 0)
            return true;
        if (errno != ENOTEMPTY && errno != EEXIST)
            return false;
        if (depth == DEPTH_MAX) {
            errno = ELOOP;
            return false;
        }
        if (!empty_dir(base, name, depth))
            return false;
    }
    errno = ENOTEMPTY;
    return false;
}

bool stage_remove(int base, const char *name)
{
    return remove_tree(base, name, 0);
}

/* ---- what a copy is made of --------------------------------------------- */

/* Gives what has just been made at fd the owner and mode that were found.
 * Without the right to give files away, all is ours, as everything is. */
static bool give(int fd, const struct survey_entry *entry, mode_t more)
{
    if (entry->is_theirs && !sv_at_give(fd, "", entry->uid, entry->gid))
        return false;
    return fchmod(fd, entry->mode | more) == 0;
}

static bool pour(int from, int to, off_t left)
{
    char buf[16384];

    while (left > 0) {
        size_t most = left < (off_t)sizeof buf ? (size_t)left : sizeof buf;
        ssize_t size = read(from, buf, most);

        if (size < 0 && errno == EINTR)
            continue;
        if (size == 0)
            errno = EAGAIN; /* it has become shorter */
        if (size <= 0 || !sv_write_all(to, buf, (size_t)size))
            return false;
        left -= size;
    }
    return true;
}

/* Is the file that is open still the one that was surveyed? */
static bool is_same(int fd, const struct survey_entry *entry)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
           && st.st_ino == entry->ino && st.st_size == entry->size
           && st.st_mtim.tv_sec == entry->mtime.tv_sec
           && st.st_mtim.tv_nsec == entry->mtime.tv_nsec;
}

static bool stage_from(int from, int stage, const struct survey_entry *entry,
                       const char *path)
{
    if (!is_same(from, entry)) {
        errno = EAGAIN;
        return false;
    }

    int to = openat(stage, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (to < 0)
        return false;

    bool done = pour(from, to, entry->size)
                && give(to, entry, 0);

    if (done && !is_same(from, entry)) {
        errno = EAGAIN; /* somebody has written in it meanwhile */
        done = false;
    }
    close_quietly(to);
    return done;
}

static bool stage_file(const struct copy *copy, int stage,
                       const struct survey_entry *entry, const char *path)
{
    int from = openat(copy->fd, path,
                      O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (from < 0) {
        if (errno == ENOENT || errno == ELOOP)
            errno = EAGAIN;
        return false;
    }

    bool done = stage_from(from, stage, entry, path);

    close_quietly(from);
    return done;
}

/* A relative link is relative to its directory in the definition. */
static bool stage_link(const struct copy *copy, int stage, const char *path)
{
    char target[SV_PATH_MAX];
    char parent[SV_PATH_MAX];
    char text[SV_PATH_MAX];

    if (!sv_at_link(copy->fd, path, target)) {
        errno = errno == ENOENT || errno == EINVAL ? EAGAIN : errno;
        return false;
    }
    if (target[0] == '/')
        return symlinkat(target, stage, path) == 0;

    size_t length = survey_parent(path);

    if (!sv_join(parent, sizeof parent, SV_STRINGS(path)))
        return false;
    parent[length] = '\0';
    return sv_join(text, sizeof text,
                   SV_STRINGS(copy->origin, "/", parent, length > 0 ? "/" : "",
                              target))
           && symlinkat(text, stage, path) == 0;
}

static bool stage_reference(const struct copy *copy, int stage,
                            const char *path)
{
    char text[SV_PATH_MAX];

    sv_at(text, copy->origin, path);
    return symlinkat(text, stage, path) == 0;
}

bool stage_give_dir(int base, const char *name,
                    const struct survey_entry *entry)
{
    int fd = stage_open(base, name);

    if (fd < 0)
        return false;

    bool done = give(fd, entry, 0700);

    close_quietly(fd);
    return done;
}

bool stage_make_dir(int base, const char *name,
                    const struct survey_entry *entry)
{
    return mkdirat(base, name, 0700) == 0 && stage_give_dir(base, name, entry);
}

/* By name, since opening a fifo would be noticed by who waits at its end. */
bool stage_give_fifo(int base, const char *name,
                     const struct survey_entry *entry)
{
    if (entry->is_theirs && !sv_at_give(base, name, entry->uid, entry->gid))
        return false;
    return fchmodat(base, name, entry->mode, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool stage_entry(const struct copy *copy, int stage,
                        const struct survey_entry *entry, const char *path)
{
    switch (entry->kind) {
    case SURVEY_DIR:
        return stage_make_dir(stage, path, entry);
    case SURVEY_FILE:
        return stage_file(copy, stage, entry, path);
    case SURVEY_LINK:
        return stage_link(copy, stage, path);
    case SURVEY_FIFO:
        return mkfifoat(stage, path, 0600) == 0
               && stage_give_fifo(stage, path, entry);
    case SURVEY_REFERENCE:
        return stage_reference(copy, stage, path);
    }
    errno = EINVAL;
    return false;
}

static enum copy_answer stage_into(struct copy *copy, int stage)
{
    const struct survey *survey = copy->survey;

    for (size_t i = 0; i < survey->count; i++) {
        const struct survey_entry *entry = &survey->entries[i];
        const char *path = survey_path(survey, entry);

        if (!stage_entry(copy, stage, entry, path))
            return errno == EAGAIN ? COPY_CHANGING : copy_failed(copy, path);
    }
    return COPY_MADE;
}

void stage_clear(const struct copy *copy)
{
    int error = errno;

    /* What cannot be removed now is in the way of the next copy, which says
     * so. */
    stage_remove(copy->copies->stage, copy->name);
    errno = error;
}

/* An empty STAGE/NAME; what a failed copy has left there goes. */
static int open_stage(const struct copy *copy)
{
    int base = copy->copies->stage;

    if (mkdirat(base, copy->name, 0700) < 0
        && (errno != EEXIST || !stage_remove(base, copy->name)
            || mkdirat(base, copy->name, 0700) < 0))
        return -1;
    return stage_open(base, copy->name);
}

enum copy_answer stage_fill(struct copy *copy)
{
    int fd = open_stage(copy);
    enum copy_answer answer;

    if (fd < 0)
        return copy_failed(copy, ".");
    if (give(fd, &copy->survey->self, 0700))
        answer = stage_into(copy, fd);
    else
        answer = copy_failed(copy, ".");
    close_quietly(fd);
    if (answer != COPY_MADE)
        stage_clear(copy);
    return answer;
}
