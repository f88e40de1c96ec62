/* SPDX-License-Identifier: ISC */
/*
 * json.c - rows as JSON.  The names of the fields are promised in svctl(8).
 */
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/json.h"
#include "sv/service.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

void json_bytes(FILE *to, const char *bytes, size_t size)
{
    char escaped[SV_JSON_ESCAPED];

    putc('"', to);
    while (size) {
        size_t used;
        size_t n = sv_json_escape(escaped, bytes, size, &used);

        fwrite(escaped, 1, n, to);
        bytes += used;
        size -= used;
    }
    putc('"', to);
}

void json_string(FILE *to, const char *text)
{
    json_bytes(to, text, strlen(text));
}

static void json_bool(FILE *to, const char *name, bool truth)
{
    fprintf(to, ", \"%s\": %s", name, truth ? "true" : "false");
}

static void json_text(FILE *to, const char *name, const char *text)
{
    fprintf(to, ", \"%s\": ", name);
    if (*text)
        json_string(to, text);
    else
        fputs("null", to);
}

static void json_exit(FILE *to, const struct sv_wire_row *row)
{
    fputs(", \"last_exit\": ", to);
    if (!row->deaths && !row->wstat)
        fputs("null", to);
    else if (row->wstat == SV_WSTAT_UNKNOWN)
        fputs("{\"code\": null, \"signal\": null}", to);
    else if (WIFSIGNALED(row->wstat))
        fprintf(to, "{\"code\": null, \"signal\": \"%s\"}",
                sv_signal_name(WTERMSIG(row->wstat)));
    else
        fprintf(to, "{\"code\": %d, \"signal\": null}",
                WEXITSTATUS(row->wstat));
}

static void json_times(FILE *to, const struct sv_wire_row *row,
                       int64_t realtime)
{
    int64_t since = sv_stamp_to_realtime(&row->stamp);
    char when[WHEN_LOCAL_MAX];

    if (since <= 0) {
        fputs(", \"since\": null, \"uptime_ms\": null", to);
        return;
    }
    fprintf(to, ", \"since\": \"%s\"", when_utc(when, since));
    if (row_is_alive(row))
        fprintf(to, ", \"uptime_ms\": %" PRId64,
                realtime > since ? (realtime - since) / SV_MS : 0);
    else
        fputs(", \"uptime_ms\": null", to);
}

void json_row(FILE *to, const struct sv_wire_row *row, int64_t realtime)
{
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = {
        {"wanted", SV_ROW_WANT_UP},     {"normally_up", SV_ROW_NORMALLY_UP},
        {"paused", SV_ROW_PAUSED},      {"announces", SV_ROW_ANNOUNCES},
        {"changed", SV_ROW_CHANGED},    {"foreign", SV_ROW_FOREIGN},
        {"has_logger", SV_ROW_LOGGED},  {"leaving", SV_ROW_LEAVING},
        {"adopted", SV_ROW_ADOPTED},    {"failed", SV_ROW_FAILED},
        {"oneshot", SV_ROW_ONESHOT},
        {"unhealthy", SV_ROW_UNHEALTHY},
        {"reloading", SV_ROW_RELOADING},
    };

    fputs("{\"name\": ", to);
    json_string(to, row->name);
    fprintf(to, ", \"state\": \"%s\"", sv_wire_state_name(row->state));
    json_bool(to, "ready", row_is_ready(row));
    if (row->pid)
        fprintf(to, ", \"pid\": %" PRId64, row->pid);
    else
        fputs(", \"pid\": null", to);
    json_times(to, row, realtime);
    fprintf(to, ", \"restarts\": %" PRIu32 ", \"deaths\": %" PRIu32,
            row->restarts, row->deaths);
    json_exit(to, row);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_bool(to, flags[i].name, row->flags & flags[i].flag);
    fprintf(to, ", \"due_ms\": %" PRIu64, row->due_ms);
    if (row->memory == UINT64_MAX)
        fputs(", \"memory\": null", to);
    else
        fprintf(to, ", \"memory\": %" PRIu64, row->memory);
    json_text(to, "note", row->note);
    json_text(to, "said", row->said);
    if (row->main_pid)
        fprintf(to, ", \"main_pid\": %" PRIu32, row->main_pid);
    else
        fputs(", \"main_pid\": null", to);
    putc('}', to);
}

void show_json(const struct rows *rows)
{
    int64_t realtime = sv_realtime();

    fputs("[", stdout);
    for (size_t i = 0; i < rows->count; i++) {
        fputs(i ? ",\n " : "\n ", stdout);
        json_row(stdout, &rows->rows[i], realtime);
    }
    fputs(rows->count ? "\n]\n" : "]\n", stdout);
    show_end();
}
