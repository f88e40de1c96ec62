/* SPDX-License-Identifier: ISC */
/*
 * ship.h - svlog ship: a logdir to a collector.
 *
 * A process of its own, so that the logger never waits: they share files only.
 * The logdir is the spool; shipfeed reads it, shipsocket is the way to the
 * collector, and ship keeps account of what has arrived.
 */
#ifndef SVLOG_SHIP_H
#define SVLOG_SHIP_H

/* The program, when the first word is "ship"; argv begins with that word. */
int ship_main(int argc, char *argv[]);

#endif
