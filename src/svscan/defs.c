/* SPDX-License-Identifier: ISC */
/*
 * defs.c - the definitions below DEFS, and what is known of each.
 *
 * Whatever happens to a definition only puts it on the list of the unquiet;
 * when its time is over, look() finds out what there is now.  So it does not
 * matter in which order somebody deletes, creates and writes: only what stays.
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
#include <sys/vfs.h>
#include <linux/magic.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svscan/defs.h"

#define QUIET (200 * SV_MS)
#define ABANDONED (1000 * SV_MS) /* nothing of it is left, but its directory */
#define POLL (5 * SV_SECOND)

enum { FIRST_BUCKETS = 64, NOTE_MAX = 1024, TIMERS = 64 };

/* A look at what is unquiet is put off; now means now. */
enum patience { WAIT, NOW };

struct def {
    struct def *same_hash;
    struct def *next;
    struct def *previous;
    struct def *next_unquiet;
    struct def *previous_unquiet;
    struct defs *defs;
    struct watched watched;
    int64_t due;       /* CLOCK_BOOTTIME ns; 0: it is quiet */
    uint64_t copied;   /* what its copy was made from; 0: it is not whole */
    uint64_t seen;     /* what the last survey found */
    char *note;        /* what is wrong with it; NULL: nothing */
    unsigned round;    /* in which DEFS was seen to have it */
    bool stands;       /* it has a copy */
    bool is_changed;   /* ... which is older */
    bool is_gone;      /* ... and is all that is left */
    bool is_leaving;   /* `removed` was called, defs_forget was not */
    bool is_abandoned; /* nothing was left in it when we last looked */
    bool is_new;       /* the last survey found a directory not watched yet */
    bool is_unwatched; /* something of it cannot be watched */
    bool is_told;      /* no change of it can escape us */
    char name[];
};

static void on_quiet(struct timer *timer);
static void on_poll(struct timer *timer);

/* ---- by name ------------------------------------------------------------ */

static size_t hash_of(const char *name)
{
    size_t hash = 2166136261;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619;
    return hash;
}

static struct def **bucket(const struct defs *defs, const char *name)
{
    return &defs->by_name[hash_of(name) & (defs->buckets - 1)];
}

static struct def *find(const struct defs *defs, const char *name)
{
    struct def *def = *bucket(defs, name);

    while (def != NULL && strcmp(def->name, name) != 0)
        def = def->same_hash;
    return def;
}

/* A table that cannot grow is slower, and nothing else. */
static void grow(struct defs *defs)
{
    struct def **grown = calloc(2 * defs->buckets, sizeof(struct def *));

    if (grown == NULL)
        return;
    free(defs->by_name);
    defs->by_name = grown;
    defs->buckets *= 2;
    for (struct def *def = defs->first; def != NULL; def = def->next) {
        struct def **place = bucket(defs, def->name);

        def->same_hash = *place;
        *place = def;
    }
}

static void on_event(struct watched *watched, uint32_t mask, const char *name);

static struct def *enter(struct defs *defs, const char *name)
{
    size_t size = strlen(name) + 1;
    struct def *def = calloc(1, sizeof *def + size);

    if (def == NULL) {
        sv_warn_sys("unable to take up ", name, " (until the next rescan)");
        return NULL;
    }
    if (defs->count >= defs->buckets)
        grow(defs);
    memcpy(def->name, name, size);
    def->defs = defs;
    def->round = defs->round;
    def->watched.event = on_event;
    def->same_hash = *bucket(defs, name);
    *bucket(defs, name) = def;
    def->next = defs->first;
    if (def->next != NULL)
        def->next->previous = def;
    defs->first = def;
    defs->count++;
    return def;
}

static void calm(struct def *def);

static void leave(struct def *def)
{
    struct defs *defs = def->defs;
    struct def **place = bucket(defs, def->name);

    calm(def);
    notify_drop(&defs->notify, &def->watched);
    while (*place != def)
        place = &(*place)->same_hash;
    *place = def->same_hash;
    if (def->previous != NULL)
        def->previous->next = def->next;
    else
        defs->first = def->next;
    if (def->next != NULL)
        def->next->previous = def->previous;
    if (defs->cursor == def)
        defs->cursor = def->next;
    defs->count--;
    free(def->note);
    free(def);
}

/* The next of a walk through all of them, in which any may leave. */
static struct def *next_of(struct defs *defs)
{
    struct def *def = defs->cursor;

    if (def != NULL)
        defs->cursor = def->next;
    return def;
}

/* ---- the unquiet -------------------------------------------------------- */

static void arm_first(struct defs *defs)
{
    if (defs->unquiet == NULL)
        loop_disarm(defs->loop, &defs->quiet);
    else if (defs->quiet.place == 0 || defs->quiet.at != defs->unquiet->due)
        loop_arm(defs->loop, &defs->quiet, defs->unquiet->due, on_quiet);
}

static void calm(struct def *def)
{
    struct defs *defs = def->defs;

    if (def->due == 0)
        return;
    if (def->previous_unquiet != NULL)
        def->previous_unquiet->next_unquiet = def->next_unquiet;
    else
        defs->unquiet = def->next_unquiet;
    if (def->next_unquiet != NULL)
        def->next_unquiet->previous_unquiet = def->previous_unquiet;
    else
        defs->unquiet_last = def->previous_unquiet;
    def->due = 0;
    arm_first(defs);
}

/* Looks at def after a while.  Nearly always that is later than for all the
 * others, so its place is sought from the end. */
static void look_after(struct def *def, int64_t delay)
{
    struct defs *defs = def->defs;
    struct def *before = NULL;

    calm(def);
    def->due = sv_boottime() + delay;
    before = defs->unquiet_last;
    while (before != NULL && before->due > def->due)
        before = before->previous_unquiet;
    def->previous_unquiet = before;
    def->next_unquiet = before == NULL ? defs->unquiet : before->next_unquiet;
    if (before != NULL)
        before->next_unquiet = def;
    else
        defs->unquiet = def;
    if (def->next_unquiet != NULL)
        def->next_unquiet->previous_unquiet = def;
    else
        defs->unquiet_last = def;
    arm_first(defs);
}

static void touch(struct def *def)
{
    def->is_abandoned = false;
    look_after(def, QUIET);
}

static void on_event(struct watched *watched, uint32_t mask, const char *name)
{
    (void)mask;
    (void)name;
    touch(CONTAINER(watched, struct def, watched));
}

static void poll_after(struct defs *defs, int64_t delay)
{
    int64_t at = sv_boottime() + delay;

    if (defs->poll.place == 0 || defs->poll.at > at)
        loop_arm(defs->loop, &defs->poll, at, on_poll);
}

/* ---- what is wrong ------------------------------------------------------ */

static void join(char *buf, size_t size, const char *const *list)
{
    size_t used = 0;

    for (; *list != NULL; list++) {
        size_t length = strnlen(*list, size - 1 - used);

        memcpy(buf + used, *list, length);
        used += length;
    }
    buf[used] = '\0';
}

#define JOIN(buf, ...) join((buf), sizeof(buf), SV_STRINGS(__VA_ARGS__))

static bool is_same_note(const char *note, const char *other)
{
    if (note == NULL || other == NULL)
        return note == other;
    return strcmp(note, other) == 0;
}

/* What we know of def now.  A note is said when it is new. */
static void update(struct def *def, const char *note, bool is_changed)
{
    struct defs *defs = def->defs;
    bool is_news = !is_same_note(def->note, note);

    if (is_news) {
        free(def->note);
        def->note = note == NULL ? NULL : strdup(note);
        if (note != NULL)
            sv_warn(def->name, ": ", note);
    }
    if (is_changed != def->is_changed)
        is_news = true;
    def->is_changed = is_changed;
    if (is_news && defs->is_open)
        defs->hooks->changed(defs->context, def->name);
}

static const char *consequence(const struct def *def)
{
    return def->stands ? ": its old copy is used until it "
                       : ": it is not started until it ";
}

static void update_lack(struct def *def, const struct lack *lack)
{
    char note[NOTE_MAX];
    char cure[NOTE_MAX] = "";

    if (lack->is_mode)
        JOIN(cure, " (chmod +x ", def->defs->path, "/", def->name, "/",
             lack->file, ")");
    JOIN(note, lack->file, " ", lack->what, consequence(def), lack->until,
         cure);
    update(def, note, def->stands);
}

/* It is as it should be, but for what cannot be copied. */
static void update_fine(struct def *def, bool is_changed)
{
    const char *skipped = def->defs->survey.skipped;
    char note[NOTE_MAX];

    JOIN(note, skipped, " is a socket or a device: it is not copied");
    update(def, *skipped == '\0' ? NULL : note, is_changed);
}

static void update_error(struct def *def, const char *what, int error)
{
    char note[NOTE_MAX];

    JOIN(note, what, ": ", strerror(error));
    update(def, note, def->is_changed);
}

/* ---- reading a definition ----------------------------------------------- */

static void say_unwatched(struct defs *defs, const char *path)
{
    poll_after(defs, POLL);
    if (defs->is_unwatched)
        return;
    defs->is_unwatched = true;
    sv_warn_sys("unable to watch ", path, " (looking every 5 s instead",
                errno == ENOSPC ? "; see fs.inotify.max_user_watches)" : ")");
}

/* The survey is about to read a directory: changes are told from here on. */
static void watch_dir(void *context, const char *path)
{
    struct def *def = context;
    struct defs *defs = def->defs;
    char origin[SV_PATH_MAX];
    char full[SV_PATH_MAX];

    sv_at(origin, defs->path, def->name);
    if (*path == '\0')
        path = ".";
    switch (notify_add(&defs->notify, &def->watched, sv_at(full, origin, path),
                       NOTIFY_ALL)) {
    case NOTIFY_KNOWN:
        break;
    case NOTIFY_NEW:
        def->is_new = true;
        break;
    case NOTIFY_REFUSED:
        if (errno == ENOENT || errno == ENOTDIR)
            break;
        def->is_unwatched = true;
        say_unwatched(defs, full);
    }
}

/* Does the file system report whatever is done to it?  One that others write
 * to as well (a network's, a host's) does not. */
static bool tells_all(int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    switch ((unsigned long)fs.f_type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
    case SQUASHFS_MAGIC:
    case EROFS_SUPER_MAGIC_V1:
    case ISOFS_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

static int open_definition(const struct def *def)
{
    char path[SV_PATH_MAX];

    return open(sv_at(path, def->defs->path, def->name),
                O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
}

/* Surveys def, open at fd, into defs->survey, and watches what it surveys. */
static bool read_definition(struct def *def, int fd)
{
    struct defs *defs = def->defs;

    def->is_new = false;
    def->is_unwatched = false;
    notify_age(&def->watched);

    bool done = survey_read(&defs->survey, fd, watch_dir, def);
    int error = errno;

    notify_sweep(&defs->notify, &def->watched);
    if (def->is_new || def->is_unwatched)
        def->is_told = !def->is_unwatched && tells_all(fd);
    errno = error;
    return done;
}

/* Nanoseconds until what was surveyed has been quiet for long enough.  Where
 * it has been watched for so long that is known; else the times of its inodes
 * tell, unless the clock was set back meanwhile. */
static int64_t unrest(const struct def *def)
{
    const struct survey *survey = &def->defs->survey;

    if (!def->is_new && !def->is_unwatched)
        return 0;

    int64_t age = sv_realtime() - survey->changed;

    if (age < 0)
        return def->seen == survey->signature ? 0 : QUIET;
    return age < QUIET ? QUIET - age : 0;
}

/* ---- copies ------------------------------------------------------------- */

static void update_failure(struct def *def, const struct copy *copy, int error)
{
    char note[NOTE_MAX];

    JOIN(note, "unable to copy ", copy->file, ": ", strerror(error));
    update(def, note, def->stands);
}

static void copied(struct def *def)
{
    struct defs *defs = def->defs;
    bool is_first = !def->stands;

    def->copied = defs->survey.signature;
    def->stands = true;
    update_fine(def, false);
    if (is_first && defs->is_open)
        defs->hooks->appeared(defs->context, def->name);
}

/* Makes or renews the copy of def, which is complete.  True if it is made. */
static bool copy_now(struct def *def, int fd)
{
    struct defs *defs = def->defs;
    char origin[SV_PATH_MAX];
    struct copy copy = { .copies = &defs->copies, .name = def->name, .fd = fd,
                         .origin = sv_at(origin, defs->path, def->name),
                         .survey = &defs->survey };

    switch (def->stands ? copy_renew(&copy) : copy_make(&copy)) {
    case COPY_MADE:
        copied(def);
        return true;
    case COPY_CLASH:
        update(def, "an entry of the live tree has that name, and is not from "
               "a definition: it wins", false);
        break;
    case COPY_CHANGING:
        touch(def);
        break;
    case COPY_TOO_MANY:
        update(def, "there are too many files to be copied (what is in data/ "
               "and env/ is not)", def->stands);
        break;
    case COPY_FAILED:
        update_failure(def, &copy, errno);
    }
    return false;
}

static bool is_not_file(void *context, const char *path)
{
    struct stat st;

    return fstatat(*(const int *)context, path, &st, AT_SYMLINK_NOFOLLOW) < 0
           || S_ISDIR(st.st_mode);
}

/* Is there nothing at fd any more of what the copy was made from?  What is left
 * is then not the definition's, like a `down` of svctl's. */
static bool is_bare(const struct def *def, int fd)
{
    struct mark mark;

    return mark_read(&def->defs->copies, def->name, &mark)
           && mark.text[MARK_NAMES] != '\0'
           && mark_each(&mark, is_not_file, &fd);
}

/* ---- what there is now -------------------------------------------------- */

/* Its definition is gone, for good as far as we can tell.  The hook may call
 * defs_forget. */
static void lose(struct def *def)
{
    struct defs *defs = def->defs;

    if (!def->stands) {
        leave(def);
        return;
    }
    def->is_gone = true;
    if (!defs->is_open) {
        touch(def);
        return;
    }
    def->is_leaving = true;
    notify_drop(&defs->notify, &def->watched);
    defs->hooks->removed(defs->context, def->name);
}

static void settle_incomplete(struct def *def, int fd, const struct lack *lack,
                              enum patience patience)
{
    bool is_empty = def->stands && is_bare(def, fd);

    if (is_empty && def->defs->is_open
        && (patience == NOW || def->is_abandoned)) {
        lose(def);
        return;
    }
    update_lack(def, lack);
    if (!is_empty)
        return;
    def->is_abandoned = true;
    look_after(def, ABANDONED - QUIET);
}

/* The definition is quiet, and is as defs->survey says. */
static void settle(struct def *def, int fd, enum patience patience)
{
    const struct survey *survey = &def->defs->survey;

    def->is_gone = false;
    /* Somebody may have deleted the copy. */
    def->stands = def->stands && copy_stands(&def->defs->copies, def->name);
    if (def->stands && def->copied == survey->signature) {
        update_fine(def, false);
        return;
    }

    struct lack lack = survey_lack(survey, fd);

    if (lack.what != NULL)
        settle_incomplete(def, fd, &lack, patience);
    else if (def->stands && def->copied != 0)
        update_fine(def, true);
    else
        copy_now(def, fd);
}

static bool is_there(const struct defs *defs)
{
    struct stat st;

    return stat(defs->path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* While DEFS itself is away, nothing is known, and nothing is lost. */
static void look_in_vain(struct def *def, int error)
{
    if (error != ENOENT && error != ENOTDIR) {
        def->is_unwatched = true;
        def->is_told = false;
        poll_after(def->defs, POLL);
        update_error(def, "unable to open the definition", error);
    } else if (is_there(def->defs)) {
        lose(def);
    }
}

static bool has_good_name(struct def *def)
{
    const char *fault = sv_service_name_fault(def->name);
    char note[NOTE_MAX];

    if (fault == NULL)
        return true;
    JOIN(note, fault, ": it is left alone");
    update(def, note, false);
    return false;
}

static void look_at(struct def *def, int fd, enum patience patience)
{
    if (!has_good_name(def))
        return;
    if (!read_definition(def, fd)) {
        def->is_told = false;
        update_error(def, "unable to read the definition", errno);
        return;
    }

    int64_t delay = patience == NOW ? 0 : unrest(def);

    def->seen = def->defs->survey.signature;
    if (delay > 0)
        look_after(def, delay);
    else
        settle(def, fd, patience);
}

/* Finds out what there is of def now, and does what follows. */
static void look(struct def *def, enum patience patience)
{
    calm(def);
    if (def->is_leaving)
        return;

    int fd = open_definition(def);

    if (fd < 0) {
        look_in_vain(def, errno);
        return;
    }
    look_at(def, fd, patience);
    close(fd);
}

static void on_quiet(struct timer *timer)
{
    struct defs *defs = CONTAINER(timer, struct defs, quiet);
    int64_t now = sv_boottime();

    /* What has happened by now may not have been told yet. */
    notify_read(&defs->notify);
    while (defs->unquiet != NULL && defs->unquiet->due <= now)
        look(defs->unquiet, WAIT);
    arm_first(defs);
}

/* ---- DEFS itself -------------------------------------------------------- */

static void reread_soon(struct defs *defs)
{
    defs->is_overrun = true;
    poll_after(defs, 0);
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

    struct def *def = find(defs, name);

    if (def == NULL)
        def = enter(defs, name);
    if (def != NULL)
        touch(def);
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
        if (errno == ENOENT || errno == ENOTDIR || !is_there(defs))
            return false;
        say_unwatched(defs, defs->path);
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
        poll_after(defs, POLL);
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
    struct def *def = find(defs, name);

    if (def == NULL) {
        def = enter(defs, name);
        if (def != NULL)
            touch(def);
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

/* DEFS or its names, with a word if they cannot be had. */
static bool read_directory(struct defs *defs)
{
    defs->is_overrun = false;
    if (!find_directory(defs)) {
        errno = ENOENT;
        return false;
    }
    if (read_names(defs))
        return true;

    int error = errno;

    sv_warn_sys("unable to read ", defs->path);
    poll_after(defs, POLL);
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

    bool all = defs->is_overrun || defs->is_missing;

    if ((all || defs->directory.dirs == NULL) && !read_directory(defs))
        return;
    defs->cursor = defs->first;
    while ((def = next_of(defs)) != NULL) {
        if (all || def->round != defs->round)
            touch(def);
        else if (def->is_unwatched && def->due == 0)
            look(def, WAIT);
    }
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

    struct def *def = enter(defs, name);

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
               const struct defs_hooks *hooks, void *context)
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
        while ((def = next_of(defs)) != NULL) {
            def->is_gone = def->round != defs->round;
            if (def->is_gone)
                touch(def);
            else
                look(def, WAIT);
        }
    }
    defs->is_open = true;
    return true;
}

void defs_close(struct defs *defs)
{
    while (defs->first != NULL)
        leave(defs->first);
    notify_drop(&defs->notify, &defs->directory);
    notify_drop(&defs->notify, &defs->parent);
    notify_close(&defs->notify);
    loop_disarm(defs->loop, &defs->quiet);
    loop_disarm(defs->loop, &defs->poll);
    copies_close(&defs->copies);
    survey_free(&defs->survey);
    free(defs->by_name);
    free(defs->path);
    defs->by_name = NULL;
    defs->path = NULL;
}

static bool refresh(struct def *def, int fd)
{
    const struct survey *survey = &def->defs->survey;

    if (!read_definition(def, fd))
        return false;
    if (unrest(def) > 0) {
        touch(def);
        return false;
    }
    if (def->copied == survey->signature) {
        update_fine(def, false);
        return false;
    }

    struct lack lack = survey_lack(survey, fd);

    if (lack.what == NULL)
        return copy_now(def, fd);
    update_lack(def, &lack);
    return false;
}

bool defs_refresh(struct defs *defs, const char *name)
{
    struct def *def = find(defs, name);

    if (def == NULL || !def->is_changed || def->due != 0 || def->is_leaving)
        return false;

    int fd = open_definition(def);

    if (fd < 0)
        return false;

    bool renewed = refresh(def, fd);

    close(fd);
    return renewed;
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
    if (!read_directory(defs))
        return false;
    defs->cursor = defs->first;
    while ((def = next_of(defs)) != NULL)
        if (!is_known(def))
            look(def, NOW);
    return true;
}

void defs_forget(struct defs *defs, const char *name)
{
    struct def *def = find(defs, name);

    if (def == NULL || !def->is_gone)
        return;
    def->is_leaving = false;
    if (!copy_remove(&defs->copies, name)) {
        sv_warn_sys("unable to remove the copy of ", name,
                    " (again with the next rescan)");
        return;
    }
    def->stands = false;
    def->is_gone = false;
    def->is_changed = false;
    def->is_told = false;
    def->copied = 0;
    /* Perhaps it has come back. */
    touch(def);
}

bool defs_is_ours(const struct defs *defs, const char *name)
{
    const struct def *def = find(defs, name);

    return def != NULL && def->stands;
}

bool defs_is_gone(const struct defs *defs, const char *name)
{
    const struct def *def = find(defs, name);

    return def != NULL && def->is_gone;
}

bool defs_is_changed(const struct defs *defs, const char *name)
{
    const struct def *def = find(defs, name);

    return def != NULL && def->is_changed;
}

const char *defs_note(const struct defs *defs, const char *name)
{
    const struct def *def = find(defs, name);

    return def == NULL ? NULL : def->note;
}

void defs_each_fault(const struct defs *defs,
                     void (*each)(void *context, const char *name,
                                  const char *note),
                     void *context)
{
    for (const struct def *def = defs->first; def != NULL; def = def->next)
        if (def->note != NULL && !def->stands)
            each(context, def->name, def->note);
}
