/* SPDX-License-Identifier: ISC */
/* output.c - gathers lines and writes them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/stamp.h"
#include "svlog/find.h"
#include "svlog/output.h"
#include "svlog/rotate.h"
#include "svlog/svlog.h"

/* The name under which a status file is written before it gets its own. */
static bool make_fresh(struct output *output)
{
    size_t size = strlen(output->action->path);

    output->fresh = malloc(size + sizeof ".new");
    if (!output->fresh)
        return false;
    memcpy(output->fresh, output->action->path, size);
    memcpy(output->fresh + size, ".new", sizeof ".new");
    return true;
}

static bool make_room(struct output *into, const struct shape *shape,
                      size_t window)
{
    char *buf;

    into->fixed += shape_most(shape, 0);
    into->expands += shape->expands;
    into->capacity = into->fixed + into->expands * (window + window / 2);
    buf = realloc(into->buf, into->capacity + COPY_SLACK);
    if (buf)
        into->buf = buf;
    return buf != NULL;
}

bool output_open(struct output *output, const struct action *action,
                 struct logdir *logdir, struct output *into, size_t window)
{
    struct stat st;

    *output = (struct output){.action = action, .logdir = logdir,
                              .into = into, .fd = -1};
    if (action->to == TO_STDOUT)
        output->fd = STDOUT_FILENO;
    if (action->to == TO_ALERT)
        output->fd = STDERR_FILENO;
    output->is_regular = output->fd >= 0 && fstat(output->fd, &st) == 0 &&
                         S_ISREG(st.st_mode);
    if (action->to == TO_STATUS && !make_fresh(output))
        return false;
    return shape_open(&output->shape, action) &&
           make_room(into, &output->shape, window);
}

void output_stamp(struct output *output, int64_t realtime)
{
    shape_stamp(&output->shape, realtime);
}

size_t output_room(const struct output *output, size_t size)
{
    size_t texts = output->expands * size;
    size_t room = output->capacity - output->size;

    if (output->into != output)
        return SIZE_MAX;
    return room < texts ? 0 : (room - texts) / output->fixed;
}

static void gather(struct output *output, const struct piece *piece)
{
    struct output *into = output->into;

    into->size += shape_put(&output->shape, into->buf + into->size, piece);
}

/* A line that is too long becomes its beginning, and dots in place of what they
 * are shorter than. */
static void gather_alert(struct output *output, const struct piece *piece)
{
    static const char dots[COPY_SLACK + 3] = "...";
    const struct piece tail = {dots, 3, false, true};
    struct piece head = *piece;
    size_t most = output->action->alert;

    if (!most || (piece->begins && piece->size < most + tail.size + 1))
        most = SIZE_MAX;
    if (piece->begins)
        output->is_cut = most != SIZE_MAX;
    else if (output->is_cut)
        return;
    if (output->is_cut) {
        head.size = most;
        head.ends = false;
    }
    gather(output, &head);
    if (output->is_cut)
        gather(output, &tail);
}

/* The first piece of a line is all that a status file shows of it: what comes
 * later would find it written already. */
static void gather_status(struct output *output, const struct piece *piece)
{
    struct piece line = *piece;

    if (!piece->begins)
        return;
    line.ends = true;
    output->size = 0;
    gather(output, &line);
}

void output_put(struct output *output, const struct piece *piece)
{
    if (output->into->is_gone)
        return;
    if (output->action->to == TO_ALERT)
        gather_alert(output, piece);
    else if (output->action->to == TO_STATUS)
        gather_status(output, piece);
    else
        gather(output, piece);
}

bool output_waits(const struct output *output)
{
    return output->size > 0;
}

static void advance(struct output *output, size_t count)
{
    output->done += count;
    if (output->done == output->size)
        output->done = output->size = 0;
}

static bool flush_logdir(struct output *output, int64_t now)
{
    struct logdir *logdir = output->logdir;

    if (logdir->retry_at)
        return false;
    output->is_unsynced |= output->size && logdir->policy.syncs;
    while (output->size) {
        ssize_t count = -1;

        if (logdir_seek_end(logdir))
            count = write(logdir->current, output->buf + output->done,
                          output->size - output->done);
        if (count < 0) {
            rotate_failed(logdir, "write to", "/current", now);
            return false;
        }
        logdir->size += (size_t)count;
        advance(output, (size_t)count);
    }
    if (output->is_unsynced && fdatasync(logdir->current) < 0) {
        rotate_failed(logdir, "sync", "/current", now);
        return false;
    }
    output->is_unsynced = false;
    return true;
}

/* Loggers may share a pipe, which keeps a write() of at most PIPE_BUF bytes
 * together: so each is of whole lines, but where one is longer than that. */
static size_t whole_lines(const char *text, size_t left)
{
    const char *end;

    if (left <= PIPE_BUF)
        return left;
    end = memrchr(text, '\n', PIPE_BUF);
    return end ? (size_t)(end - text) + 1 : PIPE_BUF;
}

/* A pipe or terminal that poll() calls writable takes PIPE_BUF bytes without a
 * wait.  It is not made non-blocking for that: the descriptor may be shared. */
static size_t writable(const struct output *output)
{
    struct pollfd out = {.fd = output->fd, .events = POLLOUT};
    size_t left = output->size - output->done;

    if (output->is_regular)
        return left;
    if (poll(&out, 1, 0) <= 0)
        return 0;
    return whole_lines(output->buf + output->done, left);
}

static bool flush_stream(struct output *output)
{
    size_t room;

    while (output->size && (room = writable(output)) > 0) {
        ssize_t count = write(output->fd, output->buf + output->done, room);

        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (count < 0) {
            if (output->fd == STDOUT_FILENO)
                warn_sys("unable to write to standard output (given up)");
            output->is_gone = true;
            output->done = output->size = 0;
        } else {
            advance(output, (size_t)count);
        }
    }
    return output->size == 0;
}

/* Brings the line to the size of the file: what lies beyond is cut off, what
 * lacks is newlines.  The buffer has room for as much. */
static void fit_status(struct output *output)
{
    size_t size = output->action->status;

    if (!size)
        return;
    if (output->size < size)
        memset(output->buf + output->size, '\n', size - output->size);
    output->size = size;
}

static void flush_status(struct output *output)
{
    const char *path = output->action->path;

    fit_status(output);
    if (sv_at_replace(AT_FDCWD, ".", path, output->fresh, output->buf,
                      output->size))
        output->has_failed = false;
    else if (!output->has_failed) {
        warn_sys("unable to write status file ", path);
        output->has_failed = true;
    }
    output->size = 0;
}

bool output_flush(struct output *output, int64_t now)
{
    if (!output->size && !output->is_unsynced)
        return true;
    if (output->logdir)
        return flush_logdir(output, now);
    if (output->fd >= 0)
        return flush_stream(output);
    flush_status(output);
    return true;
}
