/* SPDX-License-Identifier: ISC */
/*
 * json.c - what svctl says to programs.  The fields, and what is promised of
 * them, are in svctl-json(7).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/json.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/lag.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

/* ---- the writer ---------------------------------------------------------- */

static void put_string(FILE *to, const char *bytes, size_t size)
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

/* What comes before a value: a comma, and in an object its name. */
static void begin_value(struct json *json, const char *name)
{
    if (json->has_any)
        fputs(", ", json->to);
    json->has_any = true;
    if (name)
        fprintf(json->to, "\"%s\": ", name);
}

void json_open(struct json *json, const char *name, char bracket)
{
    if (json->depth == JSON_DEPTH_MAX)
        sv_die(SV_EXIT_BUG, "what is to be printed is too deep");
    begin_value(json, name);
    if (bracket == '{' && !name && json->depth && !json->is_line)
        fprintf(json->to, "\n%*s", (int)json->depth, "");
    putc(bracket, json->to);
    json->closers[json->depth++] = bracket == '{' ? '}' : ']';
    json->has_any = false;
}

void json_close(struct json *json)
{
    putc(json->closers[--json->depth], json->to);
    json->has_any = true;
}

void json_bytes(struct json *json, const char *name, const char *bytes,
                size_t size)
{
    begin_value(json, name);
    put_string(json->to, bytes, size);
}

void json_text(struct json *json, const char *name, const char *text)
{
    if (text && *text)
        json_bytes(json, name, text, strlen(text));
    else
        json_null(json, name);
}

void json_number(struct json *json, const char *name, uint64_t number)
{
    begin_value(json, name);
    fprintf(json->to, "%" PRIu64, number);
}

void json_bool(struct json *json, const char *name, bool truth)
{
    begin_value(json, name);
    fputs(truth ? "true" : "false", json->to);
}

void json_null(struct json *json, const char *name)
{
    begin_value(json, name);
    fputs("null", json->to);
}

void json_number_or_null(struct json *json, const char *name, uint64_t number,
                         uint64_t none)
{
    if (number == none)
        json_null(json, name);
    else
        json_number(json, name, number);
}

void json_time(struct json *json, const char *name, int64_t realtime)
{
    char when[WHEN_LOCAL_MAX];

    json_text(json, name, when_utc(when, realtime));
}

/* ---- stdout -------------------------------------------------------------- */

static struct json answer;
static bool is_answered;
static struct {
    char text[SV_SAY_MAX];
    size_t size;
} fatal; /* what has been said of what failed */

static void keep_fatal(enum sv_level level, const char *text, size_t size)
{
    size_t room = sizeof fatal.text - fatal.size;
    const char *between = fatal.size ? "; " : "";
    int n = 0;

    if (level == SV_FATAL)
        n = snprintf(fatal.text + fatal.size, room, "%s%.*s", between,
                     (int)size, text);
    if (n > 0)
        fatal.size += (size_t)n < room ? (size_t)n : room - 1;
}

/* As the process exits: an answer that is missing, or was cut short, is ended
 * by the reason. */
static void end_answer(void)
{
    if (is_answered || !fatal.size)
        return;
    if (!answer.depth)
        json_answer();
    while (answer.depth > 1)
        json_close(&answer);
    json_bytes(&answer, "error", fatal.text, fatal.size);
    fputs("}\n", stdout);
    fflush(stdout);
}

void json_promise(void)
{
    sv_say_heard = keep_fatal;
    if (atexit(end_answer) != 0)
        sv_die_sys("unable to promise an answer");
}

struct json *json_answer(void)
{
    answer = (struct json){.to = stdout};
    json_open(&answer, NULL, '{');
    json_number(&answer, "svctl", JSON_VERSION);
    return &answer;
}

struct json *json_line(void)
{
    struct json *line = json_answer();

    line->is_line = true;
    return line;
}

void json_end(struct json *json)
{
    while (json->depth)
        json_close(json);
    putc('\n', json->to);
    is_answered = !json->is_line;
}

/* ---- services ------------------------------------------------------------ */

static void json_exit(struct json *json, const struct sv_wire_row *row)
{
    static const char name[] = "last_exit";
    bool is_known = row->wstat != SV_WSTAT_UNKNOWN;
    bool is_signal = is_known && WIFSIGNALED(row->wstat);

    if (!row->deaths && !row->wstat) {
        json_null(json, name);
        return;
    }
    json_open(json, name, '{');
    if (is_known && !is_signal)
        json_number(json, "code", WEXITSTATUS(row->wstat));
    else
        json_null(json, "code");
    json_text(json, "signal",
              is_signal ? sv_signal_name(WTERMSIG(row->wstat)) : NULL);
    json_close(json);
}

static void json_times(struct json *json, const struct sv_wire_row *row,
                       int64_t realtime)
{
    int64_t since = sv_stamp_to_realtime(&row->stamp);
    int64_t uptime = row_uptime(row, realtime);

    if (since > 0)
        json_time(json, "since", since);
    else
        json_null(json, "since");
    if (uptime >= 0)
        json_number(json, "uptime_ms", (uint64_t)(uptime / SV_MS));
    else
        json_null(json, "uptime_ms");
}

void json_row(struct json *json, const struct sv_wire_row *row,
              int64_t realtime)
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
        {"overdue", SV_ROW_OVERDUE},
        {"never_started", SV_ROW_NEVER_STARTED},
    };

    json_text(json, "name", row->name);
    json_text(json, "state", sv_wire_state_name(row->state));
    json_bool(json, "ready", row_is_ready(row));
    json_number_or_null(json, "pid", (uint64_t)row->pid, 0);
    json_times(json, row, realtime);
    json_number(json, "restarts", row->restarts);
    json_number(json, "deaths", row->deaths);
    json_exit(json, row);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_bool(json, flags[i].name, row->flags & flags[i].flag);
    json_number(json, "due_ms", row->due_ms);
    json_number_or_null(json, "memory_bytes", row->memory, UINT64_MAX);
    json_text(json, "note", row->note);
    json_text(json, "said", row->said);
    json_number_or_null(json, "main_pid", row->main_pid, 0);
}

void json_lag(struct json *json, const struct lag *lag)
{
    json_open(json, "shipping", '{');
    json_text(json, "to", lag->ship.to);
    json_number(json, "unsent_bytes", lag->bytes);
    json_number_or_null(json, "unsent_seconds",
                        (uint64_t)(lag->seconds < 0 ? -1 : lag->seconds),
                        (uint64_t)-1);
    json_number(json, "sent_lines", lag->ship.lines);
    json_number(json, "lost_lines", lag->ship.lost_lines);
    json_text(json, "problem", lag->ship.problem);
    json_close(json);
}

void json_outcome(struct json *json, const char *name, const char *error)
{
    json_text(json, "name", name);
    json_text(json, "error", error);
}

const char *json_fault(const char *name)
{
    static char text[sizeof fatal.text];
    size_t length = strlen(name);

    memcpy(text, fatal.text, sizeof text);
    fatal.size = 0;
    *fatal.text = 0;
    if (strncmp(text, name, length) != 0 ||
        strncmp(text + length, ": ", 2) != 0)
        return text;
    return text + length + 2;
}
