/* SPDX-License-Identifier: ISC */
/*
 * verbs.h - the verbs and options of svctl, each a row of a table.
 *
 * The command line, --help, the completions, and the test that compares them
 * with svctl(8), all read these two tables, so that nothing can be known to one
 * of them and not to another.
 */
#ifndef SVCTL_VERBS_H
#define SVCTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "svctl/svctl.h"

struct verb {
    const char *name;
    const char *args;    /* as the usage says: NAME, SIG, DIR, VERB, COMMAND
                          * stand for something, other words for themselves */
    const char *options; /* the letters of the options that it heeds, beside
                          * those that all do */
    const char *help;    /* what it does, in a line */
    int (*function)(const struct call *call);
};

struct verb_option {
    char letter;      /* what getopt_long(3) says; the short form, if any */
    bool has_short;
    bool is_common;   /* heeded by all verbs */
    const char *name; /* the long form */
    const char *arg;  /* what it takes, as the usage says; NULL: nothing */
    const char *help;
};

/* Both end with a row whose name is NULL. */
extern const struct verb verbs[];
extern const struct verb_option verb_options[];

enum { VERB_OPTIONS_MAX = 32 };

/* The command line in short, without "usage: ". */
extern const char svctl_usage[];

/* NULL if there is none of that name. */
const struct verb *verb_find(const char *name);

/* The same; exits with 100 if there is none, and says which was meant. */
const struct verb *verb_named(const char *name);

/* Does the verb heed this option? */
bool verb_heeds(const struct verb *verb, const struct verb_option *option);

/* --help: of everything, or where verb is not NULL of that verb.  Returns the
 * exit code. */
int help_of(const struct verb *verb);

/* A word of verb->args: "NAME" of "[NAME...]".  From *args on, which is moved
 * behind it; false when there is none left.  word has room for WORD_MAX. */
enum { WORD_MAX = 32 };
bool verb_next_word(const char **args, char word[static WORD_MAX]);

#endif
