/* SPDX-License-Identifier: ISC */
/*
 * straight.h - lines that are logged as they come: nothing before them, no
 * limit to their length, one logdir.
 *
 * They need no in-flight file: the one call that takes them puts them into
 * current, so a kill finds them there or still in the pipe.  What is left to do
 * is to look at them: for NULs, which are to be newlines, and for how the last
 * line stands.  The ledger's mark says up to where that has been done, so a
 * svlog that was killed in between does it at its start.
 */
#ifndef SVLOG_STRAIGHT_H
#define SVLOG_STRAIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "svlog/input.h"
#include "svlog/line.h"
#include "svlog/logdir.h"
#include "svlog/script.h"

/* Less is not worth a take of its own, before a rotation. */
enum { STRAIGHT_LEAST = 16 * 1024 };

/* Is the script one for which this holds, with that limit of a line? */
bool straight_suits(const struct script *script, uint64_t limit);

/* How many bytes may go straight into current, so that no rotation is due
 * before them; 0 if none should. */
size_t straight_room(const struct logdir *logdir);

/* Takes at most size bytes into current. */
enum taken straight_take(struct input *input, struct logdir *logdir,
                         size_t size);

/* Looks at the bytes of current from there on, and says in lines how the last
 * line stands.  buf is of WINDOW bytes.  False with errno set, and then to be
 * called again. */
bool straight_look(const struct logdir *logdir, uint64_t from,
                   struct lines *lines, char *buf);

#endif
