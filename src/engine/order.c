/* SPDX-License-Identifier: ISC */
/*
 * order.c - services start after what they need, and stop before it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/act.h"
#include "engine/definition.h"
#include "engine/order.h"
#include "engine/restart.h"
#include "engine/walk.h"
#include "sv/join.h"
#include "sv/say.h"

bool order_open(struct order *order, struct engine *engine)
{
    order->engine = engine;
    return graph_open(&order->graph);
}

/* ---- facts ---------------------------------------------------------------- */

static bool is_idle(const struct service *service)
{
    return service->state == STATE_DOWN || service->state == STATE_IDLE
           || service->state == STATE_FAILED;
}

static bool is_up(const struct service *service)
{
    return (service->state == STATE_UP || service->state == STATE_DONE)
           && !service->stopping;
}

/* It is told to go, or will be, and not in vain. */
static bool is_told_to_go(const struct service *service)
{
    return !service->is_overdue
           && (service->stops_later || (service->stopping && !service->want));
}

static unsigned facts_of(const struct service *service)
{
    bool is_there = !is_idle(service) && service->state != STATE_GONE;
    bool has_failed = !service->waits /* else it is tried again */
                      && (service->is_failed || service->is_failing
                          || service->note_is_loop);
    bool is_going = service->is_restarting || service->restarts_later;
    bool is_leaving = is_there && is_told_to_go(service);

    return (service->want || service->waits_once ? GRAPH_WANTED : 0u)
           | (is_going || is_leaving ? GRAPH_GOING : 0u)
           | (is_up(service) && !is_going ? GRAPH_UP : 0u)
           | (is_there ? GRAPH_RUNNING : 0u)
           | (service->is_overdue ? GRAPH_STUCK : 0u)
           | (has_failed && !is_up(service) ? GRAPH_FAILED : 0u);
}

void order_own(struct order *order, struct graph_node *node,
               struct service *service)
{
    service->node = node;
    node->owner = service;
    graph_define(&order->graph, node, false);
    graph_tell(&order->graph, node, facts_of(service));
}

/* Was it told to go by the svscan that noted that it is replaced?  What has
 * ended need not be. */
static bool was_told(const struct sv_child *child)
{
    enum sv_child_role role = sv_child_role(child);
    unsigned flags = sv_child_flags(child);

    if (sv_child_state(child) == SV_CHILD_IDLE)
        return role != SV_ROLE_UP;
    return sv_child_state(child) != SV_CHILD_RUNNING || flags & SV_CHILD_TOLD
           || (role != SV_ROLE_RUN && role != SV_ROLE_UP)
           || (role == SV_ROLE_RUN && child->deadline != 0
               && !(flags & SV_CHILD_LIMITED));
}

void order_recall(struct service *service)
{
    unsigned flags = sv_child_flags(service->child);

    service->stops_later = flags & SV_CHILD_STOPS;
    service->is_restarting = flags & SV_CHILD_AGAIN && was_told(service->child);
    service->restarts_later = flags & (SV_CHILD_RESTARTS | SV_CHILD_AGAIN)
                              && !service->is_restarting;
    service->waits_once = flags & SV_CHILD_ONCE;
    service->waits |= service->waits_once;
    service->resumes = flags & SV_CHILD_RESUMES;
    if (flags & SV_CHILD_TIMED && !service->has_stop_limit)
        service_limit_stop(service);
}

void order_forget(struct service *service)
{
    service->waits = service->stops_later = false;
    service->is_restarting = service->restarts_later = service->waits_once = false;
}

/* ---- waiting ------------------------------------------------------------- */

static void tell_client(struct service *service)
{
    if (service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
}

/* Has its record say what is under way, for the next svscan. */
static void record(const struct service *service)
{
    struct sv_child *child = service->child;
    unsigned mask = SV_CHILD_ORDERS | SV_CHILD_ONCE;
    unsigned flags = sv_child_flags(child);
    unsigned now = (flags & ~mask)
                   | (service->stops_later ? SV_CHILD_STOPS : 0u)
                   | (service->restarts_later ? SV_CHILD_RESTARTS : 0u)
                   | (service->is_restarting ? SV_CHILD_AGAIN : 0u)
                   | (service->has_stop_limit ? SV_CHILD_TIMED : 0u)
                   | (service->stops_later && service->resumes
                          ? SV_CHILD_RESUMES
                          : 0u)
                   | (service->waits_once ? SV_CHILD_ONCE : 0u);

    if (now != flags)
        sv_child_become(child, sv_child_state(child), sv_child_role(child),
                        now);
}

/* Does it to all that a service needs, near and far. */
static void each_needed(struct order *order, const struct service *service,
                        void (*do_it)(struct service *needed,
                                      const char *for_whom))
{
    struct walk walk;

    if (service->node == NULL || !walk_begin(&walk, &order->graph, service->node))
        return;
    walk_needs(&walk, 0);
    for (size_t i = 1; i < walk.count; i++)
        if (walk.nodes[i]->owner != NULL)
            do_it(walk.nodes[i]->owner, service->name);
    walk_end(&walk);
}

/* It was kept up for that one, and said so. */
static void forget_called_off(struct service *service, const char *for_whom)
{
    (void)for_whom;
    if (!service->note_is_stop)
        return;
    service->note_is_stop = false;
    service_forget_note(service);
    tell_client(service);
}

/* What was under way may be over, or somebody has said otherwise. */
static void end_orders(struct order *order, struct service *service)
{
    bool is_over = is_idle(service);
    bool was_overdue = service->is_overdue;
    bool was_told = service->stops_later || service->waits;

    if (is_over || service->want)
        service_unlimit_stop(service);
    if (was_overdue && !service->is_overdue)
        each_needed(order, service, forget_called_off);
    if (service->waits_once && (!is_idle(service) || service->want))
        service->waits_once = false;
    if (service->waits
        && (!is_idle(service) || !(service->want || service->waits_once)))
        service->waits = false;
    if (service->note_is_wait && !service->waits) {
        service->note_is_wait = false;
        service_forget_note(service);
    }
    if (is_over || service->stopping || service->want)
        service->stops_later = false;
    if (is_over || !service->want)
        service->is_restarting = service->restarts_later = false;
    if (was_told && !service->stops_later && !service->waits)
        order->epoch++;
}

void order_see(struct order *order, struct service *service)
{
    if (service->state == STATE_GONE)
        return;
    end_orders(order, service);
    record(service);
    if (service->node != NULL)
        graph_tell(&order->graph, service->node, facts_of(service));
}

bool order_must_wait(struct order *order, struct service *service)
{
    service->is_restarting = service->restarts_later = false;
    if (service->node == NULL || service->node->outs == 0)
        return false;
    service->waits = true;
    graph_tell(&order->graph, service->node, facts_of(service));
    graph_touch(&order->graph, service->node);
    return true;
}

static void stop_now(struct service *service)
{
    service->stops_later = false;
    if (!is_idle(service))
        service_limit_stop(service);
    service_happen(service, EVENT_WANT_DOWN);
}

/* That it is wanted has been saved when it began to wait. */
static void start_now(struct service *service)
{
    enum event event =
        service->waits_once                                   ? EVENT_WANT_ONCE
        : machine_expects(service->state, EVENT_START_DUE) ? EVENT_START_DUE
                                                              : EVENT_WANT_UP;

    service->waits = service->waits_once = false;
    service->note_is_wait = false;
    service->is_by_hand = true;
    service_happen(service, event);
}

/* What waits in vain says so, once. */
static void note_wait(struct service *service)
{
    char words[2 * SV_NAME_MAX + 64];
    struct graph_blame blame;

    if (!graph_is_hopeless(service->node)) {
        if (service->note_is_wait)
            service_forget_note(service);
        service->note_is_wait = false;
        return;
    }
    blame = graph_blame(service->node);
    sv_blame_words(blame.why, blame.whom != NULL ? blame.whom->name : "", words,
                   sizeof words);
    service_note(service, SV_STRINGS("it is not started: ", words));
    service->note_is_wait = true;
}

/* It is down, and starts when what it needs is up. */
static void wait_to_start(struct order *order, struct service *service,
                          bool is_once)
{
    if (service->waits && service->want == !is_once
        && service->waits_once == is_once && !service->note_is_wait)
        return; /* it does already */
    service_begin_by_hand(service);
    service_forget_note(service);
    service->note_is_wait = false;
    if (service->node == NULL) {
        service_happen(service, is_once ? EVENT_WANT_ONCE : EVENT_WANT_UP);
        return;
    }
    service_disarm(service); /* a restart would not wait */
    service->is_failing = false;
    service->want = !is_once;
    service->waits = true;
    service->waits_once = is_once;
    service_save(service);
    tell_client(service);
    order_see(order, service);
    graph_touch(&order->graph, service->node);
}

/* It is wanted all the time, and the record of one with a node says that it is
 * to start again before it is told to go: the next svscan goes on wherever we
 * die.  When it is down, order_must_wait is asked.  A oneshot may be there at
 * once, and wait to start, or have failed. */
static void restart_now(struct service *service)
{
    service->restarts_later = false;
    service->is_restarting = service->node != NULL;
    record(service);
    service_happen(service, EVENT_REPLACE);
    if (!is_idle(service))
        service_begin_by_hand(service);
}

static void go_on(struct order *order, struct service *service)
{
    const struct graph_node *node = service->node;

    if (service->stops_later && graph_may_stop(node))
        stop_now(service);
    if (order->engine->is_stopping) {
        if (graph_may_stop(node) && order->may_stop != NULL)
            order->may_stop(service);
        return;
    }
    if (service->restarts_later && graph_may_go(node))
        restart_now(service);
    if (!service->waits)
        return;
    if (graph_may_start(node)) {
        start_now(service);
        return;
    }
    bool had_note = service->note_is_wait;

    note_wait(service);
    if (had_note || service->note_is_wait)
        tell_client(service);
}

void order_run(struct order *order)
{
    struct graph_node *node;

    if (order->is_running)
        return;
    order->is_running = true;
    order->epoch++;
    definition_settle(order);
    while ((node = graph_next_touched(&order->graph)) != NULL) {
        if (node->owner != NULL)
            go_on(order, node->owner);
        definition_settle(order);
    }
    order->is_running = false;
}

void order_stop_all(struct order *order)
{
    graph_stop_all(&order->graph);
}

bool order_may_stop(struct order *order, const struct service *service)
{
    if (service->node == NULL)
        return true;
    graph_settle(&order->graph);
    return graph_may_stop(service->node);
}

/* ---- start --------------------------------------------------------------- */

static void want_up(struct order *order, struct service *service)
{
    if (is_idle(service))
        wait_to_start(order, service, false);
    else
        service_happen(service, EVENT_WANT_UP);
}

static void want_once(struct order *order, struct service *service)
{
    if (service->kind == SV_ONESHOT)
        want_up(order, service);
    else if (is_idle(service))
        wait_to_start(order, service, true);
    else
        service_happen(service, EVENT_WANT_ONCE);
}

/* Only order_commit does it. */
static void want_again(struct order *order, struct service *service)
{
    if (service->is_asked)
        return;
    service->is_asked = true;
    service->next_asked = NULL;
    *(order->asked == NULL ? &order->asked : &order->last_asked->next_asked) =
        service;
    order->last_asked = service;
}

static void note_restart(struct service *service)
{
    if (is_idle(service) || service->node == NULL || service->is_restarting)
        return;
    service->restarts_later = true;
    record(service);
}

static void restart(struct order *order, struct service *service)
{
    if (is_idle(service)) {
        wait_to_start(order, service, false);
        return;
    }
    if (service->is_restarting)
        return;
    if (!service->want)
        service_happen(service, EVENT_WANT_UP);
    if (service->node == NULL) {
        restart_now(service);
        return;
    }
    order_see(order, service);
    graph_touch(&order->graph, service->node);
}

/* All records first, and no system call in between, so that there is hardly an
 * instant to die at with some of them noted: the next svscan would restart these
 * without the others. */
void order_commit(struct order *order)
{
    struct service *service;

    for (service = order->asked; service != NULL;
         service = service->next_asked)
        note_restart(service);
    while ((service = order->asked) != NULL) {
        order->asked = service->next_asked;
        service->is_asked = false;
        restart(order, service);
    }
}

static bool is_to_start(const struct service *service, enum order_how how)
{
    return service != NULL && service->state != STATE_GONE
           && (how != ORDER_UP || is_idle(service) || !service->want);
}

static void begin(struct order *order, struct service *service,
                  enum order_how how)
{
    static void (*const ways[])(struct order *order,
                                struct service *service) = {
        [ORDER_UP] = want_up,
        [ORDER_ONCE] = want_once,
        [ORDER_AGAIN] = want_again,
    };

    if (is_to_start(service, how))
        ways[how](order, service);
}

/* Commands for many come one after the other, most often about the same. */
static uint64_t begin_epoch(struct order *order, bool is_stopping)
{
    if (order->epoch == 0 || order->is_stopping != is_stopping)
        order->epoch++;
    order->is_stopping = is_stopping;
    return order->epoch;
}

static void end_telling(const struct order *order, const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        walk->nodes[i]->epoch = order->epoch;
}

/* He may not command that one, which what he has named brings with it, or is. */
static const char *denied(const char *name, const struct service *service,
                          const char *is_done)
{
    static char words[SV_NAME_MAX + 64];

    if (strcmp(service->name, name) == 0)
        return SV_WIRE_DENIED;
    sv_join(words, sizeof words,
            SV_STRINGS(SV_WIRE_DENIED, " for ", service->name,
                       ", which has to be ", is_done, " as well"));
    return words;
}

/* Whom a command means.  Its walk begins at all that the name holds; of a service
 * that has to do with nobody there is none, and it is returned in *alone.  NULL,
 * or why not. */
static const char *find_meant(struct order *order, const char *name,
                              order_permit *may, void *context,
                              struct walk *walk, struct service **alone)
{
    struct graph_node *node = graph_find(&order->graph, name);

    *alone = NULL;
    if (node != NULL && node->is_defined) {
        if (!walk_begin(walk, &order->graph, node))
            return "out of memory";
        walk_contents(walk);
        return NULL;
    }
    *alone = service_by_name(order->engine, name);
    if (*alone == NULL)
        return SV_WIRE_UNKNOWN;
    return may(context, *alone) ? NULL : SV_WIRE_DENIED;
}

const char *order_start(struct order *order, const char *name,
                        enum order_how how, order_permit *may, void *context)
{
    struct service *alone;
    struct walk walk;
    const char *fault = find_meant(order, name, may, context, &walk, &alone);
    size_t meant;

    if (fault != NULL)
        return fault;
    if (alone != NULL) {
        begin(order, alone, how);
        return NULL;
    }
    meant = walk.count;
    walk_needs(&walk, begin_epoch(order, false));
    for (size_t i = 0; i < walk.count && fault == NULL; i++)
        if (is_to_start(walk.nodes[i]->owner, i < meant ? how : ORDER_UP)
            && !may(context, walk.nodes[i]->owner))
            fault = denied(name, walk.nodes[i]->owner, "started");
    for (size_t i = 0; i < walk.count && fault == NULL; i++)
        begin(order, walk.nodes[i]->owner, i < meant ? how : ORDER_UP);
    if (fault == NULL)
        end_telling(order, &walk);
    walk_end(&walk);
    return fault;
}

/* ---- stop ---------------------------------------------------------------- */

/* It was done, and its down has failed: there is something to be undone. */
static bool is_half_undone(const struct service *service)
{
    return service->state == STATE_FAILED
           && sv_child_role(service->child) == SV_ROLE_DOWN;
}

/* Who has been named, and has failed, is idle from then on. */
static bool is_to_stop(const struct service *service, bool is_named)
{
    return service != NULL && service->state != STATE_GONE
           && (!is_idle(service) || is_half_undone(service) || service->want
               || service->waits_once
               || (is_named && service->state == STATE_FAILED));
}

/* It is told to go when this round is over, so that who is told in the same
 * round to stop, and comes after it, goes before it.  No event: a oneshot that
 * is not wanted any more is undone at once. */
static void want_down(struct order *order, struct service *service)
{
    if (!service->want
        && (service->stops_later
            || (service->stopping && !service->is_overdue)))
        return; /* it has been told */
    service->waits_once = false;
    if (service->is_overdue) { /* those that it waited for are down */
        each_needed(order, service, forget_called_off);
        stop_now(service);
        return;
    }
    if (service->note_is_stop)
        service_forget_note(service);
    service->note_is_stop = false;
    service->resumes = service->stops_later ? service->resumes : service->want;
    service_mark(service, SV_CHILD_STOPS
                              | (service->resumes ? SV_CHILD_RESUMES : 0u));
    service->stops_later = true;
    service->want = false;
    service_save(service);
    tell_client(service);
    graph_touch(&order->graph, service->node);
}

/* Those that are idle last: a down that is tried again, and fails at once, keeps
 * up what it needs. */
static void stop_all_of(struct order *order, const struct walk *walk,
                        size_t named)
{
    for (size_t i = walk->count; i > 0; i--) {
        struct service *service = walk->nodes[i - 1]->owner;

        if (is_to_stop(service, i <= named) && !is_idle(service))
            want_down(order, service);
    }
    for (size_t i = walk->count; i > 0; i--) {
        struct service *service = walk->nodes[i - 1]->owner;

        if (is_to_stop(service, i <= named) && is_idle(service)) {
            service->waits_once = false;
            service_happen(service, EVENT_WANT_DOWN);
        }
    }
}

/* Marked so, or held by a bundle that is. */
static bool is_essential(const struct graph_node *node)
{
    if (node->is_essential)
        return true;
    for (const struct graph_edge *edge = node->in; edge != NULL;
         edge = edge->next_in)
        if (edge->kind == GRAPH_HOLDS && !edge->is_cyclic
            && is_essential(edge->from))
            return true;
    return false;
}

static const char *may_stop_all(const char *name, const struct walk *walk,
                                size_t named, bool by_force, order_permit *may,
                                void *context)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct service *service = walk->nodes[i]->owner;

        if (!is_to_stop(service, i < named))
            continue;
        if (!by_force && is_essential(walk->nodes[i]))
            return "it, or what needs it, is essential (" SV_FLAG_ESSENTIAL
                   "): it is stopped by force (--force) only";
        if (!may(context, service))
            return denied(name, service, "stopped");
    }
    return NULL;
}

const char *order_stop(struct order *order, const char *name, bool by_force,
                       order_permit *may, void *context)
{
    struct service *alone;
    struct walk walk;
    const char *fault = find_meant(order, name, may, context, &walk, &alone);
    size_t named;

    if (fault != NULL)
        return fault;
    if (alone != NULL) {
        stop_now(alone);
        return NULL;
    }
    graph_settle(&order->graph);
    named = walk.count;
    walk_users(&walk, begin_epoch(order, true));
    fault = may_stop_all(name, &walk, named, by_force, may, context);
    if (fault == NULL) {
        stop_all_of(order, &walk, named);
        end_telling(order, &walk);
    }
    walk_end(&walk);
    return fault;
}

/* It stays up, and is wanted as before. */
static void call_off(struct service *service, const char *for_whom)
{
    if (!service->stops_later)
        return;
    service->stops_later = false;
    service->want = service->resumes;
    service_note(service, SV_STRINGS("it is not stopped: ", for_whom,
                                     ", which needs it, could not be"));
    service->note_is_stop = true;
    service_save(service);
    tell_client(service);
}

void order_stop_failed(struct order *order, struct service *service)
{
    each_needed(order, service, call_off);
}
