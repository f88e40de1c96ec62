/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svlog_script.c - any words are a script or are refused with a reason;
 * and which lines a script selects is worked out a second time, by regexec(3)
 * alone.
 *
 * The input: words that end with NUL, up to an empty one, and a line.
 */
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 400, REPETITIONS_MAX = 4, SIZE_MAX_OF_INPUT = 2048 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

static bool is_pattern(const char *word)
{
    return *word == '+' || *word == '-';
}

/* C libraries take as long and as much memory as they like for repetitions of
 * repetitions, and for what was matched before. */
static bool is_too_dear(const char *word)
{
    size_t repetitions = 0;

    for (const char *at = word; is_pattern(word) && *at; at++) {
        repetitions += strchr("*+?", *at) != NULL;
        if (*at == '{' || (*at == '\\' && at[1] >= '0' && at[1] <= '9'))
            return true;
    }
    return repetitions > REPETITIONS_MAX;
}

/* Splits text into words; returns what follows them, NULL if they are too many
 * or of a kind that is not tried. */
static char *split(char *text, const char **words)
{
    size_t count = 0;

    while (*text) {
        if (count == WORDS_MAX || is_too_dear(text))
            return NULL;
        words[count++] = text;
        text += strlen(text) + 1;
    }
    words[count] = NULL;
    return text + 1;
}

static void check_action(const struct action *action)
{
    const char *path = action->path;

    must((action->to == TO_LOGDIR) == (path && strchr("./", *path)) ||
         action->to == TO_STATUS);
    must(action->to != TO_STATUS || *path);
    must(action->policy.size >= 4096 && action->policy.size <= 268435455);
    must(!action->prefix || *action->prefix);
    must(!action->policy.processor || *action->policy.processor);
    must(action->alert <= 65000 && action->status <= 65536);
}

/* Each action is in the rules once, and in order. */
static void check_script(const struct script *script)
{
    size_t next = 0;

    must(script->count >= 1 && script->count <= SCRIPT_ACTIONS_MAX);
    must(script->rules_count <= SCRIPT_RULES_MAX);
    for (size_t i = 0; i < script->rules_count; i++)
        if (script->rules[i].kind == RULE_ACT)
            must(script->rules[i].action == next++);
    must(next == script->count);
    for (size_t i = 0; i < script->count; i++)
        check_action(script->actions + i);
}

static void check_complaint(const struct complaint *complaint)
{
    must(complaint->text && *complaint->text);
    must(complaint->directive && complaint->rest);
}

static bool matches(const char *pattern, const char *line)
{
    regex_t regex;
    bool found;

    must(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) ==
         0);
    found = regexec(&regex, line, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

/* Which actions get the line, by the words. */
static uint64_t select_plainly(const char *const *words, const char *line)
{
    bool selected = true;
    uint64_t actions = 0;
    unsigned int next = 0;

    for (; *words; words++) {
        const char *word = *words;

        if (is_pattern(word) && selected == (*word == '-') &&
            matches(word + 1, line))
            selected = !selected;
        else if (*word == 'f')
            selected = !actions;
        else if (strchr("./12=", *word))
            actions |= (uint64_t)selected << next++;
    }
    return actions;
}

/* The line alone, and then as the halves of itself that follow each other. */
static void check_selection(struct script *script, const char *const *words,
                            char *line)
{
    size_t size = strcspn(line, "\n");
    size_t half = size / 2;
    uint64_t actions;
    char first;

    line[size] = 'x';
    actions = script_select(script, line, size);
    must(line[size] == 'x');
    line[size] = 0;
    must(actions == select_plainly(words, line));
    if (size < 2)
        return;

    first = line[half];
    line[half] = line[size] = '\n';
    script_begin(script, line + size + 1);
    actions = script_select(script, line, half);
    line[half] = 0;
    must(actions == select_plainly(words, line));
    line[half] = '\n';
    actions = script_select(script, line + half + 1, size - half - 1);
    line[size] = 0;
    must(actions == select_plainly(words, line + half + 1));
    line[half] = first;
    script_begin(script, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct script script;
    const char *words[WORDS_MAX + 1];
    struct complaint complaint = {0};
    char text[SIZE_MAX_OF_INPUT + 3] = "";
    char *line;

    if (size > SIZE_MAX_OF_INPUT)
        return 0;
    memcpy(text, data, size);
    line = split(text, words);
    if (!line)
        return 0;
    if (script_parse(&script, words, &complaint)) {
        check_script(&script);
        check_selection(&script, words, line);
    } else {
        check_complaint(&complaint);
    }
    script_free(&script);
    return 0;
}
