/* SPDX-License-Identifier: ISC */
/* loop.c - waits for bytes, signals and timers; comes to an end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sv/clock.h"
#include "svlog/logger.h"
#include "svlog/rotate.h"
#include "svlog/straight.h"
#include "svlog/svlog.h"

static size_t still_to_take;  /* stopping: what was waiting in the pipe */
static int64_t last_line_at;  /* stopping: when to give up on the line's end */
static int64_t take_again_at; /* a file refused bytes until then */

static void stop(void)
{
    int waiting = 0;

    if (logger.is_stopping)
        return;
    logger.is_stopping = true;
    if (ioctl(logger.input.fd, FIONREAD, &waiting) == 0 && waiting > 0 &&
        logger.input.source != SOURCE_FILE)
        still_to_take = (size_t)waiting;
    if (logger.last_ms)
        last_line_at = sv_boottime() + logger.last_ms * SV_MS;
}

/* How much may be taken now.  After TERM: what was there, then a byte at a time
 * to the end of the line, for what comes after it may be somebody else's. */
static size_t appetite(void)
{
    if (!logger.is_stopping)
        return WINDOW;
    if (still_to_take)
        return still_to_take;
    if (last_line_at && sv_boottime() >= last_line_at)
        return 0;
    return input_is_inside_line(&logger.input, logger.lines.column) ? 1 : 0;
}

static bool has_worked_all(bool is_written)
{
    return logger.input.has_ended && is_written && !logger.input.passing &&
           !logger.input.held && input_is_in_window(&logger.input) &&
           logger.lines.column == 0 && !logger.script.rate.dropped;
}

static bool close_logdirs(void)
{
    int64_t now = sv_boottime();

    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (logger.logdirs[i].step != ROTATION_NONE)
            return false;
    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (logger.logdirs[i].retry_at || !logdir_close(logger.logdirs + i)) {
            if (!logger.logdirs[i].retry_at)
                rotate_failed(logger.logdirs + i, "close", "/current", now);
            return false;
        }
    if (logger.logdirs_count && !inflight_empty(&logger.input.inflight))
        warn_sys("unable to empty ", logger.logdirs->path, "/" INFLIGHT);
    return true;
}

static void on_signals(int signals)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
        switch (info.ssi_signo) {
        case SIGALRM:
            for (size_t i = 0; i < logger.logdirs_count; i++)
                logger.logdirs[i].is_asked = true;
            break;
        case SIGCHLD:
            for (size_t i = 0; i < logger.logdirs_count; i++)
                rotate_reap(logger.logdirs + i, sv_boottime());
            break;
        case SIGTERM:
            if (!logger.is_protected)
                stop();
            break;
        case SIGHUP: stop(); break;
        default: break;
        }
}

/* Straight if that can be.  If it will be, after a rotation, then not more than
 * gets there, since what is in flight has to be written first. */
static enum taken take_somehow(size_t size, bool is_written)
{
    bool may_be_straight =
        logger.is_plain && logger.input.source != SOURCE_OTHER;
    uint64_t before = logger.input.total;
    enum taken taken;

    if (!is_written || !work_may_go_straight() ||
        !input_can_go_straight(&logger.input))
        return input_take(&logger.input,
                          may_be_straight && size > STRAIGHT_LEAST
                              ? STRAIGHT_LEAST
                              : size);
    taken = straight_take(&logger.input, logger.logdirs, size);
    if (taken == TAKEN_SOME) {
        logger.looked_upto =
            logger.logdirs[0].size - (logger.input.total - before);
        logger.is_ahead = true;
    }
    return taken;
}

static void take(size_t size, bool is_written)
{
    uint64_t before = logger.input.total;
    enum taken taken = take_somehow(size, is_written);

    if (taken == TAKEN_FAILED) {
        rotate_failed(logger.logdirs, "write to", "", sv_boottime());
        take_again_at = logger.logdirs[0].retry_at;
    }
    if (taken == TAKEN_NOTHING)
        still_to_take = 0;
    else if (still_to_take)
        still_to_take -= (size_t)(logger.input.total - before);
}

/* The earlier of two times, of which the second may be none. */
static int64_t sooner(int64_t next, int64_t at)
{
    return at && at < next ? at : next;
}

/* The time until the next timer, for poll(). */
static int milliseconds_left(bool is_written)
{
    int64_t next = INT64_MAX;
    int64_t left;

    for (size_t i = 0; i < logger.logdirs_count; i++) {
        rotate_watch(logger.logdirs + i, sv_boottime());
        next = sooner(next, logger.logdirs[i].retry_at);
        next = sooner(next, logger.logdirs[i].finish_at);
        next = sooner(next, logger.logdirs[i].period_at);
    }
    /* Only then can it be said: else this would wait for nothing, and spin. */
    if (is_written && logger.lines.column == 0)
        next = sooner(next, rate_due(&logger.script.rate));
    if (!logger.input.has_ended && take_again_at && take_again_at < next)
        next = take_again_at;
    if (!logger.input.has_ended && !still_to_take && last_line_at &&
        last_line_at < next)
        next = last_line_at;
    if (next == INT64_MAX)
        return -1;
    left = (next - sv_boottime() + SV_MS - 1) / SV_MS;
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static bool wants_input(bool is_written)
{
    if (take_again_at && take_again_at <= sv_boottime())
        take_again_at = 0;
    return !logger.input.has_ended && !take_again_at && !logger.is_ahead &&
           input_has_room(&logger.input) &&
           (is_written || !logger.may_not_gather);
}

/* The descriptor if lines wait to be written there, else -1. */
static int fd_that_waits(int fd)
{
    for (size_t i = 0; i < logger.script.count; i++)
        if (logger.outputs[i].fd == fd && output_waits(logger.outputs + i))
            return fd;
    return -1;
}

static void wait_and_take(int signals, bool is_written)
{
    size_t size = appetite();
    bool wants = size && wants_input(is_written);
    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = wants ? logger.input.fd : -1, .events = POLLIN},
        {.fd = fd_that_waits(STDOUT_FILENO), .events = POLLOUT},
        {.fd = fd_that_waits(STDERR_FILENO), .events = POLLOUT},
    };

    if (!size && !logger.input.has_ended) {
        logger.input.has_ended = true;
        return;
    }
    if (poll(fds, sizeof fds / sizeof *fds, milliseconds_left(is_written)) <= 0)
        return;
    /* A signal may change how much is to be taken. */
    if (fds[0].revents)
        on_signals(signals);
    else if (fds[1].revents)
        take(size, is_written);
}

void loop(int signals)
{
    bool is_written = work();

    while (!has_worked_all(is_written) || !close_logdirs()) {
        wait_and_take(signals, is_written);
        is_written = work();
    }
}
