/* SPDX-License-Identifier: ISC */
/*
 * needs.c - what definitions need of each other: names that are not there,
 * cycles, and what cannot start.
 *
 * The search for cycles keeps its own stack: a chain of dependencies may be as
 * long as there are definitions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/keep.h"
#include "svctl/lint.h"
#include "svctl/needs.h"
#include "svctl/rows.h"

/* What it is to a definition that another which it names is not there. */
enum tie {
    NEEDED, /* it cannot start */
    PAIRED, /* a pipe has no other end */
    AFTER,  /* there is nobody to wait for */
};

enum colour { NEW, ON_PATH, DONE };

struct node {
    size_t *edges;
    size_t count;
    size_t room;
    size_t next;  /* of edges, to be followed */
    enum colour colour;
};

struct needs {
    struct findings *findings;
    int base;
    const char *path;
    const struct names *names;
    const char *looked_at;
    struct node *nodes; /* in the order of names */
    bool *barred;       /* likewise */
};

static bool is_looked_at(const struct needs *needs, size_t i)
{
    return !needs->looked_at ||
           strcmp(needs->looked_at, needs->names->list[i]) == 0;
}

static void say(const struct needs *needs, enum severity severity, size_t i,
                const char *file, const char *const *reason)
{
    char dir[SV_PATH_MAX];
    const struct place place = {
        sv_at(dir, needs->path, needs->names->list[i]), file, 0};

    if (is_looked_at(needs, i))
        finding(needs->findings, severity, &place, reason);
}

static void find(const struct needs *needs, size_t i, const char *file,
                 const char *const *reason)
{
    say(needs, ERROR, i, file, reason);
}

/* The index of a name; count if there is none such. */
static size_t index_of(const struct names *names, const char *name)
{
    size_t low = 0;
    size_t high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->list[middle], name);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return names->count;
}

static void add_edge(struct needs *needs, size_t i, size_t to)
{
    struct node *node = &needs->nodes[i];

    node->edges = keep_room(node->edges, node->count, &node->room,
                            sizeof *node->edges);
    node->edges[node->count++] = to;
}

/* An error that keeps it from being started. */
static void bar(const struct needs *needs, size_t i, const char *file,
                const char *const *reason)
{
    find(needs, i, file, reason);
    needs->barred[i] = true;
}

static void say_missing(const struct needs *needs, size_t i, const char *file,
                        const char *name, enum tie tie)
{
    struct nearest nearest = nearest_to(name);
    char hint[HINT_MAX];

    for (size_t j = 0; j < needs->names->count; j++)
        nearest_try(&nearest, needs->names->list[j]);
    say(needs, tie == AFTER ? WARNING : ERROR, i, file,
        SV_STRINGS("no definition is called ", name,
                   nearest_hint(&nearest, hint)));
    if (tie == NEEDED)
        needs->barred[i] = true;
}

/* False, having said so, of what can be the name of nothing. */
static bool may_be_name(const struct needs *needs, size_t i, const char *file,
                        const char *name)
{
    const char *fault = sv_service_name_fault(name);

    if (fault)
        find(needs, i, file,
             SV_STRINGS("ignored, since ", fault, ": ", name));
    return !fault;
}

static void take_name(struct needs *needs, size_t i, const char *file,
                      const char *name, enum tie tie)
{
    size_t to = index_of(needs->names, name);

    if (!may_be_name(needs, i, file, name))
        return;
    if (to == needs->names->count)
        say_missing(needs, i, file, name, tie);
    else if (tie == NEEDED)
        add_edge(needs, i, to);
}

/* A directory whose entries are names. */
static void take_folder(struct needs *needs, size_t i, const char *folder,
                        enum tie tie)
{
    char path[SV_PATH_MAX];
    char file[SV_PATH_MAX];
    struct names names;

    if (!names_read(&names, needs->base,
                    sv_at(path, needs->names->list[i], folder))) {
        if (errno != ENOENT && errno != ENOTDIR)
            find(needs, i, folder,
                 SV_STRINGS("unable to read it: ", strerror(errno)));
        return;
    }
    for (size_t j = 0; j < names.count; j++)
        take_name(needs, i, sv_at(file, folder, names.list[j]), names.list[j],
                  tie);
    names_free(&names);
}

/* A file with a name in each line; # begins a comment. */
struct lines {
    char text[SV_VALUE_MAX + 1];
    char *rest;
};

static void open_lines(const struct needs *needs, size_t i, const char *file,
                       struct lines *lines)
{
    ssize_t size = sv_at_read(needs->base, needs->names->list[i], file,
                              lines->text, sizeof lines->text - 1);

    lines->text[size > 0 ? size : 0] = 0;
    lines->rest = lines->text;
}

/* The next name, or NULL. */
static const char *next_name(struct lines *lines)
{
    char *line;

    while ((line = strsep(&lines->rest, "\n"))) {
        line += strspn(line, " \t\r");
        line[strcspn(line, " \t\r#")] = 0;
        if (*line)
            return line;
    }
    return NULL;
}

static void take_file(struct needs *needs, size_t i, const char *file,
                      enum tie tie)
{
    struct lines lines;
    const char *name;

    open_lines(needs, i, file, &lines);
    while ((name = next_name(&lines)))
        take_name(needs, i, file, name, tie);
}

/* ---- pipelines ---------------------------------------------------------- */

static bool has_name(const struct needs *needs, size_t i, const char *file,
                     const char *wanted)
{
    struct lines lines;
    const char *name;

    open_lines(needs, i, file, &lines);
    while ((name = next_name(&lines)))
        if (!wanted || strcmp(name, wanted) == 0)
            return true;
    return false;
}

/* Both sides of a pipe name each other.  Returns how many file names. */
static size_t check_pairs(const struct needs *needs, size_t i,
                          const char *file, const char *mirror)
{
    struct lines lines;
    const char *name;
    size_t count = 0;

    open_lines(needs, i, file, &lines);
    while ((name = next_name(&lines))) {
        size_t to = index_of(needs->names, name);

        count += sv_service_name_fault(name) == NULL;
        if (to < needs->names->count
            && !has_name(needs, to, mirror, needs->names->list[i]))
            (strcmp(file, SV_PRODUCER_FOR) == 0 ? bar : find)(
                needs, i, file,
                SV_STRINGS("the ", mirror, " of ", name,
                           " does not name it: both have to"));
    }
    return count;
}

static void check_pipeline_name(const struct needs *needs, size_t i,
                                bool is_last)
{
    struct lines lines;
    const char *name;

    open_lines(needs, i, SV_PIPELINE_NAME, &lines);
    while ((name = next_name(&lines))) {
        if (!may_be_name(needs, i, SV_PIPELINE_NAME, name))
            continue;
        if (!is_last)
            find(needs, i, SV_PIPELINE_NAME,
                 SV_STRINGS("it is ignored: it is for the last consumer of a "
                            "pipeline"));
        else if (index_of(needs->names, name) < needs->names->count)
            find(needs, i, SV_PIPELINE_NAME,
                 SV_STRINGS("it is ignored: there is a definition called ",
                            name));
    }
}

static void check_pipeline(const struct needs *needs, size_t i)
{
    char path[SV_PATH_MAX];
    size_t fed = check_pairs(needs, i, SV_PRODUCER_FOR, SV_CONSUMER_FOR);
    size_t read = check_pairs(needs, i, SV_CONSUMER_FOR, SV_PRODUCER_FOR);

    if (fed > 1)
        bar(needs, i, SV_PRODUCER_FOR,
            SV_STRINGS("it names more than one: the service is not started"));
    if (fed > 0
        && faccessat(needs->base,
                     sv_at(path, needs->names->list[i], SV_LOG), F_OK, 0) == 0)
        find(needs, i, SV_PRODUCER_FOR,
             SV_STRINGS("it has a log/, which gets all that it writes"));
    check_pipeline_name(needs, i, fed == 0 && read > 0);
}

/* What svscan reads, and of which kinds: engine/definition.c. */
static const struct source {
    const char *name;
    void (*take)(struct needs *needs, size_t i, const char *name,
                 enum tie tie);
    unsigned kinds;
    enum tie tie;
} sources[] = {
    {SV_DEPENDENCIES_D, take_folder, LONGRUN | ONESHOT, NEEDED},
    {SV_DEPENDENCIES, take_file, LONGRUN | ONESHOT, NEEDED},
    {SV_CONTENTS_D, take_folder, BUNDLE, NEEDED},
    {SV_CONTENTS, take_file, BUNDLE, NEEDED},
    {SV_AFTER_D, take_folder, LONGRUN | ONESHOT, AFTER},
    {SV_PRODUCER_FOR, take_file, LONGRUN, NEEDED},
    {SV_CONSUMER_FOR, take_file, LONGRUN, PAIRED},
};

static void take_node(struct needs *needs, size_t i)
{
    enum sv_kind kind;

    sv_service_kind(needs->base, needs->names->list[i], &kind);
    for (size_t j = 0; j < sizeof sources / sizeof *sources; j++)
        if (sources[j].kinds & 1U << kind)
            sources[j].take(needs, i, sources[j].name, sources[j].tie);
    if (kind == SV_LONGRUN)
        check_pipeline(needs, i);
}

/* ---- cycles ------------------------------------------------------------- */

/* Of the path, what lies between the two visits of one node. */
static void say_cycle(const struct needs *needs, const size_t *path,
                      size_t depth, size_t again)
{
    char text[1024];
    char *end = text + sizeof text - 1;
    char *at = text;
    size_t first = depth;

    while (path[first - 1] != again)
        first--;
    *text = *end = 0;
    for (size_t i = first - 1; i < depth; i++) {
        at = stpncpy(at, needs->names->list[path[i]], (size_t)(end - at));
        at = stpncpy(at, " needs ", (size_t)(end - at));
    }
    stpncpy(at, needs->names->list[again], (size_t)(end - at));
    for (size_t i = first - 1; i < depth; i++)
        needs->barred[path[i]] = true;
    for (size_t i = first - 1; i < depth; i++)
        if (is_looked_at(needs, path[i])) {
            find(needs, path[i], NULL,
                 SV_STRINGS("a cycle, of which nothing can start: ", text));
            return;
        }
}

/* Of one whose needs have been followed: those of a cycle are barred by now. */
static void see_needs(const struct needs *needs, size_t i)
{
    const struct node *node = &needs->nodes[i];

    for (size_t j = 0; j < node->count && !needs->barred[i]; j++)
        if (needs->barred[node->edges[j]])
            bar(needs, i, NULL,
                SV_STRINGS("cannot start: it needs ",
                           needs->names->list[node->edges[j]],
                           ", which cannot"));
}

static void follow_from(struct needs *needs, size_t *path, size_t start)
{
    size_t depth = 0;

    if (needs->nodes[start].colour != NEW)
        return;
    needs->nodes[start].colour = ON_PATH;
    path[depth++] = start;
    while (depth) {
        struct node *node = &needs->nodes[path[depth - 1]];

        if (node->next == node->count) {
            node->colour = DONE;
            see_needs(needs, path[--depth]);
            continue;
        }

        size_t to = node->edges[node->next++];

        if (needs->nodes[to].colour == ON_PATH)
            say_cycle(needs, path, depth, to);
        if (needs->nodes[to].colour != NEW)
            continue;
        needs->nodes[to].colour = ON_PATH;
        path[depth++] = to;
    }
}

void check_needs(struct findings *findings, int base, const char *path,
                 const struct names *names, const char *looked_at,
                 bool *barred)
{
    struct needs needs = {.findings = findings,
                          .base = base,
                          .path = path,
                          .names = names,
                          .looked_at = looked_at,
                          .barred = barred};
    size_t *walk = keep_or_die(calloc(names->count + 1, sizeof *walk));

    needs.nodes = keep_or_die(calloc(names->count + 1, sizeof *needs.nodes));
    for (size_t i = 0; i < names->count; i++)
        take_node(&needs, i);
    for (size_t i = 0; i < names->count; i++)
        follow_from(&needs, walk, i);
    for (size_t i = 0; i < names->count; i++)
        free(needs.nodes[i].edges);
    free(needs.nodes);
    free(walk);
}
