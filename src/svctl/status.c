/* SPDX-License-Identifier: ISC */
/*
 * status.c - status and events: what the services do.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/uint64.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/lag.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

/* Who is named must be up. */
static bool is_as_it_should(const struct sv_wire_row *row, bool is_named)
{
    return is_named ? row_is_ready(row) : row_is_well(row);
}

/* 0: it is not what it should be, and nothing is under way; 1: something is;
 * 2: it is well. */
static int wellness(const struct sv_wire_row *row)
{
    if (is_as_it_should(row, false))
        return 2;
    return row->state == SV_WIRE_STARTING || row->state == SV_WIRE_STOPPING;
}

static int compare_trouble(const void *one, const void *other)
{
    const struct sv_wire_row *a = one;
    const struct sv_wire_row *b = other;
    int order = wellness(a) - wellness(b);

    return order ? order : strcmp(a->name, b->name);
}

static void sort_by_trouble(struct rows *rows)
{
    if (rows->count)
        qsort(rows->rows, rows->count, sizeof *rows->rows, compare_trouble);
}

static void json_restarts(struct json *json, struct tree *tree)
{
    char restarts[SV_WIRE_FACT_MAX + 1];
    uint64_t count;

    tree_fact(tree, "restarts", restarts);
    if (uint640_scan(restarts, &count))
        json_number(json, "svscan_restarts", count);
    else
        json_null(json, "svscan_restarts");
}

static void show_json(struct tree *tree, const struct rows *rows)
{
    struct json *json = json_answer();
    int64_t realtime = sv_realtime();
    struct lag lag;

    json_restarts(json, tree);
    json_open(json, "services", '[');
    for (size_t i = 0; i < rows->count; i++) {
        json_open(json, NULL, '{');
        json_row(json, &rows->rows[i], realtime);
        if (lag_of(tree->live, &rows->rows[i], &lag))
            json_lag(json, &lag);
        else
            json_null(json, "shipping");
        json_close(json);
    }
    json_end(json);
}

/* svscan has been killed, or has crashed: worth a line to people, while no
 * service has noticed. */
static void say_restarts(struct tree *tree)
{
    char restarts[SV_WIRE_FACT_MAX + 1];

    tree_fact(tree, "restarts", restarts);
    if (*restarts && strcmp(restarts, "0") != 0)
        fprintf(stdout, "svscan was started again: %s time%s\n", restarts,
                strcmp(restarts, "1") == 0 ? "" : "s");
}

static void say_lag(const struct lag *lag, const char *name,
                    const struct look *look)
{
    char duration[WHEN_DURATION_MAX] = "";
    char text[SV_NAME_MAX + 2 * SV_SHIP_TEXT + 128];

    if (lag->seconds >= 0)
        when_duration(duration, lag->seconds);
    snprintf(text, sizeof text, "%s to %s: %" PRIu64 " bytes%s%s behind%s%s",
             name, lag->ship.to, lag->bytes, *duration ? ", " : "", duration,
             *lag->ship.problem ? ": " : "", lag->ship.problem);
    print_wrapped(stdout, "", text, look);
}

/* A directory, or -1: there is none, or it is not ours to look at. */
static int look_at_definitions(struct tree *tree)
{
    char path[SV_WIRE_FACT_MAX + 1];

    tree_fact(tree, "definitions", path);
    return *path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* For people. */
static void show(const struct call *call, struct tree *tree,
                 const struct rows *rows)
{
    struct look look = look_of(1);
    struct lag lag;

    look.is_close = call->count > 0;
    if (look.is_close)
        look.definitions = look_at_definitions(tree);
    table_print(stdout, rows, &look);
    if (look.definitions >= 0)
        close(look.definitions);
    for (size_t i = 0; i < rows->count; i++)
        if (lag_of(call->live, &rows->rows[i], &lag))
            say_lag(&lag, rows->rows[i].name, &look);
    if (!call->count)
        say_restarts(tree);
}

int verb_status(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct rows rows = {0};
    bool all_well = true;

    tree_choose(tree, call->args, call->all, &rows);
    if (call->sort)
        sort_by_trouble(&rows);
    for (size_t i = 0; i < rows.count; i++)
        if (!is_as_it_should(&rows.rows[i], call->count > 0))
            all_well = false;
    if (call->json)
        show_json(tree, &rows);
    else
        show(call, tree, &rows);
    show_end();
    rows_free(&rows);
    tree_close(tree);
    return all_well ? SV_EXIT_OK : SV_EXIT_NO;
}

/* ---- events ------------------------------------------------------------- */

static void print_event_json(const struct sv_wire_row *row, int64_t realtime)
{
    struct json *json = json_line();

    json_time(json, "time", realtime);
    json_row(json, row, realtime);
    json_end(json);
}

static void print_event(void *context, const struct sv_wire_row *row)
{
    const struct call *call = context;
    int64_t realtime = sv_realtime();
    char when[WHEN_LOCAL_MAX];
    char state[STATE_TEXT_MAX];
    char exit[EXIT_TEXT_MAX];
    bool is_after_death = row->state == SV_WIRE_FINISHING ||
                          row->state == SV_WIRE_WAITING ||
                          row->state == SV_WIRE_DOWN;

    if (call->json) {
        print_event_json(row, realtime);
        return;
    }
    fprintf(stdout, "%s %s %s", when_local(when, realtime), row->name,
            row_state(state, row));
    if (is_after_death && (row->deaths || row->wstat))
        fprintf(stdout, ": %s", row_exit(exit, row));
    if (*row->note)
        fprintf(stdout, " (%s)", row->note);
    putc('\n', stdout);
}

static void say_gap(const struct call *call)
{
    static const char text[] =
        "svscan was started again: events may be missing";
    struct json *json;

    sv_warn(text);
    if (!call->json)
        return;
    json = json_line();
    json_time(json, "time", sv_realtime());
    json_text(json, "warning", text);
    json_end(json);
}

/* The connection is new: what happened meanwhile is not known. */
static void watch_surely(struct tree *tree, const struct hearer *hearer)
{
    tree_begin(tree, SV_WIRE_WATCH);
    tree_ask_surely(tree, hearer, NULL);
}

int verb_events(const struct call *call)
{
    struct call mine = *call;
    const struct hearer hearer = {.context = &mine, .row = print_event};
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    enum asked asked;

    if (call->count || call->all)
        die_of_usage("events takes no names: it shows all there is");
    watch_surely(tree, &hearer);
    do {
        asked = tree_listen(tree, &hearer, tree->deadline);
        show_end();
        if (asked == ASKED_LOST) {
            tree_reconnect(tree);
            say_gap(call);
            watch_surely(tree, &hearer);
        }
    } while (asked != ASKED_LATE);
    tree_close(tree);
    return SV_EXIT_TIMEOUT;
}
