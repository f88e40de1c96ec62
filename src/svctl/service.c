/* SPDX-License-Identifier: ISC */
/*
 * service.c - svctl, called service: the command of Mere Linux, with its words
 * and what they print.
 *
 *   service list
 *   service COMMAND NAME       or, as it once was, service NAME COMMAND
 *
 * Each command is a verb of svctl; a tree that is kept from definitions
 * supervises all of them, so that resup is a restart, which brings the live copy
 * up to date, and unsup stops.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/ask.h"
#include "svctl/enable.h"
#include "svctl/show.h"
#include "svctl/verdict.h"

enum { MERE_FAILED = 1, MERE_USAGE = 2 };

/* ---- list, status -------------------------------------------------------- */

static int list(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    int definitions = open_definitions(tree);
    struct rows rows = {0};

    tree_choose(tree, call->args, true, &rows);
    rows_sort(&rows);
    printf("%-24s %-14s %s\n", "Service", "Status", "OnBoot");
    for (size_t i = 0; i < rows.count; i++) {
        const struct sv_wire_row *row = &rows.rows[i];
        const char *status = row->flags & SV_ROW_NEVER_STARTED && *row->note
                                 ? "unsupervised"
                             : row_is_alive(row) || row_is_ready(row) ? "up"
                                                                      : "down";

        if (row->flags & SV_ROW_FOREIGN)
            continue;
        printf("%-24s %-14s %s\n", row->name, status,
               is_enabled(definitions, row->name) ? "enabled" : "disabled");
    }
    rows_free(&rows);
    tree_close(tree);
    close(definitions);
    show_end();
    return SV_EXIT_OK;
}

static long long seconds_since(const tain *stamp)
{
    int64_t ns = sv_realtime() - sv_stamp_to_realtime(stamp);

    return ns < 0 ? 0 : ns / SV_SECOND;
}

static void print_end(const struct sv_wire_row *row)
{
    if (WIFSIGNALED(row->wstat))
        printf("down (signal %d) ", WTERMSIG(row->wstat));
    else
        printf("down (exitcode %d) ", WEXITSTATUS(row->wstat));
}

/* As s6-svstat -n has it, which is what Mere's users read. */
static void print_status(const struct sv_wire_row *row)
{
    bool is_up = row_is_alive(row);
    bool is_normal = row->flags & SV_ROW_NORMALLY_UP;
    bool is_wanted = row->flags & SV_ROW_WANT_UP;

    if (is_up)
        printf("up (pid %d) ", (int)row->pid);
    else
        print_end(row);
    printf("%lld seconds",
           (long long)(row_age(row, sv_realtime()) / SV_SECOND));
    if (is_up != is_normal)
        fputs(is_up ? ", normally down" : ", normally up", stdout);
    if (is_up && row->flags & SV_ROW_PAUSED)
        fputs(", paused", stdout);
    if (is_up != is_wanted)
        fputs(is_up ? ", want down" : ", want up", stdout);
    if (row->flags & SV_ROW_READY)
        printf(", ready %lld seconds", seconds_since(&row->ready));
    putchar('\n');
}

static int status(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct sv_wire_row row;

    if (tree_look(tree, *call->args, &row))
        print_status(&row);
    tree_close(tree);
    show_end();
    return SV_EXIT_OK;
}

/* ---- the table ----------------------------------------------------------- */

static const struct command {
    const char *name;
    const char *doing; /* "Starting X... OK"; NULL: it prints what it has to */
    int (*function)(const struct call *call);
} commands[] = {
    {"start", "Starting", verb_start},
    {"stop", "Stopping", verb_stop},
    {"restart", "Restarting", verb_restart},
    {"reload", "Reloading", verb_reload},
    {"resup", "Restarting", verb_restart},
    {"unsup", "Stopping", verb_stop},
    {"enable", "Enabling", verb_enable},
    {"disable", "Disabling", verb_disable},
    {"status", NULL, status},
};

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int use(void)
{
    fputs("usage: service list | service start|stop|restart|reload|status|"
          "enable|disable|resup|unsup NAME\n",
          stderr);
    return MERE_USAGE;
}

static bool is_available(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct sv_wire_row row;
    bool found = tree_look(tree, *call->args, &row);

    tree_close(tree);
    return found;
}

static int run(const struct command *command, const struct call *call)
{
    int code;

    if (!is_available(call)) {
        fprintf(stderr, "%s is not an available service\n", *call->args);
        return MERE_FAILED;
    }
    if (command->doing) {
        printf("%s %s... ", command->doing, *call->args);
        show_end();
    }
    code = command->function(call);
    if (command->doing)
        puts(code == SV_EXIT_OK ? "OK" : "FAIL");
    show_end();
    return code == SV_EXIT_OK ? SV_EXIT_OK : MERE_FAILED;
}

int called_service(struct call *call)
{
    const struct command *command;
    char *name[] = {NULL, NULL};

    if (call->count == 1 && strcmp(call->args[0], "list") == 0) {
        call->args++;
        call->count--;
        return list(call);
    }
    if (call->count != 2)
        return use();
    command = command_named(call->args[0]);
    name[0] = call->args[1];
    if (!command) {
        command = command_named(call->args[1]);
        name[0] = call->args[0];
    }
    if (!command)
        return use();
    call->args = name;
    call->count = 1;
    return run(command, call);
}
