/* SPDX-License-Identifier: ISC */
/*
 * copy.c - live copies: LIVE/NAME made from DEFS/NAME.
 *
 * Part of a copy may belong to somebody who is not root (owners are kept), so
 * whatever is changed in a standing copy is reached without following a symlink
 * on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/fs.h>

#include "sv/paths.h"
#include "svscan/copy.h"
#include "svscan/stage.h"

/* For a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

enum copy_answer copy_failed(struct copy *copy, const char *file)
{
    size_t size = strnlen(file, sizeof copy->file - 1);

    memcpy(copy->file, file, size);
    copy->file[size] = '\0';
    return COPY_FAILED;
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
    if (!mark_put(copy->copies, copy->name, mark))
        return copy_failed(copy, SV_TREE_COPIES);
    if (move_in(copy->copies, copy->name))
        return COPY_MADE;

    bool clash = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
    int error = errno;

    mark_remove(copy->copies, copy->name);
    errno = error;
    return clash ? COPY_CLASH : copy_failed(copy, ".");
}

enum copy_answer copy_make(struct copy *copy)
{
    struct mark mark;

    if (is_taken(copy->copies, copy->name))
        return COPY_CLASH;
    if (!mark_make(&mark, copy->survey))
        return COPY_TOO_MANY;

    enum copy_answer answer = stage_fill(copy);

    if (answer != COPY_MADE)
        return answer;
    answer = mark_and_move(copy, &mark);
    if (answer != COPY_MADE)
        stage_clear(copy);
    return answer;
}

/* ---- renewing ----------------------------------------------------------- */

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

        int next = stage_open(fd, part);

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
    return is_dir ? stage_give_dir(dir, name, entry)
                  : stage_give_fifo(dir, name, entry);
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
        return stage_make_dir(dir, name, entry);
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
    mark_sign(fresh, 0);
    if (!mark_put(copy->copies, copy->name, fresh))
        return copy_failed(copy, SV_TREE_COPIES);
    for (size_t i = 0; i < survey->count; i++) {
        const char *path = survey_path(survey, &survey->entries[i]);

        if (!install(renewal, old, &survey->entries[i], path))
            return copy_failed(copy, path);
    }
    if (!stage_give_dir(copy->copies->live, copy->name, &survey->self))
        return copy_failed(copy, ".");
    mark_sign(fresh, survey->signature);
    if (!mark_put(copy->copies, copy->name, fresh))
        return copy_failed(copy, SV_TREE_COPIES);
    return COPY_MADE;
}

static enum copy_answer renew_from_stage(struct copy *copy,
                                         const struct mark *old,
                                         struct mark *fresh)
{
    struct renewal renewal = {
        .survey = copy->survey,
        .live = stage_open(copy->copies->live, copy->name),
        .stage = stage_open(copy->copies->stage, copy->name),
    };
    enum copy_answer answer;

    if (renewal.live >= 0 && renewal.stage >= 0)
        answer = install_all(copy, &renewal, old, fresh);
    else
        answer = copy_failed(copy, ".");
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
    if (!mark_make(&fresh, copy->survey))
        return COPY_TOO_MANY;

    enum copy_answer answer = stage_fill(copy);

    if (answer == COPY_MADE)
        answer = renew_from_stage(copy, &old, &fresh);
    stage_clear(copy);
    return answer;
}

/* ---- the end ------------------------------------------------------------ */

bool copy_remove(const struct copies *copies, const char *name)
{
    if (!stage_remove(copies->stage, name))
        return false;
    /* What is no directory now is somebody else's. */
    if (copy_stands(copies, name)
        && renameat(copies->live, name, copies->stage, name) < 0)
        return false;
    return mark_remove(copies, name) && stage_remove(copies->stage, name);
}
