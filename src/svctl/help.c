/* SPDX-License-Identifier: ISC */
/*
 * help.c - svctl --help, and svctl VERB --help, from the tables of verbs.c.
 */
#include <stdio.h>

#include "sv/say.h"
#include "svctl/show.h"
#include "svctl/verbs.h"

enum { MARGIN = 32 };

/* Two columns; what is too long for the first has a line of its own. */
static void print_pair(const char *left, const char *right)
{
    size_t length = (size_t)printf("  %s", left);

    if (length + 1 >= MARGIN) {
        putchar('\n');
        length = 0;
    }
    printf("%*s%s\n", (int)(MARGIN - length), "", right);
}

static void print_option(const struct verb_option *option)
{
    char words[MARGIN];
    char letter[] = {'-', option->letter, ',', ' ', 0};

    snprintf(words, sizeof words, "%s--%s%s%s",
             option->has_short ? letter : "    ", option->name,
             option->arg ? " " : "", option->arg ? option->arg : "");
    print_pair(words, option->help);
}

static void print_verbs(void)
{
    for (const struct verb *verb = verbs; verb->name; verb++) {
        char words[64];

        snprintf(words, sizeof words, "%s %s", verb->name, verb->args);
        print_pair(words, verb->help);
    }
}

/* Those that the verb heeds; all, where there is none. */
static void print_options(const struct verb *verb)
{
    for (const struct verb_option *option = verb_options; option->name;
         option++)
        if (!verb || verb_heeds(verb, option))
            print_option(option);
}

int help_of(const struct verb *verb)
{
    if (verb) {
        printf("usage: svctl %s [OPTIONS] %s\n\n%s\n\n", verb->name,
               verb->args, verb->help);
    } else {
        printf("usage: %s\n\n", svctl_usage);
        print_verbs();
        putchar('\n');
    }
    print_options(verb);
    puts("\nA NAME may be a pattern, such as 'web*'.  svctl(8) says more.");
    show_end();
    return SV_EXIT_OK;
}
