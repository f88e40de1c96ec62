/* SPDX-License-Identifier: ISC */
/*
 * show.h - what is printed: a table of rows for people, JSON for programs.
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
    bool is_close;    /* show what each service says of itself as well, */
    int definitions;  /* ... and which of those in this directory are disabled;
                         -1: not known */
    int64_t realtime; /* CLOCK_REALTIME ns, now */
};

/* How the terminal on descriptor fd, if it is one, wants to be written to. */
struct look look_of(int fd);

/* A line for each row, below a heading; below a row what is wrong with it. */
void table_print(FILE *to, const struct rows *rows, const struct look *look);

/* One word for the state, in its colour. */
void print_state_word(FILE *to, const struct sv_wire_row *row, bool has_colour);

/* A text of which no character can move the cursor, or ring the bell: such come
 * out as question marks, and so do bytes that are not UTF-8. */
void print_clean(FILE *to, const char *text);
void print_clean_bytes(FILE *to, const char *text, size_t size);

/* The same with a newline at its end, broken between words where the terminal
 * ends; lead is printed before it. */
void print_wrapped(FILE *to, const char *lead, const char *text,
                   const struct look *look);

/*
 * JSON.  A writer puts one value after the other, and knows about the commas.
 * An answer of a verb is one object,
 *
 *   struct json *json = json_answer();       {"svctl": 1
 *   json_open(json, "services", '[');        , "services": [
 *   json_open(json, NULL, '{');              {
 *   json_text(json, "name", "web");          "name": "web"
 *   json_end(json);                          }]}
 *
 * a stream is such an object a line (json_line).  svctl-json(7) names every
 * field, and a test compares it with what is printed.
 */
enum { JSON_VERSION = 1, JSON_DEPTH_MAX = 8 };

struct json {
    FILE *to;
    unsigned depth;
    char closers[JSON_DEPTH_MAX]; /* of what is open */
    bool has_any;                 /* a value, in what was opened last */
    bool is_line;                 /* no newline is put before an object */
};

/* To be called once, when --json is known: whatever fails from then on, also
 * by sv_die(), what was said of it is the field error of an object on stdout.
 * A verb that says of each service what failed does so in its answer, and ends
 * that: then nothing is added. */
void json_promise(void);

/* Begins an object on stdout, with the version in it: the one that a verb
 * answers, or a line of a stream.  There is one at a time; it needs no free. */
struct json *json_answer(void);
struct json *json_line(void);

/* Closes all that is open, and the line.  show_end() brings it out. */
void json_end(struct json *json);

/* A value: in an object with its name, which is not escaped; in an array, name
 * is NULL.  json_open begins an object ('{') or an array ('['). */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json);
void json_number(struct json *json, const char *name, uint64_t number);
void json_bool(struct json *json, const char *name, bool truth);
void json_null(struct json *json, const char *name);
/* null if it is the number that means none. */
void json_number_or_null(struct json *json, const char *name, uint64_t number,
                         uint64_t none);
/* A string; NULL and the empty text are null.  Bytes that are not UTF-8 come
 * out as if they were Latin-1. */
void json_text(struct json *json, const char *name, const char *text);
/* The same of so many bytes, a string even of none. */
void json_bytes(struct json *json, const char *name, const char *bytes,
                size_t size);
/* CLOCK_REALTIME ns as a string, "2026-11-23T02:36:02.123456Z". */
void json_time(struct json *json, const char *name, int64_t realtime);

/* Adds the fields of a service to the object that is open. */
void json_row(struct json *json, const struct sv_wire_row *row,
              int64_t realtime);
/* Adds the field shipping. */
struct lag;
void json_lag(struct json *json, const struct lag *lag);
/* Adds the fields name and error, which is null where that is NULL or "". */
void json_outcome(struct json *json, const char *name, const char *error);
/* What was said of a service, as fatal, since this was called last, without its
 * name before it; "" if nothing was.  Kept until the next call. */
const char *json_fault(const char *name);

/* Writes out what stdout still keeps; exits with 111 if that cannot be. */
void show_end(void);

#endif
