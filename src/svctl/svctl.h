/* SPDX-License-Identifier: ISC */
/*
 * svctl.h - what the verbs of svctl share: the command line, and the table.
 */
#ifndef SVCTL_SVCTL_H
#define SVCTL_SVCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_TIMEOUT = -1, NEEDS_MAX = 64 };

/* The command line, without the verb. */
struct call {
    const char *live;   /* NULL: nothing names the tree */
    int64_t timeout_ms; /* NO_TIMEOUT: the verb's own */
    bool json;
    bool no_wait;
    bool force;         /* --force */
    bool all;           /* -a */
    bool follow;        /* -f */
    long lines;         /* -n; -1: not given */
    const char *since;  /* --since; NULL: not given */
    const char *user;   /* --user; NULL: not given */
    const char *needs[NEEDS_MAX]; /* --needs, each time that it is given */
    size_t needs_count;
    bool oneshot;       /* --oneshot */
    bool log;           /* --log */
    bool sort;          /* --sort */
    bool dot;           /* --dot */
    bool svg;           /* --svg */
    const char *root;   /* --root; NULL: this machine's */
    bool help;          /* -h */
    bool tells;         /* what was done: to somebody at a terminal */
    bool given[128];    /* by the letter of verbs.c: which options were there */
    char **args;        /* what follows the verb, NULL at the end */
    size_t count;
};

/* Each does what its line in verbs[] says, and returns the exit code. */
int verb_status(const struct call *call);
int verb_start(const struct call *call);
int verb_stop(const struct call *call);
int verb_restart(const struct call *call);
int verb_once(const struct call *call);
int verb_reload(const struct call *call);
int verb_pause(const struct call *call);
int verb_cont(const struct call *call);
int verb_signal(const struct call *call);
int verb_wait(const struct call *call);
int verb_events(const struct call *call);
int verb_log(const struct call *call);
int verb_enable(const struct call *call);
int verb_disable(const struct call *call);
int verb_import(const struct call *call);
int verb_rescan(const struct call *call);
int verb_upgrade(const struct call *call);
int verb_deps(const struct call *call);
int verb_tree(const struct call *call);
int verb_why(const struct call *call);
int verb_chart(const struct call *call);
int verb_metrics(const struct call *call);
int verb_new(const struct call *call);
int verb_check(const struct call *call);
int verb_completions(const struct call *call);
int verb_poweroff(const struct call *call);
int verb_reboot(const struct call *call);
int verb_halt(const struct call *call);

/* Where definitions are, if nothing else is said.  Exits with 100 if nothing
 * says where an ordinary user's are. */
const char *default_defs(void);

/* Called as shutdown or telinit: the words of those commands. */
int called_shutdown(struct call *call);
int called_telinit(struct call *call);
/* Called as service: Mere's command of that name. */
int called_service(struct call *call);

/* "svctl: fatal: usage ...", exit 100. */
_Noreturn void die_of_usage(const char *what);

#endif
