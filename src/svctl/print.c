/* SPDX-License-Identifier: ISC */
/*
 * print.c - a line of a log, with its time; a word for a shell.
 */
#include <string.h>

#include "sv/dated.h"
#include "svctl/print.h"
#include "svctl/show.h"
#include "svctl/when.h"

/* What stands before the message of a line; returns how much of the line that
 * is. */
static size_t print_head(FILE *to, const char *service, const char *line,
                         size_t size)
{
    char when[WHEN_LOCAL_MAX];
    int64_t realtime;
    size_t stamps = sv_dated(line, size, &realtime);

    if (stamps)
        fprintf(to, "%s ", when_local(when, realtime));
    if (service)
        fprintf(to, "%s: ", service);
    return stamps;
}

void print_line(FILE *to, const char *service, const char *line, size_t size)
{
    size_t head = print_head(to, service, line, size);

    fwrite(line + head, 1, size - head, to);
    putc('\n', to);
}

void print_line_clean(FILE *to, const char *service, const char *line,
                      size_t size)
{
    const char *at = line + print_head(to, service, line, size);
    const char *end = line + size;
    const char *tab;

    for (; (tab = memchr(at, '\t', (size_t)(end - at))); at = tab + 1) {
        print_clean_bytes(to, at, (size_t)(tab - at));
        putc('\t', to);
    }
    print_clean_bytes(to, at, (size_t)(end - at));
    putc('\n', to);
}

void print_line_json(struct json *json, const char *service, const char *line,
                     size_t size)
{
    int64_t realtime;
    size_t stamps = sv_dated(line, size, &realtime);

    if (stamps)
        json_time(json, "time", realtime);
    else
        json_null(json, "time");
    json_text(json, "service", service);
    json_bytes(json, "msg", line + stamps, size - stamps);
}

void print_word(FILE *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_./:,+@%=";

    if (*word && !word[strspn(word, plain)]) {
        fputs(word, to);
        return;
    }
    putc('\'', to);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    putc('\'', to);
}
