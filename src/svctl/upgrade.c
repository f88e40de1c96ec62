/* SPDX-License-Identifier: ISC */
/*
 * upgrade.c - svctl upgrade: svscan, or init, becomes the one on disk.
 *
 * An svscan that does so says nothing any more: the connection ends, and who
 * answers next is the new one.
 */
#include <stdio.h>
#include <string.h>

#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/show.h"

static const struct target {
    const char *word; /* as it is typed, and as it is shown */
    enum sv_upgrade letter;
    const char *fact; /* that tells its version */
} targets[] = {
    {"svscan", SV_UPGRADE_SVSCAN, "version"},
    {"init", SV_UPGRADE_INIT, "init"},
};

static const struct target *target_of(const struct call *call)
{
    const char *word = call->count ? call->args[0] : targets[0].word;

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (call->count <= 1 && strcmp(targets[i].word, word) == 0)
            return &targets[i];
    die_of_usage("usage: svctl upgrade [svscan | init]");
}

static void begin(struct tree *tree, const struct target *target)
{
    tree_begin(tree, SV_WIRE_UPGRADE);
    sv_wire_put_u8(&tree->out, (uint8_t)target->letter);
}

/* The end of the connection is the answer: that, or it was killed, and the one
 * on disk was started. */
static void upgrade_svscan(struct tree *tree, const struct target *target)
{
    const struct hearer hearer = {0};

    begin(tree, target);
    if (tree_ask(tree, &hearer) == ASKED_LATE)
        sv_die(SV_EXIT_TIMEOUT, "svscan has not answered in time");
    tree_reconnect(tree);
}

/* On the way svscan may die: then it is asked again, and init does it twice. */
static void upgrade_init(struct tree *tree, const struct target *target)
{
    const struct hearer hearer = {0};

    begin(tree, target);
    tree_ask_surely(tree, &hearer, NULL);
}

static void show(const struct target *target, const char *before,
                 const char *after)
{
    printf("%s %s -> %s%s\n", target->word, *before ? before : "?",
           *after ? after : "?",
           strcmp(before, after) == 0 ? ", the same version" : "");
}

static void show_json(const struct target *target, const char *before,
                      const char *after)
{
    struct json *json = json_answer();

    json_text(json, "program", target->word);
    json_text(json, "before", before);
    json_text(json, "after", after);
    json_end(json);
}

int verb_upgrade(const struct call *call)
{
    const struct target *target = target_of(call);
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    char before[SV_WIRE_FACT_MAX + 1];
    char after[SV_WIRE_FACT_MAX + 1];

    tree_fact(tree, target->fact, before);
    if (target->letter == SV_UPGRADE_INIT)
        upgrade_init(tree, target);
    else
        upgrade_svscan(tree, target);
    tree_fact(tree, target->fact, after);
    tree_close(tree);
    (call->json ? show_json : show)(target, before, after);
    show_end();
    return SV_EXIT_OK;
}
