/* SPDX-License-Identifier: ISC */
/*
 * handover.h - what svscan hands to the svscan that it becomes (sv/state.h).
 *
 * Little: starting is recovering, and what runs stands in the records.  It is
 * what a svscan that is killed loses, or leaves to init: descriptors, which stay
 * open over the exec, so that neither the lock nor a fifo is ever without a
 * holder, and what was true when the first svscan was started.
 */
#ifndef SVSCAN_HANDOVER_H
#define SVSCAN_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "sv/paths.h"
#include "sv/state.h"

struct engine;
struct tree;

struct handover {
    struct sv_state state;
    int32_t live; /* descriptors, of LIVE ... */
    int32_t lock; /* ... and of its locks */
    int32_t service_lock;
    int32_t line;           /* -1: no init of ours */
    uint32_t has_strangers; /* children that are no service's may end */
    uint32_t holds; /* so many struct sv_hold follow; arg: the descriptor */
    uint64_t files_soft; /* RLIMIT_NOFILE as we were given it */
    uint64_t files_hard;
    char defs[SV_PATH_MAX]; /* absolute; "": none */
};

/* Did svscan become this one?  Then what it has handed over; exits if that
 * cannot be read.  NULL: this is a start. */
const struct handover *handover_take(void);

/* Gives the engine the descriptors of handover_take, for line_claim to find.
 * False with errno set. */
bool handover_keep(struct engine *engine);

/* Writes all of it.  Returns the memfd, or -1 with errno set. */
int handover_write(struct tree *tree);

/* Lets the descriptors that are handed over, the memfd among them, survive an
 * exec, or not. */
void handover_let_survive(struct tree *tree, int memory, bool survive);

#endif
