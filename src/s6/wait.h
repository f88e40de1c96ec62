/* SPDX-License-Identifier: ISC */
/*
 * wait.h - what s6-svwait, s6-svlisten, s6-svlisten1 and s6-svc -w share.
 */
#ifndef S6_WAIT_H
#define S6_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/wait.h"

/* What is asked for on the command line. */
struct waiting {
    struct sv_goal goal;
    bool is_any;
    int64_t deadline; /* of sv_boottime(); INT64_MAX for never */
    struct sv_waited *services; /* from waiting_begin to waiting_end */
};

/* Takes one of the options u U d D r R a o t; any other, or a time that is none,
 * is a usage error. */
void waiting_option(struct waiting *waiting, int option, const char *argument);

/* The deadline of a time in milliseconds, 0 for none; false if it is none. */
bool waiting_until(struct waiting *waiting, const char *milliseconds);

/* Subscribes to the services and reads their states; exits where it cannot. */
void waiting_begin(struct waiting *waiting, struct sv_wait *wait,
                   char *const dirs[], size_t count);

/* Waits, and unsubscribes.  Returns how many services have failed; exits if
 * the time is out. */
size_t waiting_end(struct waiting *waiting, struct sv_wait *wait);

/* Says that services have failed, if any have; the exit code. */
int waiting_code(size_t failures);

#endif
