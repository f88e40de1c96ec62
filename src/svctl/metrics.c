/* SPDX-License-Identifier: ISC */
/*
 * metrics.c - metrics: the services' states as OpenMetrics text.
 *
 * Source: the OpenMetrics specification, version 1.0.0: one family after the
 * other, counters end in _total, "# EOF" last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/lag.h"
#include "svctl/show.h"
#include "svctl/verdict.h"

/* A oneshot is up when it is done, and not while its scripts run. */
static double is_up(const struct sv_wire_row *row)
{
    return row->flags & SV_ROW_ONESHOT ? row->state == SV_WIRE_DONE
                                       : row_is_alive(row);
}

static double is_ready(const struct sv_wire_row *row)
{
    return row_is_ready(row);
}

static double is_wanted(const struct sv_wire_row *row)
{
    return (row->flags & SV_ROW_WANT_UP) != 0;
}

static double has_failed(const struct sv_wire_row *row)
{
    return (row->flags & SV_ROW_FAILED) != 0;
}

static double restarts(const struct sv_wire_row *row)
{
    return row->restarts;
}

static double deaths(const struct sv_wire_row *row)
{
    return row->deaths;
}

static double uptime(const struct sv_wire_row *row)
{
    int64_t uptime_ns = row_uptime(row, sv_realtime());

    return is_up(row) > 0 && uptime_ns > 0
               ? (double)uptime_ns / (double)SV_SECOND
               : 0;
}

static int64_t unsent_bytes(const struct lag *lag)
{
    return (int64_t)lag->bytes;
}

static int64_t unsent_seconds(const struct lag *lag)
{
    return lag->seconds < 0 ? 0 : lag->seconds;
}

static int64_t sent_lines(const struct lag *lag)
{
    return (int64_t)lag->ship.lines;
}

static int64_t lost_lines(const struct lag *lag)
{
    return (int64_t)lag->ship.lost_lines;
}

static const struct family {
    const char *name;
    bool is_counter;
    const char *help;
    double (*value)(const struct sv_wire_row *row);
} families[] = {
    {"sv_service_up", false, "Is its run alive, or the oneshot done?", is_up},
    {"sv_service_ready", false, "Is it up, and ready?", is_ready},
    {"sv_service_wanted", false, "Is it wanted up?", is_wanted},
    {"sv_service_failed", false, "Does it stay down until started by hand?",
     has_failed},
    {"sv_service_restarts", true, "Starts by itself.", restarts},
    {"sv_service_deaths", true, "Deaths of its run.", deaths},
    {"sv_service_uptime_seconds", false, "How long it has been up.",
     uptime},
};

/* The text must be UTF-8, and is not looked at as such here: a byte that is not
 * ASCII comes out as a question mark. */
static void print_label(const char *text)
{
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", stdout);
        else if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar((unsigned char)*text < 128 ? *text : '?');
}

/* What svlog ship has yet to send of each log that it sends, and what it never
 * will. */
static const struct shipping {
    struct family family;
    int64_t (*value)(const struct lag *lag);
} shippings[] = {
    {{"sv_log_unsent_bytes", false, "Bytes that the collector has yet to get.",
      NULL}, unsent_bytes},
    {{"sv_log_unsent_seconds", false, "Since the first of them was logged.",
      NULL}, unsent_seconds},
    {{"sv_log_sent_lines", true, "Lines that the collector has got.", NULL},
     sent_lines},
    {{"sv_log_lost_lines", true, "Lines removed before they were sent.", NULL},
     lost_lines},
};

static void print_head(const struct family *family)
{
    printf("# TYPE %s %s\n# HELP %s %s\n", family->name,
           family->is_counter ? "counter" : "gauge", family->name,
           family->help);
}

static void print_family(const struct family *family, const struct rows *rows)
{
    print_head(family);
    for (size_t i = 0; i < rows->count; i++) {
        printf("%s%s{service=\"", family->name,
               family->is_counter ? "_total" : "");
        print_label(rows->rows[i].name);
        printf("\"} %.15g\n", family->value(&rows->rows[i]));
    }
}

static void print_shipping(const struct shipping *shipping, const char *live,
                           const struct rows *rows)
{
    bool has_head = false;
    struct lag lag;

    for (size_t i = 0; i < rows->count; i++) {
        if (!lag_of(live, &rows->rows[i], &lag))
            continue;
        if (!has_head)
            print_head(&shipping->family);
        has_head = true;
        printf("%s%s{service=\"", shipping->family.name,
               shipping->family.is_counter ? "_total" : "");
        print_label(rows->rows[i].name);
        printf("\"} %" PRIi64 "\n", shipping->value(&lag));
    }
}

/* How often svscan was started again, where it knows. */
static void print_svscan(struct tree *tree)
{
    static const struct family family = {
        "sv_svscan_restarts", true, "How often svscan was started again.",
        NULL};
    char text[SV_WIRE_FACT_MAX + 1];

    tree_fact(tree, "restarts", text);
    if (!*text || text[strspn(text, "0123456789")])
        return;
    print_head(&family);
    printf("%s_total %s\n", family.name, text);
}

int verb_metrics(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct rows rows = {0};

    tree_list(tree, &rows);
    rows_sort(&rows);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        print_family(&families[i], &rows);
    for (size_t i = 0; i < sizeof shippings / sizeof *shippings; i++)
        print_shipping(&shippings[i], call->live, &rows);
    print_svscan(tree);
    puts("# EOF");
    show_end();
    rows_free(&rows);
    tree_close(tree);
    return SV_EXIT_OK;
}
