/* SPDX-License-Identifier: ISC */
/*
 * signal.c - reload, pause, cont, signal: what a service that is up gets.
 *
 * There is nothing to wait for.  A service that is not up is named, and the
 * others get theirs.  If svscan is killed between the request and its answer
 * the request is made again: a signal may then arrive twice, never not at all.
 */
#include <stdio.h>
#include <string.h>

#include "sv/command.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/ask.h"
#include "svctl/show.h"
#include "svctl/verdict.h"

struct sending {
    struct rows rows; /* of whom it is sent to; note: why it was not */
    bool failed;
};

static void on_fault(void *context, const char *name, const char *reason)
{
    struct sending *sending = context;
    struct sv_wire_row *row = rows_find(&sending->rows, name);

    sv_say(SV_FATAL, 0, SV_STRINGS(name, ": ", reason));
    if (row)
        snprintf(row->note, sizeof row->note, "%s", reason);
    sending->failed = true;
}

/* Sends to rows [from, ...) that are up, as many as fit; returns the first that
 * is left. */
static size_t send_some(struct tree *tree, const char *letters, size_t from,
                        struct sending *sending)
{
    const struct hearer hearer = {.context = sending, .fault = on_fault};
    const struct rows *rows = &sending->rows;
    size_t named = 0;
    size_t i;

    tree_begin(tree, SV_WIRE_COMMAND);
    sv_wire_put_text(&tree->out, letters);
    for (i = from; i < rows->count; i++) {
        if (!row_is_alive(&rows->rows[i])) {
            on_fault(sending, rows->rows[i].name, "it is not up");
            continue;
        }
        sv_wire_put_text(&tree->out, rows->rows[i].name);
        if (tree->out.full)
            break;
        named++;
    }
    if (named)
        tree_ask_surely(tree, &hearer, NULL);
    return i;
}

static void report(const struct rows *rows)
{
    struct json *json = json_answer();

    json_open(json, "services", '[');
    for (size_t i = 0; i < rows->count; i++) {
        json_open(json, NULL, '{');
        json_outcome(json, rows->rows[i].name, rows->rows[i].note);
        json_close(json);
    }
    json_end(json);
    show_end();
}

static int send_letter(const struct call *call, char **names, char letter)
{
    const char letters[] = {letter, 0};
    struct sending sending = {0};
    struct rows *rows = &sending.rows;
    struct tree *tree;

    if (!*names && !call->all)
        die_of_usage("to which service? (-a is all)");
    tree = tree_open(call, NO_TIMEOUT);
    tree_choose(tree, names, call->all, rows);
    for (size_t i = 0; i < rows->count; i++)
        *rows->rows[i].note = 0;
    for (size_t i = 0; i < rows->count;)
        i = send_some(tree, letters, i, &sending);
    if (call->json)
        report(rows);
    rows_free(rows);
    tree_close(tree);
    return sending.failed ? SV_EXIT_NO : SV_EXIT_OK;
}

int verb_reload(const struct call *call)
{
    return send_letter(call, call->args, 'l');
}

int verb_pause(const struct call *call)
{
    return send_letter(call, call->args, 'p');
}

int verb_cont(const struct call *call)
{
    return send_letter(call, call->args, 'c');
}

int verb_signal(const struct call *call)
{
    const struct sv_command *command;
    int signal;

    if (!call->count)
        die_of_usage("which signal?");
    signal = sv_signal_number(call->args[0]);
    if (!signal)
        sv_die(SV_EXIT_USAGE, "no such signal: ", call->args[0]);
    command = sv_command_by_signal(signal);
    if (!command)
        sv_die(SV_EXIT_USAGE, "svscan has no command that sends signal ",
               call->args[0]);
    return send_letter(call, call->args + 1, command->letter);
}
