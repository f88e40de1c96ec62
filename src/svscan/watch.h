/* SPDX-License-Identifier: ISC */
/*
 * watch.h - directories watched with inotify, each for an owner.
 *
 * The kernel has one watch for an inode, whoever asks; two definitions may be
 * symlinks to one directory.  So an event goes to every owner that has the
 * watch, and the watch ends with the last of them.
 */
#ifndef SVSCAN_WATCH_H
#define SVSCAN_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>

#include "engine/loop.h"

enum {
    /* Who comes and goes in a directory, and whether it stays itself. */
    NOTIFY_NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
                   | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
    /* ... and whatever happens to what is in it. */
    NOTIFY_ALL = NOTIFY_NAMES | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB,
};

struct notify_dir;

/* An owner of watches; lies inside whatever owns them. */
struct watched {
    struct notify_dir *dirs;
    /* Something happened in one of its directories; name is the entry's, or
     * empty for the directory itself.  May neither add nor drop watches. */
    void (*event)(struct watched *watched, uint32_t mask, const char *name);
};

struct notify {
    struct watch watch;
    int error; /* why there is no inotify at all; 0: there is */
    struct loop *loop;
    struct notify_dir **by_wd;
    size_t buckets;
    size_t count;
    /* Events were lost: anything may have happened. */
    void (*overrun)(struct notify *notify);
};

enum notify_answer {
    NOTIFY_KNOWN,  /* it was watched before */
    NOTIFY_NEW,    /* it is watched from now on: look again */
    NOTIFY_REFUSED /* errno says why */
};

/* False with errno set: nothing can be watched, and notify_add refuses. */
bool notify_open(struct notify *notify, struct loop *loop,
                 void (*overrun)(struct notify *notify));
void notify_close(struct notify *notify);

/* Watches the directory at path (symlinks are followed) for the owner. */
enum notify_answer notify_add(struct notify *notify, struct watched *owner,
                              const char *path, uint32_t mask);

/* A sweep of an owner's watches: those that have not been added again between
 * the two calls are dropped. */
void notify_age(struct watched *owner);
void notify_sweep(struct notify *notify, struct watched *owner);

/* Drops all watches of an owner. */
void notify_drop(struct notify *notify, struct watched *owner);

/* Reads and hands out what has happened, until nothing is left. */
void notify_read(struct notify *notify);

#endif
