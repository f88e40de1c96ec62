/* SPDX-License-Identifier: ISC */
/*
 * new.c - new: a definition, from a command line.
 *
 * What is asked for is looked at here, and where it belongs; draft.c writes it.
 * What may come to be true later, a command or a service that is not there yet,
 * is a warning.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/words.h"
#include "svctl/draft.h"
#include "svctl/enable.h"
#include "svctl/show.h"

#define MACHINE_LOGS "/var/log"
#define LOG_USER "log"

/* ---- what is asked for --------------------------------------------------- */

static void check_name(const char *name)
{
    const char *fault = sv_service_name_fault(name);

    if (fault)
        sv_die(SV_EXIT_USAGE, "not a name for a service: ", name, ": ", fault);
}

static void check_call(const struct call *call)
{
    if (call->count < 2)
        die_of_usage("new what? svctl new NAME -- COMMAND...");
    check_name(call->args[0]);
    for (size_t i = 0; i < call->needs_count; i++) {
        check_name(call->needs[i]);
        if (strcmp(call->needs[i], call->args[0]) == 0)
            sv_die(SV_EXIT_USAGE, call->needs[i], " cannot need itself");
    }
}

/* It runs in the service directory, wherever we are. */
static void doubt_command(const char *command)
{
    char path[SV_PATH_MAX];

    if (!strchr(command, '/')) {
        if (!sv_words_program(path, command))
            sv_warn("no command ", command,
                    " is found in PATH: it cannot run before there is one");
    } else if (*command != '/') {
        sv_warn("the path of ", command,
                " is relative to the service directory: write the whole path");
    } else if (access(command, X_OK) < 0) {
        sv_warn_sys("unable to execute ", command);
    }
}

/* svexec reads that file, too, and so does not know other accounts. */
static bool has_account(const char *name)
{
    FILE *from = fopen("/etc/passwd", "re");
    size_t size = strcspn(name, ":");
    char line[1024];
    bool found = false;

    if (!from)
        return false;
    while (!found && fgets(line, sizeof line, from))
        found = strncmp(line, name, size) == 0 && line[size] == ':';
    fclose(from);
    return found;
}

static void doubt_user(const char *user)
{
    if (user && !(*user >= '0' && *user <= '9') && !has_account(user))
        sv_warn("there is no user ", user,
                " here: it cannot run before there is one");
}

static void doubt_needs(const struct call *call, const char *defs)
{
    for (size_t i = 0; i < call->needs_count; i++)
        if (!sv_at_exists(AT_FDCWD, defs, call->needs[i]))
            sv_warn("no definition is called ", call->needs[i], ": ",
                    call->args[0], " waits until there is one");
}

/* ---- where it belongs ---------------------------------------------------- */

/* The tree wants no second one of a name that it has from elsewhere. */
static void ask_tree(struct tree *tree, const char *name,
                     char defs[static SV_WIRE_FACT_MAX + 1])
{
    struct sv_wire_row row;

    find_definitions(tree, defs);
    if (tree_look(tree, name, &row) && row.flags & SV_ROW_FOREIGN)
        sv_die(SV_EXIT_NO, name, " is taken: the tree in ", tree->live,
               " has one that is from no definition");
}

/* The machine's services log where a machine's logs are; all others, where the
 * user keeps what programs leave. */
static void place_log(struct draft *draft, char path[static SV_PATH_MAX])
{
    const char *name = draft->call->args[0];
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char dir[SV_PATH_MAX];

    draft->log_dir = path;
    if (strcmp(draft->defs, SV_DEFS_DIR) == 0) {
        draft->log_user = has_account(LOG_USER) ? LOG_USER : NULL;
        sv_at(path, MACHINE_LOGS, name);
        return;
    }
    if (state && *state == '/')
        sv_at(dir, state, "sv");
    else if (home && *home == '/')
        sv_at(dir, home, ".local/state/sv");
    else
        sv_die(SV_EXIT_USAGE, "where is the log to be? Neither XDG_STATE_HOME"
                              " nor HOME says");
    sv_at(path, dir, name);
}

static void report(const struct call *call, const char *place, bool is_seen)
{
    if (call->json) {
        struct json *json = json_answer();

        json_text(json, "name", call->args[0]);
        json_text(json, "path", place);
        json_end(json);
    } else {
        printf("wrote %s%s\n", place,
               is_seen ? ": it is started in a moment" : "");
    }
    show_end();
}

int verb_new(const struct call *call)
{
    char defs[SV_WIRE_FACT_MAX + 1];
    char log_dir[SV_PATH_MAX];
    char place[SV_PATH_MAX];
    struct draft draft = {.call = call, .defs = defs};
    struct tree *tree;

    check_call(call);
    tree = tree_open_if_any(call);
    if (tree)
        ask_tree(tree, call->args[0], defs);
    else
        draft.defs = default_defs();
    if (call->log)
        place_log(&draft, log_dir);
    draft_write(&draft, place);
    doubt_command(call->args[1]);
    doubt_user(call->user);
    doubt_needs(call, draft.defs);
    report(call, place, tree != NULL);
    if (tree)
        tree_close(tree);
    return SV_EXIT_OK;
}
