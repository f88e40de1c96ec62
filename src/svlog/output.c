/* SPDX-License-Identifier: ISC */
/* output.c - gathers lines and writes them. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svlog/output.h"
#include "svlog/rotate.h"
#include "svlog/stamp.h"
#include "svlog/svlog.h"

static size_t put(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    return size;
}

/* The prefix is put in place once; the stamps before it are written over. */
static bool make_head(struct output *output)
{
    const struct action *action = output->action;
    size_t label = action->has_label ? STAMP_LABEL : 0;
    size_t date = action->has_date ? STAMP_DATE : 0;
    size_t stamps = label + date;
    size_t prefix = action->prefix ? strlen(action->prefix) : 0;

    output->head = malloc(stamps + prefix + 1);
    if (!output->head)
        return false;
    output->head_size = stamps;
    if (prefix) {
        memcpy(output->head + stamps, action->prefix, prefix);
        output->head[stamps + prefix] = ' ';
        output->head_size += prefix + 1;
    }
    return true;
}

static bool make_room(struct output *into, size_t head, size_t window)
{
    char *buf;

    into->writers++;
    into->heads += head;
    into->capacity = into->heads + into->writers * 2 * window;
    buf = realloc(into->buf, into->capacity);
    if (buf)
        into->buf = buf;
    return buf != NULL;
}

bool output_open(struct output *output, const struct action *action,
                 struct logdir *logdir, struct output *into, size_t window)
{
    struct stat st;

    *output = (struct output){.action = action, .logdir = logdir,
                              .into = into};
    output->is_regular =
        !logdir && fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
    return make_head(output) && make_room(into, output->head_size, window);
}

void output_stamp(struct output *output, int64_t realtime)
{
    char *at = output->head;

    if (output->action->has_label) {
        stamp_label(at, realtime);
        at += STAMP_LABEL;
    }
    if (output->action->has_date)
        stamp_date(at, realtime);
}

bool output_has_room(const struct output *output, size_t size)
{
    return output->into != output ||
           output->capacity - output->size >
               output->heads + output->writers * (size + 1);
}

void output_put(struct output *output, const struct piece *piece)
{
    struct output *into = output->into;
    char *at = into->buf + into->size;

    if (into->is_gone)
        return;
    if (piece->begins)
        at += put(at, output->head, output->head_size);
    at += put(at, piece->text, piece->size);
    if (piece->ends)
        *at++ = '\n';
    into->size = (size_t)(at - into->buf);
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
    return true;
}

/* A pipe or terminal that poll() calls writable takes PIPE_BUF bytes without a
 * wait.  It is not made non-blocking for that: the descriptor may be shared. */
static size_t writable(const struct output *output)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    size_t left = output->size - output->done;

    if (output->is_regular)
        return left;
    if (poll(&out, 1, 0) <= 0)
        return 0;
    return left < PIPE_BUF ? left : PIPE_BUF;
}

static bool flush_stdout(struct output *output)
{
    size_t room;

    while (output->size && (room = writable(output)) > 0) {
        ssize_t count = write(STDOUT_FILENO, output->buf + output->done, room);

        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (count < 0) {
            warn_sys("unable to write to standard output (given up)");
            output->is_gone = true;
            output->done = output->size = 0;
        } else {
            advance(output, (size_t)count);
        }
    }
    return output->size == 0;
}

bool output_flush(struct output *output, int64_t now)
{
    if (!output->size)
        return true;
    return output->logdir ? flush_logdir(output, now) : flush_stdout(output);
}
