/* SPDX-License-Identifier: ISC */
/*
 * svlog.h - what all of svlog shares: how talkative it is.
 *
 *   main    ->  poll: bytes, signals, timers
 *   input   ->  takes bytes from standard input, by way of the in-flight file
 *   line    ->  cuts them into lines
 *   output  ->  stamps the lines, gathers them, writes them
 *   logdir  ->  opens and closes a logdir;  rotate -> makes archives of it
 */
#ifndef SVLOG_SVLOG_H
#define SVLOG_SVLOG_H

#include <errno.h>

#include "sv/say.h"

/* 1 by default; -q and -v count down and up.  0: no warnings. */
extern unsigned int verbosity;

#define warn(...) ((void)(verbosity ? (sv_warn(__VA_ARGS__), 0) : 0))
#define warn_sys(...) ((void)(verbosity ? (sv_warn_sys(__VA_ARGS__), 0) : 0))

#endif
