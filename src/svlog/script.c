/* SPDX-License-Identifier: ISC */
/*
 * script.c - reads the directives of a logging script.  Pure: nothing is
 * opened here, so a script that is refused has left nothing behind.
 */
#include <string.h>
#include <skalibs/types.h>

#include "svlog/script.h"

enum {
    SIZE_LEAST = 4096,
    SIZE_MOST = 268435455,
    ALERT_MOST = 65000, /* what surely fits in a window, with its dots */
    STATUS_MOST = 65536,
    RATE_MOST = 1000000,
};

_Static_assert(SCRIPT_ACTIONS_MAX == 64 && SCRIPT_RULES_MAX == 256,
               "complaints say these numbers");

/* What the next action will get. */
struct reading {
    struct script *script;
    struct complaint *complaint;
    struct action next;
    bool is_name_given; /* :name has been said, and :json need not */
};

static bool refuse(struct reading *r, const char *text, const char *directive)
{
    *r->complaint = (struct complaint){text, directive, ""};
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
    if (r->next.policy.tolerance <= r->next.policy.size / 2)
        return true;
    refuse(r, "directive ", word);
    r->complaint->rest = " conflicts with previous s directive";
    return false;
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

static bool at_most(struct reading *r, const char *word, uint32_t *value,
                    uint32_t most)
{
    if (!number(r, word, value))
        return false;
    if (*value > most)
        *value = most;
    return true;
}

static bool processor(struct reading *r, const char *word)
{
    r->next.policy.processor = word[1] ? word + 1 : NULL;
    r->next.policy.is_shell = word[0] == '?';
    return true;
}

/* The rule to be filled next; NULL, with a complaint, if there are too many. */
static struct rule *new_rule(struct reading *r, const char *word,
                             enum rule_kind kind)
{
    struct script *script = r->script;
    struct rule *rule = script->rules + script->rules_count;

    if (script->rules_count == SCRIPT_RULES_MAX) {
        refuse(r, "more than 256 selections and actions: ", word);
        return NULL;
    }
    rule->kind = kind;
    return rule;
}

static bool selection(struct reading *r, const char *word, enum rule_kind kind)
{
    struct rule *rule = new_rule(r, word, kind);

    if (!rule)
        return false;
    if (!pattern_compile(&rule->pattern, word + 1))
        return unrecognized(r, word);
    r->script->rules_count++;
    return true;
}

static bool fallback(struct reading *r, const char *word)
{
    if (word[1])
        return refuse(r, "syntax error at directive: ", word);
    if (!new_rule(r, word, RULE_FALLBACK))
        return false;
    r->script->rules_count++;
    return true;
}

static bool act(struct reading *r, const char *word, enum destination to,
                const char *path)
{
    struct script *script = r->script;
    struct rule *rule = new_rule(r, word, RULE_ACT);

    if (!rule)
        return false;
    if (script->count == SCRIPT_ACTIONS_MAX)
        return refuse(r, "more than 64 actions: ", word);
    if (r->next.is_json &&
        (r->next.has_label || r->next.has_date || r->next.has_utc))
        return refuse(r, "a stamp conflicts with :json, which has its own: ",
                      word);
    r->next.to = to;
    r->next.path = path;
    rule->action = script->count;
    script->selects |= script->rules_count > script->count;
    script->rules_count++;
    script->actions[script->count++] = r->next;
    r->next.has_label = r->next.has_date = r->next.has_utc = false;
    script->unused = NULL;
    return true;
}

/* 1 and 2 stand alone, a status file has a name. */
static bool act_if(struct reading *r, bool is_good, const char *word,
                   enum destination to, const char *path)
{
    return is_good ? act(r, word, to, path)
                   : refuse(r, "syntax error at directive: ", word);
}

/* ---- directives of ours -------------------------------------------------- */

static bool utc(struct reading *r, const char *value)
{
    r->next.has_utc = true;
    return !value;
}

static bool name(struct reading *r, const char *value)
{
    r->next.name = value && *value ? value : NULL;
    r->next.is_named = !value || *value;
    r->is_name_given = true;
    return true;
}

static bool json(struct reading *r, const char *value)
{
    r->next.is_json = true;
    if (!r->is_name_given)
        r->next.is_named = true;
    return !value;
}

static bool text(struct reading *r, const char *value)
{
    r->next.is_json = false;
    if (!r->is_name_given)
        r->next.is_named = false;
    return !value;
}

static bool stream(struct reading *r, const char *value)
{
    r->next.stream = value;
    return value && *value;
}

static bool sync_logdirs(struct reading *r, const char *value)
{
    r->next.policy.syncs = true;
    return !value;
}

/* LINES or LINES,BURST: each from 1 to a million. */
static bool rate(struct reading *r, const char *value)
{
    struct rate *rate = &r->script->rate;
    size_t size = value ? uint32_scan(value, &rate->lines) : 0;

    if (!size)
        return false;
    rate->burst = rate->lines;
    if (value[size] == ',' && !uint320_scan(value + size + 1, &rate->burst))
        return false;
    return (!value[size] || value[size] == ',') && rate->lines && rate->burst &&
           rate->lines <= RATE_MOST && rate->burst <= RATE_MOST;
}

static const struct ours {
    const char *word;
    /* What stands after =, or NULL; false if that is not as it should be. */
    bool (*read)(struct reading *r, const char *value);
} all_ours[] = {
    {"utc", utc},   {"name", name}, {"json", json}, {"text", text},
    {"stream", stream}, {"sync", sync_logdirs}, {"rate", rate},
};

static bool ours(struct reading *r, const char *word)
{
    const char *value = strchr(word, '=');
    size_t size = value ? (size_t)(value - word) - 1 : strlen(word) - 1;

    for (size_t i = 0; i < sizeof all_ours / sizeof *all_ours; i++)
        if (strlen(all_ours[i].word) == size &&
            memcmp(all_ours[i].word, word + 1, size) == 0)
            return all_ours[i].read(r, value ? value + 1 : NULL) ||
                   refuse(r, "syntax error at directive: ", word);
    return unrecognized(r, word);
}

static bool directive(struct reading *r, const char *word)
{
    if (strchr("./12=", word[0]) == NULL && !r->script->unused)
        r->script->unused = word;
    switch (word[0]) {
    case '.':
    case '/': return act(r, word, TO_LOGDIR, word);
    case '1': return act_if(r, !word[1], word, TO_STDOUT, NULL);
    case '2': return act_if(r, !word[1], word, TO_ALERT, NULL);
    case '=': return act_if(r, word[1], word, TO_STATUS, word + 1);
    case '+': return selection(r, word, RULE_SELECT);
    case '-': return selection(r, word, RULE_DESELECT);
    case 'f': return fallback(r, word);
    case 'n': return number(r, word, &r->next.policy.keep);
    case 's': return size(r, word);
    case 'S': return total(r, word);
    case 'l': return tolerance(r, word);
    case 'r': return number(r, word, &r->next.policy.retry_ms);
    case 'R': return number(r, word, &r->next.policy.period);
    case 'E': return at_most(r, word, &r->next.alert, ALERT_MOST);
    case '^': return at_most(r, word, &r->next.status, STATUS_MOST);
    case 't': return flag(r, word, &r->next.has_label);
    case 'T': return flag(r, word, &r->next.has_date);
    case 'p': return prefix(r, word);
    case ':': return ours(r, word);
    case '!':
    case '?': return processor(r, word);
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
        .next.alert = 200,
        .next.status = 1001,
        .next.stream = "stdout",
    };

    *script = (struct script){0};
    for (; *words; words++)
        if (!directive(&reading, *words))
            return false;
    if (!script->count)
        return refuse(&reading, "no action directive specified", "");
    return true;
}

static bool has_pattern(const struct rule *rule)
{
    return rule->kind == RULE_SELECT || rule->kind == RULE_DESELECT;
}

void script_begin(struct script *script, const char *end)
{
    for (size_t i = 0; i < script->rules_count; i++)
        if (has_pattern(script->rules + i))
            pattern_begin(&script->rules[i].pattern, end);
}

uint64_t script_select(struct script *script, char *line, size_t size)
{
    const char after = line[size];
    uint64_t actions = 0;
    bool selected = true;

    line[size] = 0;
    for (size_t i = 0; i < script->rules_count; i++) {
        struct rule *rule = script->rules + i;

        if (rule->kind == RULE_ACT)
            actions |= selected ? UINT64_C(1) << rule->action : 0;
        else if (rule->kind == RULE_FALLBACK)
            selected = !actions;
        else if (selected == (rule->kind == RULE_DESELECT) &&
                 pattern_matches(&rule->pattern, line, size))
            selected = !selected;
    }
    line[size] = after;
    return actions;
}

uint64_t script_all(const struct script *script)
{
    return UINT64_MAX >> (SCRIPT_ACTIONS_MAX - script->count);
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->rules_count; i++)
        if (has_pattern(script->rules + i))
            pattern_free(&script->rules[i].pattern);
    *script = (struct script){0};
}
