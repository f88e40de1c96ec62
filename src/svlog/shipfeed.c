/* SPDX-License-Identifier: ISC */
/* shipfeed.c - the lines of the logdir that is shipped. */
#include <string.h>

#include "sv/dated.h"
#include "svlog/shipfeed.h"
#include "svlog/shipframe.h"

bool feed_begin(struct feed *feed, int dir, const struct sv_log_place *place)
{
    bool was_found;

    sv_log_end(&feed->reader);
    feed->from = feed->used = 0;
    feed->is_inside = feed->has_more = false;
    if (!sv_log_begin_at(&feed->reader, dir, place, &was_found))
        return false;
    feed->at = feed->reader.at;
    return true;
}

/* Steps over so many bytes; behind the end of a file is the next one. */
static void step(struct feed *feed, size_t size)
{
    feed->from += size;
    feed->at.offset += size;
    if (feed->has_more && feed->bytes[feed->from - 1] == '\n') {
        feed->at = feed->more;
        feed->has_more = false;
    }
}

/* The reader has gone over to another file, of which it has read n bytes.  A
 * file that does not end with a newline ends its line all the same. */
static void cross(struct feed *feed, size_t n)
{
    struct sv_log_place begin = feed->reader.at;

    begin.offset -= n;
    if (feed->used == feed->from) {
        feed->at = begin;
        memmove(feed->bytes + feed->used, feed->bytes + feed->used + 1, n);
        return;
    }
    feed->bytes[feed->used++] = '\n';
    feed->more = begin;
    feed->has_more = true;
}

/* False, with *fed set, if nothing more is there. */
static bool read_more(struct feed *feed, enum fed *fed)
{
    uint64_t files = feed->reader.files;
    ssize_t n;

    memmove(feed->bytes, feed->bytes + feed->from, feed->used - feed->from);
    feed->used -= feed->from;
    feed->from = 0;
    /* A byte is left, for that newline. */
    n = sv_log_read(&feed->reader, feed->bytes + feed->used + 1,
                    FEED_SIZE - feed->used - 1);
    *fed = n < 0 ? FED_FAILED : FED_NONE;
    if (n < 0)
        return false;
    if (feed->reader.files != files)
        cross(feed, (size_t)n);
    else
        memmove(feed->bytes + feed->used, feed->bytes + feed->used + 1,
                (size_t)n);
    feed->used += (size_t)n;
    if (!feed->has_more)
        feed->at.changed = feed->reader.at.changed;
    return n > 0 || feed->has_more;
}

/* At most limit bytes, and not a part of a character. */
static size_t cut(const char *text, size_t limit)
{
    size_t size = limit;

    for (int i = 0; i < 3 && size > 1; i++) {
        if (((unsigned char)text[size] & 0xc0) != 0x80)
            return size;
        size--;
    }
    return ((unsigned char)text[size] & 0xc0) == 0x80 ? limit : size;
}

/* At the beginning of a line: its stamps.  They are stepped over with the text
 * that follows, so that no place is between the two. */
static size_t take_stamps(struct feed *feed, const char *line, size_t size)
{
    if (feed->is_inside)
        return 0;
    feed->time = FRAME_NO_TIME;
    return sv_dated(line, size, &feed->time);
}

enum fed feed_next(struct feed *feed, size_t limit, const char **text,
                   size_t *size)
{
    enum fed fed;

    for (;;) {
        const char *at = feed->bytes + feed->from;
        size_t held = feed->used - feed->from;
        const char *newline = held ? memchr(at, '\n', held) : NULL;
        size_t line = newline ? (size_t)(newline - at) : held;

        if (newline || held > limit + SV_DATED_MAX) {
            size_t stamps = take_stamps(feed, at, line);

            feed->is_inside = line - stamps > limit;
            *text = at + stamps;
            *size = feed->is_inside ? cut(*text, limit) : line - stamps;
            step(feed, stamps + *size + !feed->is_inside);
            return feed->is_inside ? FED_PIECE : FED_LINE;
        }
        if (!read_more(feed, &fed))
            return fed;
    }
}
