/* SPDX-License-Identifier: ISC */
/*
 * walk.c - nodes of the graph that a command is about, each once.
 */
#include <stdlib.h>

#include "engine/walk.h"

static void visit(struct walk *walk, struct graph_node *node)
{
    if (node->walk == walk->number)
        return;
    node->walk = walk->number;
    walk->nodes[walk->count++] = node;
}

/* A command for many is a walk for each: the room of one is the next one's. */
void walk_end(struct walk *walk)
{
    free(walk->graph->spare);
    walk->graph->spare = walk->nodes;
    walk->graph->spare_room = walk->room;
}

bool walk_begin(struct walk *walk, struct graph *graph, struct graph_node *node)
{
    *walk = (struct walk){ .graph = graph, .number = ++graph->walks };
    if (graph->spare != NULL && graph->spare_room >= graph->count) {
        walk->nodes = graph->spare;
        walk->room = graph->spare_room;
        graph->spare = NULL;
    } else {
        walk->nodes = calloc(graph->count, sizeof *walk->nodes);
        walk->room = graph->count;
    }
    if (walk->nodes == NULL)
        return false;
    visit(walk, node);
    return true;
}

/* Beyond those that were told in this epoch nobody is visited; 0: in none. */
static bool is_told(const struct graph_node *node, uint64_t epoch)
{
    return epoch != 0 && node->epoch == epoch;
}

void walk_needs(struct walk *walk, uint64_t epoch)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct graph_node *node = walk->nodes[i];

        for (size_t j = 0; !is_told(node, epoch) && j < node->outs; j++)
            if (graph_is_hard(node->out[j].kind))
                visit(walk, node->out[j].to);
    }
}

/* What a bundle holds, and bundles in it. */
void walk_contents(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        for (size_t j = 0; j < walk->nodes[i]->outs; j++)
            if (walk->nodes[i]->out[j].kind == GRAPH_HOLDS)
                visit(walk, walk->nodes[i]->out[j].to);
}

void walk_users(struct walk *walk, uint64_t epoch)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct graph_edge *edge =
            is_told(walk->nodes[i], epoch) ? NULL : walk->nodes[i]->in;

        for (; edge != NULL; edge = edge->next_in)
            if (graph_is_hard(edge->kind))
                visit(walk, edge->from);
    }
}

/* Whom it reads from, and whom these do. */
void walk_producers(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        for (size_t j = 0; j < walk->nodes[i]->outs; j++)
            if (walk->nodes[i]->out[j].kind == GRAPH_READS)
                visit(walk, walk->nodes[i]->out[j].to);
}
