/* SPDX-License-Identifier: ISC */
/*
 * process.h - the processor: a command that makes an archive of previous.
 *
 * It runs in the logdir, with previous as descriptor 0, processed as 1, state
 * as 4 and newstate as 5, and svlog's environment and standard error.  Source:
 * contract 10.6.
 */
#ifndef SVLOG_PROCESS_H
#define SVLOG_PROCESS_H

#include <sys/types.h>

#include "svlog/logdir.h"

/* Starts the processor of the logdir's policy.  Returns its pid, or -1 with
 * errno set.  If it cannot be executed, it says so, and exits 127. */
pid_t process_start(const struct logdir *logdir);

#endif
