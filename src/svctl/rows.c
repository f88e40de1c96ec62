/* SPDX-License-Identifier: ISC */
/*
 * rows.c - the rows of many services, and the names that people type.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svctl/keep.h"
#include "svctl/rows.h"

void rows_add(struct rows *rows, const struct sv_wire_row *row)
{
    rows->rows =
        keep_room(rows->rows, rows->count, &rows->room, sizeof *row);
    rows->rows[rows->count++] = *row;
}

/* As strcmp, but a slash is the least letter: web, web/log, web-2. */
static int compare_names(const char *one, const char *other)
{
    for (; *one && *one == *other; one++, other++)
        continue;

    int a = *one == '/' ? 1 : (unsigned char)*one;
    int b = *other == '/' ? 1 : (unsigned char)*other;

    return (a > b) - (a < b);
}

static int compare_rows(const void *one, const void *other)
{
    return compare_names(((const struct sv_wire_row *)one)->name,
                         ((const struct sv_wire_row *)other)->name);
}

void rows_sort(struct rows *rows)
{
    if (rows->count)
        qsort(rows->rows, rows->count, sizeof *rows->rows, compare_rows);
}

static int compare_name(const void *name, const void *row)
{
    return compare_names(name, ((const struct sv_wire_row *)row)->name);
}

struct sv_wire_row *rows_find(const struct rows *rows, const char *name)
{
    return rows->count ? bsearch(name, rows->rows, rows->count,
                                 sizeof *rows->rows, compare_name)
                       : NULL;
}

void rows_free(struct rows *rows)
{
    free(rows->rows);
    *rows = (struct rows){0};
}

/* ---- names -------------------------------------------------------------- */

bool name_is_pattern(const char *name)
{
    return strpbrk(name, "*?[") != NULL;
}

/* Is c of the set that begins behind a bracket?  Returns what stands behind the
 * bracket that ends it; NULL: none does. */
static const char *read_set(const char *set, unsigned char c, bool *is_in)
{
    bool is_inverse = *set == '!' || *set == '^';

    set += is_inverse;
    *is_in = is_inverse;
    do { /* a closing bracket that comes first is of the set */
        unsigned char low = (unsigned char)*set;
        unsigned char high = low;

        if (low && set[1] == '-' && set[2] && set[2] != ']') {
            set += 2;
            high = (unsigned char)*set;
        }
        if (!*set++)
            return NULL;
        if (low <= c && c <= high)
            *is_in = !is_inverse;
    } while (*set != ']');
    return set + 1;
}

/* What stands behind the first of a pattern, where that matches c; else NULL. */
static const char *match_one(const char *pattern, char c)
{
    const char *behind;
    bool is_in;

    if (*pattern == '[' &&
        (behind = read_set(pattern + 1, (unsigned char)c, &is_in)))
        return is_in && c != '/' ? behind : NULL;
    if (*pattern == '?' && c != '/')
        return pattern + 1;
    if (*pattern == '\\' && pattern[1])
        pattern++;
    return *pattern == c ? pattern + 1 : NULL;
}

/* Where the rest does not match, the last star takes one more; an earlier one
 * need not: whatever it would take, the last one can. */
bool name_matches(const char *pattern, const char *name)
{
    const char *behind_star = NULL;
    const char *taken = name; /* all up to here, by the last star */

    while (*name) {
        const char *behind = match_one(pattern, *name);

        if (*pattern == '*') {
            behind_star = ++pattern;
            taken = name;
        } else if (behind) {
            pattern = behind;
            name++;
        } else if (behind_star && *taken != '/') {
            pattern = behind_star;
            name = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool name_is_logger(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash && strcmp(slash + 1, SV_LOG) == 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t name_distance(const char *one, const char *other, size_t limit)
{
    /* Three lines of the table of distances between all beginnings. */
    static size_t lines[3][SV_NAME_MAX + 2];
    size_t *before = lines[0];
    size_t *last = lines[1];
    size_t *now = lines[2];
    size_t width = strnlen(other, SV_NAME_MAX + 1);

    if (width > SV_NAME_MAX || strnlen(one, SV_NAME_MAX + 1) > SV_NAME_MAX)
        return limit + 1;
    for (size_t j = 0; j <= width; j++)
        last[j] = j;
    for (size_t i = 1; one[i - 1]; i++) {
        now[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t change = one[i - 1] != other[j - 1];

            now[j] = least(least(last[j], now[j - 1]) + 1,
                           last[j - 1] + change);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
                one[i - 2] == other[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }

        size_t *oldest = before;

        before = last;
        last = now;
        now = oldest;
    }
    return least(last[width], limit + 1);
}

struct nearest nearest_to(const char *mistyped)
{
    return (struct nearest){mistyped, NULL, strlen(mistyped) > 4 ? 3 : 2};
}

static bool is_begun(const struct nearest *nearest, const char *word)
{
    size_t typed = strlen(nearest->mistyped);

    return typed > 1 && strncmp(word, nearest->mistyped, typed) == 0;
}

/* Of words that were begun, the one that least is missing of. */
void nearest_try(struct nearest *nearest, const char *word)
{
    bool begun = is_begun(nearest, word);
    size_t distance =
        begun ? 0 : name_distance(nearest->mistyped, word, nearest->distance);

    if (distance < nearest->distance ||
        (begun && strlen(word) < strlen(nearest->found))) {
        nearest->distance = distance;
        nearest->found = word;
    }
}

const char *nearest_hint(const struct nearest *nearest,
                         char hint[static HINT_MAX])
{
    *hint = 0;
    if (nearest->found)
        snprintf(hint, HINT_MAX, " (did you mean %s?)", nearest->found);
    return hint;
}
