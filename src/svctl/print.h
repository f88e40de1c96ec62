/* SPDX-License-Identifier: ISC */
/*
 * print.h - log lines, with the TAI64N stamp at their head as local time.
 */
#ifndef SVCTL_PRINT_H
#define SVCTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "svctl/when.h"

struct printer {
    FILE *to;
    bool is_past_head; /* of the line: the rest of it goes through */
    size_t held;       /* bytes of head, which may become a stamp */
    char head[WHEN_STAMP];
};

/* Prints size bytes of a log; a line may come in any number of pieces. */
void print_bytes(struct printer *printer, const char *bytes, size_t size);

/* Prints what is held of a last line that is shorter than a stamp. */
void print_end(struct printer *printer);

#endif
