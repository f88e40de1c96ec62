/* SPDX-License-Identifier: ISC */
/* input.c - takes bytes from standard input, once each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svlog/input.h"
#include "svlog/svlog.h"

/* What may wait in the in-flight file while the logs cannot be written. */
enum { WAITING_MAX = 16 * 1024 * 1024, PIPE_ROOM = 2 * WINDOW };

_Static_assert(INFLIGHT_REWIND >= INFLIGHT_LEDGER + 2 * WINDOW,
               "a rewind must not overwrite what it copies");

bool input_open(struct input *input, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    input->fd = fd;
    input->inflight.fd = -1;
    input->source = S_ISFIFO(st.st_mode)   ? SOURCE_PIPE
                    : S_ISREG(st.st_mode) ? SOURCE_FILE
                                          : SOURCE_OTHER;
    return true;
}

void input_make_roomy(const struct input *input)
{
    int size = fcntl(input->fd, F_GETPIPE_SZ);

    if (size > 0 && size < PIPE_ROOM)
        fcntl(input->fd, F_SETPIPE_SZ, PIPE_ROOM);
}

static bool has_inflight(const struct input *input)
{
    return input->inflight.fd >= 0;
}

/* Reads into memory.  Standard input that cannot be read (a terminal that has
 * hung up) has ended. */
static enum taken take_by_reading(struct input *input, char *buf, size_t room,
                                  size_t *count)
{
    ssize_t got = read(input->fd, buf, room);

    if (got > 0) {
        *count += (size_t)got;
        input->total += (uint64_t)got;
        return TAKEN_SOME;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return TAKEN_NOTHING;
    if (got < 0)
        warn_sys("unable to read standard input (taken as its end)");
    return TAKEN_LAST;
}

/* By way of the passage, which keeps what the file does not take. */
static enum taken take_by_writing(struct input *input, size_t size)
{
    struct inflight *inflight = &input->inflight;
    enum taken taken = TAKEN_SOME;
    ssize_t put;

    if (!input->passing)
        taken = take_by_reading(input, input->passage, size, &input->passing);
    if (taken != TAKEN_SOME)
        return taken;
    put = pwrite(inflight->fd, input->passage, input->passing,
                 (off_t)inflight->size);
    if (put < 0)
        return TAKEN_FAILED;
    inflight->size += (uint64_t)put;
    input->passing -= (size_t)put;
    memmove(input->passage, input->passage + put, input->passing);
    return TAKEN_SOME;
}

static ssize_t move(struct input *input, int file, size_t size)
{
    if (input->source == SOURCE_PIPE)
        return splice(input->fd, NULL, file, NULL, size, SPLICE_F_NONBLOCK);
    return sendfile(file, input->fd, NULL, size);
}

static enum taken take_by_moving(struct input *input, int file, size_t size,
                                 uint64_t *count)
{
    ssize_t moved = move(input, file, size);

    if (moved > 0) {
        *count += (uint64_t)moved;
        input->total += (uint64_t)moved;
        return TAKEN_SOME;
    }
    if (moved == 0)
        return TAKEN_LAST;
    if (errno == EAGAIN || errno == EINTR)
        return TAKEN_NOTHING;
    if (errno != EINVAL)
        return TAKEN_FAILED;
    input->source = SOURCE_OTHER; /* a file system that cannot do it */
    return TAKEN_NOTHING;
}

static enum taken take_into_inflight(struct input *input, size_t size)
{
    struct inflight *inflight = &input->inflight;

    if (input->source == SOURCE_OTHER)
        return take_by_writing(input, size);
    if (lseek(inflight->fd, (off_t)inflight->size, SEEK_SET) < 0)
        return TAKEN_FAILED;
    return take_by_moving(input, inflight->fd, size, &inflight->size);
}

enum taken input_take(struct input *input, size_t size)
{
    size_t room = WINDOW - (input->held < WINDOW ? input->held : 0);
    enum taken taken;

    if (size > room)
        size = room;
    if (has_inflight(input))
        taken = take_into_inflight(input, size);
    else
        taken = take_by_reading(input, input->window + input->held, size,
                                &input->held);
    if (taken == TAKEN_LAST)
        input->has_ended = true;
    return taken;
}

bool input_can_go_straight(const struct input *input)
{
    return input->source != SOURCE_OTHER && has_inflight(input) &&
           !inflight_left(&input->inflight) && !input->inflight.ledger.cut;
}

enum taken input_take_straight(struct input *input, int file, size_t size,
                               uint64_t *moved)
{
    enum taken taken = take_by_moving(input, file, size, moved);

    if (taken == TAKEN_LAST)
        input->has_ended = true;
    return taken;
}

bool input_has_room(const struct input *input)
{
    const struct inflight *inflight = &input->inflight;

    if (!has_inflight(input))
        return input->held < WINDOW;
    /* What lies beyond a cut that is not made yet would be cut off too. */
    return !inflight->ledger.cut && !inflight->written.cut &&
           inflight_left(inflight) < WAITING_MAX;
}

bool input_fill(struct input *input)
{
    ssize_t got;

    if (input_is_in_window(input) || input->held == WINDOW)
        return true;
    got = inflight_read(&input->inflight, input->held,
                        input->window + input->held, WINDOW - input->held);
    if (got < 0)
        return false;
    input->held += (size_t)got;
    return true;
}

bool input_is_in_window(const struct input *input)
{
    return !has_inflight(input) ||
           inflight_left(&input->inflight) == input->held;
}

void input_drop(struct input *input, size_t size)
{
    input->held -= size;
    memmove(input->window, input->window + size, input->held);
    if (has_inflight(input))
        input->inflight.ledger.begin += size;
}

/* If the last byte cannot be read, it is taken for one inside a line: that
 * costs a wait at most. */
bool input_is_inside_line(const struct input *input, uint64_t column)
{
    char last = 0;

    if (input->passing)
        last = input->passage[input->passing - 1];
    else if (input_is_in_window(input) && input->held)
        last = input->window[input->held - 1];
    else if (input_is_in_window(input))
        return column > 0;
    else if (inflight_read(&input->inflight,
                           inflight_left(&input->inflight) - 1, &last, 1) != 1)
        return true;
    return last && last != '\n';
}

bool input_settle(struct input *input)
{
    struct inflight *inflight = &input->inflight;

    if (!has_inflight(input))
        return true;
    if (inflight->ledger.cut || (inflight->size >= INFLIGHT_REWIND &&
                                 input_is_in_window(input)))
        return inflight_rewind(inflight, input->window, input->held);
    return inflight_settle(inflight);
}
