/* SPDX-License-Identifier: ISC */
/*
 * loop.h - epoll, signals, and one heap of timers.
 *
 * The loop sleeps in epoll_wait until a descriptor is ready or the first timer
 * is due, and never otherwise: no event, no wake-up.  What is due and what is
 * ready is called back through the structure that was registered, which lies
 * inside its owner (see the CONTAINER macro).
 */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* The structure of the given type whose member is at pointer. */
#define CONTAINER(pointer, type, member)                                       \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Permanent descriptors lie at this number or above; below it is only what a
 * child needs between clone and exec (spawn.h). */
enum { LOOP_FD_MIN = 32 };

struct watch {
    int fd; /* -1 while it is not registered */
    void (*ready)(struct watch *watch, uint32_t events);
};

struct timer {
    int64_t at;   /* CLOCK_BOOTTIME ns; of interest while armed */
    size_t place; /* in the heap, counted from 1; 0: not armed */
    void (*due)(struct timer *timer);
};

enum { LOOP_BATCH = 64, LOOP_TIMERS = 64 };

struct loop {
    int epoll;
    struct watch signals;
    void (*on_signal)(struct loop *loop, int signal);
    struct timer **heap;
    size_t timers;
    size_t room;
    void (*after)(struct loop *loop); /* after each round; may be NULL */
    struct epoll_event batch[LOOP_BATCH]; /* of the round that is going on */
    int batched;
    bool took_all; /* nobody was ready at its beginning but whom it saw */
    bool stop;
};

/* Opens /dev/null on those of the descriptors 0, 1 and 2 that are closed, so
 * that nothing that is opened later is taken for one of them.  Exits 111 if it
 * cannot. */
void loop_ensure_stdio(void);

/* Opens the loop, blocks the signals of the list, which ends with 0, and takes
 * them through a signalfd, each handed to on_signal.  False with errno set. */
bool loop_open(struct loop *loop, const int *signals,
               void (*on_signal)(struct loop *loop, int signal));
void loop_close(struct loop *loop);

/* Moves fd to LOOP_FD_MIN or above, close-on-exec; the old number is closed
 * whatever happens.  Returns the new one, or -1 with errno set (EMFILE where
 * the limit of open files allows none).  -1 stays -1. */
int loop_fd(int fd);

/* Registers watch->fd for events (EPOLLIN ...), level-triggered. */
bool loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events,
                void (*ready)(struct watch *watch, uint32_t events));
/* Changes the events of a registered watch. */
bool loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events);
/* Unregisters and closes the descriptor; nothing for one that is not. */
void loop_unwatch(struct loop *loop, struct watch *watch);
/* Unregisters and returns the descriptor, which is then the caller's. */
int loop_release(struct loop *loop, struct watch *watch);

/* Arms, or arms anew.  Room for every timer is made beforehand, when its owner
 * is taken up (loop_reserve), so that arming cannot fail.  LOOP_TIMERS are
 * there from the start. */
bool loop_reserve(struct loop *loop, size_t timers);
void loop_arm(struct loop *loop, struct timer *timer, int64_t at,
              void (*due)(struct timer *timer));
void loop_disarm(struct loop *loop, struct timer *timer);

/* Runs until loop->stop.  An event may unregister any watch, its own or
 * another's of the same round. */
void loop_run(struct loop *loop);

#endif
