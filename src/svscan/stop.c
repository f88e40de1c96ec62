/* SPDX-License-Identifier: ISC */
/*
 * stop.c - everything down, in order: services, their loggers, the catch-all.
 *
 * A service is told when nothing runs any more that needs it (order.h).
 *
 * A logger is not told to go: its service has left, nobody else can write to
 * its fifo, and it ends when it has read what is there.  Only one that stays
 * although its fifo is empty (somebody the service left behind holds it open)
 * gets TERM after a second; never while bytes remain.  Nor is the consumer of a
 * pipeline: its turn comes when its producers are down.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/tree.h"

enum {
    DRAIN_MS = 1000,
    STOP_KILL_MS = 3000,
    SAY_MS = 2000,  /* a stop that takes longer says what it waits for */
    SAY_MAX = 4,    /* ... of so many, and how many more there are */
};

/* Is it the turn of this service in this phase? */
static bool is_in_phase(const struct service *service, enum stop_phase phase)
{
    bool is_catch_all = service->engine->catch_all == service;

    switch (phase) {
    case STOP_SERVICES:
        return !service->is_logger && !is_catch_all;
    case STOP_LOGGERS:
        return service->is_logger;
    case STOP_CATCH_ALL:
        return is_catch_all;
    default:
        return false;
    }
}

static const char *fifo_read_by(const struct service *service)
{
    if (service->engine->catch_all == service)
        return SV_CATCH_ALL_FIFO;
    return service->is_logger ? "../" SV_STDOUT : SV_STDIN;
}

/* How many bytes wait in the fifo that the logger reads; 0 if that cannot be
 * told. */
static int unread(const struct service *logger)
{
    char path[SV_PATH_MAX];
    int bytes = 0;
    int fd = openat(logger->base,
                    sv_at(path, logger->dir, fifo_read_by(logger)),
                    O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return 0;
    if (ioctl(fd, FIONREAD, &bytes) < 0)
        bytes = 0;
    close(fd);
    return bytes;
}

static void on_drain(struct timer *timer);

static void arm_drain(struct tree *tree)
{
    if (tree->drain.place == 0)
        loop_arm(&tree->engine.loop, &tree->drain,
                 sv_boottime() + DRAIN_MS * SV_MS, on_drain);
}

static void on_drain(struct timer *timer)
{
    struct tree *tree = CONTAINER(timer, struct tree, drain);
    struct service *service, *next;
    bool more = false;

    for (service = tree->engine.first; service != NULL; service = next) {
        next = service->next;
        if (!service->is_draining)
            continue;
        if (unread(service) > 0)
            more = true;
        else if (!service->stopping)
            service_happen(service, EVENT_TERM);
    }
    if (more)
        arm_drain(tree);
}

void stop_wake(struct service *logger)
{
    if (logger->state == STATE_DOWN && logger->want && unread(logger) > 0)
        service_happen(logger, EVENT_WANT_ONCE);
}

void stop_drain(struct tree *tree, struct service *logger)
{
    logger->is_draining = true;
    stop_wake(logger);
    service_happen(logger, EVENT_WANT_EXIT);
    if (logger->state != STATE_GONE && tree->loggers_too)
        service_happen(logger, EVENT_TERM);
    arm_drain(tree);
}

/* ---- what it waits for --------------------------------------------------- */

/* Seconds since the stop began, and after how many it is killed, if it is. */
static void say_waiting(const struct tree *tree, const struct service *service)
{
    char pid[SV_NUMBER_MAX], now[SV_NUMBER_MAX], of[SV_NUMBER_MAX];
    int64_t deadline = service->child->deadline;

    sv_number(now, (sv_boottime() - tree->stop_began) / SV_SECOND);
    sv_number(of, (deadline - tree->stop_began) / SV_SECOND);
    sv_info("waiting for ", service->name, ", pid ",
            sv_number(pid, service->child->pid), ", ", now, " s",
            deadline != 0 ? " of " : "", deadline != 0 ? of : "");
}

static void say_all(const struct tree *tree)
{
    const struct service *service;
    char more[SV_NUMBER_MAX];
    int64_t n = 0;

    for (service = tree->engine.first; service != NULL;
         service = service->next)
        if (is_in_phase(service, tree->phase) && service_is_running(service)
            && n++ < SAY_MAX)
            say_waiting(tree, service);
    if (n > SAY_MAX)
        sv_info("... and for ", sv_number(more, n - SAY_MAX), " more");
}

/* Others have that description too, and its mode is theirs: it is asked first.
 * A pipe that can be written to at all has room for all that we say. */
static bool takes(int fd)
{
    struct pollfd console = { .fd = fd, .events = POLLOUT };

    return poll(&console, 1, 0) == 1 && (console.revents & POLLOUT) != 0;
}

/* To where the one who waits looks: the catch-all's log is read afterwards. */
static void on_patience(struct timer *timer)
{
    struct tree *tree = CONTAINER(timer, struct tree, patience);
    int log = sv_say_fd;

    if (tree->phase == STOP_DONE)
        return;
    if (tree->catch_all_fifo >= 0 && takes(tree->engine.console))
        sv_say_fd = tree->engine.console;
    say_all(tree);
    sv_say_fd = log;
    loop_arm(&tree->engine.loop, timer, sv_boottime() + SAY_MS * SV_MS,
             on_patience);
}

/* ---- its phases ---------------------------------------------------------- */

/* From here on whoever starts the tree next starts it.  An init that asked for
 * the stop has use for us until it is over; one that did not starts the tree
 * again, as any parent does. */
static void finish_stop(struct tree *tree)
{
    bool is_told;

    tree->phase = STOP_DONE;
    sv_children_set_tree(&tree->engine.children, 0, 0);
    is_told = line_say(&tree->engine, SV_HOLD_STOPPED, 0);
    if (tree->is_noted || !is_told)
        tree->engine.loop.stop = true;
}

/* The phase is over when nobody is left of it; the next may be over at once. */
static void enter_phase(struct tree *tree, enum stop_phase phase);

static bool anyone_left(const struct tree *tree, const struct service *leaving)
{
    const struct service *service = tree->engine.first;

    while (service != NULL
           && (service == leaving || !is_in_phase(service, tree->phase)))
        service = service->next;
    return service != NULL;
}

void stop_advance(struct tree *tree, const struct service *leaving)
{
    if (tree->is_entering || tree->phase == STOP_NOT
        || tree->phase == STOP_DONE || anyone_left(tree, leaving))
        return;
    if (tree->phase == STOP_CATCH_ALL)
        finish_stop(tree);
    else
        enter_phase(tree, tree->phase + 1);
}

/* An earlier svscan has told it, and its time to go has begun then. */
static bool has_been_told(const struct service *service)
{
    return service->state == STATE_LAST_UP && service->adopted
           && service->timer.place != 0;
}

static void stop_one(struct tree *tree, struct service *service)
{
    bool reads = service->input >= 0;

    if (reads)
        stop_wake(service); /* while there is something to read from */
    service_close_input(service);
    if (reads || tree->phase != STOP_SERVICES)
        stop_drain(tree, service);
    else if (!has_been_told(service))
        service_happen(service, EVENT_TERM);
}

void stop_turn(struct tree *tree, struct service *service)
{
    bool is_told = service->state == STATE_LAST_UP
                   || service->state == STATE_LAST_FINISH
                   || service->state == STATE_LAST_SCRIPT;

    if (tree->phase == STOP_SERVICES && !is_told
        && is_in_phase(service, tree->phase))
        stop_one(tree, service);
}

static void enter_phase(struct tree *tree, enum stop_phase phase)
{
    struct service *service, *next;

    tree->phase = phase;
    tree->is_entering = true;
    if (phase == STOP_CATCH_ALL)
        catch_close(tree);
    for (service = tree->engine.first; service != NULL; service = next) {
        next = service->next;
        if (is_in_phase(service, phase)
            && order_may_stop(&tree->order, service))
            stop_one(tree, service);
    }
    tree->is_entering = false;
    stop_advance(tree, NULL);
}

void stop_begin(struct tree *tree, bool loggers_too)
{
    tree->loggers_too |= loggers_too;
    if (tree->phase == STOP_DONE)
        tree->engine.loop.stop = true; /* init has what it waited for */
    if (tree->phase != STOP_NOT)
        return;
    tree->engine.is_stopping = true;
    tree->stop_began = sv_boottime();
    loop_arm(&tree->engine.loop, &tree->patience,
             tree->stop_began + SAY_MS * SV_MS, on_patience);
    order_stop_all(&tree->order);
    tree->engine.stop_kill_ms = STOP_KILL_MS;
    enter_phase(tree, STOP_SERVICES);
}

/* One that init began is not: init says so again, and TERM from it, which comes
 * when it has waited long enough, changes nothing. */
void stop_begin_noted(struct tree *tree, bool loggers_too)
{
    unsigned flags = SV_TREE_RUNS | SV_TREE_STOPS;

    if (tree->loggers_too || loggers_too)
        flags |= SV_TREE_LOGGERS_TOO;
    if (tree->phase == STOP_NOT)
        tree->is_noted = true;
    if (tree->is_noted && tree->phase != STOP_DONE)
        sv_children_set_tree(&tree->engine.children, flags, tree->restarts);
    stop_begin(tree, loggers_too);
}
