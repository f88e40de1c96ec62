/* SPDX-License-Identifier: ISC */
/* filter.c - lines from one descriptor to another. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "sv/filter.h"

/* A call has failed: is it worth another try?  Who shares the descriptor may
 * have made it non-blocking, and that is waited for here. */
static bool may_go_on(int fd, short events)
{
    struct pollfd wanted = { .fd = fd, .events = events };

    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    return poll(&wanted, 1, -1) >= 0 || errno == EINTR;
}

static bool flush(struct sv_filter *filter)
{
    size_t done = 0;

    while (done < filter->out_used) {
        ssize_t n = write(filter->to, filter->out + done,
                          filter->out_used - done);

        if (n >= 0)
            done += (size_t)n;
        else if (!may_go_on(filter->to, POLLOUT))
            return false;
    }
    filter->out_used = 0;
    return true;
}

static bool put(struct sv_filter *filter, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = sizeof filter->out - filter->out_used;
        size_t n = size < room ? size : room;

        memcpy(filter->out + filter->out_used, bytes, n);
        filter->out_used += n;
        bytes += n;
        size -= n;
        if (size > 0 && !flush(filter))
            return false;
    }
    return true;
}

/* A line, or a part of one that is too long. */
static bool put_line(struct sv_filter *filter, const char *line, size_t size)
{
    char head[SV_FILTER_HEAD];
    size_t skip = 0;

    if (!filter->is_inside &&
        !put(filter, head, filter->edit(head, line, size, &skip)))
        return false;
    filter->is_inside = line[size - 1] != '\n';
    return put(filter, line + skip, size - skip);
}

/* All lines that are whole, and what need not wait for its end. */
static bool put_lines(struct sv_filter *filter)
{
    const char *line = filter->in;
    const char *end = filter->in + filter->in_used;
    const char *newline;

    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (!put_line(filter, line, (size_t)(newline + 1 - line)))
            return false;
        line = newline + 1;
    }

    size_t rest = (size_t)(end - line);

    if (rest == sizeof filter->in || (rest > 0 && filter->is_inside)) {
        if (!put_line(filter, line, rest))
            return false;
        rest = 0;
    }
    memmove(filter->in, line, rest);
    filter->in_used = rest;
    return true;
}

static bool finish(struct sv_filter *filter)
{
    if (filter->in_used > 0 &&
        !put_line(filter, filter->in, filter->in_used))
        return false;
    if (filter->is_inside && filter->completes && !put(filter, "\n", 1))
        return false;
    return flush(filter);
}

enum sv_filter_end sv_filter_run(struct sv_filter *filter)
{
    for (;;) {
        if (!flush(filter))
            return SV_FILTER_UNWRITTEN;

        ssize_t n = read(filter->from, filter->in + filter->in_used,
                         sizeof filter->in - filter->in_used);

        if (n == 0)
            break;
        if (n < 0 && !may_go_on(filter->from, POLLIN))
            return SV_FILTER_UNREAD;
        if (n < 0)
            continue;
        filter->in_used += (size_t)n;
        if (!put_lines(filter))
            return SV_FILTER_UNWRITTEN;
    }
    return finish(filter) ? SV_FILTER_DONE : SV_FILTER_UNWRITTEN;
}
