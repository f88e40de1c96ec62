/* SPDX-License-Identifier: ISC */
/*
 * watch.c - directories watched with inotify, each for an owner.
 *
 * A directory that an owner watches is one notify_dir, found by the kernel's
 * watch descriptor; several may have the same one.
 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>

#include "svscan/watch.h"

enum { FIRST_BUCKETS = 64, READ_SIZE = 16384 };

struct notify_dir {
    int wd;
    bool is_old; /* not added again since notify_age */
    struct watched *owner;
    struct notify_dir *next; /* of the owner */
    struct notify_dir *same_hash;
};

static struct notify_dir **bucket(const struct notify *notify, int wd)
{
    return &notify->by_wd[(size_t)wd & (notify->buckets - 1)];
}

static void on_events(struct watch *watch, uint32_t events)
{
    (void)events;
    notify_read(CONTAINER(watch, struct notify, watch));
}

/* Remembers why nothing can be watched. */
static bool refuse_all(struct notify *notify, int fd)
{
    notify->error = errno;
    if (fd >= 0)
        close(fd);
    errno = notify->error;
    return false;
}

bool notify_open(struct notify *notify, struct loop *loop,
                 void (*overrun)(struct notify *notify))
{
    *notify = (struct notify){ .watch.fd = -1, .loop = loop,
                               .overrun = overrun, .buckets = FIRST_BUCKETS };
    notify->by_wd = calloc(notify->buckets, sizeof(struct notify_dir *));
    if (notify->by_wd == NULL)
        return refuse_all(notify, -1);

    int fd = loop_fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));

    if (fd < 0 || !loop_watch(loop, &notify->watch, fd, EPOLLIN, on_events))
        return refuse_all(notify, fd);
    return true;
}

void notify_close(struct notify *notify)
{
    for (size_t i = 0; notify->by_wd != NULL && i < notify->buckets; i++)
        while (notify->by_wd[i] != NULL)
            notify_drop(notify, notify->by_wd[i]->owner);
    free(notify->by_wd);
    notify->by_wd = NULL;
    if (notify->loop != NULL)
        loop_unwatch(notify->loop, &notify->watch);
}

/* A table that cannot grow is slower, and nothing else. */
static void grow(struct notify *notify)
{
    struct notify_dir **old = notify->by_wd;
    size_t old_buckets = notify->buckets;
    struct notify_dir **grown = calloc(2 * old_buckets, sizeof *grown);

    if (grown == NULL)
        return;
    notify->by_wd = grown;
    notify->buckets = 2 * old_buckets;
    for (size_t i = 0; i < old_buckets; i++)
        for (struct notify_dir *dir = old[i], *next; dir != NULL; dir = next) {
            struct notify_dir **place = bucket(notify, dir->wd);

            next = dir->same_hash;
            dir->same_hash = *place;
            *place = dir;
        }
    free(old);
}

static bool is_watched(const struct notify *notify, int wd)
{
    for (struct notify_dir *dir = *bucket(notify, wd); dir != NULL;
         dir = dir->same_hash)
        if (dir->wd == wd)
            return true;
    return false;
}

static bool enter(struct notify *notify, struct watched *owner, int wd)
{
    struct notify_dir *dir = malloc(sizeof *dir);

    if (dir == NULL)
        return false;
    if (notify->count >= notify->buckets)
        grow(notify);
    *dir = (struct notify_dir){ .wd = wd, .owner = owner, .next = owner->dirs,
                                .same_hash = *bucket(notify, wd) };
    owner->dirs = dir;
    *bucket(notify, wd) = dir;
    notify->count++;
    return true;
}

enum notify_answer notify_add(struct notify *notify, struct watched *owner,
                              const char *path, uint32_t mask)
{
    if (notify->watch.fd < 0) {
        errno = notify->error;
        return NOTIFY_REFUSED;
    }

    /* Another owner of the same inode may need what this one does not. */
    int wd = inotify_add_watch(notify->watch.fd, path, mask | IN_MASK_ADD);

    if (wd < 0)
        return NOTIFY_REFUSED;
    for (struct notify_dir *dir = owner->dirs; dir != NULL; dir = dir->next)
        if (dir->wd == wd) {
            dir->is_old = false;
            return NOTIFY_KNOWN;
        }
    if (enter(notify, owner, wd))
        return NOTIFY_NEW;
    if (!is_watched(notify, wd))
        inotify_rm_watch(notify->watch.fd, wd);
    errno = ENOMEM;
    return NOTIFY_REFUSED;
}

/* Takes a directory out of the table and out of its owner's list. */
static void leave(struct notify *notify, struct notify_dir *gone)
{
    struct notify_dir **place = bucket(notify, gone->wd);

    while (*place != gone)
        place = &(*place)->same_hash;
    *place = gone->same_hash;
    place = &gone->owner->dirs;
    while (*place != gone)
        place = &(*place)->next;
    *place = gone->next;
    notify->count--;
    free(gone);
}

static void drop(struct notify *notify, struct notify_dir *dir)
{
    int wd = dir->wd;

    leave(notify, dir);
    /* Fails for a directory that has gone meanwhile: that is the same. */
    if (!is_watched(notify, wd))
        inotify_rm_watch(notify->watch.fd, wd);
}

void notify_age(struct watched *owner)
{
    for (struct notify_dir *dir = owner->dirs; dir != NULL; dir = dir->next)
        dir->is_old = true;
}

void notify_sweep(struct notify *notify, struct watched *owner)
{
    for (struct notify_dir *dir = owner->dirs, *next; dir != NULL; dir = next) {
        next = dir->next;
        if (dir->is_old)
            drop(notify, dir);
    }
}

void notify_drop(struct notify *notify, struct watched *owner)
{
    while (owner->dirs != NULL)
        drop(notify, owner->dirs);
}

/* ---- events ------------------------------------------------------------- */

/* The kernel has ended a watch: its directory is gone. */
static void forget(struct notify *notify, int wd)
{
    struct notify_dir *next;

    for (struct notify_dir *dir = *bucket(notify, wd); dir != NULL;
         dir = next) {
        next = dir->same_hash;
        if (dir->wd == wd)
            leave(notify, dir);
    }
}

static void hand_out(struct notify *notify, const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";

    if (event->mask & IN_Q_OVERFLOW) {
        notify->overrun(notify);
        return;
    }
    for (struct notify_dir *dir = *bucket(notify, event->wd); dir != NULL;
         dir = dir->same_hash)
        if (dir->wd == event->wd)
            dir->owner->event(dir->owner, event->mask, name);
    if (event->mask & IN_IGNORED)
        forget(notify, event->wd);
}

void notify_read(struct notify *notify)
{
    alignas(struct inotify_event) char buf[READ_SIZE];
    ssize_t size;

    if (notify->watch.fd < 0)
        return;
    while ((size = read(notify->watch.fd, buf, sizeof buf)) > 0) {
        const struct inotify_event *event;

        for (const char *at = buf; at < buf + size;
             at += sizeof *event + event->len) {
            event = (const void *)at;
            hand_out(notify, event);
        }
    }
}
