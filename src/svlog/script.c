/* SPDX-License-Identifier: ISC */
/*
 * script.c - reads the directives of a logging script.  Pure: nothing is
 * opened here, so a script that is refused has left nothing behind.
 */
#include <string.h>
#include <skalibs/types.h>

#include "svlog/script.h"

enum { SIZE_LEAST = 4096, SIZE_MOST = 268435455 };

/* What the next action will get. */
struct reading {
    struct script *script;
    struct complaint *complaint;
    struct action next;
};

static bool refuse(struct reading *r, const char *text, const char *directive)
{
    *r->complaint = (struct complaint){text, directive};
    return false;
}

static bool unrecognized(struct reading *r, const char *word)
{
    return refuse(r, "unrecognized directive: ", word);
}

static bool number(struct reading *r, const char *word, uint32_t *value)
{
    return uint320_scan(word + 1, value) || unrecognized(r, word);
}

static bool size(struct reading *r, const char *word)
{
    uint32_t value;

    if (!number(r, word, &value))
        return false;
    if (value < SIZE_LEAST)
        value = SIZE_LEAST;
    if (value > SIZE_MOST)
        value = SIZE_MOST;
    r->next.policy.size = value;
    return true;
}

static bool total(struct reading *r, const char *word)
{
    return uint640_scan(word + 1, &r->next.policy.total) ||
           unrecognized(r, word);
}

/* As in s6-log, an s that comes later is not held against this l. */
static bool tolerance(struct reading *r, const char *word)
{
    if (!number(r, word, &r->next.policy.tolerance))
        return false;
    if (r->next.policy.tolerance > r->next.policy.size / 2)
        return refuse(r, "more than half of s: directive ", word);
    return true;
}

/* A letter that stands alone. */
static bool flag(struct reading *r, const char *word, bool *value)
{
    if (word[1])
        return refuse(r, "syntax error at directive: ", word);
    *value = true;
    return true;
}

static bool prefix(struct reading *r, const char *word)
{
    r->next.prefix = word[1] ? word + 1 : NULL;
    return true;
}

static bool act(struct reading *r, const char *word, const char *logdir)
{
    struct script *script = r->script;

    if (script->count == SCRIPT_ACTIONS_MAX)
        return refuse(r, "too many actions: ", word);
    r->next.logdir = logdir;
    script->actions[script->count++] = r->next;
    r->next.has_label = r->next.has_date = false;
    script->unused = NULL;
    return true;
}

static bool to_stdout(struct reading *r, const char *word)
{
    if (word[1])
        return refuse(r, "syntax error at directive: ", word);
    return act(r, word, NULL);
}

static bool directive(struct reading *r, const char *word)
{
    if (strchr("./1", word[0]) == NULL && !r->script->unused)
        r->script->unused = word;
    switch (word[0]) {
    case '.':
    case '/': return act(r, word, word);
    case '1': return to_stdout(r, word);
    case 'n': return number(r, word, &r->next.policy.keep);
    case 's': return size(r, word);
    case 'S': return total(r, word);
    case 'l': return tolerance(r, word);
    case 'r': return number(r, word, &r->next.policy.retry_ms);
    case 't': return flag(r, word, &r->next.has_label);
    case 'T': return flag(r, word, &r->next.has_date);
    case 'p': return prefix(r, word);
    case '+':
    case '-':
    case 'f':
    case '2':
    case '=':
    case 'E':
    case '^':
    case 'R':
    case '!':
    case '?': return refuse(r, "directive not supported: ", word);
    default: return unrecognized(r, word);
    }
}

bool script_parse(struct script *script, const char *const *words,
                  struct complaint *complaint)
{
    struct reading reading = {
        .script = script,
        .complaint = complaint,
        .next.policy = {.keep = 10, .size = 99999, .tolerance = 2000,
                        .retry_ms = 2000},
    };

    *script = (struct script){0};
    for (; *words; words++)
        if (!directive(&reading, *words))
            return false;
    if (!script->count)
        return refuse(&reading, "no action directive specified", "");
    return true;
}
