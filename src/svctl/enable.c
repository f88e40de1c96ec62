/* SPDX-License-Identifier: ISC */
/*
 * enable.c - enable, disable: is a service to be up from the start?
 *
 * That is said in its definition, by a file that is there or not, and counts
 * when a tree sees the definition for the first time, as at the next boot.  What
 * runs is left alone, and so is every script.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/ask.h"
#include "svctl/enable.h"
#include "svctl/show.h"
#include "svctl/verdict.h"

void find_definitions(struct tree *tree, char path[static SV_WIRE_FACT_MAX + 1])
{
    tree_fact(tree, "definitions", path);
    if (!*path)
        sv_die(SV_EXIT_NO, "the tree in ", tree->live, " is not kept from"
                           " definitions, or does not say from which: write"
                           " into its service directories instead");
}

int open_definitions(struct tree *tree)
{
    char path[SV_WIRE_FACT_MAX + 1];
    int fd;

    find_definitions(tree, path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        sv_die_sys("unable to open the definitions in ", path);
    return fd;
}

/* The file by which a definition says that it is not wanted.  The down of a
 * oneshot is a script, and a bundle has none. */
static const char *marker_of(int definitions, const char *name)
{
    enum sv_kind kind;

    sv_service_kind(definitions, name, &kind);
    return kind == SV_LONGRUN ? SV_DOWN_FILE : SV_FLAG_DISABLED;
}

bool is_enabled(int definitions, const char *name)
{
    return !sv_at_exists(definitions, name, marker_of(definitions, name));
}

static bool put_marker(int definitions, const char *path)
{
    int fd = openat(definitions, path,
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0644);

    return fd >= 0 && close(fd) == 0;
}

bool enable_one(int definitions, const char *name, bool enabled)
{
    char path[SV_PATH_MAX];

    if (!sv_at_exists(definitions, ".", name)) {
        sv_say(SV_FATAL, 0, SV_STRINGS(name, ": there is no definition of it"));
        return false;
    }
    sv_at(path, name, marker_of(definitions, name));
    if (enabled ? unlinkat(definitions, path, 0) == 0 || errno == ENOENT
                : put_marker(definitions, path))
        return true;
    sv_say(SV_FATAL, errno,
           SV_STRINGS("unable to ", enabled ? "remove " : "make ", path,
                      " in the definitions"));
    return false;
}

/* For people, who would ask what it does now. */
static void say_done(const struct sv_wire_row *row, bool enabled)
{
    char state[STATE_TEXT_MAX];

    fprintf(stderr, "%s: %s from the next boot on; now it is %s\n", row->name,
            enabled ? "to be up" : "left down", row_state(state, row));
}

static void report(struct json *json, int definitions, const char *name)
{
    const char *error = json_fault(name);

    json_open(json, NULL, '{');
    json_outcome(json, name, error);
    if (*error)
        json_null(json, "enabled");
    else
        json_bool(json, "enabled", is_enabled(definitions, name));
    json_close(json);
}

static int enable(const struct call *call, bool enabled)
{
    struct rows rows = {0};
    struct json *json = NULL;
    bool done = true;
    struct tree *tree;
    int definitions;

    if (!*call->args && !call->all)
        die_of_usage("which service? (-a is all)");
    tree = tree_open(call, NO_TIMEOUT);
    definitions = open_definitions(tree);
    tree_choose(tree, call->args, call->all, &rows);
    if (call->json) {
        json = json_answer();
        json_open(json, "services", '[');
    }
    for (size_t i = 0; i < rows.count; i++) {
        if (!enable_one(definitions, rows.rows[i].name, enabled))
            done = false;
        else if (call->tells)
            say_done(&rows.rows[i], enabled);
        if (json)
            report(json, definitions, rows.rows[i].name);
    }
    if (json)
        json_end(json);
    show_end();
    rows_free(&rows);
    tree_close(tree);
    close(definitions);
    return done ? SV_EXIT_OK : SV_EXIT_SYSTEM;
}

int verb_enable(const struct call *call)
{
    return enable(call, true);
}

int verb_disable(const struct call *call)
{
    return enable(call, false);
}
