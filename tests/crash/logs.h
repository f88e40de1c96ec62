/* SPDX-License-Identifier: ISC */
/*
 * logs.h - kills loggers, and counts the lines that this costs.
 *
 *   courses.c     what a logger is made to do: its script, its input, and what
 *                 must be in its logdirs afterwards
 *   writer.c      the lines, each of which says which it is, and who writes them
 *   logger.c      a life: loggers that are killed, one after the other, and a
 *                 last one that is not
 *   count.c       reads the logdirs: lines lost, doubled, torn, out of order
 *   logkiller.c   options, lives side by side, the report
 *
 * The driver holds standard input open, as svscan does, so a dead logger takes
 * nothing with it.
 */
#ifndef LOGS_H
#define LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- courses.c ----------------------------------------------------------- */

enum logger { SVLOG, S6_LOG, SVLOGD, LOGGERS };

extern const char *const logger_names[LOGGERS];

enum source { FROM_PIPE, FROM_FILE, FROM_SOCKET, FROM_TERMINAL };

enum text {
    NUMBERED, /* each line has its number, and a length of its own */
    SAME,     /* they are all the same: what counts is how many there are */
    LONG,     /* some are longer than what a logger takes at once */
};

enum part { EVERY, EVEN, ODD };

/* A logdir, which of the lines are for it, and in which column they begin. */
struct place {
    const char *dir;
    enum part part;
    size_t column;
};

enum { WORDS_MAX = 20, PLACES_MAX = 3 };

struct course {
    const char *name;
    enum source source;
    enum text text;
    bool is_marked; /* a processor puts a "p" before each line it has seen */
    struct place places[PLACES_MAX];
    /* Words of the command line; SIZE stands for the s directive.  None: it
     * cannot do that. */
    const char *script[LOGGERS][WORDS_MAX];
    const char *other[WORDS_MAX]; /* svlog's at every second start, if any */
    const char *small;            /* SIZE in a sweep */
};

#define SIZE "SIZE"

enum { COURSES = 13 };

extern const struct course courses[COURSES];

/* Is that line for the logdir? */
bool place_has(const struct place *place, unsigned n);
/* Bytes that were read in the instant of the kill may be lost. */
bool course_has_window(const struct course *course);

/* ---- a life -------------------------------------------------------------- */

enum damage { LOST, DOUBLED, TORN, MIXED, STUCK_LOGGERS, DAMAGES };

extern const char *const damage_names[DAMAGES];

enum { PATH_ROOM = 512, CALL_ROOM = 48 };

/* What a life hands back. */
struct outcome {
    bool is_done;
    unsigned kills;
    unsigned lines;
    unsigned counts[DAMAGES];
    /* of a sweep: */
    bool reached;
    unsigned stops;
    char call[CALL_ROOM]; /* the last */
};

struct log_life {
    const struct course *course;
    enum logger logger;
    const char *bin; /* where svlog is */
    char dir[PATH_ROOM];
    uint64_t random;
    bool sweeps;
    unsigned number; /* of a sweep: the stop, from 1, 0: none; else the life */
    unsigned starts;
    int in;          /* what loggers get as standard input */
    pid_t writer;
    unsigned *written; /* lines, shared with the writer */
    struct outcome *outcome;
    FILE *report;
};

uint32_t logs_random(struct log_life *life, uint32_t below);
/* Counts, and says what was wrong, but for what has been said often. */
__attribute__((format(printf, 4, 5))) void
blame(struct log_life *life, enum damage damage, unsigned count,
      const char *format, ...);

/* Lives it, in an empty directory of its own. */
void life_of_loggers(struct log_life *life);

/* ---- writer.c ------------------------------------------------------------ */

enum { LINE_ROOM = 512 * 1024 };

/* The line of that number, with its newline; returns its size. */
size_t line_text(enum text text, unsigned n, char buf[static LINE_ROOM]);
/* Opens life->in and starts who writes there. */
void writer_start(struct log_life *life);
/* No more lines than what is begun.  Of a sweep, and of a file, all come. */
void writer_stop(const struct log_life *life);
/* The writer has ended, or will soon: somebody has read all. */
void writer_end(struct log_life *life);

/* ---- count.c ------------------------------------------------------------- */

/* After the last logger's end. */
void count_lines(struct log_life *life);

#endif
