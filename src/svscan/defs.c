/* SPDX-License-Identifier: ISC */
/*
 * defs.c - the directory of definitions, and what the others ask of it.
 *
 * Whatever happens to a definition only puts it on the list of the unquiet
 * (known.c); when its time is over, a look finds out what there is (look.c).
 * DEFS itself is opened by its path each time, since it may be renamed, and an
 * open descriptor would keep the kernel from telling that it was removed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/def.h"

enum { FIRST_BUCKETS = 64, TIMERS = 64 };

static void on_poll(struct timer *timer);

/* ---- DEFS itself -------------------------------------------------------- */

bool defs_are_there(const struct defs *defs)
{
    struct stat st;

    return stat(defs->path, &st) == 0 && S_ISDIR(st.st_mode);
}

void defs_poll_after(struct defs *defs, int64_t delay)
{
    int64_t at = sv_boottime() + delay;

    if (defs->poll.place == 0 || defs->poll.at > at)
        loop_arm(defs->loop, &defs->poll, at, on_poll);
}

void defs_say_unwatched(struct defs *defs, const char *path)
{
    defs_poll_after(defs, DEF_POLL);
    if (defs->is_unwatched)
        return;
    defs->is_unwatched = true;
    sv_warn_sys("unable to watch ", path, " (looking every 5 s instead",
                errno == ENOSPC ? "; see fs.inotify.max_user_watches)" : ")");
}

static void reread_soon(struct defs *defs)
{
    defs->is_overrun = true;
    defs_poll_after(defs, 0);
}

static void on_overrun(struct notify *notify)
{
    reread_soon(CONTAINER(notify, struct defs, notify));
}

static void on_directory(struct watched *watched, uint32_t mask,
                         const char *name)
{
    struct defs *defs = CONTAINER(watched, struct defs, directory);

    if (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
        reread_soon(defs);
        return;
    }
    if (*name == '\0' || *name == '.')
        return;

    struct def *def = def_find(defs, name);

    if (def == NULL)
        def = def_enter(defs, name);
    if (def != NULL)
        def_touch(def);
}

static void on_parent(struct watched *watched, uint32_t mask, const char *name)
{
    (void)mask;
    (void)name;
    reread_soon(CONTAINER(watched, struct defs, parent));
}

static bool watch_directory(struct defs *defs)
{
    if (notify_add(&defs->notify, &defs->directory, defs->path, NOTIFY_NAMES)
        == NOTIFY_REFUSED) {
        if (errno == ENOENT || errno == ENOTDIR || !defs_are_there(defs))
            return false;
        defs_say_unwatched(defs, defs->path);
    }
    return true;
}

/* Where only a dangling symlink is, its parent would tell nothing. */
static void watch_parent(struct defs *defs)
{
    char parent[SV_PATH_MAX];
    char *slash;
    struct stat st;

    slash = strrchr(sv_at(parent, ".", defs->path), '/');
    if (slash == NULL)
        return;
    slash[slash == parent] = '\0';
    if (lstat(defs->path, &st) == 0
        || notify_add(&defs->notify, &defs->parent, parent, NOTIFY_NAMES)
               == NOTIFY_REFUSED)
        defs_poll_after(defs, DEF_POLL);
}

/* Finds DEFS and watches it, or watches for it.  False if it is not there. */
static bool find_directory(struct defs *defs)
{
    bool found;

    notify_age(&defs->directory);
    found = watch_directory(defs);
    if (!found) {
        watch_parent(defs);
        found = watch_directory(defs);
    }
    notify_sweep(&defs->notify, &defs->directory);
    if (found)
        notify_drop(&defs->notify, &defs->parent);
    else if (!defs->is_missing)
        sv_warn("there is no directory ", defs->path,
                ": its services are taken up when it appears");
    defs->is_missing = !found;
    return found;
}

static bool may_be_definition(const struct dirent *entry)
{
    return entry->d_name[0] != '.'
           && (entry->d_type == DT_DIR || entry->d_type == DT_LNK
               || entry->d_type == DT_UNKNOWN);
}

/* DEFS has the name: one that it had not is to be looked at. */
static void see(struct defs *defs, const char *name)
{
    struct def *def = def_find(defs, name);

    if (def == NULL) {
        def = def_enter(defs, name);
        if (def != NULL)
            def_touch(def);
    }
    if (def != NULL)
        def->round = defs->round;
}

static bool read_names(struct defs *defs)
{
    DIR *list = opendir(defs->path);
    const struct dirent *entry;

    if (list == NULL)
        return false;
    defs->round++;
    errno = 0;
    while ((entry = readdir(list)) != NULL) {
        if (may_be_definition(entry))
            see(defs, entry->d_name);
        errno = 0;
    }

    int error = errno;

    closedir(list);
    errno = error;
    return error == 0;
}

/* Is all that we know to be doubted? */
static bool is_out_of_date(const struct defs *defs)
{
    return defs->is_overrun || defs->is_missing || defs->is_unreadable;
}

/* DEFS or its names, with a word if they cannot be had. */
static bool read_directory(struct defs *defs)
{
    defs->is_overrun = false;
    if (!find_directory(defs)) {
        errno = ENOENT;
        return false;
    }
    if (read_names(defs)) {
        defs->is_unreadable = false;
        return true;
    }

    int error = errno;

    if (!defs->is_unreadable)
        sv_warn_sys("unable to read ", defs->path, " (trying every 5 s)");
    defs->is_unreadable = true;
    defs_poll_after(defs, DEF_POLL);
    errno = error;
    return false;
}

/* Looks again at what cannot be watched, and at everything where much was
 * missed. */
static void on_poll(struct timer *timer)
{
    struct defs *defs = CONTAINER(timer, struct defs, poll);
    struct def *def;

    notify_read(&defs->notify);

    bool all = is_out_of_date(defs);

    if ((all || defs->directory.dirs == NULL) && !read_directory(defs))
        return;
    defs->cursor = defs->first;
    while ((def = def_next(defs)) != NULL) {
        if (all || def->round != defs->round)
            def_touch(def);
        else if (def->is_unwatched && def->due == 0)
            def_look(def, WAIT);
    }
    if (all)
        def_gather(defs);
}

/* ---- the outside -------------------------------------------------------- */

/* What an earlier svscan has copied. */
static bool load_mark(struct defs *defs, const char *name)
{
    struct mark mark;

    if (*name == '.' || !mark_read(&defs->copies, name, &mark))
        return true;
    if (!copy_stands(&defs->copies, name))
        return mark_remove(&defs->copies, name);

    struct def *def = def_enter(defs, name);

    if (def == NULL)
        return false;
    def->stands = true;
    def->copied = mark.signature;
    return true;
}

static bool load_marks(struct defs *defs)
{
    int fd = openat(defs->copies.marks, ".",
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while ((entry = readdir(list)) != NULL && load_mark(defs, entry->d_name))
        ;
    closedir(list);
    return entry == NULL;
}

/* Makes the path absolute, and leaves symlinks in it as they are: one may be
 * pointed elsewhere. */
static char *absolute(const char *path)
{
    char full[SV_PATH_MAX];
    char cwd[SV_PATH_MAX];

    if (*path != '/') {
        if (getcwd(cwd, sizeof cwd) == NULL)
            return NULL;
        path = sv_at(full, cwd, path);
    }
    if (*path == '\0' || strlen(path) >= SV_PATH_MAX) {
        errno = ENAMETOOLONG;
        return NULL;
    }

    char *own = strdup(path);

    for (size_t n = strlen(path); own != NULL && n > 1 && own[n - 1] == '/';)
        own[--n] = '\0';
    return own;
}

/* One directory cannot be both. */
static bool is_live(const struct defs *defs, int live)
{
    struct stat there;
    struct stat here;

    if (stat(defs->path, &there) < 0 || fstat(live, &here) < 0
        || there.st_dev != here.st_dev || there.st_ino != here.st_ino)
        return false;
    errno = EINVAL;
    return true;
}

static bool open_parts(struct defs *defs, int live, const char *path)
{
    defs->path = absolute(path);
    defs->by_name = calloc(FIRST_BUCKETS, sizeof(struct def *));
    if (defs->path == NULL || defs->by_name == NULL
        || !loop_reserve(defs->loop, defs->loop->timers + TIMERS)
        || is_live(defs, live) || !copies_open(&defs->copies, live))
        return false;
    defs->copies.marks = loop_fd(defs->copies.marks);
    defs->copies.stage = loop_fd(defs->copies.stage);
    return defs->copies.marks >= 0 && defs->copies.stage >= 0
           && load_marks(defs);
}

bool defs_open(struct defs *defs, struct loop *loop, int live, const char *path,
               bool are_quiet, const struct defs_hooks *hooks, void *context)
{
    *defs = (struct defs){ .loop = loop, .hooks = hooks, .context = context,
                           .buckets = FIRST_BUCKETS,
                           .copies = { .live = live, .marks = -1, .stage = -1 },
                           .directory.event = on_directory,
                           .parent.event = on_parent };
    notify_open(&defs->notify, loop, on_overrun);
    if (!open_parts(defs, live, path)) {
        int error = errno;

        defs_close(defs);
        errno = error;
        return false;
    }
    if (read_directory(defs)) {
        struct def *def;

        defs->cursor = defs->first;
        while ((def = def_next(defs)) != NULL) {
            def->is_gone = def->round != defs->round;
            if (def->is_gone)
                def_touch(def);
            else
                def_look(def, are_quiet ? NOW : WAIT);
        }
    }
    defs->is_open = true;
    return true;
}

/* Somebody may still be at work on one of them: that one follows. */
static void on_gathered(struct timer *timer)
{
    struct defs *defs = CONTAINER(timer, struct defs, gathered);

    def_on_quiet(&defs->quiet);
    defs->is_gathering = false;
    defs->hooks->gathered(defs->context);
}

bool defs_gather(struct defs *defs)
{
    int64_t due = def_gather(defs);

    if (due == 0)
        return false;
    defs->is_gathering = true;
    loop_arm(defs->loop, &defs->gathered, due, on_gathered);
    return true;
}

void defs_close(struct defs *defs)
{
    while (defs->first != NULL)
        def_leave(defs->first);
    notify_drop(&defs->notify, &defs->directory);
    notify_drop(&defs->notify, &defs->parent);
    notify_close(&defs->notify);
    loop_disarm(defs->loop, &defs->quiet);
    loop_disarm(defs->loop, &defs->poll);
    loop_disarm(defs->loop, &defs->gathered);
    copies_close(&defs->copies);
    survey_free(&defs->survey);
    free(defs->by_name);
    free(defs->path);
    defs->by_name = NULL;
    defs->path = NULL;
}

bool defs_refresh(struct defs *defs, const char *name)
{
    struct def *def = def_find(defs, name);

    if (def == NULL || !def->is_changed || def->is_leaving)
        return false;
    /* Somebody may be at work on it, which has not been heard yet. */
    notify_read(&defs->notify);
    return def->due == 0 && def_refresh(def);
}

/* Could a look at def find nothing that we do not know? */
static bool is_known(const struct def *def)
{
    const struct defs *defs = def->defs;

    return def->is_told && def->round == defs->round && def->due == 0
           && def->note == NULL && copy_stands(&defs->copies, def->name);
}

bool defs_rescan(struct defs *defs)
{
    struct def *def;

    notify_read(&defs->notify);

    bool all = is_out_of_date(defs);

    if (!read_directory(defs))
        return false;
    defs->cursor = defs->first;
    while ((def = def_next(defs)) != NULL)
        if (all || !is_known(def))
            def_look(def, NOW);
    return true;
}

void defs_forget(struct defs *defs, const char *name)
{
    struct def *def = def_find(defs, name);

    if (def == NULL || !def->is_gone)
        return;
    def->is_leaving = false;
    if (!copy_remove(&defs->copies, name)) {
        sv_warn_sys("unable to remove the copy of ", name,
                    " (again with the next rescan)");
        return;
    }
    /* What was wrong with it was that of its copy. */
    free(def->note);
    def->note = NULL;
    def->stands = false;
    def->is_gone = false;
    def->is_changed = false;
    def->is_told = false;
    def->copied = 0;
    /* Perhaps it has come back. */
    def_touch(def);
}

bool defs_is_ours(const struct defs *defs, const char *name)
{
    const struct def *def = def_find(defs, name);

    return def != NULL && def->stands;
}

bool defs_is_gone(const struct defs *defs, const char *name)
{
    const struct def *def = def_find(defs, name);

    return def != NULL && def->is_gone;
}

bool defs_is_changed(const struct defs *defs, const char *name)
{
    const struct def *def = def_find(defs, name);

    return def != NULL && def->is_changed;
}

const char *defs_note(const struct defs *defs, const char *name)
{
    const struct def *def = def_find(defs, name);

    return def == NULL ? NULL : def->note;
}

/* The first that has something wrong, from def on. */
static struct def *faulty_from(struct def *def)
{
    while (def != NULL && def->note == NULL)
        def = def->next;
    return def;
}

bool defs_fault(struct defs *defs, size_t i, const char **name,
                const char **note)
{
    struct def *def = defs->fault;
    size_t at = defs->fault_index;

    if (def == NULL || def->note == NULL || at > i) {
        def = faulty_from(defs->first);
        at = 0;
    }
    for (; def != NULL && at < i; at++)
        def = faulty_from(def->next);
    defs->fault = def;
    defs->fault_index = at;
    if (def == NULL)
        return false;
    *name = def->name;
    *note = def->note;
    return true;
}
