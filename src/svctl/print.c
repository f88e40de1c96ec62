/* SPDX-License-Identifier: ISC */
/*
 * print.c - log lines, with the TAI64N stamp at their head as local time.
 */
#include <string.h>

#include "svctl/print.h"

static void release_head(struct printer *printer)
{
    char when[WHEN_LOCAL_MAX];
    int64_t realtime;

    if (printer->held == WHEN_STAMP && when_scan(printer->head, &realtime))
        fputs(when_local(when, realtime), printer->to);
    else
        fwrite(printer->head, 1, printer->held, printer->to);
    printer->held = 0;
    printer->is_past_head = true;
}

/* Holds back what may be a stamp; returns how much of the bytes it took. */
static size_t hold(struct printer *printer, const char *bytes, size_t size)
{
    size_t i = 0;

    while (i < size && printer->held < WHEN_STAMP && bytes[i] != '\n' &&
           (printer->held || bytes[i] == '@'))
        printer->head[printer->held++] = bytes[i++];
    if (i < size || printer->held == WHEN_STAMP)
        release_head(printer);
    return i;
}

void print_bytes(struct printer *printer, const char *bytes, size_t size)
{
    while (size) {
        size_t n = 0;

        if (printer->is_past_head) {
            const char *newline = memchr(bytes, '\n', size);

            n = newline ? (size_t)(newline - bytes) + 1 : size;
            fwrite(bytes, 1, n, printer->to);
            printer->is_past_head = !newline;
        } else {
            n = hold(printer, bytes, size);
        }
        bytes += n;
        size -= n;
    }
}

void print_end(struct printer *printer)
{
    if (printer->held)
        release_head(printer);
}
