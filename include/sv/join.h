/* SPDX-License-Identifier: ISC */
/*
 * join.h - texts put together from strings.
 *
 * For the programs that print no tables: what printf(3) can do beside that,
 * floating point above all, would be 11 kB of each.  Numbers are strings by
 * sv_number of say.h.
 */
#ifndef SV_JOIN_H
#define SV_JOIN_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the strings of list, which ends with NULL (SV_STRINGS of say.h makes
 * one), one behind the other into buf, and a final NUL.  What does not fit in
 * size bytes, of which there is at least one, is cut off: then false, with errno
 * ENAMETOOLONG. */
bool sv_join(char *buf, size_t size, const char *const *list);

#endif
