/* SPDX-License-Identifier: ISC */
/*
 * scan.c - entries of LIVE become services, by s6's rules.
 *
 * An entry is a service if it is a directory, or a link to one, and its name
 * has no leading dot.  A service is known by device and inode, not by name: it
 * may be renamed, or linked anew, under us.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/definition.h"
#include "engine/loop.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svscan/tree.h"

enum {
    AGAIN_MS = 1000,   /* after a service has left by itself */
    RETRY_MS = 5000,   /* after a directory that could not be read */
    MISSED_MS = 60000, /* after something could not be taken up */
};

static void on_retry(struct timer *timer)
{
    scan_all(CONTAINER(timer, struct tree, retry));
}

static void scan_in(struct tree *tree, uint32_t ms)
{
    int64_t at = sv_boottime() + ms * SV_MS;

    if (tree->retry.place == 0 || tree->retry.at > at)
        loop_arm(&tree->engine.loop, &tree->retry, at, on_retry);
}

void scan_soon(struct tree *tree)
{
    scan_in(tree, AGAIN_MS);
}

/* Until everything with a record is taken up its record must stay, and be
 * asked for again. */
static void miss(struct tree *tree)
{
    tree->is_partial = true;
    if (!tree->engine.is_settled
        && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        scan_in(tree, MISSED_MS);
}

/* A directory that is not ours may be renamed or moved: it is held by a
 * descriptor.  A copy of ours stays where it is, and is reached from LIVE. */
static bool set_place(struct tree *tree, struct service_origin *origin, int at,
                      const char *path)
{
    int fd;

    if (!origin->is_foreign) {
        origin->base = tree->engine.live;
        origin->dir = origin->name;
        return true;
    }
    fd = loop_fd(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) {
        sv_warn_sys("unable to open ", origin->name);
        miss(tree);
        return false;
    }
    origin->base = fd;
    origin->owns_base = true;
    origin->dir = ".";
    return true;
}

static struct service *take(struct tree *tree,
                            const struct service_origin *origin)
{
    struct service *service = service_take(&tree->engine, origin);

    if (service == NULL)
        miss(tree);
    return service;
}

static bool is_directory(int at, const char *path, struct stat *st)
{
    return fstatat(at, path, st, 0) == 0 && S_ISDIR(st->st_mode);
}

static void take_logger(struct tree *tree, struct service *service)
{
    char name[SV_NAME_MAX + 8], path[SV_PATH_MAX];
    struct service_origin origin = { .name = name,
                                     .is_foreign = service->is_foreign,
                                     .producer = service };

    sv_join(name, sizeof name, SV_STRINGS(service->name, "/" SV_LOG));
    sv_join(path, sizeof path, SV_STRINGS(service->dir, "/" SV_LOG));
    if (set_place(tree, &origin, service->base, path))
        take(tree, &origin);
}

static bool wants_logger(const struct service *service)
{
    char path[SV_PATH_MAX];
    struct stat st;

    sv_join(path, sizeof path, SV_STRINGS(service->dir, "/" SV_LOG));
    return service != service->engine->catch_all
           && is_directory(service->base, path, &st);
}

/* A logger that came after its service is taken up too: the service writes to
 * it from its next start on. */
void scan_logger(struct tree *tree, struct service *service)
{
    if (!wants_logger(service))
        return;
    if (service->logger != NULL) {
        service->logger->is_active = true;
        return;
    }
    if (!service_open_log(service)) {
        sv_warn_sys("unable to open the fifo to the logger of ",
                    service->name);
        return;
    }
    take_logger(tree, service);
}

static bool has_log(const struct tree *tree, const char *name,
                    struct stat *st)
{
    char path[SV_NAME_MAX + 8];

    sv_join(path, sizeof path, SV_STRINGS(name, "/" SV_LOG));
    return strcmp(name, SV_CATCH_ALL) != 0
           && is_directory(tree->engine.live, path, st);
}

/* The copy that a service was started from has been taken away from under it,
 * and all its files with it. */
static void make_way(struct service *service)
{
    service->is_active = true; /* by that name it is to be there */
    if (service->state == STATE_LAST_UP || service->state == STATE_LAST_FINISH
        || service->state == STATE_LAST_SCRIPT)
        return;
    service_note(service, SV_STRINGS("its directory is another one now: it is"
                                     " stopped, then started from there"));
    service_happen(service, EVENT_TERM);
}

/* A copy of ours is reached by its name, so that there can be one only. */
static struct service *namesake(const struct tree *tree, const char *name)
{
    struct service *service = service_by_name(&tree->engine, name);

    return service != NULL && !service->is_foreign ? service : NULL;
}

/* Is there anybody who has to go before the entry can be taken up?  Of a pair
 * that leaves the logger is the last. */
static bool is_occupied(const struct tree *tree, const char *name)
{
    char log[SV_NAME_MAX + 8];
    struct stat st;
    struct service *old = namesake(tree, name);

    if (old != NULL) {
        make_way(old);
        return true;
    }
    sv_join(log, sizeof log, SV_STRINGS(name, "/" SV_LOG));
    old = namesake(tree, log);
    if (old == NULL && has_log(tree, name, &st))
        old = service_by_identity(&tree->engine, st.st_dev, st.st_ino);
    if (old != NULL)
        old->is_active = true;
    return old != NULL;
}

/* A bundle is a name for others: there is nothing to supervise. */
static bool is_bundle(const struct tree *tree, const char *name)
{
    enum sv_kind kind;

    sv_service_kind(tree->engine.live, name, &kind);
    return kind == SV_BUNDLE;
}

static void take_new(struct tree *tree, const char *name)
{
    struct stat st;
    bool is_logged = has_log(tree, name, &st);
    struct service_origin origin = {
        .name = name,
        .is_foreign = !tree_has_defs(tree) || !defs_is_ours(&tree->defs, name),
        .is_logged = is_logged,
        .is_catch_all = strcmp(name, SV_CATCH_ALL) == 0,
    };

    if (!set_place(tree, &origin, tree->engine.live, name))
        return;
    if (origin.is_catch_all)
        catch_open(tree);

    struct service *service = take(tree, &origin);

    if (service == NULL || service->state == STATE_GONE)
        return; /* gone: what was left of it ended while nobody looked */
    service->is_changed =
        tree_has_defs(tree) && defs_is_changed(&tree->defs, name);
    if (service->is_changed && service->is_failing)
        service_retry(service); /* mended while nobody looked */
    /* Its first start may have renewed its copy, and that took the logger. */
    if (is_logged && service->logger == NULL)
        take_logger(tree, service);
}

/* A copy whose definition has gone while nobody looked: what runs of it is
 * taken up only to be stopped. */
static bool is_leftover(const struct tree *tree, const char *name)
{
    return tree_has_defs(tree) && defs_is_gone(&tree->defs, name);
}

static void take_leftover(struct tree *tree, const char *name,
                          const struct stat *st)
{
    bool was_stopping = tree->engine.is_stopping;

    if (adopt_find(&tree->engine, st->st_dev, st->st_ino) == NULL) {
        defs_forget(&tree->defs, name);
        return;
    }
    tree->engine.is_stopping = true; /* adopted, and never started */
    take_new(tree, name);
    /* init may have asked for a stop meanwhile. */
    tree->engine.is_stopping =
        was_stopping || tree->engine.stop_due.place != 0;

    struct service *service =
        service_by_identity(&tree->engine, st->st_dev, st->st_ino);

    if (service != NULL)
        scan_remove(service);
}

void scan_entry(struct tree *tree, const char *name)
{
    struct stat st;

    if (name[0] == '.' || !is_directory(tree->engine.live, name, &st))
        return;

    const char *fault = sv_service_name_fault(name);
    struct service *service;

    if (fault != NULL || strlen(name) > tree->options->name_max) {
        sv_warn("ignoring the directory ", name, ": ",
                fault != NULL ? fault : "its name is too long (-L)");
        return;
    }
    service = service_by_identity(&tree->engine, st.st_dev, st.st_ino);
    if (service == NULL && is_leftover(tree, name)) {
        take_leftover(tree, name, &st);
        return;
    }
    if (service == NULL) {
        if (is_bundle(tree, name))
            definition_take_bundle(&tree->order, name);
        else if (!is_occupied(tree, name))
            take_new(tree, name);
        return;
    }
    service->is_active = true;
    scan_logger(tree, service);
    if (service->is_foreign) /* else its definition is watched */
        definition_look_again(&tree->order, service);
}

static DIR *open_live(const struct tree *tree)
{
    int fd = openat(tree->engine.live, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL && fd >= 0)
        close(fd);
    return dir;
}

static void mark_all_inactive(struct tree *tree)
{
    for (struct service *service = tree->engine.first; service != NULL;
         service = service->next)
        service->is_active = false;
}

static void stop_reading(struct tree *tree)
{
    sv_warn_sys("unable to read the scan directory (trying again in 5 s)");
    tree->is_partial = true;
    scan_in(tree, RETRY_MS);
}

static void scan_entries(struct tree *tree, DIR *dir)
{
    struct dirent *entry;

    scan_entry(tree, SV_CATCH_ALL); /* first: it hears what the others say */
    errno = 0;
    while ((entry = readdir(dir)) != NULL) {
        scan_entry(tree, entry->d_name);
        errno = 0;
    }
    if (errno != 0)
        stop_reading(tree);
}

/* What has left because all stops would be taken up again, and never leave.
 * While definitions are waited for, a scan follows when they are there. */
void scan_all(struct tree *tree)
{
    if (tree->phase != STOP_NOT || tree->defs.is_gathering)
        return;

    DIR *dir = open_live(tree);

    tree->is_partial = false;
    if (dir == NULL) {
        stop_reading(tree);
        return;
    }
    mark_all_inactive(tree);
    definition_begin_scan(&tree->order);
    scan_entries(tree, dir);
    closedir(dir);
    if (tree->is_partial) {
        engine_miss(&tree->engine);
        return;
    }
    definition_end_scan(&tree->order);
    engine_settle(&tree->engine);
}

void scan_remove(struct service *service)
{
    service->is_active = false;
    service_happen(service, EVENT_TERM);
}

void scan_nuke(struct tree *tree, bool loggers_too)
{
    struct service *service, *next;

    for (service = tree->engine.first; service != NULL; service = next) {
        next = service->next;
        if (service->is_active)
            continue;
        if (service->producer == NULL || loggers_too)
            scan_remove(service);
    }
}
