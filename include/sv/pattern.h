/* SPDX-License-Identifier: ISC */
/*
 * pattern.h - what has been said, byte by byte, and does it match a pattern?
 *
 * The pattern is an extended regular expression (regcomp(3)).  It is tried
 * before the first byte and after each: ^ is where listening began, $ is the
 * byte that was heard last.
 *
 * Source: s6's ftrigr, contract 9.13.
 */
#ifndef SV_PATTERN_H
#define SV_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum { SV_PATTERN_MAX = 4096 };

struct sv_pattern {
    regex_t regex;
    bool has_forgotten; /* bytes[0] is not the first that was heard */
    size_t used;
    char bytes[SV_PATTERN_MAX + 1]; /* a string */
};

/* Begins with nothing heard.  False with errno set (EINVAL: not a regular
 * expression; ENOMEM); then there is nothing to end. */
bool sv_pattern_begin(struct sv_pattern *pattern, const char *regex);

/* Does what has been heard match? */
bool sv_pattern_matches(const struct sv_pattern *pattern);

/* Adds a byte.  When SV_PATTERN_MAX have been heard the older half is
 * forgotten, and ^ matches no more.  A NUL is passed over. */
void sv_pattern_hear(struct sv_pattern *pattern, char byte);

void sv_pattern_end(struct sv_pattern *pattern);

#endif
