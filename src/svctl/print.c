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
