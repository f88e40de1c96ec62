/* SPDX-License-Identifier: ISC */
/* line.c - finds the ends of lines. */
#include "svlog/find.h"
#include "svlog/line.h"

void lines_begin(struct lines *lines, const char *text, size_t size,
                 enum rest rest)
{
    lines->at = lines->begin = text;
    lines->end = text + size;
    lines->rest = rest;
}

/* The end of the line at hand; if it has more than room bytes, the place one
 * past that many; lines->end if it has no end yet. */
static const char *find_end(const struct lines *lines, uint64_t room)
{
    const char *end = lines->end;

    if ((uint64_t)(end - lines->at) > room)
        end = lines->at + room + 1;
    return find_line_end(lines->at, end);
}

static bool pass(struct lines *lines, struct piece *piece, size_t size,
                 bool ends)
{
    *piece = (struct piece){lines->at, size, lines->column == 0, ends};
    lines->at += size;
    lines->column = ends ? 0 : lines->column + size;
    return true;
}

/* How long the piece at hand may be; the line has begun under another limit
 * perhaps, that of a svlog which was killed. */
static uint64_t room_of(const struct lines *lines)
{
    if (!lines->limit)
        return UINT64_MAX;
    return lines->column < lines->limit ? lines->limit - lines->column : 0;
}

/* How many bytes at the end of the piece begin a character and do not end it. */
static size_t broken_end(const struct lines *lines, size_t size)
{
    static const unsigned char heads[] = {0xc0, 0xe0, 0xf0, 0xf8};
    const unsigned char *end = (const unsigned char *)lines->at + size;

    if (!lines->whole_characters)
        return 0;
    for (size_t i = 1; i < sizeof heads && i <= size; i++) {
        unsigned char byte = *(end - i);

        if ((byte & 0xc0) != 0x80)
            return byte >= heads[i - 1] && byte < heads[3] ? i : 0;
    }
    return 0;
}

bool lines_next(struct lines *lines, struct piece *piece)
{
    uint64_t room = room_of(lines);
    const char *end = find_end(lines, room);
    size_t size = (size_t)(end - lines->at);

    if (size > room)
        return pass(lines, piece, (size_t)room, true);
    if (end < lines->end) {
        pass(lines, piece, size, true);
        lines->at++;
        return true;
    }
    if (lines->rest == REST_NONE && (size || lines->column))
        return pass(lines, piece, size, true);
    if (lines->rest != REST_PIECES || lines->at != lines->begin)
        return false;
    size -= broken_end(lines, size);
    return size && pass(lines, piece, size, false);
}
