/* SPDX-License-Identifier: ISC */
/*
 * causes.c - a list of the ways in which a service may have died.
 */
#include <string.h>
#include <strings.h>

#include <skalibs/uint32.h>

#include "sv/causes.h"
#include "sv/service.h"

enum { CODE_MAX = 255, WORD_MAX = 15 };

/* What may stand between causes, in any number, but not before the first. */
static const char separators[] = ",; \t\r\n";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "3" or "3-7". */
static const char *scan_codes(struct sv_causes *causes, const char *word)
{
    uint32_t first, last;
    size_t n = uint32_scan(word, &first);

    if (n == 0)
        return "invalid exit code";
    last = first;
    if (word[n] == '-' && uint320_scan(word + n + 1, &last) == 0)
        return "invalid interval specification";
    if (word[n] != '-' && word[n] != '\0')
        return "invalid status list specification";
    if (first > CODE_MAX || last > CODE_MAX)
        return "invalid exit code";
    if (last < first)
        return "invalid interval";
    for (; first <= last; first++)
        causes->codes[first] = true;
    return NULL;
}

/* "TERM", "sigterm" or "SIG15". */
static const char *scan_signal(struct sv_causes *causes, const char *word)
{
    bool by_number = strncasecmp(word, "SIG", 3) == 0 && is_digit(word[3]);
    int number = sv_signal_number(by_number ? word + 3 : word);

    if (number == 0)
        return by_number ? "invalid signal"
                         : "invalid status list specification";
    causes->signals[number] = true;
    return NULL;
}

const char *sv_causes_scan(struct sv_causes *causes, const char *list)
{
    const char *fault = NULL;

    memset(causes, 0, sizeof *causes);
    if (list[0] != '\0' && strchr(separators, list[0]) != NULL)
        return "invalid status list specification";
    while (*list != '\0' && fault == NULL) {
        char word[WORD_MAX + 1];
        size_t n = strcspn(list, separators);

        if (n > WORD_MAX)
            return "invalid status list specification";
        memcpy(word, list, n);
        word[n] = '\0';
        fault = is_digit(word[0]) ? scan_codes(causes, word)
                                  : scan_signal(causes, word);
        list += n;
        list += strspn(list, separators);
    }
    return fault;
}

bool sv_causes_name(const struct sv_causes *causes,
                    const struct sv_death *death)
{
    return causes->codes[death->code] ||
           (death->signal > 0 && death->signal < _NSIG &&
            causes->signals[death->signal]);
}

const struct sv_death *sv_causes_reach(const struct sv_causes *causes,
                                       const struct sv_death *deaths, size_t n,
                                       const tain *since, size_t count)
{
    for (size_t i = 0; i < n; i++)
        if (!tain_less(&deaths[i].stamp, since) &&
            sv_causes_name(causes, &deaths[i]) && --count == 0)
            return &deaths[i];
    return NULL;
}
