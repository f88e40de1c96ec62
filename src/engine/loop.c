/* SPDX-License-Identifier: ISC */
/*
 * loop.c - epoll, signals, and one heap of timers.
 *
 * An event may end the life of any watch, also of one that this round has yet
 * to come to: the round's events lie in the loop, and unregistering strikes
 * out what is left of that watch.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/loop.h"
#include "sv/clock.h"
#include "sv/say.h"

static void on_signals(struct watch *watch, uint32_t events)
{
    struct loop *loop = CONTAINER(watch, struct loop, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        loop->on_signal(loop, (int)info.ssi_signo);
}

void loop_ensure_stdio(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(SV_EXIT_SYSTEM);
}

int loop_fd(int fd)
{
    if (fd < 0 || fd >= LOOP_FD_MIN)
        return fd;

    int high = fcntl(fd, F_DUPFD_CLOEXEC, LOOP_FD_MIN);
    /* EINVAL: the limit of open files lies below LOOP_FD_MIN. */
    int error = errno == EINVAL ? EMFILE : errno;

    close(fd);
    errno = error;
    return high;
}

bool loop_open(struct loop *loop, const int *signals,
               void (*on_signal)(struct loop *loop, int signal))
{
    sigset_t set;

    memset(loop, 0, sizeof *loop);
    loop->signals.fd = -1;
    loop->on_signal = on_signal;
    loop->epoll = loop_fd(epoll_create1(EPOLL_CLOEXEC));
    if (loop->epoll < 0)
        return false;
    sigemptyset(&set);
    for (; *signals != 0; signals++)
        sigaddset(&set, *signals);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return false;

    int fd = loop_fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));

    return fd >= 0 && loop_reserve(loop, LOOP_TIMERS)
           && loop_watch(loop, &loop->signals, fd, EPOLLIN, on_signals);
}

void loop_close(struct loop *loop)
{
    loop_unwatch(loop, &loop->signals);
    close(loop->epoll);
    free(loop->heap);
    loop->heap = NULL;
}

bool loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events,
                void (*ready)(struct watch *watch, uint32_t events))
{
    struct epoll_event event = { .events = events, .data.ptr = watch };

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return false;
    watch->fd = fd;
    watch->ready = ready;
    return true;
}

bool loop_rewatch(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = watch };

    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0;
}

int loop_release(struct loop *loop, struct watch *watch)
{
    int fd = watch->fd;

    if (fd < 0)
        return -1;
    /* Cannot fail for a descriptor that is registered and open. */
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    watch->fd = -1;
    for (int i = 0; i < loop->batched; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    return fd;
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
    int fd = loop_release(loop, watch);

    if (fd >= 0)
        close(fd);
}

/* ---- timers: a binary heap, counted from 1, the earliest on top ---------- */

bool loop_reserve(struct loop *loop, size_t timers)
{
    if (timers + 1 <= loop->room)
        return true;

    size_t room = 2 * timers + 16;
    struct timer **heap = realloc(loop->heap, room * sizeof *heap);

    if (heap == NULL)
        return false;
    loop->heap = heap;
    loop->room = room;
    return true;
}

static void put(struct loop *loop, size_t place, struct timer *timer)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void rise(struct loop *loop, size_t place)
{
    struct timer *timer = loop->heap[place];

    for (; place > 1 && loop->heap[place / 2]->at > timer->at; place /= 2)
        put(loop, place, loop->heap[place / 2]);
    put(loop, place, timer);
}

static void sink(struct loop *loop, size_t place)
{
    struct timer *timer = loop->heap[place];

    for (;;) {
        size_t least = 2 * place;

        if (least < loop->timers
            && loop->heap[least + 1]->at < loop->heap[least]->at)
            least++;
        if (least > loop->timers || loop->heap[least]->at >= timer->at)
            break;
        put(loop, place, loop->heap[least]);
        place = least;
    }
    put(loop, place, timer);
}

void loop_arm(struct loop *loop, struct timer *timer, int64_t at,
              void (*due)(struct timer *timer))
{
    loop_disarm(loop, timer);
    timer->at = at;
    timer->due = due;
    put(loop, ++loop->timers, timer);
    rise(loop, timer->place);
}

void loop_disarm(struct loop *loop, struct timer *timer)
{
    size_t place = timer->place;

    if (place == 0)
        return;

    struct timer *last = loop->heap[loop->timers--];

    timer->place = 0;
    if (last == timer)
        return;
    put(loop, place, last);
    rise(loop, place);
    sink(loop, last->place);
}

static void run_timers(struct loop *loop)
{
    int64_t now = sv_boottime();

    while (loop->timers > 0 && loop->heap[1]->at <= now) {
        struct timer *timer = loop->heap[1];

        loop_disarm(loop, timer);
        timer->due(timer);
    }
}

/* Milliseconds until the first timer, rounded up: waking too early would mean
 * to spin. */
static int patience(const struct loop *loop)
{
    if (loop->timers == 0)
        return -1;

    int64_t left = loop->heap[1]->at - sv_boottime();

    if (left <= 0)
        return 0;
    left = (left + SV_MS - 1) / SV_MS;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static void run_batch(struct loop *loop)
{
    for (int i = 0; i < loop->batched && !loop->stop; i++) {
        struct watch *watch = loop->batch[i].data.ptr;

        if (watch != NULL)
            watch->ready(watch, loop->batch[i].events);
    }
    loop->batched = 0;
}

void loop_run(struct loop *loop)
{
    while (!loop->stop) {
        int n = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH,
                           patience(loop));

        loop->batched = n > 0 ? n : 0;
        loop->took_all = n >= 0 && n < LOOP_BATCH;
        run_batch(loop);
        run_timers(loop);
        if (loop->after != NULL)
            loop->after(loop);
    }
}
