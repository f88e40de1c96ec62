/* SPDX-License-Identifier: ISC */
/*
 * script.h - the logging script: directives, read left to right.
 *
 * A control directive holds for every action after it, but for t and T, which
 * hold for the next one.  Those that begin with a colon are ours; no letter of
 * s6-log's, now or later, can be one of them.  A line goes through rules, which
 * are selections and actions, in their order.  Source: s6-log's script language,
 * contract 10.3; svlog(8) has the list.
 */
#ifndef SVLOG_SCRIPT_H
#define SVLOG_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svlog/pattern.h"
#include "svlog/rate.h"

/* An action is a bit of an uint64_t. */
enum { SCRIPT_ACTIONS_MAX = 64, SCRIPT_RULES_MAX = 256 };

/* How a logdir is kept. */
struct policy {
    uint32_t keep;      /* n: so many archives */
    uint32_t size;      /* s: current is rotated near so many bytes */
    uint32_t tolerance; /* l: so many bytes short of that, at a line's end */
    uint32_t retry_ms;  /* r: the wait after something failed */
    uint32_t period;    /* R: current is rotated after so many seconds */
    uint64_t total;     /* S: bytes of all archives together; 0: no limit */
    bool syncs;     /* :sync: what is written is put on the disk */
    const char *processor; /* ! or ?: a command, NULL for none */
    bool is_shell;         /* ?: it is sh's, else execlineb's */
};

enum destination { TO_STDOUT, TO_ALERT, TO_STATUS, TO_LOGDIR };

struct action {
    enum destination to;
    const char *path;   /* of a logdir or a status file */
    const char *prefix; /* NULL: none */
    uint32_t alert;     /* E: bytes of a line that is an alert; 0: all */
    uint32_t status;    /* ^: bytes of a status file; 0: as many as there are */
    bool has_label;     /* t: a TAI64N label */
    bool has_date;      /* T: local date and time */
    bool has_utc;       /* :utc */
    bool is_named;      /* :name, and with :json unless it says no */
    bool is_json;       /* :json */
    const char *name;   /* :name=; NULL if it is none, or that of the service,
                           which whoever opens the script knows */
    const char *stream; /* :stream=, of :json */
    struct policy policy;
};

enum rule_kind {
    RULE_SELECT,   /* + */
    RULE_DESELECT, /* - */
    RULE_FALLBACK, /* f: what no action has had so far */
    RULE_ACT,
};

struct rule {
    enum rule_kind kind;
    size_t action;          /* RULE_ACT */
    struct pattern pattern; /* RULE_SELECT, RULE_DESELECT */
};

struct script {
    struct action actions[SCRIPT_ACTIONS_MAX];
    size_t count;
    struct rule rules[SCRIPT_RULES_MAX];
    size_t rules_count;
    struct rate rate;   /* :rate= */
    bool selects;       /* not every line goes through every action */
    const char *unused; /* a directive after the last action, or NULL */
};

/* Why a script was refused: text, the directive it is about, more text; each
 * may be "". */
struct complaint {
    const char *text;
    const char *directive;
    const char *rest;
};

/* Reads words up to a NULL.  The script keeps pointers into them.  False, with
 * the complaint filled, if they are not a script. */
bool script_parse(struct script *script, const char *const *words,
                  struct complaint *complaint);

/* The lines that are to be selected next lie before end, in their order: until
 * this is called again, or end is NULL. */
void script_begin(struct script *script, const char *end);

/* Which actions get the line of size bytes: bit i for action i.  The byte after
 * the line is ours to write to; it is put back. */
uint64_t script_select(struct script *script, char *line, size_t size);

/* All of its actions: what every line gets where nothing is selected. */
uint64_t script_all(const struct script *script);

/* Frees what the patterns hold. */
void script_free(struct script *script);

#endif
