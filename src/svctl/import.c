/* SPDX-License-Identifier: ISC */
/*
 * import.c - import: the services of a machine that Mere's scripts kept.
 *
 *   FROM/available/NAME   a service directory, copied to the definitions
 *   FROM/enabled/NAME     a symlink to it, or nothing: then it is disabled here
 *
 * A definition that is there already is left alone, so that it can be done
 * again.  Nothing of FROM is changed.  Each copy is made under a name with a dot,
 * which no tree looks at, and renamed when it is whole.
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
#include "sv/tree.h"
#include "svctl/ask.h"
#include "svctl/enable.h"
#include "svctl/names.h"
#include "svctl/show.h"

#define MERE_SERVICES "/etc/s6/services"
#define FRESH ".import.new"

struct import {
    char *available; /* absolute, since it is copied from below the definitions */
    int enabled; /* -1: there is no such directory, and nothing is enabled */
    int definitions;
    struct json *json; /* NULL: lines for people */
    bool failed;
};

static void fail(struct import *import, const char *name)
{
    sv_say(SV_FATAL, errno, SV_STRINGS("unable to import ", name));
    import->failed = true;
    sv_tree_remove(import->definitions, FRESH); /* nothing is left half done */
}

/* False if it could not be copied, with errno set.  What NAME/. is can only be a
 * directory, and is copied itself where NAME is a symlink to it. */
static bool copy(const struct import *import, const char *name)
{
    char inside[SV_PATH_MAX];
    char path[SV_PATH_MAX];
    bool is_wanted =
        import->enabled >= 0 && sv_at_exists(import->enabled, ".", name);

    sv_at(path, import->available, sv_at(inside, name, "."));
    return sv_tree_remove(import->definitions, FRESH) &&
           sv_tree_copy(import->definitions, path, FRESH) &&
           enable_one(import->definitions, FRESH, is_wanted) &&
           renameat(import->definitions, FRESH, import->definitions, name) == 0;
}

static bool is_there(const struct import *import, const char *name)
{
    return sv_at_exists(import->definitions, ".", name);
}

/* What became of it; had_one: there was a definition of that name. */
static void report(const struct import *import, const char *name, bool had_one)
{
    bool is_known = is_there(import, name);
    bool enabled = is_known && is_enabled(import->definitions, name);

    if (import->json) {
        json_open(import->json, NULL, '{');
        json_outcome(import->json, name, json_fault(name));
        json_bool(import->json, "imported", is_known && !had_one);
        if (is_known)
            json_bool(import->json, "enabled", enabled);
        else
            json_null(import->json, "enabled");
        json_close(import->json);
    } else if (had_one) {
        printf("%s: there is a definition of that name: left alone\n", name);
    } else if (is_known) {
        printf("%s: imported, %s\n", name, enabled ? "enabled" : "disabled");
    }
}

static void import_one(struct import *import, const char *name)
{
    const char *fault = sv_service_name_fault(name);
    bool had_one;

    had_one = !fault && is_there(import, name);
    if (fault) {
        sv_say(SV_FATAL, 0, SV_STRINGS(name, ": ", fault));
        import->failed = true;
    } else if (!had_one && !copy(import, name)) {
        fail(import, name);
    }
    report(import, name, had_one);
}

static void import_all(struct import *import)
{
    struct names names;

    if (!names_read(&names, AT_FDCWD, import->available))
        sv_die_sys("unable to list ", import->available);
    for (size_t i = 0; i < names.count; i++)
        import_one(import, names.list[i]);
    names_free(&names);
}

static void open_from(struct import *import, const char *from)
{
    char path[SV_PATH_MAX];

    import->available = realpath(sv_at(path, from, "available"), NULL);
    if (!import->available)
        sv_die_sys("unable to find ", from, "/available");
    import->enabled = open(sv_at(path, from, "enabled"),
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (import->enabled < 0 && errno != ENOENT)
        sv_die_sys("unable to open ", from, "/enabled");
}

int verb_import(const struct call *call)
{
    struct import import = {0};
    struct tree *tree;

    if (call->count > 1)
        die_of_usage("import from one directory");
    open_from(&import, call->count ? call->args[0] : MERE_SERVICES);
    tree = tree_open(call, NO_TIMEOUT);
    import.definitions = open_definitions(tree);
    tree_close(tree);
    if (call->json) {
        import.json = json_answer();
        json_open(import.json, "services", '[');
    }
    import_all(&import);
    if (import.json)
        json_end(import.json);
    show_end();
    free(import.available);
    return import.failed ? SV_EXIT_SYSTEM : SV_EXIT_OK;
}
