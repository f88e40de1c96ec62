/* SPDX-License-Identifier: ISC */
/*
 * foreground.h - waiting for a program that goes into the background.
 *
 * It and all that it starts have the writing end of a pipe, under so many
 * numbers that a program which closes those it knows of misses one.  When the
 * last of them has ended, the pipe does.
 *
 * Source: contract 11.1, s6-fghack.
 */
#ifndef CHAIN_FOREGROUND_H
#define CHAIN_FOREGROUND_H

#include <stdbool.h>

enum { FOREGROUND_COPIES = 30 }; /* beside the end itself */

struct foreground {
    bool has_written; /* somebody has written to the pipe: it was no use */
    int wstat;        /* else as waitpid gives it, of the program itself */
};

/* Starts the program as run_program() would become it, and waits until nobody
 * has the pipe any more.  NULL if all went well, else the words for what did
 * not, with errno set. */
const char *foreground_run(struct foreground *end, char *const argv[]);

#endif
