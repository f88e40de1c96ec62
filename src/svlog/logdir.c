/* SPDX-License-Identifier: ISC */
/*
 * logdir.c - opens a logdir as it was left, by svlog or by s6-log, in order or
 * by a crash; makes and removes archives; closes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/birth.h"
#include "sv/clock.h"
#include "sv/stamp.h"
#include "svlog/logdir.h"
#include "svlog/shipped.h"

/* So many times n archives are kept if they are not sent. */
enum { SHIP_KEEPS = 10 };

bool logdir_lock(struct logdir *logdir, const char *path,
                 const struct policy *policy, const char **failed)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    mode_t mask = umask(0);

    umask(mask);
    *logdir = (struct logdir){.path = path, .policy = *policy, .dir = -1,
                              .lock = -1, .current = -1,
                              .mode = 0666 & ~mask};
    *failed = "";
    if (mkdir(path, 02700) < 0 && errno != EEXIST)
        return false;
    logdir->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (logdir->dir < 0)
        return false;
    *failed = "/lock";
    logdir->lock = openat(logdir->dir, "lock",
                          O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644);
    /* Of the process, and not of the open file: a child that is on its way to
     * become a processor would hold that on when we are killed, and keep our
     * successor out. */
    if (logdir->lock < 0)
        return false;
    if (fcntl(logdir->lock, F_SETLK, &whole) == 0)
        return true;
    if (errno == EAGAIN || errno == EACCES)
        errno = EBUSY;
    return false;
}

static bool is_archive(const char *name)
{
    return name[0] == '@' && strlen(name) == ARCHIVE_NAME &&
           strspn(name + 1, "0123456789abcdef") == ARCHIVE_LABEL - 1 &&
           (!strcmp(name + ARCHIVE_LABEL, ".s") ||
            !strcmp(name + ARCHIVE_LABEL, ".u"));
}

/* Begins a walk through the directory, with a place in it of its own. */
static DIR *walk(const struct logdir *logdir)
{
    int fd = openat(logdir->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !entries)
        close(fd);
    return entries;
}

/* A walk's next archive, "" at its end; false with errno set. */
static bool next_archive(DIR *entries, char name[static ARCHIVE_NAME + 1])
{
    const struct dirent *entry;

    do {
        errno = 0;
        entry = readdir(entries);
    } while (entry && !is_archive(entry->d_name));
    name[0] = 0;
    if (entry)
        memcpy(name, entry->d_name, ARCHIVE_NAME + 1);
    return entry || !errno;
}

static bool is_same(const struct logdir_mark *mark, dev_t dev, ino_t ino,
                    uint64_t born)
{
    return mark->ino == ino && mark->born == born && (born || mark->dev == dev);
}

/* Symlinks are followed: somebody may keep current elsewhere. */
static bool is_marked(const struct logdir *logdir, const char *file,
                      const struct logdir_mark *mark)
{
    struct stat st;

    return fstatat(logdir->dir, file, &st, 0) == 0 &&
           st.st_ino == mark->ino && S_ISREG(st.st_mode) &&
           is_same(mark, st.st_dev, st.st_ino, sv_birth_of(logdir->dir, file));
}

/* Writes the name that the file of mark has by now, "" if it has none here.
 * False with errno set. */
static bool find_marked(const struct logdir *logdir,
                        const struct logdir_mark *mark,
                        char name[static ARCHIVE_NAME + 1])
{
    bool is_current = is_marked(logdir, "current", mark);
    DIR *entries;
    bool good;

    snprintf(name, ARCHIVE_NAME + 1, "%s", is_current ? "current" : "previous");
    if (is_current || is_marked(logdir, "previous", mark))
        return true;
    entries = walk(logdir);
    good = entries != NULL;
    name[0] = 0;
    while (good && (good = next_archive(entries, name)) && name[0])
        if (is_marked(logdir, name, mark))
            break;
    if (entries)
        closedir(entries);
    return good;
}

bool logdir_cut(struct logdir *logdir, const struct logdir_mark *mark)
{
    char name[ARCHIVE_NAME + 1];
    struct stat st;
    bool done;
    int fd;

    if (!find_marked(logdir, mark, name))
        return false;
    if (!name[0])
        return true;
    fd = openat(logdir->dir, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    done = fstat(fd, &st) == 0 &&
           ((uint64_t)st.st_size <= mark->size ||
            ftruncate(fd, (off_t)mark->size) == 0);
    close(fd);
    return done;
}

static bool remove_file(const struct logdir *logdir, const char *file)
{
    return unlinkat(logdir->dir, file, 0) == 0 || errno == ENOENT;
}

/* Links the file to a name that nobody has: a stamp that is taken, as after two
 * archives in one instant, gives way to the next nanosecond. */
static bool link_archive(const struct logdir *logdir, const char *file,
                         const char *suffix)
{
    char name[ARCHIVE_NAME + 1];
    int64_t now = sv_realtime();

    for (;;) {
        sv_stamp_label(name, now++);
        memcpy(name + ARCHIVE_LABEL, suffix, ARCHIVE_NAME + 1 - ARCHIVE_LABEL);
        if (linkat(logdir->dir, file, logdir->dir, name, 0) == 0)
            return true;
        if (errno != EEXIST)
            return false;
    }
}

bool logdir_archive(struct logdir *logdir, const char *file,
                    const char *suffix)
{
    struct stat st;

    if (fstatat(logdir->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    /* A second link is the archive's, made just before a crash. */
    if (st.st_size && st.st_nlink == 1 && !link_archive(logdir, file, suffix))
        return false;
    return remove_file(logdir, file);
}

struct survey {
    uint32_t count;
    uint64_t total;
    char oldest[ARCHIVE_NAME + 1];
};

static bool survey(const struct logdir *logdir, struct survey *all)
{
    DIR *entries = walk(logdir);
    char name[ARCHIVE_NAME + 1];
    struct stat st;
    bool good = entries != NULL;

    *all = (struct survey){0};
    while (good && (good = next_archive(entries, name)) && name[0]) {
        if (logdir->policy.total &&
            fstatat(logdir->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            all->total += (uint64_t)st.st_size;
        if (!all->count++ || strcmp(name, all->oldest) < 0)
            memcpy(all->oldest, name, sizeof all->oldest);
    }
    if (entries)
        closedir(entries);
    return good;
}

/* What has not been sent to a collector is kept: as n says what one wants to
 * look back at, up to ten times as much; but not beyond S, which says how much
 * room there is. */
static bool is_beyond_all(const struct policy *policy, const struct survey *all)
{
    uint64_t keep = policy->keep ? policy->keep : 1;

    return all->count > SHIP_KEEPS * keep ||
           (policy->total && all->total > policy->total);
}

/* One walk an archive that goes, which is one a rotation: cheaper than to keep
 * a list of names. */
bool logdir_trim(struct logdir *logdir)
{
    const struct policy *policy = &logdir->policy;
    struct survey all;

    for (;;) {
        if (!survey(logdir, &all))
            return false;
        if (all.count <= policy->keep &&
            (!policy->total || all.total <= policy->total || !all.count))
            return true;
        if (!shipped(logdir->dir, all.oldest)) {
            if (!is_beyond_all(policy, &all))
                return true;
            if (!shipped_note_loss(logdir->dir, all.oldest))
                return false;
        }
        if (!remove_file(logdir, all.oldest))
            return false;
    }
}

bool logdir_is_at(const struct logdir *logdir, const struct logdir_mark *mark)
{
    return is_same(mark, logdir->dev, logdir->ino, logdir->born);
}

/* Its size and mode, or false with errno set: EINVAL, if it is no file that one
 * could log to. */
static bool look_at_current(int fd, struct stat *st)
{
    if (fstat(fd, st) < 0)
        return false;
    errno = EINVAL;
    return S_ISREG(st->st_mode);
}

bool logdir_open_current(struct logdir *logdir)
{
    struct stat st;
    int fd = openat(logdir->dir, "current",
                    O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);

    if (fd < 0)
        return false;
    /* A power cut must not take the name from what is synced. */
    if (!look_at_current(fd, &st) || fchmod(fd, logdir->mode) < 0 ||
        (logdir->policy.syncs && fsync(logdir->dir) < 0)) {
        close(fd);
        return false;
    }
    if (logdir->current >= 0)
        close(logdir->current);
    logdir->current = fd;
    logdir->dev = st.st_dev;
    logdir->ino = st.st_ino;
    logdir->born = sv_birth_of(fd, "");
    logdir->size = (uint64_t)st.st_size;
    return true;
}

/* In place of O_APPEND, which splice(2) refuses. */
bool logdir_seek_end(struct logdir *logdir)
{
    off_t end = lseek(logdir->current, 0, SEEK_END);

    if (end >= 0)
        logdir->size = (uint64_t)end;
    return end >= 0;
}

static bool is_executable(const struct logdir *logdir, const char *file)
{
    struct stat st;

    return fstatat(logdir->dir, file, &st, 0) == 0 && st.st_mode & S_IXUSR;
}

static bool is_empty(const struct logdir *logdir, const char *file)
{
    struct stat st;

    if (fstatat(logdir->dir, file, &st, 0) < 0)
        return errno == ENOENT;
    return st.st_size == 0;
}

/* May current be gone on with?  If it was closed in order; or if it is the
 * file that we wrote when we were killed, and so has been cut by now to what
 * is known to be in it; or if it is a fresh one, and the one that we wrote was
 * being made an archive of.  Sets *is_good; false with errno set. */
static bool judge_current(const struct logdir *logdir,
                          const struct logdir_mark *marks, size_t count,
                          bool *is_good)
{
    char name[ARCHIVE_NAME + 1];

    *is_good = is_executable(logdir, "current");
    for (size_t i = 0; i < count && !*is_good; i++) {
        if (!find_marked(logdir, marks + i, name))
            return false;
        *is_good = name[0] && (!strcmp(name, "current") ||
                               is_empty(logdir, "current"));
    }
    return true;
}

/* What a rotation that did not come to its end has left: processed if its
 * processor was done with it, else what it was made from. */
static bool rescue_rotation(struct logdir *logdir, const char **failed)
{
    bool is_processed = is_executable(logdir, "processed");
    const char *good = is_processed ? "processed" : "previous";
    const char *bad = is_processed ? "previous" : "processed";

    *failed = is_processed ? "/previous" : "/processed";
    if (!remove_file(logdir, bad))
        return false;
    *failed = is_processed ? "/processed" : "/previous";
    return logdir_archive(logdir, good, is_processed ? ".s" : ".u");
}

static bool create_state(const struct logdir *logdir)
{
    int fd = openat(logdir->dir, "state",
                    O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* What a processor that was done has left for the next one, if we were killed
 * before it got its name.  Of a crash of another kind nobody knows. */
static bool rescue_state(const struct logdir *logdir, bool is_good)
{
    if (!is_good || !is_executable(logdir, "processed"))
        return remove_file(logdir, "newstate");
    return renameat(logdir->dir, "newstate", logdir->dir, "state") == 0 ||
           errno == ENOENT;
}

static bool recover(struct logdir *logdir, bool is_good, const char **failed)
{
    *failed = "/newstate";
    if (!rescue_state(logdir, is_good))
        return false;
    if (!rescue_rotation(logdir, failed))
        return false;
    *failed = "/current";
    if (!is_good && !logdir_archive(logdir, "current", ".u"))
        return false;
    *failed = "/state";
    if (!is_good && !remove_file(logdir, "state"))
        return false;
    return create_state(logdir);
}

bool logdir_open(struct logdir *logdir, const struct logdir_mark *marks,
                 size_t count, const char **failed)
{
    bool is_good;

    *failed = "/current";
    if (!judge_current(logdir, marks, count, &is_good) ||
        !recover(logdir, is_good, failed))
        return false;
    *failed = "/current";
    if (!logdir_open_current(logdir))
        return false;
    *failed = "";
    return logdir_trim(logdir);
}

bool logdir_close(struct logdir *logdir)
{
    return fsync(logdir->current) == 0 &&
           fchmod(logdir->current, logdir->mode | S_IXUSR) == 0;
}
