/* SPDX-License-Identifier: ISC */
/*
 * deps.c - deps, tree: what needs what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/links.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

/* What is known, and of each name, at the index of its first link: */
struct mark {
    bool is_first;
    bool is_met;
    bool is_needed; /* or held */
};

struct map {
    struct links links;
    struct rows rows;
    struct mark *marks;
    struct json *json; /* of an answer for programs */
    bool has_colour;
    int64_t realtime;
};

/* NULL: svscan has no link of that name. */
static struct mark *mark_of(const struct map *map, const char *name)
{
    size_t count;
    const struct link *link = links_of(&map->links, name, &count);

    return count ? &map->marks[link - map->links.list] : NULL;
}

static void mark_names(struct map *map)
{
    map->marks =
        keep_or_die(calloc(map->links.count + 1, sizeof *map->marks));
    for (size_t i = 0; i < map->links.count; i++) {
        const struct link *link = &map->links.list[i];
        struct mark *other = link_is_hard(link) ? mark_of(map, link->other)
                                                : NULL;

        mark_of(map, link->name)->is_first = true;
        if (other)
            other->is_needed = true;
    }
}

static void map_open(struct map *map, const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct look look = look_of(1);

    *map = (struct map){.has_colour = look.has_colour,
                        .realtime = look.realtime};
    tree_links(tree, &map->links);
    tree_list(tree, &map->rows);
    rows_sort(&map->rows);
    tree_close(tree);
    mark_names(map);
}

static int map_close(struct map *map)
{
    show_end();
    links_free(&map->links);
    rows_free(&map->rows);
    free(map->marks);
    return SV_EXIT_OK;
}

/* What is known of a service; of a bundle, or of what is not there, NULL. */
static const struct sv_wire_row *row_of(const struct map *map,
                                        const char *name)
{
    return rows_find(&map->rows, name);
}

/* Has it been met before?  One that has to do with no other is met once. */
static bool meet(const struct map *map, const char *name)
{
    struct mark *mark = mark_of(map, name);
    bool was_met = mark && mark->is_met;

    if (mark)
        mark->is_met = true;
    return was_met;
}

/* A name is a service's, a bundle's, or one that somebody needs in vain. */
static void need_known(const struct map *map, const char *name)
{
    char hint[HINT_MAX];

    if (!mark_of(map, name) && !row_of(map, name))
        sv_die(SV_EXIT_USAGE, "no such service: ", name,
               links_hint(&map->links, &map->rows, name, hint));
}

/* ---- deps --------------------------------------------------------------- */

typedef void tell(const struct map *map, const struct link *link);

static void tell_line(const struct map *map, const struct link *link)
{
    (void)map;
    print_clean(stdout, link->name);
    printf(" %s ", link_word(link));
    print_clean(stdout, link->other);
    putchar('\n');
}

/* DOT's strings have two letters that mean something. */
static void print_dot(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar((unsigned char)*text < ' ' ? '?' : *text);
    }
    putchar('"');
}

static void tell_dot(const struct map *map, const struct link *link)
{
    (void)map;
    printf("    ");
    print_dot(link->name);
    printf(" -> ");
    print_dot(link->other);
    if (link->letter == SV_LINK_AFTER)
        printf(" [style=dashed]");
    else if (link->letter == SV_LINK_HOLDS)
        printf(" [style=dotted, arrowhead=none]");
    puts(";");
}

static void tell_object(const struct map *map, const struct link *link)
{
    json_open(map->json, NULL, '{');
    json_text(map->json, "name", link->name);
    json_text(map->json, "kind",
              link->letter == SV_LINK_NEEDS   ? "needs"
              : link->letter == SV_LINK_AFTER ? "after"
                                              : "holds");
    json_text(map->json, "other", link->other);
    json_close(map->json);
}

/* Of a name: its edges; then of those that these lead to, where one name is
 * asked for. */
static void walk(struct map *map, const char *name, tell *tell_link)
{
    const char **stack =
        keep_or_die(calloc(map->links.count + 1, sizeof *stack));
    size_t depth = 0;

    if (!meet(map, name))
        stack[depth++] = name;
    while (depth) {
        size_t count;
        const struct link *link =
            links_of(&map->links, stack[--depth], &count);

        for (; count > 0; link++, count--) {
            if (!link_is_edge(link))
                continue;
            tell_link(map, link);
            if (!meet(map, link->other))
                stack[depth++] = link->other;
        }
    }
    free(stack);
}

static void tell_users(const struct map *map, const char *name,
                       tell *tell_link)
{
    for (size_t i = 0; i < map->links.count; i++)
        if (link_is_edge(&map->links.list[i]) &&
            strcmp(map->links.list[i].other, name) == 0)
            tell_link(map, &map->links.list[i]);
}

/* Those that were named: all that they need, and who needs them. */
static void tell_all(struct map *map, const struct call *call, tell *tell_link)
{
    for (size_t i = 0; i < call->count; i++) {
        need_known(map, call->args[i]);
        walk(map, call->args[i], tell_link);
    }
    for (size_t i = 0; i < call->count; i++)
        tell_users(map, call->args[i], tell_link);
    for (size_t i = 0; !call->count && i < map->links.count; i++)
        if (link_is_edge(&map->links.list[i]))
            tell_link(map, &map->links.list[i]);
}

/* A service is a box whose colour tells its state. */
static void tell_node(const struct map *map, const char *name)
{
    const struct sv_wire_row *row = row_of(map, name);

    printf("    ");
    print_dot(name);
    if (links_have(&map->links, name, SV_LINK_MISSING))
        puts(" [color=red, style=dashed];");
    else if (!row)
        puts(" [shape=folder];");
    else
        printf(" [color=%s];\n", row_is_ready(row)             ? "darkgreen"
                                 : !row_is_well(row)           ? "red"
                                                               : "gray");
}

static void print_graph(struct map *map, const struct call *call)
{
    puts("digraph services {\n    rankdir=LR;\n    node [shape=box];");
    tell_all(map, call, tell_dot);
    for (size_t i = 0; i < map->links.count; i++)
        if (map->marks[i].is_first && (!call->count || map->marks[i].is_met))
            tell_node(map, map->links.list[i].name);
    puts("}");
}

int verb_deps(const struct call *call)
{
    struct map map;

    map_open(&map, call);
    if (call->dot) {
        print_graph(&map, call);
    } else if (call->json) {
        json_open(map.json = json_answer(), "links", '[');
        tell_all(&map, call, tell_object);
        json_end(map.json);
    } else {
        tell_all(&map, call, tell_line);
    }
    return map_close(&map);
}

/* ---- tree --------------------------------------------------------------- */

enum { DEPTH_MAX = 64 };

/* The lines to the left of a name: for each branch, whether more of it is to
 * come. */
struct branch {
    bool is_last[DEPTH_MAX];
    size_t depth;
};

static void print_branch(const struct branch *branch)
{
    for (size_t i = 1; i < branch->depth; i++)
        fputs(branch->is_last[i] ? "   " : "|  ", stdout);
    if (branch->depth)
        fputs(branch->is_last[branch->depth] ? "`- " : "|- ", stdout);
}

static void print_state(const struct map *map, const char *name)
{
    const struct sv_wire_row *row = row_of(map, name);
    char duration[WHEN_DURATION_MAX];

    if (links_have(&map->links, name, SV_LINK_MISSING)) {
        fputs("no such service", stdout);
        return;
    }
    if (!row) {
        fputs("bundle", stdout);
        return;
    }
    print_state_word(stdout, row, map->has_colour);
    if (row_is_alive(row))
        printf(" %s", when_duration(duration, row_age(row, map->realtime)
                                                  / SV_SECOND));
}

static size_t count_edges(const struct map *map, const char *name)
{
    size_t edges = 0;
    size_t count;
    const struct link *link = links_of(&map->links, name, &count);

    for (; count > 0; link++, count--)
        edges += link_is_hard(link);
    return edges;
}

static bool has_logger(const struct map *map, const char *name)
{
    const struct sv_wire_row *row = row_of(map, name);

    return row && row->flags & SV_ROW_LOGGED;
}

static void print_tree(struct map *map, const char *name,
                       struct branch *branch);

static void print_below(struct map *map, const char *name,
                        struct branch *branch, bool is_last)
{
    branch->is_last[++branch->depth] = is_last;
    print_tree(map, name, branch);
    branch->depth--;
}

static void print_needs(struct map *map, const char *name,
                        struct branch *branch)
{
    bool logs = has_logger(map, name);
    size_t left = count_edges(map, name);
    size_t count;
    const struct link *link = links_of(&map->links, name, &count);
    char logger[SV_NAME_MAX + sizeof "/" SV_LOG];

    for (; left > 0; link++)
        if (link_is_hard(link))
            print_below(map, link->other, branch, --left == 0 && !logs);
    if (!logs)
        return;
    stpcpy(stpcpy(logger, name), "/" SV_LOG);
    print_below(map, logger, branch, true);
}

/* What is below a name is shown once. */
static void print_tree(struct map *map, const char *name,
                       struct branch *branch)
{
    bool was_met = meet(map, name);
    bool is_deep = branch->depth + 1 >= DEPTH_MAX;

    print_branch(branch);
    print_clean(stdout, name);
    fputs(": ", stdout);
    print_state(map, name);
    if (count_edges(map, name) && (was_met || is_deep))
        fputs(was_met ? " (its needs are above)" : " (and so on)", stdout);
    putchar('\n');
    if (!was_met && !is_deep)
        print_needs(map, name, branch);
}

/* Services that have to do with no other. */
static void print_others(struct map *map)
{
    struct branch branch = {.depth = 0};

    for (size_t i = 0; i < map->rows.count; i++) {
        const char *name = map->rows.rows[i].name;

        if (!name_is_logger(name) && !mark_of(map, name))
            print_tree(map, name, &branch);
    }
}

/* From those that nobody needs; what is left then needs itself. */
static void print_forest(struct map *map)
{
    struct branch branch = {.depth = 0};

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < map->links.count; i++)
            if (map->marks[i].is_first && !map->marks[i].is_met &&
                (round > 0 || !map->marks[i].is_needed))
                print_tree(map, map->links.list[i].name, &branch);
    print_others(map);
}

int verb_tree(const struct call *call)
{
    struct branch branch = {.depth = 0};
    struct map map;

    map_open(&map, call);
    for (size_t i = 0; i < call->count; i++) {
        need_known(&map, call->args[i]);
        print_tree(&map, call->args[i], &branch);
    }
    if (!call->count)
        print_forest(&map);
    return map_close(&map);
}
