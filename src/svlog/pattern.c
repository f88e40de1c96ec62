/* SPDX-License-Identifier: ISC */
/*
 * pattern.c - recognizes plain text in a regular expression; matches lines.
 *
 * An expression is read as a row of atoms, each with what says how often it may
 * come: characters that must come once follow each other in a run, and anything
 * else ends the run.  One run that is the whole expression makes it plain; else
 * the longest of them is what a line must hold.  Whatever is not understood
 * here yields no text, and then regexec(3) is asked of every line.
 */
#include <stdlib.h>
#include <string.h>

#include "svlog/find.h"
#include "svlog/pattern.h"

static const char special[] = ".[\\()*+?{|^$";

struct reader {
    const char *at;  /* what is to be read */
    char *run;       /* the run at hand, where it is gathered */
    size_t size;     /* of it */
    char *best;      /* the longest so far */
    size_t best_size;
    bool is_broken;  /* there was something that is no plain text */
};

/* ---- runs ---------------------------------------------------------------- */

static void end_run(struct reader *reader)
{
    if (reader->size > reader->best_size) {
        reader->best = reader->run;
        reader->best_size = reader->size;
    }
    reader->run += reader->size;
    reader->size = 0;
}

static void breaks(struct reader *reader)
{
    end_run(reader);
    reader->is_broken = true;
}

/* ---- what may come how often --------------------------------------------- */

enum times { ONCE, AT_LEAST_ONCE, PERHAPS, NOT_UNDERSTOOD };

/* Steps over {m}, {m,} or {m,n}. */
static enum times interval(struct reader *reader)
{
    enum times times = PERHAPS;
    const char *at = reader->at + 1;

    if (*at < '0' || *at > '9')
        return NOT_UNDERSTOOD;
    for (; *at >= '0' && *at <= '9'; at++)
        if (*at != '0')
            times = AT_LEAST_ONCE;
    while (*at == ',' || (*at >= '0' && *at <= '9'))
        at++;
    if (*at != '}')
        return NOT_UNDERSTOOD;
    reader->at = at + 1;
    return times;
}

/* How often may the atom come after which we stand?  Steps over what says so;
 * the least of several counts. */
static enum times repeats(struct reader *reader)
{
    enum times times = ONCE;
    enum times next;

    for (;; times = next > times ? next : times) {
        if (*reader->at == '{') {
            next = interval(reader);
            if (next == NOT_UNDERSTOOD)
                return next;
        } else if (*reader->at == '+') {
            next = AT_LEAST_ONCE;
            reader->at++;
        } else if (*reader->at == '*' || *reader->at == '?') {
            next = PERHAPS;
            reader->at++;
        } else {
            return times;
        }
    }
}

/* ---- atoms --------------------------------------------------------------- */

/* Steps over [...]; false if it has no end. */
static bool skip_bracket(struct reader *reader)
{
    const char *at = reader->at + 1;

    at += *at == '^';
    at += *at == ']';
    for (; *at && *at != ']'; at++)
        if (*at == '[' && at[1] && strchr(":.=", at[1])) {
            const char end[] = {at[1], ']', 0};

            at = strstr(at + 2, end);
            if (!at)
                return false;
            at++;
        }
    if (!*at)
        return false;
    reader->at = at + 1;
    return true;
}

/* Steps over (...); false if it has no end. */
static bool skip_group(struct reader *reader)
{
    size_t depth = 0;

    do {
        switch (*reader->at) {
        case 0:
            return false;
        case '[':
            if (!skip_bracket(reader))
                return false;
            continue;
        case '\\':
            reader->at += reader->at[1] ? 2 : 1;
            continue;
        case '(':
            depth++;
            break;
        case ')':
            depth--;
            break;
        default:
            break;
        }
        reader->at++;
    } while (depth > 0);
    return true;
}

/* What is no character.  False: this is not to be understood here. */
static bool read_other(struct reader *reader)
{
    breaks(reader);
    switch (*reader->at) {
    case '[':
        return skip_bracket(reader) && repeats(reader) != NOT_UNDERSTOOD;
    case '(':
        return skip_group(reader) && repeats(reader) != NOT_UNDERSTOOD;
    case '.':
        reader->at++;
        return repeats(reader) != NOT_UNDERSTOOD;
    case '^':
    case '$':
        reader->at++;
        return true;
    default: /* | divides all of it, and a backslash may stand for anything */
        return false;
    }
}

/* A ] or } that is escaped is for regcomp(3) to judge: POSIX leaves it open. */
static bool is_escaped(const char *at)
{
    return *at == '\\' && at[1] && strchr(special, at[1]);
}

static bool read_character(struct reader *reader)
{
    enum times times;

    reader->at += is_escaped(reader->at);
    reader->run[reader->size++] = *reader->at++;
    times = repeats(reader);
    reader->size -= times == PERHAPS;
    if (times != ONCE)
        breaks(reader);
    return times != NOT_UNDERSTOOD;
}

/* Reads all of the source but a ^ before and a $ after it. */
static bool read_all(struct reader *reader)
{
    while (*reader->at && !(reader->at[0] == '$' && !reader->at[1])) {
        bool is_character =
            is_escaped(reader->at) || !strchr(special, *reader->at);

        if (!(is_character ? read_character(reader) : read_other(reader)))
            return false;
    }
    end_run(reader);
    return true;
}

/* ---- a pattern ----------------------------------------------------------- */

/* Leaves an empty text where nothing is known. */
static void take_text(struct pattern *pattern, const char *source)
{
    struct reader reader = {.at = source, .run = pattern->text,
                            .best = pattern->text};

    if (read_all(&reader)) {
        pattern->is_plain = !reader.is_broken;
        pattern->at_end = *reader.at == '$';
        pattern->size = reader.best_size;
        memmove(pattern->text, reader.best, reader.best_size);
    }
}

bool pattern_compile(struct pattern *pattern, const char *source)
{
    *pattern = (struct pattern){.at_head = *source == '^'};
    pattern->text = malloc(strlen(source) + 1);
    if (!pattern->text)
        return false;
    take_text(pattern, source + pattern->at_head);
    if (pattern->is_plain || regcomp(&pattern->regex, source,
                                     REG_EXTENDED | REG_NOSUB | REG_NEWLINE)
                                 == 0)
        return true;
    free(pattern->text);
    return false;
}

void pattern_begin(struct pattern *pattern, const char *end)
{
    pattern->end = end;
    pattern->next = NULL;
}

static bool has_text(struct pattern *pattern, const char *line, size_t size)
{
    const char *stop = line + size;

    if (!pattern->end)
        return find_text(line, stop, pattern->text, pattern->size) != NULL;
    if (!pattern->next || pattern->next < line) {
        pattern->next =
            find_text(line, pattern->end, pattern->text, pattern->size);
        if (!pattern->next)
            pattern->next = pattern->end;
    }
    return pattern->next <= stop &&
           (size_t)(stop - pattern->next) >= pattern->size;
}

static bool has_plain(struct pattern *pattern, const char *line, size_t size)
{
    if (pattern->size > size)
        return false;
    if (pattern->at_head && pattern->at_end && pattern->size != size)
        return false;
    if (pattern->at_head)
        return memcmp(line, pattern->text, pattern->size) == 0;
    if (pattern->at_end)
        return memcmp(line + size - pattern->size, pattern->text,
                      pattern->size) == 0;
    return has_text(pattern, line, size);
}

bool pattern_matches(struct pattern *pattern, const char *line, size_t size)
{
    if (pattern->is_plain)
        return has_plain(pattern, line, size);
    return has_text(pattern, line, size) &&
           regexec(&pattern->regex, line, 0, NULL, 0) == 0;
}

void pattern_free(struct pattern *pattern)
{
    free(pattern->text);
    if (!pattern->is_plain)
        regfree(&pattern->regex);
}
