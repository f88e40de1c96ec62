/* SPDX-License-Identifier: ISC */
/*
 * words.h - a command line in a file, split into words.
 *
 * What `up` and `down` of a oneshot hold where they are no executable files, on
 * a machine without execlineb: words between blanks and newlines; "..." keeps
 * what is between, where \n, \r and \t are what they are in C; \ before any
 * other character takes it as it is; # at the beginning of a word starts a
 * comment, which ends with the line.  Blocks in braces and variables are
 * execlineb's: both are refused, not guessed at.
 *
 * Source: execline's quoting, as far as s6-rc's users need it.
 */
#ifndef SV_WORDS_H
#define SV_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "sv/paths.h"

enum { SV_WORDS_MAX = 255 };

struct sv_words {
    size_t count;
    const char *words[SV_WORDS_MAX + 1]; /* in text; NULL ends them */
    char text[SV_VALUE_MAX + 1];
};

/* Splits size bytes of text.  Returns NULL, or what is wrong with it in words
 * that follow the name of the file ("holds a $, which needs execlineb"): then
 * *words holds nothing.  Static. */
const char *sv_words_split(struct sv_words *words, const char *text,
                           size_t size);

/* Finds the program that the first of words without a slash means, in the
 * directories of PATH, as execvp(3) would; path then leads to it.  An empty
 * directory there is none. */
bool sv_words_program(char path[static SV_PATH_MAX], const char *word);

#endif
