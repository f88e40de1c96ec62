/* SPDX-License-Identifier: ISC */
/* pattern.c - recognizes plain text in a regular expression; matches lines. */
#include <stdlib.h>
#include <string.h>

#include "svlog/pattern.h"

static const char special[] = ".[\\()*+?{|^$";

/* Copies the plain text that source is, with its backslashes taken away; false
 * if it is more than that.  A ] or } that is escaped is for regcomp(3) to judge:
 * POSIX leaves it open. */
static bool copy_literal(struct pattern *pattern, const char *source)
{
    char *to = pattern->literal;

    for (; *source; source++) {
        if (*source == '$' && !source[1]) {
            pattern->at_end = true;
            break;
        }
        if (*source == '\\' && source[1] && strchr(special, source[1]))
            source++;
        else if (strchr(special, *source))
            return false;
        *to++ = *source;
    }
    pattern->size = (size_t)(to - pattern->literal);
    return true;
}

bool pattern_compile(struct pattern *pattern, const char *text)
{
    *pattern = (struct pattern){.at_head = *text == '^'};
    pattern->literal = malloc(strlen(text) + 1);
    if (!pattern->literal)
        return false;
    if (copy_literal(pattern, text + pattern->at_head))
        return true;
    free(pattern->literal);
    pattern->literal = NULL;
    return regcomp(&pattern->regex, text,
                   REG_EXTENDED | REG_NOSUB | REG_NEWLINE) == 0;
}

static bool has_literal(const struct pattern *pattern, const char *line,
                        size_t size)
{
    if (pattern->size > size)
        return false;
    if (pattern->at_head && pattern->at_end && pattern->size != size)
        return false;
    if (pattern->at_head)
        return memcmp(line, pattern->literal, pattern->size) == 0;
    if (pattern->at_end)
        return memcmp(line + size - pattern->size, pattern->literal,
                      pattern->size) == 0;
    return memmem(line, size, pattern->literal, pattern->size) != NULL;
}

bool pattern_matches(const struct pattern *pattern, const char *line,
                     size_t size)
{
    if (pattern->literal)
        return has_literal(pattern, line, size);
    return regexec(&pattern->regex, line, 0, NULL, 0) == 0;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern->literal)
        free(pattern->literal);
    else
        regfree(&pattern->regex);
}
