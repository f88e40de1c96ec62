/* SPDX-License-Identifier: ISC */
/*
 * look.c - what there is of a definition, and what follows from it.
 *
 * It does not matter in which order somebody deletes, creates and writes: only
 * what stays.  So a look takes nothing from the events that led to it.
 */
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
#include "svscan/def.h"

enum { NOTE_MAX = 1024 };

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
    if (is_changed != def->is_changed || def->is_another)
        is_news = true;
    def->is_changed = is_changed;
    def->is_another = false;
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
        defs_say_unwatched(defs, full);
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
        return def->seen == survey->signature ? 0 : DEF_QUIET;
    return age < DEF_QUIET ? DEF_QUIET - age : 0;
}

/* ---- copies ------------------------------------------------------------- */

/* A renewal that failed may have left a copy that is not whole. */
static void learn_copied(struct def *def)
{
    struct mark mark;

    if (mark_read(&def->defs->copies, def->name, &mark))
        def->copied = mark.signature;
}

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
    if (is_first && defs->is_open && !defs->is_gathering)
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
        def_touch(def);
        break;
    case COPY_TOO_MANY:
        update(def, "there are too many files to be copied (what is in data/ "
               "and env/ is not)", def->stands);
        break;
    case COPY_FAILED:
        update_failure(def, &copy, errno);
        learn_copied(def);
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
        def_leave(def);
        return;
    }
    def->is_gone = true;
    if (!defs->is_open) {
        def_touch(def);
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
    def_look_after(def, DEF_ABANDONED - DEF_QUIET);
}

/* Nothing of it runs, so that no start would renew it. */
static bool is_bundle(const struct def *def)
{
    enum sv_kind kind;

    sv_service_kind(def->defs->copies.live, def->name, &kind);
    return kind == SV_BUNDLE;
}

/* The definition is quiet, and is as defs->survey says. */
static void settle(struct def *def, int fd, enum patience patience)
{
    const struct survey *survey = &def->defs->survey;

    def->is_gone = false;
    def->is_another = def->told != 0 && def->told != survey->signature;
    def->told = survey->signature;
    /* Somebody may have deleted the copy. */
    def->stands = def->stands && copy_stands(&def->defs->copies, def->name);
    if (def->stands && def->copied == survey->signature) {
        update_fine(def, false);
        return;
    }

    struct lack lack = survey_lack(survey, fd);

    if (lack.what != NULL)
        settle_incomplete(def, fd, &lack, patience);
    else if (def->stands && def->copied != 0 && !is_bundle(def))
        update_fine(def, true);
    else
        copy_now(def, fd);
}

/* While DEFS itself is away, nothing is known, and nothing is lost. */
static void look_in_vain(struct def *def, int error)
{
    if (error != ENOENT && error != ENOTDIR) {
        def->is_unwatched = true;
        def->is_told = false;
        defs_poll_after(def->defs, DEF_POLL);
        update_error(def, "unable to open the definition", error);
    } else if (defs_are_there(def->defs)) {
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
        def_look_after(def, delay);
    else
        settle(def, fd, patience);
}

/* Finds out what there is of def now, and does what follows. */
void def_look(struct def *def, enum patience patience)
{
    def_calm(def);
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

void def_on_quiet(struct timer *timer)
{
    struct defs *defs = CONTAINER(timer, struct defs, quiet);
    int64_t now = sv_boottime();

    /* What has happened by now may not have been told yet. */
    notify_read(&defs->notify);
    while (defs->unquiet != NULL && defs->unquiet->due <= now)
        def_look(defs->unquiet, WAIT);
}

/* ---- before a start ----------------------------------------------------- */

static bool refresh(struct def *def, int fd)
{
    const struct survey *survey = &def->defs->survey;

    if (!read_definition(def, fd))
        return false;
    if (unrest(def) > 0) {
        def_touch(def);
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

bool def_refresh(struct def *def)
{
    int fd = open_definition(def);

    if (fd < 0)
        return false;

    bool renewed = refresh(def, fd);

    close(fd);
    return renewed;
}
