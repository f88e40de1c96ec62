/* SPDX-License-Identifier: ISC */
/*
 * options.h - what svexec is told, from the command line.
 */
#ifndef SVEXEC_OPTIONS_H
#define SVEXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "chain/limit.h"
#include "chain/lockfile.h"

enum {
    OPTIONS_CHANGES_MAX = 256, /* -e, -E and -U, all together */
    OPTIONS_HELP_MAX = 2048,
    OPTIONS_STREAMS = 3, /* standard input, output and error */
};

enum variable_kind { VARIABLE_DIR, VARIABLE_SET, VARIABLE_UNSET };

/* A change of the environment. */
struct variable {
    enum variable_kind kind;
    char *text;
};

struct options {
    enum { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION } wanted;
    bool has_mask;
    mode_t mask;
    const char *lock; /* each text is NULL where nothing is asked */
    struct lockfile how;
    bool has_wait; /* how long to wait was said */
    bool is_session;
    struct variable variable[OPTIONS_CHANGES_MAX]; /* in their order */
    size_t variables;
    const char *stream[OPTIONS_STREAMS];
    struct {
        bool is_set;
        struct limit_value value;
    } limit[RLIM_NLIMITS]; /* by resource */
    int nice;              /* what is added */
    const char *dir;
    char *user;     /* USER or USER:GROUP */
    char **program; /* and its arguments */

    /* Of a wrong value: the value, and what it should be. */
    const char *wrong;
    const char *should;
};

/* Reads the command line into *options, whose texts point into argv.  False if
 * it is wrong; wrong and should say which value was, and are NULL where it is
 * something else: an unknown option, no program, or -N or -t without -L.
 * -h and -V end the reading. */
bool options_read(struct options *options, int argc, char *argv[]);

/* Writes the text for -h, from the same table that is read by; returns buf. */
const char *options_help(char buf[static OPTIONS_HELP_MAX]);

#endif
