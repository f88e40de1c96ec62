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
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/enable.h"

int open_definitions(struct tree *tree)
{
    char path[SV_WIRE_FACT_MAX + 1];
    int fd;

    tree_fact(tree, "definitions", path);
    if (!*path)
        sv_die(SV_EXIT_NO, "the tree in ", tree->live, " is not kept from"
                           " definitions, or does not say from which; a file"
                           " down in a service directory is what disables it");
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        sv_die_sys("unable to open the definitions in ", path);
    return fd;
}

/* The file by which a definition says that it is not wanted.  The down of a
 * oneshot is a script, and a bundle has none. */
static const char *marker_of(int definitions, const char *name)
{
    char type[16] = "";

    if (sv_at_read(definitions, name, "type", type, sizeof type - 1) > 0 &&
        (strncmp(type, "oneshot", 7) == 0 || strncmp(type, "bundle", 6) == 0))
        return SV_FLAG_DISABLED;
    return SV_DOWN_FILE;
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

static int enable(const struct call *call, bool enabled)
{
    struct rows rows = {0};
    bool done = true;
    struct tree *tree;
    int definitions;

    if (!*call->args && !call->all)
        die_of_usage("which service? (-a is all)");
    tree = tree_open(call, NO_TIMEOUT);
    definitions = open_definitions(tree);
    tree_choose(tree, call->args, call->all, &rows);
    for (size_t i = 0; i < rows.count; i++)
        done &= enable_one(definitions, rows.rows[i].name, enabled);
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
