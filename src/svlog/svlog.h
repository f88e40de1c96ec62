/* SPDX-License-Identifier: ISC */
/*
 * svlog.h - what all of svlog shares: how talkative it is.
 *
 *   main      the command line, and opening what it names
 *   script    the directives, selection;  pattern: what it selects by
 *   logger    all that is open, and where the work stands
 *   loop      waits: for bytes, signals, timers; and ends
 *   input     takes bytes from standard input, by way of the in-flight file
 *   inflight  that file, and the ledger in it
 *   work      from there to the logs, a slice at a time
 *   line      cuts bytes into lines
 *   output    stamps the lines (stamp), gathers them, writes them
 *   straight  lines that need none of this
 *   logdir    opens and closes a logdir;  rotate: makes archives of it
 *   process   the processor of an archive
 */
#ifndef SVLOG_SVLOG_H
#define SVLOG_SVLOG_H

#include <errno.h>

#include "sv/say.h"

/* 1 by default; -q and -v count down and up.  0: no warnings. */
extern unsigned int verbosity;

#define warn(...)                                                              \
    do {                                                                       \
        if (verbosity)                                                         \
            sv_warn(__VA_ARGS__);                                              \
    } while (0)
#define warn_sys(...)                                                          \
    do {                                                                       \
        if (verbosity)                                                         \
            sv_warn_sys(__VA_ARGS__);                                          \
    } while (0)

#endif
