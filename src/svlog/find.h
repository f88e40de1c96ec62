/* SPDX-License-Identifier: ISC */
/*
 * find.h - looks for bytes and copies them, 16 at a time.
 *
 * What a logger does with a line is mostly to look for its end, to look for a
 * few words in it, and to copy it.  The C library's functions for that are made
 * to be small, or to be good at long texts.
 */
#ifndef SVLOG_FIND_H
#define SVLOG_FIND_H

#include <stddef.h>
#include <string.h>

/* Bytes that copy_over() may read beyond what it is given, and write beyond
 * what it gives. */
enum { COPY_SLACK = 16 };

/* The first newline or NUL in [at, end); end if there is none. */
const char *find_line_end(const char *at, const char *end);

/* The first NUL in [at, end); NULL if there is none. */
const char *find_nul(const char *at, const char *end);

/* The first place in [at, end) at which the size bytes of text stand; NULL if
 * there is none.  size 0 is found at once. */
const char *find_text(const char *at, const char *end, const char *text,
                      size_t size);

/* Copies size bytes, and whatever is in the COPY_SLACK bytes after them: both
 * sides have as many, and do not overlap.  Returns size. */
static inline size_t copy_over(char *to, const char *from, size_t size)
{
    for (size_t i = 0; i < size; i += COPY_SLACK)
        memcpy(to + i, from + i, COPY_SLACK);
    return size;
}

#endif
