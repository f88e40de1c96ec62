/* SPDX-License-Identifier: ISC */
/*
 * shape.h - what a line looks like when it is written: its head, itself, its
 * tail.
 *
 * Text:  who gives an alert, stamps (t, T, :utc), the service's name (:name), a
 *        prefix (p), and the line as it came.
 * JSON:  {"time":"2026-11-26T15:04:05.678901Z","service":"web",
 *        "stream":"stdout","msg":"the prefix and the line, escaped"}
 */
#ifndef SVLOG_SHAPE_H
#define SVLOG_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svlog/find.h"
#include "svlog/line.h"
#include "svlog/script.h"

struct shape {
    const struct action *action;
    char *head;
    size_t head_size;
    char *stamps; /* in head, where they stand */
    char tail[COPY_SLACK];
    size_t tail_size;
    size_t expands; /* bytes that one of a line may become */
};

/* Makes what does not change.  The action stays the caller's.  False with errno
 * set. */
bool shape_open(struct shape *shape, const struct action *action);

/* The lines that follow bear this time, in nanoseconds since 1970. */
void shape_stamp(struct shape *shape, int64_t realtime);

/* Writes a piece of a line to at, and returns its size there.  At both, there
 * are COPY_SLACK bytes more (find.h). */
size_t shape_put(const struct shape *shape, char *at,
                 const struct piece *piece);

/* The most bytes that a piece of size bytes can make. */
size_t shape_most(const struct shape *shape, size_t size);

#endif
