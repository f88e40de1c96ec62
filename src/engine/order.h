/* SPDX-License-Identifier: ISC */
/*
 * order.h - services start after what they need, and stop before it.
 *
 * The shell of graph.h: it tells the graph what becomes of services, and starts
 * those that had to wait.  Whom a service names is read by definition.h.
 *
 * That one waits stands nowhere: it is wanted, is down, and nothing is due; so a
 * svscan that finds it like that has it wait again.  That one is to stop when
 * others have does stand in its record, SV_CHILD_STOPS; and so do restarts that
 * are under way, and what is to be started once.
 *
 * A command in a control fifo acts on its service alone, as s6's do; so does a
 * restart after a death.
 */
#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#include "engine/engine.h"
#include "engine/graph.h"

struct pipeline;

struct order {
    struct graph graph;
    struct engine *engine;
    /* Opens the directory that says what name needs; -1: its own does. */
    int (*open_definition)(struct engine *engine, const char *name);
    /* All stops, and a service may go that could not before. */
    void (*may_stop)(struct service *service);
    struct pipeline *pipelines; /* definition.c */
    struct service *asked; /* to restart, as named, until order_commit */
    struct service *last_asked; /* ... if any is, the last of them */
    bool is_running; /* order_run is */
    uint64_t epoch;  /* during it, whoever was told to start (or to stop), with
                        all that it needs (or that need it), needs no second
                        word */
    bool is_stopping; /* it is one of stops */
};

/* False with errno set. */
bool order_open(struct order *order, struct engine *engine);

/* The service stands behind this node from now on, which it tells its facts. */
void order_own(struct order *order, struct graph_node *node,
               struct service *service);
/* What its record says that was under way when an earlier svscan died is under
 * way again. */
void order_recall(struct service *service);
/* Nothing is under way of it any more. */
void order_forget(struct service *service);
/* Something that a client could see has changed. */
void order_see(struct order *order, struct service *service);
/* Is it to be started by order_run, and not at once? */
bool order_must_wait(struct order *order, struct service *service);

/* Starts, and stops, whoever has waited and need not any more; says what is
 * wrong of those that wait in vain. */
void order_run(struct order *order);

/* From now on all services are to stop. */
void order_stop_all(struct order *order);
/* May it stop, as far as others go? */
bool order_may_stop(struct order *order, const struct service *service);

/* Starts name (a service, or a bundle: then all that it holds), and wants all
 * that it needs up: each starts when it may.  Nothing is done, and the reason
 * returned, if may says no to a service that would be told anything; NULL: it is
 * done. */
enum order_how {
    ORDER_UP,    /* it is wanted up */
    ORDER_ONCE,  /* it is not started again when it dies */
    ORDER_AGAIN, /* what runs is stopped first; of all that are started so in one
                    round of the loop, whoever needs another before that */
};
typedef bool order_permit(void *context, const struct service *service);
const char *order_start(struct order *order, const char *name,
                        enum order_how how, order_permit *may, void *context);

/* All that a command names has been told: those of ORDER_AGAIN are restarted
 * from now on, and none of them before. */
void order_commit(struct order *order);

/* Wants name down, with all that need it: each stops when those that need it
 * are down, and those that come after it and are to stop as well.  One that is
 * essential, or held by a bundle that is, is stopped by force only. */
const char *order_stop(struct order *order, const char *name, bool by_force,
                       order_permit *may, void *context);

/* Its stop has failed: what it needs is not stopped for it, and is wanted as it
 * was before. */
void order_stop_failed(struct order *order, struct service *service);

#endif
