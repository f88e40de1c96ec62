/* SPDX-License-Identifier: ISC */
/*
 * order.h - services start after what they need, and stop before it.
 *
 * The shell of graph.h: it reads what a definition says of others, tells the
 * graph what becomes of services, and starts those that had to wait.
 *
 *   dependencies.d/   names that must be up before this one starts, and stop
 *                     after it; files of the old form, dependencies, too
 *   after.d/          the same for those that are wanted as well
 *   contents.d/       of a bundle: what it holds; the old form is contents
 *   producer-for      the one that reads its standard output, which it needs
 *   consumer-for      those that write to its standard input
 *   pipeline-name     of the last that reads: a bundle of all of them
 *   flag-essential    it is stopped by force only
 *
 * A service that neither names others nor is named has no node, and costs
 * nothing.  That one waits stands nowhere: it is wanted, is down, and nothing
 * is due; so a svscan that finds it like that has it wait again.  That one is
 * to stop when others have does stand in its record, SV_CHILD_STOPS; and so do
 * restarts that are under way, and what is to be started once.
 *
 * A command in a control fifo acts on its service alone, as s6's do; so does a
 * restart after a death.
 */
#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#include "engine/engine.h"
#include "engine/graph.h"

/* A bundle that has no definition: last, and all that it reads from. */
struct pipeline {
    struct pipeline *next;
    struct graph_node *last;
    char name[];
};

struct order {
    struct graph graph;
    struct engine *engine;
    /* Opens the directory that says what name needs; -1: its own does. */
    int (*open_definition)(struct engine *engine, const char *name);
    /* All stops, and a service may go that could not before. */
    void (*may_stop)(struct service *service);
    struct pipeline *pipelines;
    bool is_running; /* order_run is */
    uint64_t walks;  /* that were begun */
    uint64_t epoch;  /* during it, whoever was told to start (or to stop), with
                        all that it needs (or that need it), needs no second
                        word */
    bool is_stopping; /* it is one of stops */
};

/* False with errno set. */
bool order_open(struct order *order, struct engine *engine);

/* A service has been taken up, and nothing of it has been started yet. */
void order_take(struct order *order, struct service *service);
/* Supervision of it has ended. */
void order_leave(struct order *order, struct service *service);
/* Something that a client could see has changed. */
void order_see(struct order *order, struct service *service);
/* Is it to be started by order_run, and not at once? */
bool order_must_wait(struct order *order, struct service *service);

/* A scan has found it again: if its directory is another than it was, whom it
 * names is read again. */
void order_look_again(struct order *order, struct service *service);

/* There is a bundle of that name in the live tree, old or new; and there is not.
 * Those that a scan of all of it does not take are not there. */
void order_begin_scan(struct order *order);
void order_end_scan(struct order *order);
void order_take_bundle(struct order *order, const char *name);
void order_leave_bundle(struct order *order, const char *name);
/* Its definition has changed: whom it names is read again. */
void order_read_again(struct order *order, const char *name);

/* The service that reads what it writes; NULL: none. */
struct service *order_consumer(const struct service *service);
/* What is wrong with whom it reads from, or names, in words; NULL: nothing.
 * Static. */
const char *order_fault(const struct order *order, const char *name);

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

/* Wants name down, with all that need it: each stops when those that need it
 * are down, and those that come after it and are to stop as well.  One that is
 * essential, or held by a bundle that is, is stopped by force only. */
const char *order_stop(struct order *order, const char *name, bool by_force,
                       order_permit *may, void *context);

/* Its stop has failed: what it needs is not stopped for it, and is wanted as it
 * was before. */
void order_stop_failed(struct order *order, struct service *service);

/* Why a node is not up, in words: "needs db, which failed".  Returns what is to
 * blame. */
enum { ORDER_WORDS_MAX = 2 * SV_NAME_MAX + 64 };
struct graph_blame order_words(const struct graph_node *node,
                               char words[static ORDER_WORDS_MAX]);

#endif
