/* SPDX-License-Identifier: ISC */
/*
 * line.h - the conversation with svscan: hold.h's messages, init's side.
 *
 * What init has to say goes first: as long as the line is full, nothing more is
 * read from it, so that an answer never needs more room than this file has.
 */
#ifndef INIT_LINE_H
#define INIT_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <poll.h>

#include "sv/hold.h"

/* What svscan may ask of the rest of init. */
struct line_calls {
    void (*up)(void);                /* its first scan is done */
    void (*machine)(char what);      /* enum sv_machine */
    void (*stopped)(void);           /* every service is down */
    void (*main_ended)(int wstat);   /* ... or the one that all is for */
    void (*upgrade)(void);           /* init is to become the one on disk */
    int64_t (*stop_ms)(void);        /* a stop is in progress, and has so much
                                        time left; -1: none is */
};

void line_begin(const struct line_calls *calls);

/* A fresh line for a fresh svscan.  Returns svscan's end, close-on-exec and
 * the caller's, or -1 with errno set. */
int line_open(void);

/* svscan is dead: takes what it still said, and closes the line. */
void line_close(void);

/* Fills *poll with what is awaited on the line. */
void line_poll(struct pollfd *poll);

/* Something of what was awaited has come, or line_due() has. */
void line_ready(void);

/* When the line is to be tried again, for want of memory (CLOCK_BOOTTIME ns);
 * INT64_MAX if not. */
int64_t line_due(void);

/* A stop has begun: tells svscan, as soon as it has asked for its holds. */
void line_say_stop(void);

/* Tells svscan how an upgrade of init ended. */
void line_say_upgraded(enum sv_upgrade_end end);

/* Is svscan there, and nothing owed to it?  Then the line is all that there is
 * to hand over. */
struct line_state {
    int32_t line;
    bool has_holds;
    bool has_heard;
};
bool line_is_quiet(void);
void line_save(struct line_state *state);
void line_resume(const struct line_state *state);

/* Has this svscan ever said anything? */
bool line_has_heard(void);

#endif
