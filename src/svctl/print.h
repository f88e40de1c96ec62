/* SPDX-License-Identifier: ISC */
/*
 * print.h - a line of a log, with its time; a word for a shell.
 */
#ifndef SVCTL_PRINT_H
#define SVCTL_PRINT_H

#include <stddef.h>
#include <stdio.h>

/* Prints a line, given without its newline, and with one: its stamps become
 * local time, and service, unless it is NULL, stands behind that. */
void print_line(FILE *to, const char *service, const char *line, size_t size);

/* The same for a terminal: what is no tab goes through print_clean, so that no
 * service can move the cursor of who reads its log. */
void print_line_clean(FILE *to, const char *service, const char *line,
                      size_t size);

/* The same as fields of the object that is open: time (UTC, null without a
 * stamp), service, and msg, in which bytes that are not UTF-8 come out as if they
 * were Latin-1. */
struct json;
void print_line_json(struct json *json, const char *service, const char *line,
                     size_t size);

/* Prints the word, in quotes where a shell would not take it as it is. */
void print_word(FILE *to, const char *word);

#endif
