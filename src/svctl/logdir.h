/* SPDX-License-Identifier: ISC */
/*
 * logdir.h - the directory that a logger writes: where it is, and its files.
 *
 * From old to new: archives "@TAI64N.s" or ".u", "previous" while a rotation
 * goes on, "current".
 */
#ifndef SVCTL_LOGDIR_H
#define SVCTL_LOGDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "sv/paths.h"

enum { LOGDIR_NAME = 27 }; /* bytes of an archive's name */

#define LOGDIR_CURRENT "current"
#define LOGDIR_PREVIOUS "previous"

/* The directory of which the process has "current" or "lock" open. */
bool logdir_of_process(pid_t pid, char path[static SV_PATH_MAX]);

/* The last word of dir/run that begins with a slash or a dot; a relative one is
 * below dir. */
bool logdir_of_script(const char *dir, char path[static SV_PATH_MAX]);

/* The last word of text that begins with a slash or a dot, but not in a first
 * line that begins with #!.  Cuts text, and points into it; NULL if there is
 * none. */
char *logdir_in_text(char *text);

/* The files of the directory that are older than the open file current (or all,
 * if that is -1), from old to new.  During a rotation a file may have two names
 * or a new one: it is listed once, and current never.  An archive keeps its
 * name; "previous", which is always the newest, means the file *previous only:
 * another may have got that name since.  False with errno set. */
bool logdir_files(int dir, int current, char ***files, size_t *n,
                  struct stat *previous);
void logdir_free(char **files, size_t n);

/* Where the last *lines lines of the file begin.  *lines becomes how many more
 * there should have been, which are in the file before. */
off_t logdir_tail(int fd, size_t *lines);

#endif
