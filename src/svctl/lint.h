/* SPDX-License-Identifier: ISC */
/*
 * lint.h - one definition, read without running anything of it.
 *
 * Source: sv-service(7), whose table of files is known_files[] of lint.c.
 */
#ifndef SVCTL_LINT_H
#define SVCTL_LINT_H

#include "sv/service.h"
#include "svctl/finding.h"

enum { /* of which kinds a file is */
    LONGRUN = 1 << SV_LONGRUN,
    ONESHOT = 1 << SV_ONESHOT,
    BUNDLE = 1 << SV_BUNDLE,
};

/* A definition to be looked at. */
struct lint {
    struct findings *findings;
    int root;         /* descriptor of what its absolute paths begin at */
    int base;         /* descriptor of the definition's directory */
    const char *path; /* the same in words, for messages */
    bool is_logger;   /* it is the log/ of another */
    enum sv_kind kind; /* set by lint_definition */
    bool *is_barred;   /* it becomes true if nothing of it can be started */
};

/* Checks all that can be known from the directory alone: what is needed of
 * others is for needs.c. */
void lint_definition(struct lint *lint);

#endif
