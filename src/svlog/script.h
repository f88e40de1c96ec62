/* SPDX-License-Identifier: ISC */
/*
 * script.h - the logging script: directives, read left to right.
 *
 * A control directive holds for every action after it, but for t and T, which
 * hold for the next one.  A line goes through the actions in their order.
 * Source: s6-log's script language; svlog(8) has the list.
 */
#ifndef SVLOG_SCRIPT_H
#define SVLOG_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_ACTIONS_MAX = 16 };

/* How a logdir is kept. */
struct policy {
    uint32_t keep;      /* n: so many archives */
    uint32_t size;      /* s: current is rotated near so many bytes */
    uint32_t tolerance; /* l: so many bytes short of that, at a line's end */
    uint32_t retry_ms;  /* r: the wait after something failed */
    uint64_t total;     /* S: bytes of all archives together; 0: no limit */
};

struct action {
    const char *logdir; /* NULL: standard output */
    const char *prefix; /* NULL: none */
    bool has_label;     /* t: a TAI64N label */
    bool has_date;      /* T: local date and time */
    struct policy policy;
};

struct script {
    struct action actions[SCRIPT_ACTIONS_MAX];
    size_t count;
    const char *unused; /* a directive after the last action, or NULL */
};

/* Why a script was refused: text, then the directive it is about, or "". */
struct complaint {
    const char *text;
    const char *directive;
};

/* Reads words up to a NULL.  The script keeps pointers into them.  False, with
 * the complaint filled, if they are not a script. */
bool script_parse(struct script *script, const char *const *words,
                  struct complaint *complaint);

#endif
