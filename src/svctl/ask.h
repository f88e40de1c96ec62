/* SPDX-License-Identifier: ISC */
/*
 * ask.h - svctl's end of the socket: a request, and what is answered.
 *
 * svscan may be killed, and started again, between any two bytes: a request
 * whose end did not come is LOST, and whoever made it connects and asks again.
 */
#ifndef SVCTL_ASK_H
#define SVCTL_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "sv/wire.h"
#include "svctl/rows.h"
#include "svctl/svctl.h"

enum asked {
    ASKED,      /* it is answered */
    ASKED_LOST, /* svscan went away */
    ASKED_LATE, /* the time is over */
};

/* Who hears what an answer, or an event, consists of. */
struct hearer {
    void *context;
    void (*row)(void *context, const struct sv_wire_row *row);
    void (*fault)(void *context, const char *name, const char *reason);
    void (*fact)(void *context, const char *name, const char *value);
    void (*link)(void *context, unsigned char letter, const char *name,
                 const char *other);
};

struct tree {
    const char *live;
    int fd;
    uint32_t serial;
    int losses;        /* how often svscan went away */
    int64_t deadline;  /* CLOCK_BOOTTIME ns; NO_DEADLINE */
    bool asks_lasting; /* what is asked is the same in all versions */
    struct sv_wire_out out; /* the request: begun by tree_begin, then filled */
    char in[SV_WIRE_MAX];
};

#define NO_DEADLINE INT64_MAX

/* Exits with 100 if nothing says which tree the call is about. */
void tree_must_be_named(const struct call *call);

/* Connects to the tree of the call, with the call's timeout, or where there is
 * none the given one (NO_TIMEOUT: none).  Does not return where nobody
 * listens: says so, and exits. */
struct tree *tree_open(const struct call *call, int64_t timeout_ms);
/* The same; NULL with errno set where nobody listens, or not to us. */
struct tree *tree_try(const struct call *call, int64_t timeout_ms);
void tree_close(struct tree *tree);

/* The same where nobody need listen: NULL if nobody does, unless the call or
 * SV_RUN names the tree. */
struct tree *tree_open_if_any(const struct call *call);

/* Starts a request in tree->out. */
void tree_begin(struct tree *tree, enum sv_wire_type type);

/* Sends tree->out, and hears until its END, which svscan has a second for even
 * where the call's time is shorter.  It may be sent again. */
enum asked tree_ask(struct tree *tree, const struct hearer *hearer);

/* The same, again and again until it is answered.  again is called, if not
 * NULL, before each further time, to forget what was heard.  Exits with 99 when
 * the time is over. */
void tree_ask_surely(struct tree *tree, const struct hearer *hearer,
                     void (*again)(void *context));

/* Has the hearer hear what is in a message of that type, whose header has been
 * read.  False if it is none of an answer.  *refusal is why the request itself
 * was refused, and NULL if it was not; it is kept until the next call. */
bool tree_hear(enum sv_wire_type type, struct sv_wire_in *in,
               const struct hearer *hearer, const char **refusal);

/* Hears one message of events, until a time (as deadline). */
enum asked tree_listen(struct tree *tree, const struct hearer *hearer,
                       int64_t until);

/* After a loss: connects again as soon as svscan listens again.  Exits, having
 * said why, if that is not before the deadline or within LOSS_PATIENCE_MS. */
enum { LOSS_PATIENCE_MS = 10000, LOSSES_MAX = 10 };
void tree_reconnect(struct tree *tree);

/* Replaces *rows by the rows of the services that args (names, patterns, bundles
 * for all that they hold; none: all) or -a choose.  -a, and a pattern without a slash, choose no loggers.
 * Says which names no service has, with what may have been meant, and then
 * exits with 100. */
void tree_choose(struct tree *tree, char **args, bool all, struct rows *rows);

/* The row of one service; false if there is none of that name. */
bool tree_look(struct tree *tree, const char *name, struct sv_wire_row *row);

/* What svscan says of itself under that name: "" if it does not know. */
void tree_fact(struct tree *tree, const char *name,
               char value[static SV_WIRE_FACT_MAX + 1]);

/* Replaces *rows by those of all services; or, asked in one message, by those of
 * names (as many as there are before NULL): false, and nothing done, if there are
 * too many of them for that.  Who is not there is not in *rows. */
void tree_list(struct tree *tree, struct rows *rows);
bool tree_list_named(struct tree *tree, char **names, struct rows *rows);

#endif
