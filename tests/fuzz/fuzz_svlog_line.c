/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svlog_line.c - lines do not depend on how their bytes arrive.
 *
 * The first byte is the limit of a line, the second says in what portions the
 * others come, through a window that most lines do not fit in.  What comes out
 * is compared with what the definition of a line says, byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOLDS = 16, TEXT_MAX = 64 * 1024 };

struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void add(struct text *text, const char *bytes, size_t size)
{
    must(text->size + size <= TEXT_MAX);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* What is meant. */
static void define(struct text *text, const char *at, const char *end,
                   uint64_t limit)
{
    uint64_t column = 0;

    for (; at < end; at++) {
        bool is_end = *at == '\n' || *at == 0;

        if (is_end || (limit && column == limit))
            add(text, "\n", 1);
        column = is_end ? 0 : limit && column == limit ? 1 : column + 1;
        if (!is_end)
            add(text, at, 1);
    }
    if (column)
        add(text, "\n", 1);
}

/* Passes on what the window has; returns how much of it that was. */
static size_t work(struct lines *lines, struct text *text, const char *window,
                   size_t held, enum rest rest)
{
    struct piece piece;

    lines_begin(lines, window, held, rest);
    while (lines_next(lines, &piece)) {
        must(piece.text >= window && piece.text + piece.size <= window + held);
        must(piece.begins == (text->size == 0 ||
                              text->bytes[text->size - 1] == '\n'));
        add(text, piece.text, piece.size);
        if (piece.ends)
            add(text, "\n", 1);
        must(piece.ends == (lines->column == 0));
    }
    return (size_t)(lines->at - window);
}

static void arrive(struct text *text, const char *at, const char *end,
                   struct lines *lines, uint8_t portions)
{
    char window[HOLDS];
    size_t held = 0;
    size_t portion = portions;
    size_t gone;

    do {
        size_t room = HOLDS - held;
        size_t left = (size_t)(end - at);
        enum rest rest;

        portion = portion * 5 % 251;
        if (room > portion % HOLDS + 1)
            room = portion % HOLDS + 1;
        if (room > left)
            room = left;
        memcpy(window + held, at, room);
        at += room;
        held += room;
        rest = at == end       ? REST_NONE
               : held == HOLDS ? REST_PIECES
                               : REST_COMES;
        gone = work(lines, text, window, held, rest);
        held -= gone;
        memmove(window, window + gone, held);
        must(held < HOLDS);
    } while (at < end);
    must(held == 0 && lines->column == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text meant;
    static struct text made;
    struct lines lines = {0};

    if (size < 2 || size > TEXT_MAX / 2)
        return 0;
    meant.size = made.size = 0;
    lines.limit = data[0] % 64;
    define(&meant, (const char *)data + 2, (const char *)data + size,
           lines.limit);
    arrive(&made, (const char *)data + 2, (const char *)data + size, &lines,
           data[1]);
    must(made.size == meant.size &&
         memcmp(made.bytes, meant.bytes, meant.size) == 0);
    return 0;
}
