/* SPDX-License-Identifier: ISC */
/*
 * graph.c - what needs what: who may start now, and who must stop first.
 *
 * Each node counts those at the other end of its edges (lacks, dead_needs,
 * waits, users, goers), and tells them in turn what it is.  What a service tells is
 * made of its facts and its counts, what a bundle tells of its counts alone.
 * Along a cycle nothing is told to be up, so that the telling comes to an end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/graph.h"

enum { ROOM_FIRST = 64 };

bool graph_is_hard(enum graph_kind kind)
{
    return kind != GRAPH_AFTER && kind != GRAPH_READS;
}

/* ---- nodes --------------------------------------------------------------- */

bool graph_open(struct graph *graph)
{
    *graph = (struct graph){ .room = ROOM_FIRST };
    graph->queued_end = &graph->queued;
    graph->touched_end = &graph->touched;
    graph->buckets = calloc(graph->room, sizeof *graph->buckets);
    return graph->buckets != NULL;
}

void graph_close(struct graph *graph)
{
    struct graph_node *next;

    for (struct graph_node *node = graph->first; node != NULL; node = next) {
        next = node->next;
        free(node->fault);
        free(node->out);
        free(node);
    }
    free(graph->buckets);
    free(graph->spare);
    *graph = (struct graph){ 0 };
}

static struct graph_node **bucket(const struct graph *graph, const char *name)
{
    uint64_t hash = 0;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x9e3779b97f4a7c15);
    return &graph->buckets[hash >> 32 & (graph->room - 1)];
}

struct graph_node *graph_find(const struct graph *graph, const char *name)
{
    struct graph_node *node = *bucket(graph, name);

    while (node != NULL && strcmp(node->name, name) != 0)
        node = node->same_hash;
    return node;
}

static void put_in_bucket(struct graph *graph, struct graph_node *node)
{
    struct graph_node **head = bucket(graph, node->name);

    node->same_hash = *head;
    *head = node;
}

/* Without memory the chains grow longer, and that is all. */
static void grow(struct graph *graph)
{
    struct graph_node **buckets = calloc(2 * graph->room, sizeof *buckets);

    if (buckets == NULL)
        return;
    free(graph->buckets);
    graph->buckets = buckets;
    graph->room *= 2;
    for (struct graph_node *node = graph->first; node != NULL;
         node = node->next)
        put_in_bucket(graph, node);
}

struct graph_node *graph_name(struct graph *graph, const char *name)
{
    struct graph_node *node = graph_find(graph, name);
    size_t size = strlen(name) + 1;

    if (node != NULL)
        return node;
    node = calloc(1, sizeof *node + size);
    if (node == NULL)
        return NULL;
    memcpy(node->name, name, size);
    if (graph->count++ >= graph->room)
        grow(graph);
    put_in_bucket(graph, node);
    node->number = ++graph->numbers;
    node->next = graph->first;
    if (node->next != NULL)
        node->next->previous = node;
    graph->first = node;
    graph->is_dirty = true;
    return node;
}

/* ---- queues -------------------------------------------------------------- */

static void queue(struct graph *graph, struct graph_node *node)
{
    if (node->is_queued)
        return;
    node->is_queued = true;
    node->next_queued = NULL;
    *graph->queued_end = node;
    graph->queued_end = &node->next_queued;
}

static struct graph_node *next_queued(struct graph *graph)
{
    struct graph_node *node = graph->queued;

    if (node == NULL)
        return NULL;
    graph->queued = node->next_queued;
    if (graph->queued == NULL)
        graph->queued_end = &graph->queued;
    node->is_queued = false;
    return node;
}

void graph_touch(struct graph *graph, struct graph_node *node)
{
    queue(graph, node);
    if (node->is_touched)
        return;
    node->is_touched = true;
    node->next_touched = NULL;
    *graph->touched_end = node;
    graph->touched_end = &node->next_touched;
}

struct graph_node *graph_next_touched(struct graph *graph)
{
    struct graph_node *node = graph->touched;

    if (node == NULL)
        return NULL;
    graph->touched = node->next_touched;
    if (graph->touched == NULL)
        graph->touched_end = &graph->touched;
    node->is_touched = false;
    return node;
}

static void drop_from_queue(struct graph *graph, const struct graph_node *node)
{
    struct graph_node **at = &graph->queued;

    if (!node->is_queued)
        return;
    while (*at != node)
        at = &(*at)->next_queued;
    *at = node->next_queued;
    if (*at == NULL)
        graph->queued_end = at;
}

static void drop_from_touched(struct graph *graph,
                              const struct graph_node *node)
{
    struct graph_node **at = &graph->touched;

    if (!node->is_touched)
        return;
    while (*at != node)
        at = &(*at)->next_touched;
    *at = node->next_touched;
    if (*at == NULL)
        graph->touched_end = at;
}

/* ---- edges --------------------------------------------------------------- */

static void put_in(struct graph_edge *edge)
{
    struct graph_edge **head = &edge->to->in;

    edge->next_in = *head;
    if (edge->next_in != NULL)
        edge->next_in->at_in = &edge->next_in;
    edge->at_in = head;
    *head = edge;
}

static void take_out(struct graph_edge *edge)
{
    *edge->at_in = edge->next_in;
    if (edge->next_in != NULL)
        edge->next_in->at_in = edge->at_in;
}

static void free_if_unnamed(struct graph *graph, struct graph_node *node)
{
    struct graph_node **at = bucket(graph, node->name);

    if (node->is_defined || node->in != NULL || node->outs > 0)
        return;
    while (*at != node)
        at = &(*at)->same_hash;
    *at = node->same_hash;
    *(node->previous != NULL ? &node->previous->next : &graph->first) =
        node->next;
    if (node->next != NULL)
        node->next->previous = node->previous;
    drop_from_queue(graph, node);
    drop_from_touched(graph, node);
    graph->count--;
    free(node);
}

/* Is it part of no cycle, and of no pair?  Then nothing but what was told along it
 * goes with it. */
static bool is_loose(const struct graph_edge *edge)
{
    return edge->kind != GRAPH_FEEDS && edge->kind != GRAPH_READS
           && edge->from->component != edge->to->component;
}

static void take_back(struct graph *graph, const struct graph_edge *edge)
{
    const struct graph_node *from = edge->from;
    struct graph_node *to = edge->to;

    to->users -= graph_is_hard(edge->kind) ? from->is_used : from->is_leaving;
    to->goers -= from->is_going;
    graph_touch(graph, to);
}

static void take_back_all(struct graph *graph, struct graph_node *node)
{
    for (size_t i = 0; i < node->outs; i++)
        graph->is_dirty |= !is_loose(&node->out[i]);
    for (size_t i = 0; !graph->is_dirty && i < node->outs; i++)
        take_back(graph, &node->out[i]);
    node->lacks = node->dead_needs = node->waits = 0;
    graph_touch(graph, node);
}

/* Those that nobody names any more go with their last edge. */
static void disconnect(struct graph *graph, struct graph_node *node)
{
    struct graph_edge *out = node->out;
    size_t outs = node->outs;

    if (outs > 0)
        take_back_all(graph, node);
    for (size_t i = 0; i < outs; i++)
        take_out(&out[i]);
    node->out = NULL;
    node->outs = 0;
    for (size_t i = 0; i < outs; i++)
        out[i].to->cursor = i; /* the last edge that leads there */
    for (size_t i = 0; i < outs; i++)
        if (out[i].to->cursor == i && out[i].to != node)
            free_if_unnamed(graph, out[i].to);
    free(out);
}

/* Has it been named by the same already?  Those edges are the newest. */
static bool has_edge(const struct graph_node *node, enum graph_kind kind,
                     const struct graph_node *to)
{
    const struct graph_edge *edge = to->in;

    while (edge != NULL && edge->from == node && edge->kind != kind)
        edge = edge->next_in;
    return edge != NULL && edge->from == node;
}

bool graph_connect(struct graph *graph, struct graph_node *node,
                   const struct graph_link *links, size_t count)
{
    bool was_defined = node->is_defined;

    node->is_defined = true; /* it stays, whoever names it */
    disconnect(graph, node);
    node->is_defined = was_defined;
    if (count == 0)
        return true;
    node->out = calloc(count, sizeof *node->out);
    if (node->out == NULL)
        return false;
    graph->is_dirty = true;
    for (size_t i = 0; i < count; i++) {
        struct graph_node *to = graph_name(graph, links[i].to);

        if (to == NULL) {
            disconnect(graph, node);
            errno = ENOMEM;
            return false;
        }
        if (has_edge(node, links[i].kind, to))
            continue;

        struct graph_edge *edge = &node->out[node->outs++];

        edge->kind = links[i].kind;
        edge->from = node;
        edge->to = to;
        put_in(edge);
    }
    return true;
}

void graph_define(struct graph *graph, struct graph_node *node, bool is_bundle)
{
    if (node->is_defined && node->is_bundle == is_bundle)
        return;
    node->is_defined = true;
    node->is_bundle = is_bundle;
    graph_touch(graph, node);
}

void graph_forget(struct graph *graph, struct graph_node *node)
{
    disconnect(graph, node);
    node->is_defined = node->is_bundle = false;
    node->facts = 0;
    node->owner = NULL;
    free(node->fault);
    node->fault = NULL;
    graph_touch(graph, node);
    free_if_unnamed(graph, node);
}

void graph_tell(struct graph *graph, struct graph_node *node, unsigned facts)
{
    if (node->facts == facts)
        return;
    node->facts = (uint8_t)facts;
    graph_touch(graph, node);
}

/* ---- cycles: strongly connected components ------------------------------- */

struct search {
    bool hard_only;
    uint32_t index;
    uint32_t components;
    struct graph_node *stack;
};

static bool follows(const struct search *search, const struct graph_edge *edge)
{
    return graph_is_hard(edge->kind)
           || (!search->hard_only && edge->kind == GRAPH_AFTER);
}

static void enter(struct search *search, struct graph_node *node,
                  struct graph_node *caller)
{
    node->index = node->low = ++search->index;
    node->cursor = 0;
    node->caller = caller;
    node->below = search->stack;
    search->stack = node;
}

static void close_component(struct search *search,
                            const struct graph_node *root)
{
    struct graph_node *node;

    search->components++;
    do {
        node = search->stack;
        search->stack = node->below;
        node->component = search->components;
    } while (node != root);
}

static void lower(struct graph_node *node, uint32_t low)
{
    if (low < node->low)
        node->low = low;
}

/* All its edges have been followed; returns to whoever came here. */
static struct graph_node *leave(struct search *search, struct graph_node *node)
{
    struct graph_node *caller = node->caller;

    if (node->low == node->index)
        close_component(search, node);
    if (caller != NULL)
        lower(caller, node->low);
    return caller;
}

/* Tarjan's search, without recursion: a chain may be 10,000 long. */
static void search_from(struct search *search, struct graph_node *node)
{
    enter(search, node, NULL);
    while (node != NULL) {
        if (node->cursor == node->outs) {
            node = leave(search, node);
            continue;
        }

        const struct graph_edge *edge = &node->out[node->cursor++];

        if (!follows(search, edge))
            continue;
        if (edge->to->index == 0) {
            enter(search, edge->to, node);
            node = edge->to;
        } else if (edge->to->component == 0) {
            lower(node, edge->to->index);
        }
    }
}

static void find_components(struct graph *graph, bool hard_only)
{
    struct search search = { .hard_only = hard_only };

    for (struct graph_node *node = graph->first; node != NULL;
         node = node->next)
        node->index = node->component = 0;
    for (struct graph_node *node = graph->first; node != NULL;
         node = node->next)
        if (node->index == 0)
            search_from(&search, node);
}

static void mark_cycles(struct graph *graph, bool hard)
{
    find_components(graph, hard);
    for (struct graph_node *node = graph->first; node != NULL;
         node = node->next) {
        if (hard)
            node->is_in_cycle = false;
        for (size_t i = 0; i < node->outs; i++) {
            struct graph_edge *edge = &node->out[i];

            if (graph_is_hard(edge->kind) != hard)
                continue;
            edge->is_cyclic = edge->to->component == node->component;
            if (hard)
                node->is_in_cycle |= edge->is_cyclic;
        }
    }
}

/* ---- spreading ----------------------------------------------------------- */

static bool has(const struct graph_node *node, unsigned fact)
{
    return node->facts & fact;
}

static bool is_up(const struct graph_node *node)
{
    if (node->is_bundle)
        return !node->is_in_cycle && node->lacks == 0;
    return has(node, GRAPH_UP);
}

static bool is_dead(const struct graph_node *node)
{
    if (!node->is_defined)
        return true;
    if (node->is_bundle)
        return node->is_in_cycle || node->dead_needs > 0;
    if (has(node, GRAPH_UP))
        return false;
    if (has(node, GRAPH_FAILED))
        return true;
    return !has(node, GRAPH_RUNNING)
           && (node->is_in_cycle || node->is_unpaired
               || !has(node, GRAPH_WANTED) || node->dead_needs > 0);
}

static bool is_pending(const struct graph_node *node)
{
    if (node->is_bundle)
        return !node->is_in_cycle && node->waits > 0;
    return has(node, GRAPH_WANTED) && !is_up(node) && !is_dead(node);
}

static bool is_used(const struct graph_node *node)
{
    return node->is_bundle ? node->users > 0 : has(node, GRAPH_RUNNING);
}

/* Along a soft edge, those that stay up hold nobody up. */
static bool is_leaving(const struct graph *graph, const struct graph_node *node)
{
    return is_used(node)
           && (node->is_bundle || graph->all_stops
               || (!has(node, GRAPH_WANTED) && !has(node, GRAPH_STUCK)));
}

static bool is_going(const struct graph_node *node)
{
    return node->is_bundle ? node->goers > 0 : has(node, GRAPH_GOING);
}

static void add(uint32_t *count, bool before, bool now)
{
    *count += now;
    *count -= before;
}

struct told {
    bool is_up;
    bool is_dead;
    bool is_pending;
};

/* Those that lead here hear whether it is up, and will be. */
static void tell_back(struct graph *graph, const struct graph_node *node,
                      const struct told *before)
{
    for (struct graph_edge *edge = node->in; edge != NULL;
         edge = edge->next_in) {
        struct graph_node *from = edge->from;

        if (graph_is_hard(edge->kind)) {
            add(&from->lacks, !before->is_up, !node->is_up);
            add(&from->dead_needs, before->is_dead, node->is_dead);
        }
        if (edge->kind == GRAPH_HOLDS
            || (edge->kind == GRAPH_AFTER && !edge->is_cyclic))
            add(&from->waits, before->is_pending, node->is_pending);
        graph_touch(graph, from);
    }
}

/* Those that it leads to hear whether they must wait for it to stop. */
static void tell_on(struct graph *graph, const struct graph_node *node,
                    bool was_used, bool was_leaving, bool was_going)
{
    for (size_t i = 0; i < node->outs; i++) {
        const struct graph_edge *edge = &node->out[i];

        if (edge->is_cyclic || edge->kind == GRAPH_READS)
            continue;
        if (graph_is_hard(edge->kind))
            add(&edge->to->users, was_used, node->is_used);
        else
            add(&edge->to->users, was_leaving, node->is_leaving);
        add(&edge->to->goers, was_going, node->is_going);
        graph_touch(graph, edge->to);
    }
}

static void spread(struct graph *graph, struct graph_node *node)
{
    const struct told before = { node->is_up, node->is_dead,
                                 node->is_pending };
    bool was_used = node->is_used;
    bool was_leaving = node->is_leaving;
    bool was_going = node->is_going;

    node->is_up = is_up(node);
    node->is_dead = is_dead(node);
    node->is_pending = is_pending(node);
    node->is_used = is_used(node);
    node->is_leaving = is_leaving(graph, node);
    node->is_going = is_going(node);
    if (node->is_up != before.is_up || node->is_dead != before.is_dead
        || node->is_pending != before.is_pending)
        tell_back(graph, node, &before);
    if (node->is_used != was_used || node->is_leaving != was_leaving
        || node->is_going != was_going)
        tell_on(graph, node, was_used, was_leaving, was_going);
}

static bool reads(const struct graph_node *reader,
                  const struct graph_node *node)
{
    const struct graph_edge *edge = node->in;

    while (edge != NULL && (edge->from != reader || edge->kind != GRAPH_READS))
        edge = edge->next_in;
    return edge != NULL;
}

/* What it feeds, in vain; NULL: nothing. */
static const struct graph_edge *find_unpaired(const struct graph_node *node)
{
    size_t fed = 0;

    for (size_t i = 0; i < node->outs; i++) {
        const struct graph_edge *edge = &node->out[i];

        if (edge->kind == GRAPH_FEEDS
            && (fed++ > 0 || (edge->to->is_defined && !reads(edge->to, node))))
            return edge;
    }
    return NULL;
}

/* As if nobody had told anything yet. */
static void forget_all(struct graph *graph)
{
    for (struct graph_node *node = graph->first; node != NULL;
         node = node->next) {
        node->is_up = node->is_dead = node->is_pending = false;
        node->is_used = node->is_leaving = node->is_going = false;
        node->lacks = node->dead_needs = node->waits = 0;
        node->users = node->goers = 0;
        node->is_unpaired = find_unpaired(node) != NULL;
        for (size_t i = 0; i < node->outs; i++)
            node->lacks += graph_is_hard(node->out[i].kind);
        graph_touch(graph, node);
    }
}

void graph_stop_all(struct graph *graph)
{
    graph->is_dirty |= !graph->all_stops;
    graph->all_stops = true;
}

void graph_settle(struct graph *graph)
{
    struct graph_node *node;

    if (graph->is_dirty) {
        graph->is_dirty = false;
        mark_cycles(graph, true);
        mark_cycles(graph, false);
        forget_all(graph);
    }
    while ((node = next_queued(graph)) != NULL)
        spread(graph, node);
}

/* ---- answers ------------------------------------------------------------- */

bool graph_may_start(const struct graph_node *node)
{
    return !node->is_in_cycle && !node->is_unpaired && node->lacks == 0
           && node->waits == 0;
}

bool graph_may_stop(const struct graph_node *node)
{
    return node->users == 0;
}

bool graph_may_go(const struct graph_node *node)
{
    return node->goers == 0;
}

bool graph_is_hopeless(const struct graph_node *node)
{
    return node->is_in_cycle || node->is_unpaired || node->dead_needs > 0;
}

static const struct graph_edge *find_lack(const struct graph_node *node,
                                          bool dead)
{
    for (size_t i = 0; i < node->outs; i++) {
        const struct graph_edge *edge = &node->out[i];

        if (graph_is_hard(edge->kind) && !edge->to->is_up
            && (!dead || edge->to->is_dead))
            return edge;
    }
    return NULL;
}

static const struct graph_edge *find_pending(const struct graph_node *node,
                                             enum graph_kind kind)
{
    for (size_t i = 0; i < node->outs; i++) {
        const struct graph_edge *edge = &node->out[i];

        if (edge->kind == kind && !edge->is_cyclic && edge->to->is_pending)
            return edge;
    }
    return NULL;
}

static const struct graph_edge *find_cyclic(const struct graph_node *node)
{
    for (size_t i = 0; i < node->outs; i++)
        if (graph_is_hard(node->out[i].kind) && node->out[i].is_cyclic)
            return &node->out[i];
    return NULL;
}

/* What keeps a node that is needed, and is no bundle that holds another, from
 * being up. */
static enum sv_blame why_not_up(const struct graph_node *node)
{
    if (!node->is_defined)
        return SV_BLAME_MISSING;
    if (node->is_in_cycle && node->is_dead)
        return SV_BLAME_BROKEN;
    if (!node->is_dead)
        return SV_BLAME_WAITS;
    if (has(node, GRAPH_FAILED))
        return SV_BLAME_FAILED;
    return has(node, GRAPH_WANTED) ? SV_BLAME_NEEDS : SV_BLAME_UNWANTED;
}

static struct graph_blame blame_for(const struct graph_edge *edge, bool dead)
{
    const struct graph_node *node = edge->to;

    while (node->is_bundle && !node->is_in_cycle
           && (edge = find_lack(node, dead)) != NULL)
        node = edge->to;
    return (struct graph_blame){ why_not_up(node), node };
}

static struct graph_blame blame_after(const struct graph_edge *edge)
{
    const struct graph_node *node = edge->to;

    while (node->is_bundle
           && (edge = find_pending(node, GRAPH_HOLDS)) != NULL)
        node = edge->to;
    return (struct graph_blame){ SV_BLAME_AFTER, node };
}

struct graph_blame graph_blame(const struct graph_node *node)
{
    const struct graph_edge *edge;

    if (node->is_in_cycle && (edge = find_cyclic(node)) != NULL)
        return (struct graph_blame){ SV_BLAME_CYCLE, edge->to };
    if (node->is_unpaired && (edge = find_unpaired(node)) != NULL)
        return (struct graph_blame){ SV_BLAME_UNPAIRED, edge->to };
    if (node->dead_needs > 0 && (edge = find_lack(node, true)) != NULL)
        return blame_for(edge, true);
    if (node->lacks > 0 && (edge = find_lack(node, false)) != NULL)
        return blame_for(edge, false);
    if ((edge = find_pending(node, GRAPH_AFTER)) != NULL)
        return blame_after(edge);
    return (struct graph_blame){ SV_BLAME_NOBODY, NULL };
}
