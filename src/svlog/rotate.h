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
 * Nothing is written to the logdir while a rotation is under way.  A step that
 * fails is the step that is tried again, after the time that directive r says.
 */
#ifndef SVLOG_ROTATE_H
#define SVLOG_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "svlog/logdir.h"

/* Is a rotation under way, or would bytes more in current call for one? */
bool rotate_is_due(const struct logdir *logdir, uint64_t bytes);

/* Goes on with the rotation that is under way, or with the one that is due;
 * true if there is none (any more).  False if a step failed: a warning has been
 * given, and logdir->retry_at says when to call again; before, it is false
 * again, without a word. */
bool rotate(struct logdir *logdir, int64_t now);

/* Notes that something on the logdir failed now, with errno: what, and on which
 * of its files (with its slash). */
void rotate_failed(struct logdir *logdir, const char *what, const char *file,
                   int64_t now);

#endif
