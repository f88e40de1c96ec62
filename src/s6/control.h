/* SPDX-License-Identifier: ISC */
/*
 * control.h - what s6-svc and s6-svscanctl have in common: letters to a fifo.
 */
#ifndef S6_CONTROL_H
#define S6_CONTROL_H

#include <stddef.h>

/* The letters of a command line, in their order. */
struct letters {
    size_t size;
    char bytes[64];
};

/* Adds one; exits 100 if there are max already. */
void letters_add(struct letters *letters, char letter, size_t max);

/* The exit codes for the two ways in which nobody is reached. */
struct unheard {
    int nobody;
    int broken;
};

/* Writes the letters to file of the service or scan directory dir; sub is the
 * name of the directory that file is in.  Says what went wrong.  Returns the
 * exit code. */
int letters_send(const struct letters *letters, const char *dir,
                 const char *file, const char *sub,
                 const struct unheard *codes);

#endif
