/* SPDX-License-Identifier: ISC */
/*
 * copy.c - live copies: LIVE/NAME made from DEFS/NAME, and its mark.
 *
 * Part of a copy may belong to somebody who is not root (owners are kept), so
 * whatever is changed in a standing copy is reached without following a symlink
 * on the way.  The stage is in a directory that is closed to others.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/fs.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "svscan/copy.h"

/* Below the stage; no service is called so. */
#define FRESH_MARK ".mark"

enum { DEPTH_MAX = 64 };

static enum copy_answer failed(struct copy *copy, const char *file)
{
    size_t size = strnlen(file, sizeof copy->file - 1);

    memcpy(copy->file, file, size);
    copy->file[size] = '\0';
    return COPY_FAILED;
}

/* For a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* ---- directories -------------------------------------------------------- */

static int open_dir(int base, const char *name)
{
    return openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The directory of path below base, no symlink followed; *name is the last
 * part.  Returns base itself where path has one part only. */
static int open_parent(int base, const char *path, const char **name)
{
    char part[NAME_MAX + 1];
    int fd = base;
    const char *slash;

    for (; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        size_t size = (size_t)(slash - path);

        if (size > NAME_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, path, size);
        part[size] = '\0';

        int next = open_dir(fd, part);

        if (fd != base)
            close_quietly(fd);
        if (next < 0)
            return -1;
        fd = next;
    }
    *name = path;
    return fd;
}

static void close_parent(int base, int fd)
{
    if (fd != base)
        close_quietly(fd);
}

static bool remove_tree(int base, const char *name, int depth);

/* Removes what is in the directory; false if something stays. */
static bool empty_dir(int base, const char *name, int depth)
{
    /* It may be ours and closed even to us. */
    fchmodat(base, name, 0700, AT_SYMLINK_NOFOLLOW);

    int fd = open_dir(base, name);

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
    for (;;) {
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
}

static bool make_dir(int base, const char *name)
{
    return mkdirat(base, name, 0700) == 0 || errno == EEXIST;
}

bool copies_open(struct copies *copies, int live)
{
    *copies = (struct copies){ .live = live, .marks = -1, .stage = -1 };
    if (!make_dir(live, SV_TREE_OURS) || !make_dir(live, SV_TREE_COPIES)
        || !remove_tree(live, SV_TREE_STAGE, 0)
        || !make_dir(live, SV_TREE_STAGE))
        return false;
    copies->marks = open_dir(live, SV_TREE_COPIES);
    copies->stage = open_dir(live, SV_TREE_STAGE);
    if (copies->marks >= 0 && copies->stage >= 0)
        return true;

    int error = errno;

    copies_close(copies);
    errno = error;
    return false;
}

void copies_close(struct copies *copies)
{
    if (copies->marks >= 0)
        close(copies->marks);
    if (copies->stage >= 0)
        close(copies->stage);
    copies->marks = copies->stage = -1;
}

/* ---- marks -------------------------------------------------------------- */

static bool append(struct mark *mark, size_t *size, const char *text, size_t n)
{
    if (n > MARK_MAX - *size)
        return false;
    memcpy(mark->text + *size, text, n);
    *size += n;
    mark->text[*size] = '\0';
    return true;
}

static size_t dir_size(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path);
}

/* Appends one path, after a new heading where its directory is not that of the
 * path before it. */
static bool append_path(struct mark *mark, size_t *size, const char *previous,
                        const char *path)
{
    size_t length = dir_size(path);
    bool same = dir_size(previous) == length
                && strncmp(previous, path, length) == 0;
    bool done = true;

    if (!same)
        done = append(mark, size, "//", 2) && append(mark, size, path, length)
               && append(mark, size, "//", 2);
    else if (*size > MARK_NAMES)
        done = append(mark, size, "/", 1);
    if (length > 0)
        path += length + 1;
    return done && append(mark, size, path, strlen(path));
}

static void put_signature(struct mark *mark, uint64_t signature)
{
    char digits[MARK_NAMES];

    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)signature);
    memcpy(mark->text, digits, MARK_NAMES - 1);
    mark->text[MARK_NAMES - 1] = ':';
    mark->signature = signature;
}

static bool make_mark(struct mark *mark, const struct survey *survey)
{
    size_t size = MARK_NAMES;
    const char *previous = "";

    put_signature(mark, survey->signature);
    mark->text[size] = '\0';
    for (size_t i = 0; i < survey->count; i++) {
        const struct survey_entry *entry = &survey->entries[i];
        const char *path = survey_path(survey, entry);

        if (entry->at_first_only)
            continue;
        if (!append_path(mark, &size, previous, path))
            return false;
        previous = path;
    }
    return !survey->is_cut;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

bool mark_read(const struct copies *copies, const char *name, struct mark *mark)
{
    ssize_t size = readlinkat(copies->marks, name, mark->text, MARK_MAX);
    uint64_t signature = 0;

    if (size < 0)
        return false;
    mark->text[size] = '\0';
    for (int i = 0; i < MARK_NAMES - 1; i++) {
        int value = hex_value(mark->text[i]);

        if (value < 0 || mark->text[MARK_NAMES - 1] != ':') {
            put_signature(mark, 0);
            mark->text[MARK_NAMES] = '\0';
            return true;
        }
        signature = signature << 4 | (uint64_t)value;
    }
    mark->signature = signature;
    return true;
}

bool mark_remove(const struct copies *copies, const char *name)
{
    return unlinkat(copies->marks, name, 0) == 0 || errno == ENOENT;
}

/* A mark that stands is replaced in one rename. */
static bool put_mark(const struct copies *copies, const char *name,
                     const struct mark *mark)
{
    if (symlinkat(mark->text, copies->marks, name) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (symlinkat(mark->text, copies->stage, FRESH_MARK) < 0
        && (errno != EEXIST || unlinkat(copies->stage, FRESH_MARK, 0) < 0
            || symlinkat(mark->text, copies->stage, FRESH_MARK) < 0))
        return false;
    return renameat(copies->stage, FRESH_MARK, copies->marks, name) == 0;
}

/* Calls each with the names between at and end, all in one directory. */
static bool each_of_dir(const char *dir, size_t dir_length, const char *at,
                        const char *end,
                        bool (*each)(void *context, const char *path),
                        void *context)
{
    char path[SV_PATH_MAX];

    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash == NULL ? end : slash;

        snprintf(path, sizeof path, "%.*s%s%.*s", (int)dir_length, dir,
                 dir_length > 0 ? "/" : "", (int)(stop - at), at);
        if (!each(context, path))
            return false;
        at = stop + 1;
    }
    return true;
}

bool mark_each(const struct mark *mark,
               bool (*each)(void *context, const char *path), void *context)
{
    const char *at = mark->text + MARK_NAMES;
    const char *dir = "";
    size_t dir_length = 0;

    for (;;) {
        const char *stop = strstr(at, "//");
        const char *end = stop != NULL ? stop : at + strlen(at);

        if (!each_of_dir(dir, dir_length, at, end, each, context))
            return false;
        if (stop == NULL)
            return true;
        dir = stop + 2;
        stop = strstr(dir, "//");
        if (stop == NULL)
            return true;
        dir_length = (size_t)(stop - dir);
        at = stop + 2;
    }
}

/* ---- staging ------------------------------------------------------------ */

/* Gives what has just been made at fd the owner and mode of the original.
 * Without the right to give files away, all is ours, as everything is. */
static bool give(int fd, mode_t mode, uid_t uid, gid_t gid)
{
    if ((uid != geteuid() || gid != getegid()) && fchown(fd, uid, gid) < 0
        && errno != EPERM)
        return false;
    return fchmod(fd, mode) == 0;
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
                && give(to, entry->mode, entry->uid, entry->gid);

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
    char text[SV_PATH_MAX];
    ssize_t size = readlinkat(copy->fd, path, target, sizeof target - 1);

    if (size < 0) {
        errno = errno == ENOENT || errno == EINVAL ? EAGAIN : errno;
        return false;
    }
    target[size] = '\0';
    if (target[0] == '/')
        return symlinkat(target, stage, path) == 0;

    size_t length = dir_size(path);
    int used = snprintf(text, sizeof text, "%s/%.*s%s%s", copy->origin,
                        (int)length, path, length > 0 ? "/" : "", target);

    if (used < 0 || (size_t)used >= sizeof text) {
        errno = ENAMETOOLONG;
        return false;
    }
    return symlinkat(text, stage, path) == 0;
}

static bool stage_reference(const struct copy *copy, int stage,
                            const char *path)
{
    char text[SV_PATH_MAX];

    sv_at(text, copy->origin, path);
    return symlinkat(text, stage, path) == 0;
}

/* In each of them something may have to be made, by us. */
static bool give_dir(int base, const char *path, mode_t mode, uid_t uid,
                     gid_t gid)
{
    int fd = open_dir(base, path);

    if (fd < 0)
        return false;

    bool done = give(fd, mode | 0700, uid, gid);

    close_quietly(fd);
    return done;
}

static bool make_dir_for(int base, const char *path, mode_t mode, uid_t uid,
                         gid_t gid)
{
    return mkdirat(base, path, 0700) == 0
           && give_dir(base, path, mode, uid, gid);
}

/* By name, since opening a fifo would be noticed by who waits at its end. */
static bool give_fifo(int dir, const char *name,
                      const struct survey_entry *entry)
{
    if ((entry->uid != geteuid() || entry->gid != getegid())
        && fchownat(dir, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0
        && errno != EPERM)
        return false;
    return fchmodat(dir, name, entry->mode, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool stage_entry(const struct copy *copy, int stage,
                        const struct survey_entry *entry, const char *path)
{
    switch (entry->kind) {
    case SURVEY_DIR:
        return make_dir_for(stage, path, entry->mode, entry->uid, entry->gid);
    case SURVEY_FILE:
        return stage_file(copy, stage, entry, path);
    case SURVEY_LINK:
        return stage_link(copy, stage, path);
    case SURVEY_FIFO:
        return mkfifoat(stage, path, 0600) == 0
               && give_fifo(stage, path, entry);
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
            return errno == EAGAIN ? COPY_CHANGING : failed(copy, path);
    }
    return COPY_MADE;
}

static void unstage(const struct copy *copy)
{
    int error = errno;

    /* What cannot be removed now is in the way of the next copy, which says
     * so. */
    remove_tree(copy->copies->stage, copy->name, 0);
    errno = error;
}

/* Stages a whole copy in STAGE/NAME. */
static enum copy_answer stage(struct copy *copy)
{
    const struct survey *survey = copy->survey;
    int base = copy->copies->stage;

    unstage(copy);
    if (!make_dir_for(base, copy->name, survey->mode, survey->uid, survey->gid))
        return failed(copy, ".");

    int fd = open_dir(base, copy->name);

    if (fd < 0)
        return failed(copy, ".");

    enum copy_answer answer = stage_into(copy, fd);

    close_quietly(fd);
    if (answer != COPY_MADE)
        unstage(copy);
    return answer;
}

/* ---- the first copy ----------------------------------------------------- */

bool copy_stands(const struct copies *copies, const char *name)
{
    struct stat st;

    return fstatat(copies->live, name, &st, AT_SYMLINK_NOFOLLOW) == 0
           && S_ISDIR(st.st_mode);
}

static bool is_taken(const struct copies *copies, const char *name)
{
    struct stat st;

    return fstatat(copies->live, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Renames the staged copy into LIVE, over nothing. */
static bool move_in(const struct copies *copies, const char *name)
{
    if (syscall(SYS_renameat2, copies->stage, name, copies->live, name,
                RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return renameat(copies->stage, name, copies->live, name) == 0;
}

static enum copy_answer mark_and_move(struct copy *copy,
                                      const struct mark *mark)
{
    if (!put_mark(copy->copies, copy->name, mark))
        return failed(copy, SV_TREE_COPIES);
    if (move_in(copy->copies, copy->name))
        return COPY_MADE;

    bool clash = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
    int error = errno;

    mark_remove(copy->copies, copy->name);
    errno = error;
    return clash ? COPY_CLASH : failed(copy, ".");
}

enum copy_answer copy_make(struct copy *copy)
{
    struct mark mark;

    if (is_taken(copy->copies, copy->name))
        return COPY_CLASH;
    if (!make_mark(&mark, copy->survey))
        return COPY_TOO_MANY;

    enum copy_answer answer = stage(copy);

    if (answer != COPY_MADE)
        return answer;
    answer = mark_and_move(copy, &mark);
    if (answer != COPY_MADE)
        unstage(copy);
    return answer;
}

/* ---- renewing ----------------------------------------------------------- */

struct renewal {
    const struct survey *survey;
    int live;  /* LIVE/NAME */
    int stage; /* STAGE/NAME */
    int flag;  /* of unlinkat */
    bool progress;
    const char *sought;
};

static bool is_in_survey(const struct survey *survey, const char *path)
{
    for (size_t i = 0; i < survey->count; i++)
        if (!survey->entries[i].at_first_only
            && strcmp(survey_path(survey, &survey->entries[i]), path) == 0)
            return true;
    return false;
}

/* What cannot be unlinked is a directory, or gone, or holds what is not ours:
 * it is left alone. */
static bool drop_if_obsolete(void *context, const char *path)
{
    struct renewal *renewal = context;
    const char *name;

    if (is_in_survey(renewal->survey, path))
        return true;

    int dir = open_parent(renewal->live, path, &name);

    if (dir < 0)
        return true;
    if (unlinkat(dir, name, renewal->flag) == 0)
        renewal->progress = true;
    close_parent(renewal->live, dir);
    return true;
}

/* The files, then the directories, as often as one becomes empty by it. */
static void drop_obsolete(struct renewal *renewal, const struct mark *mark)
{
    renewal->flag = 0;
    mark_each(mark, drop_if_obsolete, renewal);
    renewal->flag = AT_REMOVEDIR;
    do {
        renewal->progress = false;
        mark_each(mark, drop_if_obsolete, renewal);
    } while (renewal->progress);
}

static bool is_not_sought(void *context, const char *path)
{
    return strcmp(((struct renewal *)context)->sought, path) != 0;
}

/* A `down` counts when its service is new: log/down comes with a new log/. */
static bool is_new_service(struct renewal *renewal, const struct mark *old,
                           const char *down)
{
    if (strcmp(down, SV_DOWN_FILE) == 0)
        return false;
    renewal->sought = SV_LOG;
    return mark_each(old, is_not_sought, renewal);
}

/* A directory, or a fifo that somebody may have open, stays what it is. */
static bool keep_standing(int dir, const char *name,
                          const struct survey_entry *entry, bool *kept)
{
    bool is_dir = entry->kind == SURVEY_DIR;
    struct stat st;

    *kept = false;
    if (!is_dir && entry->kind != SURVEY_FIFO)
        return true;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    if (is_dir ? !S_ISDIR(st.st_mode) : !S_ISFIFO(st.st_mode))
        return !is_dir || unlinkat(dir, name, 0) == 0;
    *kept = true;
    return is_dir ? give_dir(dir, name, entry->mode, entry->uid, entry->gid)
                  : give_fifo(dir, name, entry);
}

/* Makes the name of a staged file that of the copy's; over a directory only
 * if nothing is left in it. */
static bool move_over(int stage, const char *path, int dir, const char *name)
{
    if (renameat(stage, path, dir, name) == 0)
        return true;
    if (errno != EISDIR)
        return false;
    return unlinkat(dir, name, AT_REMOVEDIR) == 0
           && renameat(stage, path, dir, name) == 0;
}

static bool install_in(const struct renewal *renewal, int dir, const char *name,
                       const struct survey_entry *entry, const char *path)
{
    bool kept;

    if (!keep_standing(dir, name, entry, &kept))
        return false;
    if (kept)
        return true;
    if (entry->kind == SURVEY_DIR)
        return make_dir_for(dir, name, entry->mode, entry->uid, entry->gid);
    return move_over(renewal->stage, path, dir, name);
}

static bool install(struct renewal *renewal, const struct mark *old,
                    const struct survey_entry *entry, const char *path)
{
    const char *name;

    if (entry->at_first_only && !is_new_service(renewal, old, path))
        return true;

    int dir = open_parent(renewal->live, path, &name);

    if (dir < 0)
        return false;

    bool done = install_in(renewal, dir, name, entry, path);

    close_parent(renewal->live, dir);
    return done;
}

/* Not whole from the first file that is moved to the last. */
static enum copy_answer install_all(struct copy *copy, struct renewal *renewal,
                                    const struct mark *old, struct mark *fresh)
{
    const struct survey *survey = copy->survey;

    drop_obsolete(renewal, old);
    put_signature(fresh, 0);
    if (!put_mark(copy->copies, copy->name, fresh))
        return failed(copy, SV_TREE_COPIES);
    for (size_t i = 0; i < survey->count; i++) {
        const char *path = survey_path(survey, &survey->entries[i]);

        if (!install(renewal, old, &survey->entries[i], path))
            return failed(copy, path);
    }
    if (!give(renewal->live, survey->mode | 0700, survey->uid, survey->gid))
        return failed(copy, ".");
    put_signature(fresh, survey->signature);
    if (!put_mark(copy->copies, copy->name, fresh))
        return failed(copy, SV_TREE_COPIES);
    return COPY_MADE;
}

static enum copy_answer renew_from_stage(struct copy *copy,
                                         const struct mark *old,
                                         struct mark *fresh)
{
    struct renewal renewal = {
        .survey = copy->survey,
        .live = open_dir(copy->copies->live, copy->name),
        .stage = open_dir(copy->copies->stage, copy->name),
    };
    enum copy_answer answer;

    if (renewal.live >= 0 && renewal.stage >= 0)
        answer = install_all(copy, &renewal, old, fresh);
    else
        answer = failed(copy, ".");
    if (renewal.live >= 0)
        close_quietly(renewal.live);
    if (renewal.stage >= 0)
        close_quietly(renewal.stage);
    return answer;
}

enum copy_answer copy_renew(struct copy *copy)
{
    struct mark fresh;
    struct mark old;

    if (!mark_read(copy->copies, copy->name, &old))
        return COPY_CLASH;
    if (!make_mark(&fresh, copy->survey))
        return COPY_TOO_MANY;

    enum copy_answer answer = stage(copy);

    if (answer == COPY_MADE)
        answer = renew_from_stage(copy, &old, &fresh);
    unstage(copy);
    return answer;
}

/* ---- the end ------------------------------------------------------------ */

bool copy_remove(const struct copies *copies, const char *name)
{
    if (!remove_tree(copies->stage, name, 0))
        return false;
    /* What is no directory now is somebody else's. */
    if (copy_stands(copies, name)
        && renameat(copies->live, name, copies->stage, name) < 0)
        return false;
    return mark_remove(copies, name) && remove_tree(copies->stage, name, 0);
}
