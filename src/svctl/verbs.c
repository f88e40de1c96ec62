/* SPDX-License-Identifier: ISC */
/*
 * verbs.c - the verbs and options of svctl, each a row of a table.
 */
#include <ctype.h>
#include <string.h>

#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/rows.h"
#include "svctl/verbs.h"

const struct verb verbs[] = {
    {"status", "[NAME...]", "ajo", "what the services do", verb_status},
    {"why", "[NAME...]", "j", "why they are not up, in a sentence", verb_why},
    {"tree", "[NAME...]", "", "what runs, above what it needs", verb_tree},
    {"deps", "[NAME...]", "jD", "what needs what", verb_deps},
    {"start", "NAME...", "ajw", "start, and wait until ready", verb_start},
    {"stop", "NAME...", "ajwF", "stop, and wait until down", verb_stop},
    {"restart", "NAME...", "ajw", "stop, start, and wait until ready",
     verb_restart},
    {"once", "NAME...", "ajw", "start, and leave down when it dies",
     verb_once},
    {"reload", "NAME...", "ajw", "send the signal of reload-signal",
     verb_reload},
    {"pause", "NAME...", "ajw", "send SIGSTOP", verb_pause},
    {"cont", "NAME...", "ajw", "send SIGCONT", verb_cont},
    {"signal", "SIG NAME...", "ajw", "send a signal", verb_signal},
    {"wait", "[up | ready | down] NAME...", "aj",
     "wait until ready, up or down", verb_wait},
    {"events", "", "j", "show what happens, as it happens", verb_events},
    {"log", "NAME...", "afnsj", "the end of its log, with -f what follows",
     verb_log},
    {"enable", "NAME...", "aj", "have it up from the next boot on",
     verb_enable},
    {"disable", "NAME...", "aj", "leave it down from the next boot on",
     verb_disable},
    {"import", "[DIRECTORY]", "j", "take services over from /etc/s6/services",
     verb_import},
    {"chart", "", "jS", "how the services came up, as a timeline", verb_chart},
    {"metrics", "", "", "the states, as OpenMetrics text", verb_metrics},
    {"rescan", "", "j", "look for new and removed services now", verb_rescan},
    {"upgrade", "[svscan | init]", "j", "go on as the version that is on disk",
     verb_upgrade},
    {"new", "NAME -- COMMAND...", "juNLO", "write a definition", verb_new},
    {"check", "[DIR...]", "jR", "look for errors in definitions", verb_check},
    {"completions", "bash | zsh | names", "",
     "what a shell needs to complete these words", verb_completions},
    {"poweroff", "", "j", "stop everything, and power off", verb_poweroff},
    {"reboot", "", "j", "stop everything, and boot again", verb_reboot},
    {"halt", "", "j", "stop everything, and halt", verb_halt},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct verb_option verb_options[] = {
    {'r', true, true, "run", "LIVE",
     "the tree; else $SV_RUN, else " SV_LIVE_DIR},
    {'t', true, true, "timeout", "SECONDS",
     "wait no longer; 0: only see how it is now"},
    {'a', true, false, "all", NULL, "all services but loggers"},
    {'j', false, false, "json", NULL, "for programs"},
    {'w', false, false, "no-wait", NULL, "ask only"},
    {'F', false, false, "force", NULL, "what is essential as well"},
    {'f', true, false, "follow", NULL, "and what follows"},
    {'n', true, false, "lines", "N", "so many lines"},
    {'s', false, false, "since", "TIME",
     "all since then, or so long ago (10m)"},
    {'o', false, false, "sort", NULL, "trouble first"},
    {'D', false, false, "dot", NULL, "for Graphviz"},
    {'S', false, false, "svg", NULL, "a picture for a browser"},
    {'u', false, false, "user", "USER", "run by that user"},
    {'N', false, false, "needs", "NAME",
     "which must be up before; again for another"},
    {'L', false, false, "log", NULL, "keep a log of what it says"},
    {'O', false, false, "oneshot", NULL, "something that is done once"},
    {'R', false, false, "root", "ROOT", "of the image in that directory"},
    {'h', true, true, "help", NULL, "this; after a verb, of that verb"},
    {'V', true, true, "version", NULL, "the version"},
    {0, false, false, NULL, NULL, NULL},
};

const char svctl_usage[] =
    "svctl [-r LIVE] [-t SECONDS] [--json] [--no-wait] VERB [ARGS...]";

const struct verb *verb_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

const struct verb *verb_named(const char *name)
{
    const struct verb *found = verb_find(name);
    struct nearest nearest = nearest_to(name);
    char hint[HINT_MAX];

    if (found)
        return found;
    for (const struct verb *verb = verbs; verb->name; verb++)
        nearest_try(&nearest, verb->name);
    sv_die(SV_EXIT_USAGE, "no such verb: ", name, nearest_hint(&nearest, hint),
           "; svctl --help lists them");
}

bool verb_heeds(const struct verb *verb, const struct verb_option *option)
{
    return option->is_common || strchr(verb->options, option->letter) != NULL;
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '-';
}

bool verb_next_word(const char **args, char word[static WORD_MAX])
{
    size_t size = 0;

    while (**args && !is_of_word(**args))
        ++*args;
    for (; is_of_word(**args) && size < WORD_MAX - 1; ++*args)
        word[size++] = **args;
    word[size] = 0;
    return size > 0;
}
