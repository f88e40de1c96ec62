/* SPDX-License-Identifier: ISC */
/*
 * print.c - a line of a log, with its time.
 */
#include "sv/dated.h"
#include "svctl/print.h"
#include "svctl/show.h"
#include "svctl/when.h"

void print_line(FILE *to, const char *service, const char *line, size_t size)
{
    char when[WHEN_LOCAL_MAX];
    int64_t realtime;
    size_t stamps = sv_dated(line, size, &realtime);

    if (stamps)
        fprintf(to, "%s ", when_local(when, realtime));
    if (service)
        fprintf(to, "%s: ", service);
    fwrite(line + stamps, 1, size - stamps, to);
    putc('\n', to);
}

void print_line_json(FILE *to, const char *service, const char *line,
                     size_t size)
{
    char when[WHEN_LOCAL_MAX];
    int64_t realtime;
    size_t stamps = sv_dated(line, size, &realtime);

    if (stamps)
        fprintf(to, "{\"time\": \"%s\"", when_utc(when, realtime));
    else
        fputs("{\"time\": null", to);
    fputs(", \"service\": ", to);
    json_string(to, service);
    fputs(", \"msg\": ", to);
    json_bytes(to, line + stamps, size - stamps);
    fputs("}\n", to);
}
