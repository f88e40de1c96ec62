/* SPDX-License-Identifier: ISC */
/*
 * stage.h - a copy in the making, where nobody sees it.
 *
 * STAGE/NAME is written whole before anything of it goes into the live tree.
 */
#ifndef SVSCAN_STAGE_H
#define SVSCAN_STAGE_H

#include <stdbool.h>

#include "svscan/copy.h"

/* Writes the copy below the stage's directory.  COPY_MADE, or what came in the
 * way; then nothing is left there. */
enum copy_answer stage_fill(struct copy *copy);

/* Removes what stage_fill made, and what is left of it.  Keeps errno. */
void stage_clear(const struct copy *copy);

/* Opens a directory that is no symlink.  -1 with errno set. */
int stage_open(int base, const char *name);

/* Removes name and everything in it; none is fine.  Mounts are not crossed,
 * symlinks not followed.  False with errno set, and the rest stays. */
bool stage_remove(int base, const char *name);

/* Makes a directory as the survey found it, or gives one or a fifo that stands
 * the mode and owner that were found.  No symlink is followed; a directory
 * always stays open to us.  False with errno set. */
bool stage_make_dir(int base, const char *name,
                    const struct survey_entry *entry);
bool stage_give_dir(int base, const char *name,
                    const struct survey_entry *entry);
bool stage_give_fifo(int base, const char *name,
                     const struct survey_entry *entry);

/* Sets *copy->file and returns COPY_FAILED.  Keeps errno. */
enum copy_answer copy_failed(struct copy *copy, const char *file);

#endif
