/* SPDX-License-Identifier: ISC */
/* straight.c - takes lines into current, and looks at them there. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "svlog/find.h"
#include "svlog/straight.h"

/* Bytes to look at at a time: few enough to stay near the processor. */
enum { LOOK = 32 * 1024 };

bool straight_suits(const struct script *script, uint64_t limit)
{
    const struct action *only = script->actions;

    return script->count == 1 && only->to == TO_LOGDIR && !script->selects &&
           !only->has_label && !only->has_date && !only->has_utc &&
           !only->is_json && !only->name && !only->prefix && !limit &&
           !only->policy.syncs && !script->rate.lines;
}

size_t straight_room(const struct logdir *logdir)
{
    uint64_t due = logdir->size + logdir->policy.tolerance + 1;

    if (logdir->step != ROTATION_NONE || logdir->is_asked ||
        due + STRAIGHT_LEAST > logdir->policy.size)
        return 0;
    return (size_t)(logdir->policy.size - due);
}

enum taken straight_take(struct input *input, struct logdir *logdir,
                         size_t size)
{
    size_t room = straight_room(logdir);

    if (!logdir_seek_end(logdir))
        return TAKEN_FAILED;
    return input_take_straight(input, logdir->current,
                               size < room ? size : room, &logdir->size);
}

static bool end_lines(const struct logdir *logdir, uint64_t from, char *buf,
                      size_t size)
{
    const char *end = buf + size;
    const char *nul = buf;

    while ((nul = find_nul(nul, end)) != NULL) {
        buf[nul - buf] = '\n';
        if (pwrite(logdir->current, nul, 1, (off_t)from + (nul - buf)) != 1)
            return false;
    }
    return true;
}

bool straight_look(const struct logdir *logdir, uint64_t from,
                   struct lines *lines, char *buf)
{
    uint64_t column = lines->column;

    while (from < logdir->size) {
        uint64_t left = logdir->size - from;
        size_t size = left < LOOK ? (size_t)left : LOOK;
        ssize_t got = pread(logdir->current, buf, size, (off_t)from);
        const char *newline;

        if (got <= 0 || !end_lines(logdir, from, buf, (size_t)got))
            return got == 0; /* somebody has emptied it */
        newline = memrchr(buf, '\n', (size_t)got);
        column = newline ? (uint64_t)(buf + got - newline - 1)
                         : column + (uint64_t)got;
        from += (uint64_t)got;
    }
    lines->column = column;
    return true;
}
