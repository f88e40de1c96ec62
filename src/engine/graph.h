/* SPDX-License-Identifier: ISC */
/*
 * graph.h - what needs what: who may start now, and who must stop first.
 *
 * Pure: it is told names, edges and facts, and answers; no system call, and no
 * word of the engine's.  A node is a service or a bundle.
 *
 *   web --needs--> db           web starts when db is up, db stops when web is
 *                               down
 *   web --after--> mail         the same where both are wanted, or both are to
 *                               stop, and no more
 *   tier --holds--> web         a bundle: up when all that it holds is
 *   web --feeds--> filter       web needs filter, and filter --reads--> web must
 *                               be there as well
 *
 * Facts are told as they change (graph_tell) and spread when graph_settle is
 * called: each costs in the number of edges of the nodes for which something
 * changes by it, and what has changed for them is then in the list of touched
 * nodes.  A new edge, or one less of a cycle or a pair, costs a look at all nodes,
 * once for all before graph_settle.
 *
 * A service that feeds one that does not read from it, or more than one, is not
 * started.  A cycle is an error of the nodes on it: none of them may start.  One
 * that is closed by `after` alone is none; those edges of it are ignored.
 */
#ifndef ENGINE_GRAPH_H
#define ENGINE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/blame.h"

enum graph_kind {
    GRAPH_NEEDS,
    GRAPH_AFTER,
    GRAPH_HOLDS,
    GRAPH_FEEDS, /* writes to it, and needs it */
    GRAPH_READS, /* reads from it; nobody waits along it */
    GRAPH_KINDS
};

/* What is true of a service.  A bundle has no facts but those of what it
 * holds. */
enum {
    GRAPH_WANTED = 1 << 0,
    GRAPH_UP = 1 << 1,      /* so that others may start */
    GRAPH_RUNNING = 1 << 2, /* something of it would have to be stopped */
    GRAPH_FAILED = 1 << 3,  /* it will not be up by itself */
    GRAPH_GOING = 1 << 4,   /* it runs, and is to be stopped (or restarted) */
    GRAPH_STUCK = 1 << 5,   /* it runs, and could not be stopped in its time */
};

struct graph_node;

struct graph_edge {
    enum graph_kind kind;
    bool is_cyclic; /* part of a cycle: nobody waits along it */
    struct graph_node *from;
    struct graph_node *to;
    struct graph_edge *next_in; /* the next that leads to `to` */
    struct graph_edge **at_in;  /* what points to this one */
};

struct graph_node {
    struct graph_node *same_hash;
    struct graph_node *next; /* all nodes */
    struct graph_node *previous;
    uint64_t number; /* no other node of the graph had it, or will */
    struct graph_node *next_queued;
    struct graph_node *next_touched;
    struct graph_edge *out;
    size_t outs;
    struct graph_edge *in;
    void *owner;      /* the caller's; NULL unless it says otherwise */
    char *fault;      /* the caller's, freed when it is forgotten; or NULL */
    uint64_t walk;    /* the caller's: the last one that came here */
    uint64_t epoch;   /* the caller's: when all beyond it was told the same */
    uint64_t look;    /* the caller's: what its definition looked like */
    bool is_defined;  /* else it is only named by others */
    bool is_bundle;
    bool is_in_cycle;
    bool is_unpaired; /* it feeds who does not read from it */
    bool is_queued;
    bool is_touched;
    bool is_essential; /* the caller's, as owner */
    bool is_pipeline;  /* the caller's: a bundle without a definition */
    bool is_seen;      /* the caller's: ... that the last scan saw */
    uint8_t facts;

    /* Of those at the other end of its edges, as they last told: */
    uint32_t lacks;      /* needed or held, and not up */
    uint32_t dead_needs; /* ... and will not be, by themselves */
    uint32_t waits;      /* on their way up, and this comes after them, or holds
                            them */
    uint32_t users;      /* running, and to be stopped before this; along a soft
                            edge, those that are not wanted either, and not
                            stuck */
    uint32_t goers;      /* users that have to go before it goes itself */

    /* As it last told them: */
    bool is_up;
    bool is_dead;
    bool is_pending;
    bool is_used;
    bool is_leaving;
    bool is_going;

    /* For the search for cycles. */
    uint32_t index;
    uint32_t low;
    uint32_t component; /* 0: not known yet */
    size_t cursor;
    struct graph_node *below;  /* on the stack */
    struct graph_node *caller;
    char name[];
};

struct graph {
    struct graph_node **buckets;
    size_t room;
    size_t count;
    uint64_t numbers;         /* that were given away */
    struct graph_node *first; /* the newest: numbers fall along the list */
    struct graph_node *queued;
    struct graph_node **queued_end;
    struct graph_node *touched;
    struct graph_node **touched_end;
    uint64_t walks; /* walk.c: that were begun */
    struct graph_node **spare; /* ... room for one, of spare_room; or NULL */
    size_t spare_room;
    bool is_dirty;  /* edges have changed */
    bool all_stops; /* graph_stop_all */
};

/* Starts with no node.  False with errno set. */
bool graph_open(struct graph *graph);
void graph_close(struct graph *graph);

/* NULL if nobody has named it. */
struct graph_node *graph_find(const struct graph *graph, const char *name);
/* Makes it if it is not there: not defined, no bundle.  NULL: out of memory. */
struct graph_node *graph_name(struct graph *graph, const char *name);

/* There is such a service, or bundle, from now on. */
void graph_define(struct graph *graph, struct graph_node *node, bool is_bundle);
/* There is none any more, and it leads nowhere.  A node that nobody names is
 * freed: node must not be used again. */
void graph_forget(struct graph *graph, struct graph_node *node);

/* An edge by the name of its end. */
struct graph_link {
    enum graph_kind kind;
    const char *to;
};

/* Replaces all edges that leave node; one that is named twice is one.  False
 * with errno set: then it has none. */
bool graph_connect(struct graph *graph, struct graph_node *node,
                   const struct graph_link *links, size_t count);

/* Tells the facts of a service. */
void graph_tell(struct graph *graph, struct graph_node *node, unsigned facts);

/* Puts it on the list of touched nodes. */
void graph_touch(struct graph *graph, struct graph_node *node);

/* From now on all is to stop, whether it is wanted or not. */
void graph_stop_all(struct graph *graph);

/* Lets everything that was told spread. */
void graph_settle(struct graph *graph);

/* A node for which something has changed since it was last taken from here;
 * NULL: none is left.  Settle first. */
struct graph_node *graph_next_touched(struct graph *graph);

/* Settled, is there nothing that it would have to wait for? */
bool graph_may_start(const struct graph_node *node);
/* ... and nothing that has to be stopped before it? */
bool graph_may_stop(const struct graph_node *node);

/* ... or before it is restarted, with those that are restarted as well? */
bool graph_may_go(const struct graph_node *node);

/* Does to come before from, to start?  (And after it, to stop.) */
bool graph_is_hard(enum graph_kind kind);

/* Why a service may not start. */
struct graph_blame {
    enum sv_blame why;
    const struct graph_node *whom; /* NULL with SV_BLAME_NOBODY.  Of a bundle, the
                                      one in it that is to blame */
};

/* Settled, costs in the edges of node (and of bundles that it needs). */
struct graph_blame graph_blame(const struct graph_node *node);

/* Will it not come by itself? */
bool graph_is_hopeless(const struct graph_node *node);

#endif
