/* SPDX-License-Identifier: ISC */
/*
 * find.c - looks for bytes, 16 at a time where the processor has SSE2, which
 * every x86_64 has; elsewhere by the C library.
 *
 * The last 16 bytes overlap with those before, so that nothing is read that is
 * not there, and no tail is left for a slower loop.
 */
#include <stdbool.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "svlog/find.h"

enum { STEP = 16, LEAP = 4 * STEP };

/* ---- where there is no SSE2, and where there are no 16 bytes ------------- */

static const char *line_end_by_byte(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != '\0')
        at++;
    return at;
}

static const char *text_by_byte(const char *at, const char *end,
                                const char *text, size_t size)
{
    return memmem(at, (size_t)(end - at), text, size);
}

#ifdef __SSE2__

static __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* ---- the end of a line --------------------------------------------------- */

/* A bit for each of 16 bytes that ends a line. */
static unsigned line_ends(const char *at)
{
    const __m128i bytes = load(at);
    const __m128i newline = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));
    const __m128i nul = _mm_cmpeq_epi8(bytes, _mm_setzero_si128());

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(newline, nul));
}

const char *find_line_end(const char *at, const char *end)
{
    if (end - at < STEP)
        return line_end_by_byte(at, end);
    for (;; at += STEP) {
        bool is_last = end - at <= STEP;
        unsigned ends;

        if (is_last)
            at = end - STEP;
        ends = line_ends(at);
        if (ends != 0)
            return at + __builtin_ctz(ends);
        if (is_last)
            return end;
    }
}

/* ---- a NUL --------------------------------------------------------------- */

/* The least of each 16 of 64 bytes: a NUL if there is one. */
static __m128i least(const char *at)
{
    const char *half = at + LEAP / 2;

    return _mm_min_epu8(_mm_min_epu8(load(at), load(at + STEP)),
                        _mm_min_epu8(load(half), load(half + STEP)));
}

const char *find_nul(const char *at, const char *end)
{
    while (end - at >= LEAP &&
           _mm_movemask_epi8(_mm_cmpeq_epi8(least(at), _mm_setzero_si128())) ==
               0)
        at += LEAP;
    return memchr(at, 0, (size_t)(end - at));
}

/* ---- a text -------------------------------------------------------------- */

struct needle {
    const char *text;
    size_t size;
    __m128i first; /* its first byte, and its last, 16 times each */
    __m128i last;
};

/* Of the 16 places from at on, the first at which it stands. */
static const char *among(const char *at, const struct needle *needle)
{
    const __m128i first = _mm_cmpeq_epi8(load(at), needle->first);
    const __m128i last =
        _mm_cmpeq_epi8(load(at + needle->size - 1), needle->last);
    unsigned may = (unsigned)_mm_movemask_epi8(_mm_and_si128(first, last));

    for (; may != 0; may &= may - 1) {
        const char *place = at + __builtin_ctz(may);

        if (memcmp(place, needle->text, needle->size) == 0)
            return place;
    }
    return NULL;
}

const char *find_text(const char *at, const char *end, const char *text,
                      size_t size)
{
    const char *stop; /* one past the last place where it may begin */
    struct needle needle = {text, size, {0}, {0}};

    if (size == 0)
        return at;
    if ((size_t)(end - at) < size - 1 + STEP)
        return text_by_byte(at, end, text, size);
    stop = end - size + 1;
    needle.first = _mm_set1_epi8(text[0]);
    needle.last = _mm_set1_epi8(text[size - 1]);
    for (;; at += STEP) {
        bool is_last = stop - at <= STEP;
        const char *found;

        if (is_last)
            at = stop - STEP;
        found = among(at, &needle);
        if (found != NULL || is_last)
            return found;
    }
}

#else

const char *find_line_end(const char *at, const char *end)
{
    return line_end_by_byte(at, end);
}

const char *find_nul(const char *at, const char *end)
{
    return memchr(at, 0, (size_t)(end - at));
}

const char *find_text(const char *at, const char *end, const char *text,
                      size_t size)
{
    return text_by_byte(at, end, text, size);
}

#endif
