/* SPDX-License-Identifier: ISC */
/*
 * logdir.h - which directory does a logger write?
 */
#ifndef SVCTL_LOGDIR_H
#define SVCTL_LOGDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "sv/paths.h"

/* The directory of which the logger pid has "current" or "lock" open; if that
 * cannot be seen, or pid is 0 (it is down), the one that its command line names
 * last, or else dir/run.  dir is its service directory.  False with errno set:
 * EACCES if its files are not ours to look at, else ENOENT. */
bool logdir_find(pid_t pid, const char *dir, char path[static SV_PATH_MAX]);

/* The last word of text that begins with a slash or a dot and is a log
 * directory, but not in a first line that begins with #!; a relative one is
 * below dir.  Cuts text; false if there is none. */
bool logdir_in_text(char *text, const char *dir,
                    char path[static SV_PATH_MAX]);

#endif
