/* SPDX-License-Identifier: ISC */
/*
 * choose.c - which services the words of a command line mean.
 *
 * A word that is no service's name may be a bundle's, and then means all that
 * it holds, and what the bundles in it hold.  svscan is asked for bundles only
 * where a word needs it.
 */
#include <stdlib.h>
#include <string.h>

#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/links.h"

/* Is the service chosen by arg? */
static bool chooses(const char *arg, const char *name)
{
    if (!name_is_pattern(arg))
        return strcmp(arg, name) == 0;
    return name_matches(arg, name);
}

static bool is_chosen(char **args, bool all, const char *name)
{
    if (all && !name_is_logger(name))
        return true;
    for (; *args; args++)
        if (chooses(*args, name))
            return true;
    return false;
}

static bool has_pattern(char **args)
{
    while (*args && !name_is_pattern(*args))
        args++;
    return *args;
}

/* Without args, and not all: everything, loggers as well. */
static void choose(struct tree *tree, char **args, bool all, struct rows *rows)
{
    size_t kept = 0;

    if (!all && *args && !has_pattern(args) &&
        tree_list_named(tree, args, rows))
        return;
    tree_list(tree, rows);
    for (size_t i = 0; i < rows->count; i++)
        if ((!*args && !all) || is_chosen(args, all, rows->rows[i].name))
            rows->rows[kept++] = rows->rows[i];
    rows->count = kept;
}

static bool is_known(const struct rows *chosen, const char *arg)
{
    size_t i = 0;

    while (i < chosen->count && !chooses(arg, chosen->rows[i].name))
        i++;
    return i < chosen->count;
}

static bool are_known(const struct rows *chosen, char **args)
{
    while (*args && is_known(chosen, *args))
        args++;
    return !*args;
}

/* ---- bundles ------------------------------------------------------------ */

struct words {
    char **list; /* NULL at the end; the words are not its own */
    size_t count;
};

static bool has_word(const struct words *words, const char *word)
{
    size_t i = 0;

    while (i < words->count && strcmp(words->list[i], word) != 0)
        i++;
    return i < words->count;
}

static void add_word(struct words *words, char *word)
{
    if (has_word(words, word))
        return;
    words->list = keep_or_die(
        realloc(words->list, (words->count + 2) * sizeof *words->list));
    words->list[words->count++] = word;
    words->list[words->count] = NULL;
}

/* What words[i] holds goes to the end of them. */
static void add_held(struct words *words, size_t i, const struct links *links)
{
    size_t count;
    const struct link *link = links_of(links, words->list[i], &count);

    for (; count > 0; link++, count--)
        if (link->letter == SV_LINK_HOLDS)
            add_word(words, link->other);
}

/* Replaces each bundle among the words by what it holds.  A bundle that holds
 * itself is met once. */
static void open_bundles(struct words *words, const struct links *links)
{
    size_t kept = 0;

    for (size_t i = 0; i < words->count; i++)
        add_held(words, i, links);
    for (size_t i = 0; i < words->count; i++)
        if (!links_have(links, words->list[i], SV_LINK_BUNDLE))
            words->list[kept++] = words->list[i];
    words->count = kept;
    words->list[kept] = NULL;
}

/* ---- words that mean nothing -------------------------------------------- */

/* Says that nothing has this name, with what may have been meant. */
static void say_unknown(const char *arg, const struct rows *known,
                        const struct links *links)
{
    char hint[HINT_MAX];
    const char *user = links_user(links, arg);

    links_hint(links, known, arg, hint);
    if (*hint)
        user = NULL;
    if (name_is_pattern(arg))
        sv_say(SV_FATAL, 0, SV_STRINGS("no service's name matches ", arg));
    else
        sv_say(SV_FATAL, 0,
               SV_STRINGS("no such service: ", arg, hint,
                          user ? ", though this one names it: " : "",
                          user ? user : ""));
}

static _Noreturn void die_of_unknown(struct tree *tree, char **args,
                                     const struct rows *chosen,
                                     const struct links *links)
{
    struct rows known = {0};

    tree_list(tree, &known);
    for (; *args; args++)
        if (!is_known(chosen, *args))
            say_unknown(*args, &known, links);
    exit(SV_EXIT_USAGE);
}

/* A name that was given twice was answered twice. */
static void drop_doubles(struct rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->count; i++)
        if (kept == 0
            || strcmp(rows->rows[kept - 1].name, rows->rows[i].name) != 0)
            rows->rows[kept++] = rows->rows[i];
    rows->count = kept;
}

void tree_choose(struct tree *tree, char **args, bool all, struct rows *rows)
{
    struct links links = {0};
    struct words words = {0};

    choose(tree, args, all, rows);
    if (!are_known(rows, args)) {
        for (char **arg = args; *arg; arg++)
            add_word(&words, *arg);
        tree_links(tree, &links);
        open_bundles(&words, &links);
        if (words.count || all)
            choose(tree, words.list, all, rows);
        else
            rows->count = 0;
        if (!are_known(rows, words.list))
            die_of_unknown(tree, words.list, rows, &links);
    }
    rows_sort(rows);
    drop_doubles(rows);
    free(words.list);
    links_free(&links);
}
