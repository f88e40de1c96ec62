/* SPDX-License-Identifier: ISC */
/*
 * copy.h - live copies: LIVE/NAME made from DEFS/NAME, and its mark.
 *
 * LIVE/.svscan/copies/NAME is the mark: a symlink, since a short one takes no
 * page, whose text says what the copy was made from.
 *
 *   "00f3c0ffee15beef:run/finish/log//log//run//dependencies.d//db/net"
 *    16 hexadecimal digits, the survey's signature; 0: the copy is not whole
 *                     the names of the top directory, each followed by "/" or
 *                     the end; then for each directory that is not empty its
 *                     path between two "//", and its names likewise
 *
 * The names tell what is ours in the copy, so that a file that has gone from
 * the definition goes from the copy too, and nothing else ever does.  No path
 * has an empty part, so "//" stands in none.
 *
 * A first copy is staged, then marked, then renamed as a whole: a mark without
 * a directory means nothing.  A standing copy is renewed file by file: what is
 * obsolete goes, the mark says "not whole", the new files are renamed over the
 * old, the mark says what it is.  Killed anywhere, it is done again; `run` is
 * there at every instant.
 */
#ifndef SVSCAN_COPY_H
#define SVSCAN_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svscan/survey.h"

enum { MARK_MAX = 4095, MARK_NAMES = 17 /* offset of the names */ };

struct copies {
    int live;
    int marks; /* LIVE/.svscan/copies */
    int stage; /* LIVE/.svscan/stage */
};

struct mark {
    uint64_t signature;
    char text[MARK_MAX + 1];
};

enum copy_answer {
    COPY_MADE,
    COPY_CLASH,    /* an entry of that name stands, and is not ours */
    COPY_CHANGING, /* somebody is at work on the definition */
    COPY_TOO_MANY, /* more names than a mark can hold */
    COPY_FAILED    /* errno and `file` say why */
};

/* What is copied: the definition name, open at fd, as surveyed; origin is its
 * absolute path, to which relative links and data/ and env/ lead. */
struct copy {
    const struct copies *copies;
    const char *name;
    int fd;
    const char *origin;
    const struct survey *survey;
    char file[256]; /* out: what failed */
};

/* Makes LIVE/.svscan with copies/ and stage/ where they are missing, and
 * empties the stage.  live is not owned.  False with errno set. */
bool copies_open(struct copies *copies, int live);
void copies_close(struct copies *copies);

/* Reads the mark of name.  False if there is none; one that is not a mark has
 * the signature 0 and no names. */
bool mark_read(const struct copies *copies, const char *name,
               struct mark *mark);

/* Removes the mark of name; none is fine.  False with errno set. */
bool mark_remove(const struct copies *copies, const char *name);

/* Calls each with every relative path that the mark names, a directory before
 * what is in it, until it returns false.  True if it never did. */
bool mark_each(const struct mark *mark,
               bool (*each)(void *context, const char *path), void *context);

/* Does LIVE/NAME stand: is there a directory, and not through a symlink? */
bool copy_stands(const struct copies *copies, const char *name);

/* Makes the copy where there is no directory yet, and the mark. */
enum copy_answer copy_make(struct copy *copy);

/* Renews the copy that stands, and the mark. */
enum copy_answer copy_renew(struct copy *copy);

/* Deletes LIVE/NAME, with everything in it, and then the mark.  It leaves LIVE
 * in one rename; mounts are not crossed, symlinks not followed.  False with
 * errno set. */
bool copy_remove(const struct copies *copies, const char *name);

#endif
