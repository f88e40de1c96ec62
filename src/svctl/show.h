/* SPDX-License-Identifier: ISC */
/*
 * show.h - rows as a table for people, and as JSON for programs.
 */
#ifndef SVCTL_SHOW_H
#define SVCTL_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "svctl/rows.h"

struct look {
    size_t width;     /* of the terminal; 0: none, lines may be of any length */
    bool has_colour;
    int64_t realtime; /* CLOCK_REALTIME ns, now */
};

/* How the terminal on descriptor fd, if it is one, wants to be written to. */
struct look look_of(int fd);

/* A line for each row, below a heading; below a row what is wrong with it. */
void table_print(FILE *to, const struct rows *rows, const struct look *look);

/* A text of whose bytes none can move the cursor, or ring the bell. */
void print_clean(FILE *to, const char *text);

/* One row as an object, without a newline; the fields are those of svctl(8). */
void json_row(FILE *to, const struct sv_wire_row *row, int64_t realtime);

/* A string with its quotes.  Bytes that are not UTF-8 come out as if they were
 * Latin-1. */
void json_string(FILE *to, const char *text);
void json_bytes(FILE *to, const char *bytes, size_t size);

/* An array of rows on stdout. */
void show_json(const struct rows *rows);

/* Writes out what stdout still keeps; exits with 111 if that cannot be. */
void show_end(void);

#endif
