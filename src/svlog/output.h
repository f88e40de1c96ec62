/* SPDX-License-Identifier: ISC */
/*
 * output.h - where an action's lines go: gathered, then written at once.
 *
 * What one slice of the input makes fits in an output's buffer, so a slice is
 * worked without a thought for what happens if a write fails: whoever works
 * asks output_room() first, and starts on a slice with empty buffers.  A
 * status file gets the last line of a slice only.
 */
#ifndef SVLOG_OUTPUT_H
#define SVLOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svlog/line.h"
#include "svlog/logdir.h"
#include "svlog/script.h"
#include "svlog/shape.h"

struct output {
    const struct action *action;
    struct logdir *logdir; /* TO_LOGDIR */
    int fd;                /* TO_STDOUT, TO_ALERT; -1 */
    struct output *into;   /* itself, or the first to the same place, whose
                              buffer keeps the lines of both in order */
    struct shape shape;
    char *fresh;    /* TO_STATUS: the file before it has its name */
    size_t fixed;   /* what a line of no bytes makes, of all that gather here */
    size_t expands; /* and each of its bytes */
    char *buf;
    size_t capacity;
    size_t size; /* bytes in buf */
    size_t done; /* of them, bytes that are written */
    uint64_t due; /* with so many, it is to be written */
    bool is_regular; /* fd is a file, which never waits */
    bool is_gone;    /* nobody reads fd any more */
    bool is_cut;     /* an alert: no more of this line */
    bool has_failed; /* a status file: which has been said */
    bool is_unsynced; /* :sync: what is written may not be on the disk */
};

/* Gets the memory that the output will ever need: for a slice of at least
 * window bytes.  into is the output itself, or an earlier one with the same
 * logdir.  False with errno set. */
bool output_open(struct output *output, const struct action *action,
                 struct logdir *logdir, struct output *into, size_t window);

/* Makes the head of the lines that follow, with the time that is given. */
void output_stamp(struct output *output, int64_t realtime);

/* For how many pieces is there room that are at most size bytes together,
 * newlines included?  There is for one at least if the buffer is empty and size
 * not more than a window. */
size_t output_room(const struct output *output, size_t size);

/* Gathers a piece.  There is room; COPY_SLACK bytes after its text can be
 * read. */
void output_put(struct output *output, const struct piece *piece);

/* Writes what was gathered; true when all of it is written.  Never waits.  If
 * a logdir fails, see rotate_failed(); a standard output that fails is gone
 * from then on, with a warning; what a status file does not take is given up,
 * with a warning the first time. */
bool output_flush(struct output *output, int64_t now);

/* Is there something that is not written? */
bool output_waits(const struct output *output);

#endif
