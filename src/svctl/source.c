/* SPDX-License-Identifier: ISC */
/*
 * source.c - the lines of one log, and of several in the order of their times.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/dated.h"
#include "sv/say.h"
#include "svctl/keep.h"
#include "svctl/source.h"

enum { PORTION = 16384 };

bool source_open(struct source *source, const char *service, const char *path)
{
    *source = (struct source){.time = INT64_MIN, .since = INT64_MIN};
    snprintf(source->service, sizeof source->service, "%s", service);
    source->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sv_log_begin(&source->reader, source->dir);
    return source->dir >= 0;
}

void source_close(struct source *source)
{
    sv_log_end(&source->reader);
    close(source->dir);
    free(source->bytes);
}

bool source_begin_tail(struct source *source, size_t lines)
{
    if (!sv_log_begin_tail(&source->reader, source->dir, lines))
        return false;
    source->start = source->reader.at;
    return true;
}

bool source_begin_since(struct source *source, int64_t since)
{
    source->since = since;
    if (!sv_log_begin_since(&source->reader, source->dir, since))
        return false;
    source->start = source->reader.at;
    return true;
}

bool source_rewind(struct source *source)
{
    bool was_found;

    sv_log_end(&source->reader);
    source->used = source->from = source->size = 0;
    source->has_line = false;
    source->time = INT64_MIN;
    return sv_log_begin_at(&source->reader, source->dir, &source->start,
                           &was_found);
}

/* Makes room for another portion, behind what is left of the line at hand. */
static void make_room(struct source *source)
{
    size_t left = source->used - source->from;

    if (source->from)
        memmove(source->bytes, source->bytes + source->from, left);
    source->from = 0;
    source->used = left;
    if (source->room - left >= PORTION)
        return;
    source->room += source->room ? source->room : (size_t)2 * PORTION;
    source->bytes = keep_or_die(realloc(source->bytes, source->room));
}

/* False at the end of what there is.  A file that does not end with a newline
 * ends its line all the same. */
static bool read_more(struct source *source)
{
    uint64_t files = source->reader.files;
    ssize_t n;

    make_room(source);
    /* A byte is left, for that newline. */
    n = sv_log_read(&source->reader, source->bytes + source->used + 1,
                    source->room - source->used - 1);
    if (n < 0)
        sv_die_sys("unable to read the log of ", source->service);
    if (n == 0)
        return false;
    if (source->used && source->reader.files != files)
        source->bytes[source->used++] = '\n';
    else
        memmove(source->bytes + source->used, source->bytes + source->used + 1,
                (size_t)n);
    source->used += (size_t)n;
    return true;
}

/* Notes when the line is from; false if it is too old.  A line without a stamp
 * is as old as the one before it. */
static bool date(struct source *source)
{
    sv_dated(source->bytes + source->from, source->size, &source->time);
    return source->time >= source->since;
}

static bool next_line(struct source *source)
{
    size_t looked = 0;

    if (source->has_line)
        source->from += source->size + 1;
    source->has_line = false;
    for (;;) {
        size_t left = source->used - source->from;
        const char *at = source->bytes + source->from;
        const char *newline =
            left > looked ? memchr(at + looked, '\n', left - looked) : NULL;

        if (newline) {
            source->size = (size_t)(newline - at);
            source->has_line = true;
            return true;
        }
        looked = left;
        if (!read_more(source))
            return false;
    }
}

bool source_next(struct source *source)
{
    while (next_line(source))
        if (date(source))
            return true;
    return false;
}

bool source_rest(struct source *source)
{
    if (source->used == source->from)
        return false;
    make_room(source);
    source->bytes[source->used++] = '\n';
    return source_next(source);
}

struct source *source_oldest(struct source *sources, size_t count)
{
    struct source *oldest = NULL;

    for (size_t i = 0; i < count; i++)
        if (sources[i].has_line && (!oldest || sources[i].time < oldest->time))
            oldest = sources + i;
    return oldest;
}
