/* SPDX-License-Identifier: ISC */
/*
 * source.h - the lines of one log, and of several in the order of their times.
 */
#ifndef SVCTL_SOURCE_H
#define SVCTL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/paths.h"
#include "sv/reader.h"

struct source {
    char service[SV_NAME_MAX + 1];
    int dir;
    struct sv_log_reader reader;
    struct sv_log_place start; /* source_rewind goes there */
    char *bytes;   /* what was read */
    size_t used;   /* so much of it */
    size_t room;
    size_t from;   /* the line at hand begins here ... */
    size_t size;   /* ... and has so many bytes, and a newline */
    bool has_line; /* there is one */
    int64_t time;  /* of the line at hand, or of the last that had a stamp */
    int64_t since; /* what is older is left out, until one is not */
};

/* Opens the logdir of a service.  False with errno set. */
bool source_open(struct source *source, const char *service, const char *path);
void source_close(struct source *source);

/* Stands before the last lines, or at the first line of the time since or
 * later. */
bool source_begin_tail(struct source *source, size_t lines);
bool source_begin_since(struct source *source, int64_t since);

/* Stands where it began. */
bool source_rewind(struct source *source);

/* Goes to the next line.  False if none is whole yet: has_line is false.
 * Exits with 111 where the log cannot be read. */
bool source_next(struct source *source);

/* Takes what there is of a line that has no end yet. */
bool source_rest(struct source *source);

/* The one of the sources whose line is the oldest; NULL if none has one. */
struct source *source_oldest(struct source *sources, size_t count);

#endif
