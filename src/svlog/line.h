/* SPDX-License-Identifier: ISC */
/*
 * line.h - bytes to lines.
 *
 * A line ends at a newline or at a NUL.  A line that is longer than the limit
 * ends there, and the rest is a line of its own.  A line may also come in
 * pieces, the first of which begins it and the last of which ends it: that is
 * how a line of any length passes through a window of fixed size.
 */
#ifndef SVLOG_LINE_H
#define SVLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What follows the bytes at hand. */
enum rest {
    REST_COMES,  /* more, later: an unfinished line waits for it */
    REST_PIECES, /* more, but there is no room to wait: pass what there is, if
                    it is of one line that has no end yet */
    REST_NONE,   /* nothing, ever: what there is is the last line */
};

struct lines {
    const char *begin;
    const char *at;  /* the first byte that has not been passed */
    const char *end;
    enum rest rest;
    uint64_t limit;  /* 0: none */
    bool whole_characters; /* a piece does not part a character of UTF-8 */
    uint64_t column; /* bytes of the line at hand that have been passed */
};

struct piece {
    const char *text;
    size_t size;
    bool begins;
    bool ends;
};

/* Starts on size bytes of text; the limit, whole_characters and column are
 * kept. */
void lines_begin(struct lines *lines, const char *text, size_t size,
                 enum rest rest);

/* The next piece; false when there is none yet.  The bytes from lines->at on
 * are then to be given again, with more after them. */
bool lines_next(struct lines *lines, struct piece *piece);

#endif
