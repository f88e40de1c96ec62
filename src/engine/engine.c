/* SPDX-License-Identifier: ISC */
/*
 * engine.c - the set of services: taken up, found, shown, and let go.
 *
 * What a service needs is allocated here, when it is taken up; nothing on the
 * path that handles a death allocates.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/spawn.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/tally.h"

enum { CONTROL_BATCH = 256, PIPE_SIZE = 4096 };

/* ---- the engine ---------------------------------------------------------- */

static void free_gone(struct loop *loop)
{
    struct engine *engine = CONTAINER(loop, struct engine, loop);

    while (engine->gone != NULL) {
        struct service *service = engine->gone;

        engine->gone = service->next_gone;
        if (service->owns_base)
            close(service->base);
        free(service->name);
        free(service->dir);
        free(service->note);
        free(service);
    }
}

/* Services get the limit that we were started with; we take all there is. */
static bool raise_files(struct engine *engine)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    engine->inherited_files = limit;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* A parent that ignored SIGCHLD would have the kernel reap our children, and
 * their exit statuses with them. */
static bool set_signals(struct engine *engine)
{
    struct sigaction old;
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    const struct sigaction otherwise = { .sa_handler = SIG_DFL };

    if (sigaction(SIGPIPE, &ignore, &old) < 0
        || sigaction(SIGCHLD, &otherwise, NULL) < 0)
        return false;
    engine->sigpipe_was_ignored = old.sa_handler == SIG_IGN;
    return true;
}

static bool open_look(struct engine *engine)
{
    if (pipe2(engine->look, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    engine->look[0] = loop_fd(engine->look[0]);
    engine->look[1] = loop_fd(engine->look[1]);
    return engine->look[0] >= 0 && engine->look[1] >= 0;
}

static size_t power_of_two(size_t least)
{
    size_t n = 64;

    while (n < least)
        n *= 2;
    return n;
}

static bool open_records(struct engine *engine, const char *file,
                         const char *fresh)
{
    struct sv_children *children = &engine->children;
    char max[SV_NUMBER_MAX];

    if (sv_children_open(children, engine->live, file, fresh,
                         engine->services_max + 1)) {
        children->fd = loop_fd(children->fd);
        return children->fd >= 0;
    }
    if (errno == EOVERFLOW)
        sv_warn("more than ", sv_number(max, (int64_t)engine->services_max),
                " services, the limit (-C), have been supervised here");
    return false;
}

bool engine_open(struct engine *engine, int lock, const char *children,
                 const char *children_new, size_t services_max)
{
    engine->services_max = services_max;
    engine->console = -1;
    engine->line.fd = -1;
    engine->relay_event.fd = -1;
    engine->loop.after = free_gone;
    engine->buckets = power_of_two(services_max);
    engine->by_identity = calloc(engine->buckets, sizeof *engine->by_identity);
    engine->by_name = calloc(engine->buckets, sizeof *engine->by_name);
    return engine->by_identity != NULL && engine->by_name != NULL
           && raise_files(engine) && set_signals(engine)
           && spawn_open(engine, lock) && open_look(engine)
           && open_records(engine, children, children_new)
           && adopt_open(engine);
}

/* ---- finding ------------------------------------------------------------- */

static struct service **bucket(const struct engine *engine, dev_t dev,
                               ino_t ino)
{
    uint64_t hash = ((uint64_t)dev * 31 + ino) * UINT64_C(0x9e3779b97f4a7c15);

    return &engine->by_identity[hash >> 32 & (engine->buckets - 1)];
}

struct service *service_by_identity(const struct engine *engine, dev_t dev,
                                    ino_t ino)
{
    struct service *service = *bucket(engine, dev, ino);

    while (service != NULL && (service->dev != dev || service->ino != ino))
        service = service->same_hash;
    return service;
}

static struct service **name_bucket(const struct engine *engine,
                                    const char *name)
{
    uint64_t hash = 0;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x9e3779b97f4a7c15);
    return &engine->by_name[hash >> 32 & (engine->buckets - 1)];
}

struct service *service_by_name(const struct engine *engine, const char *name)
{
    struct service *service = *name_bucket(engine, name);

    while (service != NULL && strcmp(service->name, name) != 0)
        service = service->same_name_hash;
    return service;
}

static void link_service(struct service *service)
{
    struct engine *engine = service->engine;
    struct service **head = bucket(engine, service->dev, service->ino);
    struct service **name_head = name_bucket(engine, service->name);

    service->same_hash = *head;
    *head = service;
    service->same_name_hash = *name_head;
    *name_head = service;
    service->previous = engine->last;
    service->next = NULL;
    *(engine->last != NULL ? &engine->last->next : &engine->first) = service;
    engine->last = service;
    engine->services++;
}

static void unlink_service(struct service *service)
{
    struct engine *engine = service->engine;
    struct service **at = bucket(engine, service->dev, service->ino);

    while (*at != service)
        at = &(*at)->same_hash;
    *at = service->same_hash;
    at = name_bucket(engine, service->name);
    while (*at != service)
        at = &(*at)->same_name_hash;
    *at = service->same_name_hash;
    *(service->previous != NULL ? &service->previous->next : &engine->first) =
        service->next;
    *(service->next != NULL ? &service->next->previous : &engine->last) =
        service->previous;
    engine->services--;
}

/* ---- control fifo -------------------------------------------------------- */

/* What does not fit is for the next round: others have their turn. */
static void on_control(struct watch *watch, uint32_t events)
{
    struct service *service = CONTAINER(watch, struct service, control);
    char letters[CONTROL_BATCH];
    ssize_t n = read(watch->fd, letters, sizeof letters);

    (void)events;
    for (ssize_t i = 0; i < n && service->state != STATE_GONE; i++) {
        const struct sv_command *command = sv_command_by_letter(letters[i]);

        if (command != NULL)
            service_command(service, command);
    }
}

/* A fifo that already stands keeps its permissions (s6-svperms); anything else
 * of that name is refused.  Opened for both, it never shows an end of file,
 * and one descriptor does. */
static int open_control(const struct service *service)
{
    char path[SV_PATH_MAX];
    struct stat st;

    sv_at(path, service->dir, SV_CONTROL);
    if (mkfifoat(service->base, path, 0600) < 0 && errno != EEXIST)
        return -1;

    int fd = loop_fd(openat(service->base, path,
                            O_RDWR | O_NONBLOCK | O_CLOEXEC));

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); /* only memory: no harm if refused */
    return fd;
}

/* ---- locks --------------------------------------------------------------- */

static bool take_lock(int fd)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static int open_own_lock(const struct service *service)
{
    char path[SV_PATH_MAX];
    int fd = loop_fd(openat(service->base, sv_at(path, service->dir, SV_LOCK),
                            O_RDWR | O_CREAT | O_CLOEXEC, 0644));

    if (fd >= 0 && !take_lock(fd)) {
        int error = errno == EACCES ? EAGAIN : errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Makes supervise/lock a link of the tree's lock, so that one lock covers all.
 * What was there may be a lock that a stranger holds: taken, if only for a
 * moment, it proves to be nobody's. */
static bool share_lock(const struct service *service)
{
    const struct engine *engine = service->engine;
    char path[SV_PATH_MAX], fresh[SV_PATH_MAX];
    struct stat ours, there;

    sv_at(path, service->dir, SV_LOCK);
    if (fstatat(engine->live, engine->shared_lock, &ours, 0) < 0)
        return false;
    if (fstatat(service->base, path, &there, 0) == 0) {
        if (there.st_dev == ours.st_dev && there.st_ino == ours.st_ino)
            return true;

        int fd = open_own_lock(service);

        if (fd < 0)
            return false;
        close(fd);
    }
    sv_at(fresh, service->dir, SV_LOCK ".new");
    unlinkat(service->base, fresh, 0);
    return linkat(engine->live, engine->shared_lock, service->base, fresh, 0)
               == 0
           && renameat(service->base, fresh, service->base, path) == 0;
}

static bool lock_service(struct service *service)
{
    if (service->engine->shared_lock != NULL) {
        if (share_lock(service))
            return true;
        if (errno == EAGAIN)
            return false;
    }
    service->own_lock = open_own_lock(service);
    return service->own_lock >= 0;
}

/* Is supervise/lock a link of the tree's lock?  (That of supervise is no link:
 * it is the lock itself.) */
static bool has_shared_lock(const struct service *service, const char *path)
{
    const struct engine *engine = service->engine;
    struct stat ours, there;

    return engine->shared_lock != NULL
           && fstatat(engine->live, engine->shared_lock, &ours, 0) == 0
           && fstatat(service->base, path, &there, AT_SYMLINK_NOFOLLOW) == 0
           && there.st_nlink > 1 && there.st_dev == ours.st_dev
           && there.st_ino == ours.st_ino;
}

/* As long as the tree lives, a link of its lock says that somebody supervises:
 * what has left gets a file that nobody locks. */
static void give_back_lock(const struct service *service)
{
    char path[SV_PATH_MAX], fresh[SV_PATH_MAX];

    sv_at(path, service->dir, SV_LOCK);
    sv_at(fresh, service->dir, SV_LOCK ".new");
    if (!has_shared_lock(service, path))
        return;

    int fd = openat(service->base, fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    if (fd >= 0)
        close(fd);
    if (renameat(service->base, fresh, service->base, path) < 0)
        unlinkat(service->base, path, 0);
}

/* ---- the fifo to a logger ------------------------------------------------ */

bool service_open_log(struct service *service)
{
    struct engine *engine = service->engine;
    char path[SV_PATH_MAX];

    if (service->log_fifo >= 0)
        return true;
    service->log_fifo = line_claim(engine, SV_KIND_LOG_FIFO, service->dev,
                                   service->ino, NULL);
    if (service->log_fifo >= 0)
        return true;
    sv_at(path, service->dir, SV_STDOUT);
    if (mkfifoat(service->base, path, 0600) < 0 && errno != EEXIST)
        return false;
    service->log_fifo = loop_fd(openat(service->base, path,
                                       O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (service->log_fifo < 0)
        return false;
    line_hold(engine, SV_KIND_LOG_FIFO, service->dev, service->ino, 0,
              service->log_fifo);
    return true;
}

void service_close_log(struct service *service)
{
    if (service->log_fifo < 0)
        return;
    line_drop(service->engine, SV_KIND_LOG_FIFO, service->dev, service->ino);
    close(service->log_fifo);
    service->log_fifo = -1;
}

/* ---- notes --------------------------------------------------------------- */

void service_note(struct service *service, const char *const *strings)
{
    char text[SV_WIRE_NOTE_MAX + 1];
    size_t used = 0;

    for (; *strings != NULL && used < sizeof text - 1; strings++) {
        size_t n = strlen(*strings);

        if (n > sizeof text - 1 - used)
            n = sizeof text - 1 - used;
        memcpy(text + used, *strings, n);
        used += n;
    }
    text[used] = '\0';
    service->note_is_new = true;
    if (service->note != NULL && strcmp(service->note, text) == 0)
        return;
    free(service->note);
    service->note = strdup(text); /* without memory it is said, not shown */
    sv_warn(service->name, ": ", text);
}

void service_forget_note(struct service *service)
{
    free(service->note);
    service->note = NULL;
    service->note_is_loop = false;
}

/* ---- taking and leaving -------------------------------------------------- */

static struct service *allocate(struct engine *engine,
                                const struct service_origin *origin)
{
    struct service *service = calloc(1, sizeof *service);

    if (service == NULL)
        return NULL;
    service->engine = engine;
    service->name = strdup(origin->name);
    service->dir = strdup(origin->dir);
    service->base = origin->base;
    service->owns_base = origin->owns_base;
    service->is_foreign = origin->is_foreign;
    service->producer = origin->producer;
    service->is_logger = origin->producer != NULL;
    service->follow = EVENTS;
    service->is_active = true;
    service->pid.fd = service->control.fd = service->readiness.fd = -1;
    service->log_fifo = service->own_lock = -1;
    if (service->name != NULL && service->dir != NULL
        && loop_reserve(&engine->loop, engine->services + 1 + LOOP_TIMERS))
        return service;
    free(service->name);
    free(service->dir);
    free(service);
    return NULL;
}

static bool make_supervise(const struct service *service)
{
    char path[SV_PATH_MAX], target[SV_PATH_MAX];
    struct stat st;

    sv_at(path, service->dir, SV_SUPERVISE);
    if (mkdirat(service->base, path, 0700) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (fstatat(service->base, path, &st, 0) < 0) {
        /* a link to nowhere: s6 makes what it points to */
        ssize_t n = readlinkat(service->base, path, target, sizeof target - 1);

        if (n <= 0)
            return false;
        target[n] = '\0';
        return mkdirat(service->base,
                       target[0] == '/' ? target
                                        : sv_at(path, service->dir, target),
                       0700) == 0;
    }
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

static bool identify(struct service *service)
{
    struct stat st;

    if (fstatat(service->base, service->dir, &st, 0) < 0)
        return false;
    service->dev = st.st_dev;
    service->ino = st.st_ino;
    return true;
}

/* Everything of a service but its process.  On failure *what names the step. */
static bool equip(struct service *service, bool is_logged, const char **what)
{
    struct engine *engine = service->engine;

    *what = "stat";
    if (!identify(service))
        return false;
    *what = "make event/ for";
    if (!sv_event_make(service->base, service->dir))
        return false;
    *what = "make supervise/ for";
    if (!make_supervise(service))
        return false;
    *what = "lock";
    if (!lock_service(service))
        return false;
    *what = "open supervise/control of";

    int fd = open_control(service);

    if (fd < 0)
        return false;
    if (!loop_watch(&engine->loop, &service->control, fd, EPOLLIN,
                    on_control)) {
        close(fd);
        return false;
    }
    *what = "open the fifo to the logger of";
    return !is_logged || service_open_log(service);
}

/* While everything stops nothing begins: what has left before, and is seen
 * again, keeps its files as they are. */
static void start_fresh(struct service *service)
{
    service->state = STATE_DOWN;
    if (service->engine->is_stopping)
        return;
    service->never_started = true;
    service->want = !sv_at_exists(service->base, service->dir, SV_DOWN_FILE);
    service->stamp = service->ready_stamp = sv_stamp_now();
    sv_event_clean(service->base, service->dir);
    if (!sv_tally_clear(service->base, service->dir))
        service_note(service, SV_STRINGS("unable to empty the death tally: ",
                                         strerror(errno)));
    service->is_new = true;
    service_save(service);
    service->is_new = false;
    sv_event_notify(service->base, service->dir, "s");
    if (service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
    if (!service->want)
        return;
    /* What the others say waits in its fifo: they need not wait for it. */
    if (service->engine->catch_all == service)
        service_arm(service, sv_boottime());
    else
        service_happen(service, EVENT_START_DUE);
}

static void discard(struct service *service)
{
    struct loop *loop = &service->engine->loop;

    loop_unwatch(loop, &service->control);
    if (service->own_lock >= 0)
        close(service->own_lock);
    else if (service->child == NULL) /* else something runs, and is ours */
        give_back_lock(service);
    if (service->log_fifo >= 0)
        close(service->log_fifo);
    if (service->owns_base)
        close(service->base);
    free(service->name);
    free(service->dir);
    free(service->note);
    free(service);
}

/* A record whose status file was never written is of a start that had hardly
 * begun: it begins again.  So is one that only a later scan finds, of a process
 * that runs on: its directory is gone, and this one has got its inode. */
static bool is_of(const struct service *service, const struct sv_child *child)
{
    return (!service->engine->is_settled
            && sv_child_state(child) != SV_CHILD_IDLE)
           || sv_at_exists(service->base, service->dir, SV_STATUS);
}

static bool find_record(struct service *service, bool *is_old,
                        const char **what)
{
    struct engine *engine = service->engine;

    service->child = adopt_find(engine, service->dev, service->ino);
    *is_old = service->child != NULL && is_of(service, service->child);
    if (service->child != NULL && !*is_old)
        sv_child_become(service->child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
    *what = "watch the process of";
    if (*is_old)
        return adopt_watch(service);
    *what = "record";
    if (service->child == NULL)
        service->child = sv_children_take(&engine->children, service->dev,
                                          service->ino);
    return service->child != NULL;
}

static bool is_full(const struct engine *engine, const char *name)
{
    char max[SV_NUMBER_MAX];

    if (engine->services < engine->services_max)
        return false;
    sv_warn("unable to take up ", name, ": the limit of ",
            sv_number(max, (int64_t)engine->services_max),
            " services is reached (-C)");
    errno = EUSERS;
    return true;
}

static void refuse(const char *what, const char *name)
{
    if (errno == EAGAIN)
        sv_warn("unable to lock ", name,
                ": another supervisor is already running on it");
    else
        sv_warn_sys("unable to ", what, " ", name);
}

/* Closes what was meant for a service that is not taken; errno stands. */
static struct service *give_up(struct service *service,
                               const struct service_origin *origin)
{
    int error = errno;

    if (service != NULL)
        discard(service);
    else if (origin->owns_base)
        close(origin->base);
    errno = error;
    return NULL;
}

struct service *service_take(struct engine *engine,
                             const struct service_origin *origin)
{
    const char *what = "take up";
    bool is_old;

    if (is_full(engine, origin->name))
        return give_up(NULL, origin);

    struct service *service = allocate(engine, origin);

    if (service == NULL || !equip(service, origin->is_logged, &what)
        || !find_record(service, &is_old, &what)) {
        refuse(what, origin->name);
        return give_up(service, origin);
    }
    link_service(service);
    if (service->producer != NULL)
        service->producer->logger = service;
    if (origin->is_catch_all)
        engine->catch_all = service;
    if (is_old)
        adopt(service);
    else
        start_fresh(service);
    return service;
}

static void part_from_partner(struct service *service)
{
    if (service->logger != NULL)
        service->logger->producer = NULL;
    if (service->producer != NULL && service->producer->logger == service)
        service->producer->logger = NULL;
    if (service->engine->catch_all == service)
        service->engine->catch_all = NULL;
}

void service_leave(struct service *service)
{
    struct engine *engine = service->engine;
    struct loop *loop = &engine->loop;

    /* What runs on is for whoever supervises next. */
    if (!service_is_running(service))
        sv_children_free(&engine->children, service->child);
    service->state = STATE_GONE;
    if (service->adopted)
        engine->adopted--;
    if (service->readiness.fd >= 0)
        line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    loop_unwatch(loop, &service->readiness);
    loop_unwatch(loop, &service->control);
    loop_unwatch(loop, &service->pid);
    loop_disarm(loop, &service->timer);
    engine->awaited -= service->awaits_end;
    service->awaits_end = false;
    service_close_log(service);
    if (service->own_lock >= 0)
        close(service->own_lock);
    else
        give_back_lock(service);
    sv_event_notify(service->base, service->dir, "x");
    if (engine->hooks.changed != NULL)
        engine->hooks.changed(service);
    if (engine->hooks.left != NULL)
        engine->hooks.left(service);
    unlink_service(service);
    part_from_partner(service);
    service->next_gone = engine->gone;
    engine->gone = service;
}

/* ---- what a client sees -------------------------------------------------- */

bool service_is_running(const struct service *service)
{
    return service->pid.fd >= 0 || service->awaits_end;
}

static enum sv_wire_state shown_state(const struct service *service)
{
    switch (service->state) {
    case STATE_DOWN:
        return service->timer.place != 0 ? SV_WIRE_WAITING : SV_WIRE_DOWN;
    case STATE_STARTING:
        return service->stopping ? SV_WIRE_STOPPING : SV_WIRE_STARTING;
    case STATE_UP:
    case STATE_LAST_UP:
        return service->stopping ? SV_WIRE_STOPPING : SV_WIRE_UP;
    case STATE_FINISH:
    case STATE_LAST_FINISH:
        return SV_WIRE_FINISHING;
    default:
        return SV_WIRE_GONE;
    }
}

static unsigned shown_flags(const struct service *service)
{
    bool is_last = service->state == STATE_LAST_UP
                   || service->state == STATE_LAST_FINISH;

    return (service->want ? SV_ROW_WANT_UP : 0)
           | (sv_at_exists(service->base, service->dir, SV_DOWN_FILE)
                  ? 0
                  : SV_ROW_NORMALLY_UP)
           | (service->ready ? SV_ROW_READY : 0)
           | (sv_at_exists(service->base, service->dir, SV_NOTIFICATION_FD)
                  ? SV_ROW_ANNOUNCES
                  : 0)
           | (service->paused ? SV_ROW_PAUSED : 0)
           | (service->is_changed ? SV_ROW_CHANGED : 0)
           | (service->is_foreign ? SV_ROW_FOREIGN : 0)
           | (service->log_fifo >= 0 ? SV_ROW_LOGGED : 0)
           | (service->never_started ? SV_ROW_NEVER_STARTED : 0)
           | (is_last ? SV_ROW_LEAVING : 0)
           | (service->adopted ? SV_ROW_ADOPTED : 0);
}

static uint64_t ms_until(const struct timer *timer)
{
    int64_t left = timer->at - sv_boottime();

    return timer->place == 0 || left <= 0 ? 0 : (uint64_t)(left / SV_MS);
}

void service_row(const struct service *service, struct sv_wire_row *row)
{
    *row = (struct sv_wire_row){
        .state = shown_state(service),
        .flags = shown_flags(service),
        .pid = service_is_running(service) ? service->child->pid : 0,
        .stamp = service->stamp,
        .ready = service->ready_stamp,
        .restarts = service->restarts,
        .deaths = service->deaths,
        .wstat = service->wstat,
        .due_ms = ms_until(&service->timer),
        .memory = UINT64_MAX,
    };
    snprintf(row->name, sizeof row->name, "%s", service->name);
    if (service->note != NULL)
        snprintf(row->note, sizeof row->note, "%s", service->note);
}
