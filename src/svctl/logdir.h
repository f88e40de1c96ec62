/* SPDX-License-Identifier: ISC */
/*
 * logdir.h - which directory does a logger write?
 */
#ifndef SVCTL_LOGDIR_H
#define SVCTL_LOGDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "sv/paths.h"

/* The directory of which the process has "current" or "lock" open. */
bool logdir_of_process(pid_t pid, char path[static SV_PATH_MAX]);

/* The last word of dir/run that begins with a slash or a dot; a relative one is
 * below dir. */
bool logdir_of_script(const char *dir, char path[static SV_PATH_MAX]);

/* The last word of text that begins with a slash or a dot, but not in a first
 * line that begins with #!.  Cuts text, and points into it; NULL if there is
 * none. */
char *logdir_in_text(char *text);

#endif
