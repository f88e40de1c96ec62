/* SPDX-License-Identifier: ISC */
/*
 * event.c - fifodirs: who subscribes and who is told.
 *
 * A fifodir may be writable for people whom its owner does not trust, so a name
 * in it is opened without following links and written to only when it turns out
 * to be a fifo.  The directory is read with getdents64(2) into the stack, since
 * opendir(3) allocates; it is told of every change of a service, and mostly has
 * nobody in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/event.h"

enum { PRIVATE_MODE = 03730, PUBLIC_MODE = 01733, FIFO_MODE = 0622 };

enum { SUBSCRIBE_TRIES = 100 };

/* ---- making ------------------------------------------------------------- */

/* Says who may subscribe.  The mode comes last, since chown(2) takes the setgid
 * bit away. */
static bool open_to(int base, const char *path, gid_t group)
{
    if (group == SV_EVENT_PUBLIC)
        return fchmodat(base, path, PUBLIC_MODE, 0) == 0;
    return fchownat(base, path, (uid_t)-1, group, 0) == 0 &&
           fchmodat(base, path, PRIVATE_MODE, 0) == 0;
}

/* The directory is new, and goes again if it cannot be had as it should be. */
static bool open_new_to(int base, const char *path, gid_t group)
{
    if (open_to(base, path, group))
        return true;

    int error = errno;

    unlinkat(base, path, AT_REMOVEDIR);
    errno = error;
    return false;
}

/* Makes the directory to which the dangling symlink path, dir/event, points. */
static bool make_target(int base, const char *dir, const char *path)
{
    char real[SV_PATH_MAX];

    return sv_at_pointed(base, dir, path, real) &&
           mkdirat(base, real, 0700) == 0 &&
           open_new_to(base, real, getegid());
}

bool sv_event_make(int base, const char *dir)
{
    char path[SV_PATH_MAX];
    struct stat st;

    if (mkdirat(base, sv_at(path, dir, SV_EVENT), 0700) == 0)
        return open_new_to(base, path, getegid());
    if (errno != EEXIST)
        return false;
    if (fstatat(base, path, &st, 0) < 0)
        return errno == ENOENT && make_target(base, dir, path);
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

bool sv_fifodir_make(int base, const char *path, gid_t group, bool is_forced)
{
    struct stat st;

    if (mkdirat(base, path, 0700) == 0)
        return open_new_to(base, path, group);
    if (errno != EEXIST || fstatat(base, path, &st, 0) < 0)
        return false;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return !is_forced || open_to(base, path, group);
}

/* ---- telling ------------------------------------------------------------ */

bool sv_event_is_name(const char *name)
{
    return strncmp(name, SV_EVENT_PREFIX, sizeof SV_EVENT_PREFIX - 1) == 0 &&
           strlen(name) == SV_EVENT_NAME;
}

static void forget(int fifodir, const char *name)
{
    struct stat st;

    if (fstatat(fifodir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISFIFO(st.st_mode))
        unlinkat(fifodir, name, 0);
}

struct telling {
    int fifodir;
    const char *events;
};

static void tell(void *context, const char *name)
{
    const struct telling *telling = context;
    int fifodir = telling->fifodir;
    size_t size = strlen(telling->events);
    struct stat st;

    if (!sv_event_is_name(name))
        return;

    int fd = openat(fifodir, name,
                    O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        if (errno == ENXIO)
            forget(fifodir, name);
        return;
    }
    if (size > 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
        write(fd, telling->events, size) < 0 && errno == EPIPE)
        forget(fifodir, name);
    close(fd);
}

bool sv_fifodir_notify(int base, const char *path, const char *events)
{
    int fifodir = openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fifodir < 0)
        return false;

    bool told = sv_at_names(fifodir, tell,
                            &(struct telling){fifodir, events});
    int error = errno;

    close(fifodir);
    errno = error;
    return told;
}

bool sv_event_notify(int base, const char *dir, const char *events)
{
    char path[SV_PATH_MAX];

    return sv_fifodir_notify(base, sv_at(path, dir, SV_EVENT), events);
}

bool sv_event_clean(int base, const char *dir)
{
    return sv_event_notify(base, dir, "");
}

/* ---- subscribing -------------------------------------------------------- */

/* Writes a name that nobody else has: the time, and the six letters made of our
 * pid and of a count, so that no randomness is needed. */
static void make_name(char name[static SV_EVENT_NAME + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
                                  "rstuvwxyz0123456789_-";
    static unsigned count;
    uint64_t bits = (uint64_t)getpid() << 12 | (count++ & 0xfff);
    tain now = sv_stamp_now();
    size_t at = sizeof SV_EVENT_PREFIX - 1;

    memcpy(name, SV_EVENT_PREFIX, at);
    at += tain_fmt(name + at, &now);
    name[at++] = ':';
    for (; at < SV_EVENT_NAME; at++, bits >>= 6)
        name[at] = letters[bits & 63];
    name[at] = '\0';
}

/* Opens the fifo at path for reading, and for writing too, so that it never
 * comes to its end when a notifier closes it; then gives it its name. */
static int open_fifo(int base, const char *path, const char *final)
{
    int fd = openat(base, path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && fchmod(fd, FIFO_MODE) == 0 &&
        renameat(base, path, base, final) == 0)
        return fd;

    int error = errno;

    if (fd >= 0)
        close(fd);
    unlinkat(base, path, 0);
    errno = error;
    return -1;
}

int sv_fifodir_subscribe(int base, const char *fifodir,
                         char name[static SV_EVENT_NAME + 1])
{
    char path[SV_PATH_MAX];
    char final[SV_PATH_MAX];
    char hidden[SV_EVENT_NAME + 2] = ".";

    for (int tries = 0; tries < SUBSCRIBE_TRIES; tries++) {
        make_name(name);
        memcpy(hidden + 1, name, SV_EVENT_NAME + 1);
        if (mkfifoat(base, sv_at(path, fifodir, hidden), FIFO_MODE) == 0)
            return open_fifo(base, path, sv_at(final, fifodir, name));
        if (errno != EEXIST)
            break;
    }
    return -1;
}

void sv_fifodir_unsubscribe(int base, const char *fifodir, const char *name)
{
    char path[SV_PATH_MAX];

    unlinkat(base, sv_at(path, fifodir, name), 0);
}

int sv_event_subscribe(int base, const char *dir,
                       char name[static SV_EVENT_NAME + 1])
{
    char fifodir[SV_PATH_MAX];

    return sv_fifodir_subscribe(base, sv_at(fifodir, dir, SV_EVENT), name);
}

void sv_event_unsubscribe(int base, const char *dir, const char *name)
{
    char fifodir[SV_PATH_MAX];

    sv_fifodir_unsubscribe(base, sv_at(fifodir, dir, SV_EVENT), name);
}
