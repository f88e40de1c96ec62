/* SPDX-License-Identifier: ISC */
/* boot.c - the lines of LIVE/.svscan/boot. */
#include <string.h>

#include "sv/boot.h"
#include "sv/join.h"
#include "sv/say.h"
#include "sv/service.h"

enum { DIGITS_MAX = 18 }; /* so that an int64_t holds it */

static const char *const words[SV_BOOT_EVENTS] = {
    [SV_BOOT_WAIT] = "wait",   [SV_BOOT_START] = "start",
    [SV_BOOT_UP] = "up",       [SV_BOOT_FAIL] = "fail",
    [SV_BOOT_TREE] = "tree",   [SV_BOOT_TAKEN] = "taken",
    [SV_BOOT_OVER] = "over",
};

static bool has_name(enum sv_boot_event event)
{
    return event < SV_BOOT_TREE;
}

size_t sv_boot_write(char buf[static SV_BOOT_LINE_MAX], int64_t at,
                     enum sv_boot_event event, const char *name)
{
    bool named = has_name(event);
    char number[SV_NUMBER_MAX], cut[SV_BOOT_NAME_MAX + 1];

    sv_join(cut, sizeof cut, SV_STRINGS(named ? name : ""));
    sv_join(buf, SV_BOOT_LINE_MAX,
            SV_STRINGS(sv_number(number, at), " ", words[event],
                       named ? " " : "", cut, "\n"));
    return strlen(buf);
}

/* A service's, or that of its logger. */
static bool is_name(char *name)
{
    size_t size = strlen(name);
    char *slash = size > 4 ? name + size - 4 : name;
    const char *fault;

    if (strcmp(slash, "/" SV_LOG) != 0)
        return sv_service_name_fault(name) == NULL;
    *slash = '\0';
    fault = sv_service_name_fault(name);
    *slash = '/';
    return fault == NULL;
}

static bool take_number(const char **at, const char *end, int64_t *number)
{
    const char *first = *at;

    *number = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        if (*at - first == DIGITS_MAX)
            return false;
        *number = 10 * *number + (**at - '0');
    }
    return *at > first && *at < end && *(*at)++ == ' ';
}

/* The bytes up to end are one word of an event, or that, a space, and more. */
static bool take_event(const char **at, const char *end,
                       enum sv_boot_event *event)
{
    const char *space = memchr(*at, ' ', (size_t)(end - *at));
    size_t size = (size_t)((space != NULL ? space : end) - *at);
    int i = 0;

    while (i < SV_BOOT_EVENTS
           && (strlen(words[i]) != size || memcmp(words[i], *at, size) != 0))
        i++;
    *event = (enum sv_boot_event)i;
    if (i == SV_BOOT_EVENTS || has_name(*event) != (space != NULL))
        return false;
    *at = space != NULL ? space + 1 : end;
    return true;
}

static bool read_line(const char *at, const char *end,
                      struct sv_boot_line *line)
{
    if (!take_number(&at, end, &line->at)
        || !take_event(&at, end, &line->event))
        return false;

    size_t size = (size_t)(end - at);

    if (size > SV_BOOT_NAME_MAX)
        return false;
    memcpy(line->name, at, size);
    line->name[size] = '\0';
    return !has_name(line->event)
           || (strlen(line->name) == size && is_name(line->name));
}

bool sv_boot_read(const char **text, const char *end,
                  struct sv_boot_line *line)
{
    const char *newline;
    const char *at;

    do {
        at = *text;
        newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (newline == NULL)
            return false;
        *text = newline + 1;
    } while (!read_line(at, newline, line));
    return true;
}
