/* SPDX-License-Identifier: ISC */
/*
 * walk.h - walks over the graph: all that a command is about, each node once.
 *
 * A walk begins at a node, and is widened by what that leads to, in one way or
 * in several, one after the other: what has been visited stands in `nodes`, the
 * nearest first.  What is then done to them may need a walk of its own.
 */
#ifndef ENGINE_WALK_H
#define ENGINE_WALK_H

#include "engine/graph.h"

struct walk {
    struct graph *graph;
    struct graph_node **nodes;
    size_t count;
    size_t room;
    uint64_t number;
};

/* Begins at node, which is the first.  No node may be made or freed until
 * walk_end.  False with errno set: there is nothing to end. */
bool walk_begin(struct walk *walk, struct graph *graph, struct graph_node *node);
void walk_end(struct walk *walk);

/* What a bundle holds, and bundles in it. */
void walk_contents(struct walk *walk);

/* All that has to be up before what has been visited, and, the other way round,
 * all that has to be down.  Nobody is visited beyond nodes that were told in
 * this epoch (graph_node); 0: beyond all. */
void walk_needs(struct walk *walk, uint64_t epoch);
void walk_users(struct walk *walk, uint64_t epoch);

/* Whom it reads from, and whom these do. */
void walk_producers(struct walk *walk);

#endif
