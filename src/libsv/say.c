/* SPDX-License-Identifier: ISC */
/*
 * say.c - messages, composed in a buffer on the stack and written at once.
 *
 * No stdio: process 1 and the path that handles a death say things too, and
 * must not allocate.  A line, and with it the line that owns up to lost ones,
 * stays within PIPE_BUF, so that a pipe takes all of it or nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <skalibs/uint64.h>

#include "sv/at.h"
#include "sv/say.h"

_Static_assert(2 * SV_SAY_MAX <= PIPE_BUF, "two lines must fit in one write");
_Static_assert(SV_NUMBER_MAX >= UINT64_FMT, "a number must fit");

const char *sv_program = "mere-init";
int sv_say_fd = 2;
void (*sv_say_heard)(enum sv_level level, const char *text, size_t size);

/* Messages that could not be written, since the last one that was. */
static int64_t lost;

/* A line was written in part only: the next one must not continue it. */
static bool torn;

struct line {
    size_t used; /* never more than SV_SAY_MAX - 1: the newline has a place */
    size_t text; /* where what is said begins, behind program and level */
    bool full;
    char bytes[SV_SAY_MAX];
};

static void begin(struct line *line)
{
    line->used = 0;
    line->full = false;
}

static void put(struct line *line, const char *bytes, size_t size)
{
    size_t room = SV_SAY_MAX - 1 - line->used;

    if (size > room) {
        line->full = true;
        size = room;
    }
    memcpy(line->bytes + line->used, bytes, size);
    line->used += size;
}

/* A control character is shown, not sent: in a name it could end the line, or
 * move the cursor of a terminal. */
static void put_text(struct line *line, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '\n')
            put(line, "\\n", 2);
        else if (c < ' ' || c == 0x7f)
            put(line, (char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
        else
            put(line, text, 1);
    }
}

static void end(struct line *line)
{
    if (line->full)
        memcpy(line->bytes + line->used - 3, "...", 3);
    line->bytes[line->used++] = '\n';
}

static void compose(struct line *line, enum sv_level level, int error,
                    const char *const *list)
{
    static const char *const levels[] = {
        [SV_FATAL] = ": fatal: ",
        [SV_WARNING] = ": warning: ",
        [SV_INFO] = ": info: ",
    };

    put_text(line, sv_program);
    put_text(line, levels[level]);
    line->text = line->used;
    for (; *list != NULL; list++)
        put_text(line, *list);
    if (error != 0) {
        put_text(line, ": ");
        put_text(line, strerror(error));
    }
    end(line);
}

/* What must come before the next line, if any was lost. */
static void confess(struct line *line)
{
    char number[SV_NUMBER_MAX];

    if (lost == 0)
        return;
    if (torn)
        put(line, "\n", 1);
    compose(line, SV_WARNING, 0,
            SV_STRINGS("messages that could not be written: ",
                       sv_number(number, lost)));
}

/* The mode of a socket is everybody's who has it, but a message may have a flag
 * of its own. */
static ssize_t write_out(struct iovec parts[2])
{
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;

    if (sv_say_fd == STDERR_FILENO)
        return writev(sv_say_fd, parts, 2);
    sent = sendmsg(sv_say_fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 && errno == ENOTSOCK ? writev(sv_say_fd, parts, 2) : sent;
}

void sv_say(enum sv_level level, int error, const char *const *list)
{
    int saved = errno;
    struct line before;
    struct line line;

    begin(&before);
    confess(&before);
    begin(&line);
    compose(&line, level, error, list);
    if (sv_say_heard != NULL)
        sv_say_heard(level, line.bytes + line.text, line.used - line.text - 1);

    struct iovec parts[] = {{before.bytes, before.used},
                            {line.bytes, line.used}};
    size_t size = before.used + line.used;
    ssize_t written;

    do
        written = write_out(parts);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)size) {
        lost = 0;
        torn = false;
    } else {
        lost++;
        torn = torn || written > 0;
    }
    errno = saved;
}

_Noreturn void sv_say_and_exit(int code, int error, const char *const *list)
{
    sv_say(SV_FATAL, error, list);
    exit(code);
}

const char *sv_called(const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');

    return path == NULL ? "" : slash == NULL ? path : slash + 1;
}

_Noreturn void sv_die_usage(const char *text)
{
    sv_write_all(2, "usage: ", 7);
    sv_write_all(2, text, strlen(text));
    sv_write_all(2, "\n", 1);
    exit(SV_EXIT_USAGE);
}

_Noreturn void sv_print_and_exit(const char *text)
{
    if (!sv_write_all(1, text, strlen(text)))
        sv_die_sys("unable to write to standard output");
    exit(SV_EXIT_OK);
}

char *sv_number(char buf[static SV_NUMBER_MAX], int64_t n)
{
    buf[int64_fmt(buf, n)] = '\0';
    return buf;
}
