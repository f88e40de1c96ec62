/* SPDX-License-Identifier: ISC */
/*
 * logger.h - the one logger that a process is: what it has open, and where its
 * work stands.
 *
 * One rule orders the work: what comes next is worked when all that came before
 * it is written and the ledger says so.  So at each instant the in-flight file
 * and the logdirs together hold every line once, and a svlog that is killed is
 * as good as one that has stopped.
 */
#ifndef SVLOG_LOGGER_H
#define SVLOG_LOGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svlog/input.h"
#include "svlog/line.h"
#include "svlog/logdir.h"
#include "svlog/output.h"
#include "svlog/script.h"

struct logger {
    struct script script;
    struct output outputs[SCRIPT_ACTIONS_MAX]; /* one an action */
    struct logdir logdirs[SCRIPT_ACTIONS_MAX];
    size_t logdirs_count;
    struct input input;
    struct lines lines;
    uint64_t selected; /* actions that get the line at hand */
    uint64_t notices;  /* actions that get what we have to say */

    unsigned int last_ms; /* -t */
    bool may_not_gather;  /* -b: take nothing while output waits */
    bool is_protected;    /* -p: TERM is ignored */

    bool is_stopping;     /* TERM or HUP came */
    bool is_plain;        /* lines may go straight to the logdir */
    bool is_ahead;        /* some did, of which the ledger does not know */
    uint64_t looked_upto; /* current has been looked at so far */
};

extern struct logger logger;

/* Works what has been taken, as far as it goes; true if all output of it is
 * written.  If not, a logdir's retry_at says when to call again, or standard
 * output has to become writable. */
bool work(void);

/* May what is taken next go straight into the logdir, once nothing is in
 * flight? */
bool work_may_go_straight(void);

/* Takes and works until the input has ended, or a signal has ended it, and all
 * is written and closed.  signals is a signalfd of TERM, HUP and ALRM. */
void loop(int signals);

#endif
