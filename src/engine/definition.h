/* SPDX-License-Identifier: ISC */
/*
 * definition.h - whom a definition names: what it says of others, in the graph.
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
 * nothing.  One whose definition cannot be read, or memory for it not had, is
 * started whatever it needs.  What can be nobody's name is ignored, and so is a
 * file that cannot be read; each definition says once which one it was.
 */
#ifndef ENGINE_DEFINITION_H
#define ENGINE_DEFINITION_H

#include <stdbool.h>

struct order;
struct service;

/* Whom it names is read, now or again, and what was under way of it goes on
 * (order_recall).  Loggers name nobody. */
void definition_take(struct order *order, struct service *service);
/* Supervision of it has ended: nothing is under way of it, and it has no node. */
void definition_leave(struct order *order, struct service *service);

/* A scan has found it again: if its directory is another than it was, whom it
 * names is read again. */
void definition_look_again(struct order *order, struct service *service);

/* There is a bundle of that name in the live tree, old or new; and there is not.
 * Those that a scan of all of it does not take are not there. */
void definition_begin_scan(struct order *order);
void definition_end_scan(struct order *order);
void definition_take_bundle(struct order *order, const char *name);
void definition_leave_bundle(struct order *order, const char *name);

/* Pipelines become bundles of what is in them by now, if edges have changed; then
 * everything that was told spreads (graph_settle). */
void definition_settle(struct order *order);

/* The service that reads what it writes; NULL: none. */
struct service *definition_consumer(const struct service *service);
/* What is wrong with whom it names, or reads from, in words; NULL: nothing.
 * Good until something is read again. */
const char *definition_fault(const struct order *order, const char *name);

#endif
