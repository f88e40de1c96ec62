/* SPDX-License-Identifier: ISC */
/*
 * shipfeed.h - the lines of the logdir that is shipped, and the place after
 * each of them.
 */
#ifndef SVLOG_SHIPFEED_H
#define SVLOG_SHIPFEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/reader.h"

enum { FEED_SIZE = 65536 };

struct feed {
    struct sv_log_reader reader;
    struct sv_log_place at; /* of what is next */
    int64_t time;    /* of the line at hand; FRAME_NO_TIME */
    bool is_inside;  /* a piece of it has been had */
    bool has_more;   /* the reader went over to the next file ... */
    struct sv_log_place more; /* ... which begins here, behind the newline */
    size_t from;
    size_t used;
    char bytes[FEED_SIZE];
};

/* Begins at the place.  False with errno set. */
bool feed_begin(struct feed *feed, int dir, const struct sv_log_place *place);

enum fed {
    FED_LINE,   /* *text is a line, or the last piece of one */
    FED_PIECE,  /* *text is the beginning of a line longer than limit */
    FED_NONE,   /* there is no line that is whole */
    FED_FAILED, /* the log could not be read; errno says why */
};

/* The next text without stamps and newline, of at most limit bytes, which is
 * valid until the next call; feed->at is behind it then.  UTF-8 is cut between
 * characters. */
enum fed feed_next(struct feed *feed, size_t limit, const char **text,
                   size_t *size);

#endif
