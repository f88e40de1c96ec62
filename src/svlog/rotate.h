/* SPDX-License-Identifier: ISC */
/*
 * rotate.h - the rotation of a logdir, as steps that can be taken again.
 *
 *   SYNC     current is put on the disk
 *   RENAME   current becomes previous
 *   OPEN     a new current is made
 *   MARK     previous is marked as whole (its owner may execute it)
 *   ARCHIVE  previous becomes @LABEL.s
 *   TRIM     archives that are too many go
 *
 * With a processor, in place of ARCHIVE:
 *
 *   RUN             the processor is started
 *   WAIT            it makes processed of previous, and newstate of state; if
 *                   it fails: RUN, after the time that directive r says
 *   SYNC_PROCESSED  processed is put on the disk and marked as whole
 *   SYNC_STATE      so is newstate, unmarked
 *   REMOVE          previous goes
 *   STATE           newstate becomes state
 *   KEEP            processed becomes @LABEL.s
 *
 * Up to MARK nothing is written to the logdir.  After that, previous is dealt
 * with beside the logging, and current is not rotated again before that is
 * done, however long it becomes.  A step that fails is the step that is tried
 * again, after the time that directive r says.  logdir_open() deals with what a
 * rotation has left that did not come to its end.
 */
#ifndef SVLOG_ROTATE_H
#define SVLOG_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "svlog/logdir.h"

/* How many bytes more in current call for one: 0 if one is under way that
 * exchanges it, UINT64_MAX if none can be called for. */
uint64_t rotate_room(const struct logdir *logdir);

/* Do so many? */
bool rotate_is_due(const struct logdir *logdir, uint64_t bytes);

/* Is one under way that keeps lines out of the logdir? */
bool rotate_is_exchanging(const struct logdir *logdir);

/* Goes on with the rotation that is under way, or with the one that is due;
 * true if the logdir may be written to again.  False if a step failed: a
 * warning has been given, and logdir->retry_at says when to call again; before,
 * it is false again, without a word. */
bool rotate(struct logdir *logdir, int64_t now);

/* Goes on with what is done with previous.  A step that fails has given a
 * warning, and logdir->finish_at says when to call again. */
void rotate_finish(struct logdir *logdir, int64_t now);

/* To be called after SIGCHLD: notes how a processor has ended. */
void rotate_reap(struct logdir *logdir, int64_t now);

/* The time of current (R) begins when this is called first while there is
 * something in it; period_at is its end. */
void rotate_watch(struct logdir *logdir, int64_t now);

/* Asks for a rotation if that time is over. */
void rotate_by_time(struct logdir *logdir, int64_t now);

/* Notes that something on the logdir failed now, with errno: what, and on which
 * of its files (with its slash). */
void rotate_failed(struct logdir *logdir, const char *what, const char *file,
                   int64_t now);

#endif
