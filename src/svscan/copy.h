/* SPDX-License-Identifier: ISC */
/*
 * copy.h - live copies: LIVE/NAME made from DEFS/NAME.
 *
 * A first copy is staged, then marked, then renamed as a whole: a mark without
 * a directory means nothing.  A standing copy is renewed file by file: what is
 * obsolete goes, the mark says "not whole", the new files are renamed over the
 * old, the mark says what it is.  Killed anywhere, it is done again; `run` is
 * there at every instant.
 *
 *   mark.c    which entries of LIVE are ours, and made from what
 *   stage.c   a copy in the making
 */
#ifndef SVSCAN_COPY_H
#define SVSCAN_COPY_H

#include <stdbool.h>

#include "svscan/mark.h"
#include "svscan/survey.h"

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
