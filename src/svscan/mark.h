/* SPDX-License-Identifier: ISC */
/*
 * mark.h - LIVE/.svscan: which entries of LIVE are ours, and made from what.
 *
 * LIVE/.svscan/copies/NAME is the mark of a copy: a symlink, since a short one
 * takes no page, whose text says what the copy was made from.
 *
 *   "00f3c0ffee15beef:run/finish/log//log//run//dependencies.d//db/net"
 *    16 hexadecimal digits, the survey's signature; 0: the copy is not whole
 *                     the names of the top directory, with "/" between them;
 *                     then for each directory that is not empty its path
 *                     between two "//", and its names likewise
 *
 * The names tell what is ours in the copy, so that a file that has gone from
 * the definition goes from the copy too, and nothing else ever does.  No path
 * has an empty part, so "//" stands in none.
 */
#ifndef SVSCAN_MARK_H
#define SVSCAN_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "svscan/survey.h"

enum { MARK_MAX = 4095, MARK_NAMES = 17 /* offset of the names */ };

struct copies {
    int live;
    int marks; /* LIVE/.svscan/copies */
    int stage; /* LIVE/.svscan/stage; what is in it means nothing */
};

struct mark {
    uint64_t signature;
    char text[MARK_MAX + 1];
};

/* Makes LIVE/.svscan with copies/ and stage/ where they are missing, and
 * empties the stage.  live is not owned.  False with errno set. */
bool copies_open(struct copies *copies, int live);
void copies_close(struct copies *copies);

/* The mark of what was surveyed.  False if it cannot hold all the names. */
bool mark_make(struct mark *mark, const struct survey *survey);

/* Says in the mark that the copy is of that signature. */
void mark_sign(struct mark *mark, uint64_t signature);

/* Reads the mark of name.  False if there is none; one that is not a mark has
 * the signature 0 and no names. */
bool mark_read(const struct copies *copies, const char *name,
               struct mark *mark);

/* Sets the mark of name, over the one that stands in one rename.  False with
 * errno set. */
bool mark_put(const struct copies *copies, const char *name,
              const struct mark *mark);

/* Removes the mark of name; none is fine.  False with errno set. */
bool mark_remove(const struct copies *copies, const char *name);

/* Calls each with every relative path that the mark names, a directory before
 * what is in it, until it returns false.  True if it never did. */
bool mark_each(const struct mark *mark,
               bool (*each)(void *context, const char *path), void *context);

#endif
