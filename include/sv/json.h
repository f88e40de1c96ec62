/* SPDX-License-Identifier: ISC */
/*
 * json.h - bytes as the inside of a string of JSON.
 */
#ifndef SV_JSON_H
#define SV_JSON_H

#include <stddef.h>

enum { SV_JSON_ESCAPED = 8 }; /* bytes that one character becomes, or less */

/* Writes the first character of the size bytes, of which there is one at least,
 * to buf, without a NUL, and returns how many bytes that made; *used is how many
 * it was.  Control characters are escaped, and a byte that is not UTF-8 comes
 * out as if it were Latin-1: what is made is always valid. */
size_t sv_json_escape(char buf[static SV_JSON_ESCAPED], const char *bytes,
                      size_t size, size_t *used);

#endif
