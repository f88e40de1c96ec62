/* SPDX-License-Identifier: ISC */
/*
 * pattern.h - a POSIX extended regular expression, or the plain text that it is.
 *
 * Most patterns of scripts are plain text, at the head or the end of the line or
 * anywhere in it.  Those are searched for without the C library's regexec(3),
 * which may allocate and is slow on short lines.  Of most others a line must
 * hold some text if it is to match, and is spared the regexec without it.
 */
#ifndef SVLOG_PATTERN_H
#define SVLOG_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <regex.h>

struct pattern {
    char *text;    /* what every line that matches holds; it may be empty */
    size_t size;   /* of text */
    bool is_plain; /* the text is all there is to it */
    bool at_head;  /* it begins with ^, which is not part of the text */
    bool at_end;   /* it ends with $ */
    regex_t regex; /* unless it is plain */

    /* Lines that lie one after the other are searched as one text: what has been
     * found beyond a line need not be looked for in the lines up to there. */
    const char *end;  /* of all of them; NULL: each line is a text of its own */
    const char *next; /* where the text stands next, or end; NULL: not known */
};

/* Takes the source; false if it is no regular expression, or memory is short. */
bool pattern_compile(struct pattern *pattern, const char *source);

/* The lines that are asked for next lie before end, in their order. */
void pattern_begin(struct pattern *pattern, const char *end);

/* Does the line match?  line[size] is NUL, and no byte before it is. */
bool pattern_matches(struct pattern *pattern, const char *line, size_t size);

void pattern_free(struct pattern *pattern);

#endif
