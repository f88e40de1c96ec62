/* SPDX-License-Identifier: ISC */
/*
 * finding.h - what svctl check finds, a line each:
 *
 *   path: severity: reason          or, where there is one,
 *   path:line: severity: reason
 *
 * An error keeps something from working as it is written there; a warning is
 * something that nobody can have meant.
 */
#ifndef SVCTL_FINDING_H
#define SVCTL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum severity { WARNING, ERROR };

struct findings {
    struct json *json; /* NULL: lines for people */
    bool is_quiet;     /* what is found is neither said nor counted */
    size_t errors;
    size_t warnings;
};

/* Where something is: file in the definition at dir; file may be NULL. */
struct place {
    const char *dir;
    const char *file;
    int line; /* 0: none */
};

/* Begins, with none found. */
void findings_begin(struct findings *findings, bool is_json);

/* Prints one, unless is_quiet.  The reason is the strings of SV_STRINGS(...), with the remedy
 * in it where there is one. */
void finding(struct findings *findings, enum severity severity,
             const struct place *place, const char *const *reason);

/* Prints the end: in JSON that of the answer. */
void findings_end(const struct findings *findings);

#endif
