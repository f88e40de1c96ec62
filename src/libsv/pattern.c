/* SPDX-License-Identifier: ISC */
/*
 * pattern.c - what has been said, and does it match a pattern?
 */
#include <errno.h>
#include <string.h>

#include "sv/pattern.h"

bool sv_pattern_begin(struct sv_pattern *pattern, const char *regex)
{
    int error = regcomp(&pattern->regex, regex, REG_EXTENDED | REG_NOSUB);

    pattern->has_forgotten = false;
    pattern->used = 0;
    pattern->bytes[0] = '\0';
    if (error == 0)
        return true;
    errno = error == REG_ESPACE ? ENOMEM : EINVAL;
    return false;
}

bool sv_pattern_matches(const struct sv_pattern *pattern)
{
    return regexec(&pattern->regex, pattern->bytes, 0, NULL,
                   pattern->has_forgotten ? REG_NOTBOL : 0) == 0;
}

static void forget_half(struct sv_pattern *pattern)
{
    size_t kept = SV_PATTERN_MAX / 2;

    memmove(pattern->bytes, pattern->bytes + pattern->used - kept, kept);
    pattern->used = kept;
    pattern->has_forgotten = true;
}

void sv_pattern_hear(struct sv_pattern *pattern, char byte)
{
    if (byte == '\0')
        return;
    if (pattern->used == SV_PATTERN_MAX)
        forget_half(pattern);
    pattern->bytes[pattern->used++] = byte;
    pattern->bytes[pattern->used] = '\0';
}

void sv_pattern_end(struct sv_pattern *pattern)
{
    regfree(&pattern->regex);
}
