/* SPDX-License-Identifier: ISC */
/*
 * equip.c - what a service has beside its process: supervise/, event/, the
 * control fifo, the lock, and the fifo to its logger.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/take.h"
#include "sv/at.h"
#include "sv/event.h"
#include "sv/paths.h"

enum { CONTROL_BATCH = 256, PIPE_SIZE = 4096 };

/* ---- the control fifo ---------------------------------------------------- */

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

/* Opened for both, it never shows an end of file, and one descriptor does.
 * Anything but a fifo is refused: EINVAL. */
static int open_fifo(int base, const char *path)
{
    struct stat st;
    int fd = loop_fd(openat(base, path, O_RDWR | O_NONBLOCK | O_CLOEXEC));

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

/* A fifo that already stands keeps its permissions (s6-svperms). */
static int open_control(const struct service *service)
{
    char path[SV_PATH_MAX];
    int kept = line_claim(service->engine, SV_KIND_CONTROL, service->dev,
                          service->ino, NULL);

    sv_at(path, service->dir, SV_CONTROL);
    if (kept >= 0 && sv_at_is(kept, service->base, path))
        return kept;
    if (kept >= 0)
        close(kept);
    if (mkfifoat(service->base, path, 0600) < 0 && errno != EEXIST)
        return -1;

    int fd = open_fifo(service->base, path);

    if (fd < 0)
        return -1;
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
void service_give_back_lock(const struct service *service)
{
    char path[SV_PATH_MAX], fresh[SV_PATH_MAX];

    sv_at(path, service->dir, SV_LOCK);
    sv_at(fresh, service->dir, SV_LOCK ".new");
    if (!has_shared_lock(service, path))
        return;

    int fd = openat(service->base, fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    if (fd >= 0) {
        fchmod(fd, 0644);
        close(fd);
    }
    if (renameat(service->base, fresh, service->base, path) < 0)
        unlinkat(service->base, path, 0);
}

/* ---- the fifos to a logger, and from producers ---------------------------- */

static bool open_held(struct service *service, int *fd, enum sv_hold_kind kind,
                      const char *file)
{
    struct engine *engine = service->engine;
    char path[SV_PATH_MAX];

    if (*fd >= 0)
        return true;
    *fd = line_claim(engine, kind, service->dev, service->ino, NULL);
    if (*fd >= 0)
        return true;
    sv_at(path, service->dir, file);
    if (mkfifoat(service->base, path, 0600) < 0 && errno != EEXIST)
        return false;
    *fd = open_fifo(service->base, path);
    if (*fd < 0) {
        errno = errno == EINVAL ? EEXIST : errno;
        return false;
    }
    line_hold(engine, kind, service->dev, service->ino, 0, *fd);
    return true;
}

static void close_held(struct service *service, int *fd, enum sv_hold_kind kind)
{
    if (*fd < 0)
        return;
    line_drop(service->engine, kind, service->dev, service->ino);
    close(*fd);
    *fd = -1;
}

bool service_open_log(struct service *service)
{
    return open_held(service, &service->log_fifo, SV_KIND_LOG_FIFO, SV_STDOUT);
}

void service_close_log(struct service *service)
{
    close_held(service, &service->log_fifo, SV_KIND_LOG_FIFO);
}

bool service_open_input(struct service *service)
{
    return open_held(service, &service->input, SV_KIND_INPUT, SV_STDIN);
}

void service_close_input(struct service *service)
{
    close_held(service, &service->input, SV_KIND_INPUT);
}

/* ---- all of it ----------------------------------------------------------- */

bool service_make_supervise(int base, const char *dir)
{
    char path[SV_PATH_MAX], target[SV_PATH_MAX];
    struct stat st;

    sv_at(path, dir, SV_SUPERVISE);
    if (mkdirat(base, path, 0700) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (fstatat(base, path, &st, 0) < 0) /* s6 makes what a link points to */
        return sv_at_pointed(base, dir, path, target) &&
               mkdirat(base, target, 0700) == 0;
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
    if (!service_make_supervise(service->base, service->dir))
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
    if (engine->is_alone)
        engine->listener = fd;
    *what = "open the fifo to the logger of";
    return !is_logged || service_open_log(service);
}

/* The modes of these are s6's, whatever umask the services have. */
bool service_equip(struct service *service, bool is_logged, const char **what)
{
    mode_t mask = umask(0);
    bool ok = equip(service, is_logged, what);

    umask(mask);
    return ok;
}
