/* SPDX-License-Identifier: ISC */
/*
 * shipped.h - the logger's part of shipping: what is not sent yet is kept.
 */
#ifndef SVLOG_SHIPPED_H
#define SVLOG_SHIPPED_H

#include <stdbool.h>

/* May the archive, the oldest of the logdir, be removed without a loss?  So it
 * is where nobody ships, and if all of it has been sent. */
bool shipped(int dir, const char *archive);

/* Notes that the archive is going to be removed, and what of it has not been
 * sent; once, if it is noted again because a kill came between.  False with
 * errno set. */
bool shipped_note_loss(int dir, const char *archive);

#endif
