/* SPDX-License-Identifier: ISC */
/*
 * rows.h - the rows of many services, and the names that people type.
 */
#ifndef SVCTL_ROWS_H
#define SVCTL_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "sv/wire.h"

struct rows {
    struct sv_wire_row *rows;
    size_t count;
    size_t room;
};

/* Appends a copy of *row.  Exits with 111 where there is no memory. */
void rows_add(struct rows *rows, const struct sv_wire_row *row);
/* By name, each logger after its service. */
void rows_sort(struct rows *rows);
/* Of sorted rows; NULL if none has that name. */
struct sv_wire_row *rows_find(const struct rows *rows, const char *name);
void rows_free(struct rows *rows);

/* Does name hold a character that makes it a pattern? */
bool name_is_pattern(const char *name);

/* Does the pattern match?  * stands for any bytes, ? for one, but for slashes;
 * [a-z] for one of a set, [!a-z] for one that is not of it, and \ takes its
 * meaning from what follows.  Not fnmatch(3), whose classes of letters make
 * svctl a tenth larger. */
bool name_matches(const char *pattern, const char *name);

/* "web/log" is a logger's name. */
bool name_is_logger(const char *name);

/* How many letters must be changed, added, taken out, or swapped with their
 * neighbour to make one of the other.  More than limit comes out as
 * limit + 1. */
size_t name_distance(const char *one, const char *other, size_t limit);

/* Of several words, the one that is most like a mistyped one: begun by
 * nearest_to, which keeps the pointer, then shown the words; found is NULL as
 * long as none was much like it.  Nothing is more like it than a word that
 * begins with it, if it is more than a letter. */
struct nearest {
    const char *mistyped;
    const char *found;
    size_t distance; /* found is less than that away */
};
struct nearest nearest_to(const char *mistyped);
void nearest_try(struct nearest *nearest, const char *word);

/* What is said behind the mistyped word: " (did you mean web?)", or "". */
enum { HINT_MAX = SV_NAME_MAX + sizeof " (did you mean ?)" };
const char *nearest_hint(const struct nearest *nearest,
                         char hint[static HINT_MAX]);

#endif
