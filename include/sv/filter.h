/* SPDX-License-Identifier: ISC */
/*
 * filter.h - lines from one descriptor to another, with something put before
 * them.
 *
 * A line is looked at when it is whole, its newline included, and may hold any
 * bytes.  One that is longer than SV_FILTER_LINE is looked at when so much of
 * it has come, and the rest follows as it is: memory stays what it was.
 * What was made of the lines that have come is written before more is asked
 * for, so that nothing waits while the input does.
 */
#ifndef SV_FILTER_H
#define SV_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SV_FILTER_LINE = 65536,
    SV_FILTER_HEAD = 64, /* bytes that can be put before a line */
};

/* Says what is to stand before a line of size bytes, of which there is at least
 * one: writes it to head and returns its size.  *skip, 0 at first, is how many
 * bytes of the line it stands for, at most size. */
typedef size_t sv_filter_edit(char head[static SV_FILTER_HEAD],
                              const char *line, size_t size, size_t *skip);

/* The caller sets what is above the line, and the rest to zero. */
struct sv_filter {
    int from, to; /* either may be in non-blocking mode */
    sv_filter_edit *edit;
    bool completes; /* a last line without newline is given one */

    bool is_inside; /* the beginning of a long line is out already */
    size_t in_used, out_used;
    char in[SV_FILTER_LINE];
    char out[SV_FILTER_LINE];
};

enum sv_filter_end {
    SV_FILTER_DONE,     /* the end of the input; all is written */
    SV_FILTER_UNREAD,   /* it could not be read, errno says why */
    SV_FILTER_UNWRITTEN /* the output could not be written, errno says why */
};

/* Goes on until one of these.  Waits as long as it takes. */
enum sv_filter_end sv_filter_run(struct sv_filter *filter);

#endif
