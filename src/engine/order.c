/* SPDX-License-Identifier: ISC */
/*
 * order.c - services start after what they need, and stop before it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/mix.h"
#include "engine/order.h"
#include "engine/restart.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"

bool order_open(struct order *order, struct engine *engine)
{
    order->engine = engine;
    return graph_open(&order->graph);
}

/* ---- what a definition says of others ------------------------------------ */

struct list {
    struct graph_link *links;
    size_t count;
    size_t room;
    bool is_short; /* of memory */
};

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((char *)(uintptr_t)list->links[i].to);
    free(list->links);
}

static void add_link(struct list *list, enum graph_kind kind, const char *name)
{
    if (sv_service_name_fault(name) != NULL)
        return;
    if (list->count == list->room) {
        size_t room = 2 * list->room + 8;
        void *links = realloc(list->links, room * sizeof *list->links);

        if (links == NULL) {
            list->is_short = true;
            return;
        }
        list->links = links;
        list->room = room;
    }
    name = strdup(name);
    if (name != NULL)
        list->links[list->count++] = (struct graph_link){ kind, name };
    else
        list->is_short = true;
}

static void add_names_of(struct list *list, enum graph_kind kind, int dir,
                         const char *file)
{
    int fd = openat(dir, file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (names == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(names)) != NULL)
        add_link(list, kind, entry->d_name);
    closedir(names);
}

/* The old form: a name a line, and comments. */
static void add_lines_of(struct list *list, enum graph_kind kind, int dir,
                         const char *file)
{
    char text[SV_VALUE_MAX + 1];
    ssize_t size = sv_at_read(dir, ".", file, text, SV_VALUE_MAX);
    char *next = text;

    if (size <= 0)
        return;
    text[size] = '\0';
    while (next != NULL) {
        char *line = strsep(&next, "\n");

        line += strspn(line, " \t");
        line[strcspn(line, " \t\r#")] = '\0';
        add_link(list, kind, line);
    }
}

enum { OF_LONGRUN = 1, OF_ONESHOT = 2, OF_BUNDLE = 4 };

static const struct {
    const char *file;
    enum graph_kind kind;
    unsigned kinds;
    void (*add)(struct list *list, enum graph_kind kind, int dir,
                const char *file);
} sources[] = {
    { SV_DEPENDENCIES_D, GRAPH_NEEDS, OF_LONGRUN | OF_ONESHOT, add_names_of },
    { SV_DEPENDENCIES, GRAPH_NEEDS, OF_LONGRUN | OF_ONESHOT, add_lines_of },
    { SV_AFTER_D, GRAPH_AFTER, OF_LONGRUN | OF_ONESHOT, add_names_of },
    { SV_CONTENTS_D, GRAPH_HOLDS, OF_BUNDLE, add_names_of },
    { SV_CONTENTS, GRAPH_HOLDS, OF_BUNDLE, add_lines_of },
    { SV_PRODUCER_FOR, GRAPH_FEEDS, OF_LONGRUN, add_lines_of },
    { SV_CONSUMER_FOR, GRAPH_READS, OF_LONGRUN, add_lines_of },
};

enum { SOURCES = sizeof sources / sizeof *sources };

/* One look at the names in it is cheaper than to ask for each. */
static void read_definition(struct list *list, int dir, unsigned kind,
                            bool *is_essential)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (names == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(names)) != NULL) {
        for (size_t i = 0; i < SOURCES; i++)
            if (sources[i].kinds & kind
                && strcmp(entry->d_name, sources[i].file) == 0)
                sources[i].add(list, sources[i].kind, dir, entry->d_name);
        if (strcmp(entry->d_name, SV_FLAG_ESSENTIAL) == 0)
            *is_essential = true;
    }
    closedir(names);
}

/* ---- whether it says another thing now ------------------------------------ */

enum { FRESH_MS = 50 }; /* a second change may look like the first */

/* When the files were changed that it may be told by, in one number; 0: it may
 * change, and look as it does. */
static uint64_t look_at(int base, const char *dir)
{
    int64_t newest = 0;
    uint64_t look = 1;

    for (size_t i = 0; i < SOURCES + 2; i++) {
        const char *file = i < SOURCES    ? sources[i].file
                           : i == SOURCES ? SV_PIPELINE_NAME
                                          : ".";
        char path[SV_PATH_MAX];
        struct stat st = { 0 };
        int64_t changed;

        (void)fstatat(base, sv_at(path, dir, file), &st, 0);
        changed = st.st_ctim.tv_sec * SV_SECOND + st.st_ctim.tv_nsec;
        newest = changed > newest ? changed : newest;
        look = mix(mix(look, (uint64_t)changed), st.st_ino);
    }
    return newest + FRESH_MS * SV_MS < sv_realtime() ? look : 0;
}

static int open_dir(const struct order *order, int base, const char *dir,
                    const char *name)
{
    int fd = order->open_definition != NULL
                 ? order->open_definition(order->engine, name)
                 : -1;

    return fd >= 0 ? fd : openat(base, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- nodes --------------------------------------------------------------- */

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

static unsigned facts_of(const struct service *service)
{
    bool is_there = !is_idle(service) && service->state != STATE_GONE;
    bool has_failed = !service->waits /* else it is tried again */
                      && (service->is_failed || service->is_failing
                          || service->note_is_loop);
    bool is_going = service->is_restarting || service->restarts_later;

    return (service->want || service->waits_once ? GRAPH_WANTED : 0u)
           | (is_going ? GRAPH_GOING : 0u)
           | (is_up(service) && !is_going ? GRAPH_UP : 0u)
           | (is_there ? GRAPH_RUNNING : 0u)
           | (service->is_overdue ? GRAPH_STUCK : 0u)
           | (has_failed && !is_up(service) ? GRAPH_FAILED : 0u);
}

static void own(struct order *order, struct graph_node *node,
                struct service *service)
{
    service->node = node;
    node->owner = service;
    graph_define(&order->graph, node, false);
    graph_tell(&order->graph, node, facts_of(service));
}

/* Who is named for the first time may have been there all along. */
static void own_if_there(struct order *order, struct graph_node *node)
{
    struct service *service =
        node->is_defined ? NULL : service_by_name(order->engine, node->name);

    if (service != NULL && service->state != STATE_GONE)
        own(order, node, service);
}

static void own_named(struct order *order, const struct graph_node *node)
{
    for (size_t i = 0; i < node->outs; i++)
        own_if_there(order, node->out[i].to);
}

static void connect(struct order *order, struct graph_node *node,
                    const struct list *list)
{
    if (list->is_short
        || !graph_connect(&order->graph, node, list->links, list->count))
        sv_warn("out of memory: ", node->name,
                " is started whatever it needs");
    own_named(order, node);
}

/* ---- pipelines ----------------------------------------------------------- */

static void forget_pipelines(struct order *order, const struct graph_node *last)
{
    struct pipeline **at = &order->pipelines;

    while (*at != NULL) {
        struct pipeline *pipeline = *at;
        struct graph_node *node;

        if (pipeline->last != last) {
            at = &pipeline->next;
            continue;
        }
        *at = pipeline->next;
        node = graph_find(&order->graph, pipeline->name);
        if (node != NULL && node->is_pipeline) {
            node->is_pipeline = false;
            graph_forget(&order->graph, node);
        }
        free(pipeline);
    }
}

static bool has_link(const struct graph_node *node, enum graph_kind kind)
{
    size_t i = 0;

    while (i < node->outs && node->out[i].kind != kind)
        i++;
    return i < node->outs;
}

/* Only the last has a name for all. */
static void name_pipeline(struct order *order, struct graph_node *last, int dir)
{
    struct list list = { 0 };

    if (!has_link(last, GRAPH_READS) || has_link(last, GRAPH_FEEDS))
        return;
    add_lines_of(&list, GRAPH_HOLDS, dir, SV_PIPELINE_NAME);
    for (size_t i = 0; i < list.count; i++) {
        size_t size = strlen(list.links[i].to) + 1;
        struct pipeline *pipeline = malloc(sizeof *pipeline + size);

        if (pipeline == NULL)
            break;
        pipeline->last = last;
        memcpy(pipeline->name, list.links[i].to, size);
        pipeline->next = order->pipelines;
        order->pipelines = pipeline;
    }
    free_list(&list);
}

/* ---- reading ------------------------------------------------------------- */

/* Its node, which is made if it names others, or has a flag. */
static struct graph_node *read_node(struct order *order, const char *name,
                                    int base, const char *dir, unsigned kind)
{
    struct list list = { 0 };
    bool is_bundle = kind == OF_BUNDLE;
    bool is_essential = false;
    int fd = open_dir(order, base, dir, name);

    if (fd >= 0)
        read_definition(&list, fd, kind, &is_essential);

    struct graph_node *node =
        list.count > 0 || is_bundle || is_essential
            ? graph_name(&order->graph, name)
            : graph_find(&order->graph, name);

    if (node != NULL) {
        order->epoch++;
        forget_pipelines(order, node);
        graph_define(&order->graph, node, is_bundle);
        node->is_essential = is_essential;
        node->is_pipeline = false;
        connect(order, node, &list);
        if (fd >= 0 && !is_bundle)
            name_pipeline(order, node, fd);
    }
    if (fd >= 0)
        close(fd);
    free_list(&list);
    return node;
}

/* What was under way when an earlier svscan died. */
static void recall(struct service *service)
{
    unsigned flags = sv_child_flags(service->child);

    service->stops_later = flags & SV_CHILD_STOPS;
    service->restarts_later = flags & SV_CHILD_RESTARTS;
    service->is_restarting = flags & SV_CHILD_AGAIN;
    service->waits_once = flags & SV_CHILD_ONCE;
    service->waits |= service->waits_once;
    service->resumes = flags & SV_CHILD_RESUMES;
    if (flags & SV_CHILD_TIMED && !service->has_stop_limit)
        service_limit_stop(service);
}

void order_take(struct order *order, struct service *service)
{
    struct graph_node *node;

    if (service->is_logger || service->engine->catch_all == service)
        return;
    node = read_node(order, service->name, service->base, service->dir,
                     service->kind == SV_ONESHOT ? OF_ONESHOT : OF_LONGRUN);
    if (node != NULL)
        own(order, node, service);
    if (node != NULL && has_link(node, GRAPH_READS)
        && !service_open_input(service))
        service_note(service, SV_STRINGS("unable to open the fifo that it is to"
                                         " read from: ", strerror(errno)));
    recall(service);
}

void order_look_again(struct order *order, struct service *service)
{
    uint64_t look;

    if (service->is_logger || service->engine->catch_all == service)
        return;
    look = look_at(service->base, service->dir);
    if (look != 0 && look == service->look)
        return;
    order_take(order, service);
    service->look = look;
}

void order_leave(struct order *order, struct service *service)
{
    struct graph_node *node = service->node;

    service->node = NULL;
    service->waits = service->stops_later = false;
    service->is_restarting = service->restarts_later = service->waits_once = false;
    if (node != NULL && node->owner == service) {
        forget_pipelines(order, node);
        graph_forget(&order->graph, node);
    }
}

void order_take_bundle(struct order *order, const char *name)
{
    struct graph_node *node = graph_find(&order->graph, name);
    uint64_t look = look_at(order->engine->live, name);
    bool is_known = node != NULL && node->is_bundle && !node->is_pipeline;

    if (!is_known || look == 0 || look != node->look)
        node = read_node(order, name, order->engine->live, name, OF_BUNDLE);
    if (node == NULL)
        return;
    node->look = look;
    node->is_seen = true;
}

void order_begin_scan(struct order *order)
{
    for (struct graph_node *node = order->graph.first; node != NULL;
         node = node->next)
        node->is_seen = false;
}

static struct graph_node *find_unseen(const struct order *order)
{
    struct graph_node *node = order->graph.first;

    while (node != NULL
           && (!node->is_bundle || node->is_pipeline || node->is_seen))
        node = node->next;
    return node;
}

/* From the beginning each time: others may go with one. */
void order_end_scan(struct order *order)
{
    struct graph_node *node;

    while ((node = find_unseen(order)) != NULL)
        graph_forget(&order->graph, node);
}

void order_leave_bundle(struct order *order, const char *name)
{
    struct graph_node *node = graph_find(&order->graph, name);

    if (node != NULL && node->is_bundle && !node->is_pipeline)
        graph_forget(&order->graph, node);
}

void order_read_again(struct order *order, const char *name)
{
    struct service *service = service_by_name(order->engine, name);
    const struct graph_node *node = graph_find(&order->graph, name);

    if (service != NULL && !service->is_logger)
        order_take(order, service);
    else if (node != NULL && node->is_bundle && !node->is_pipeline)
        read_node(order, name, order->engine->live, name, OF_BUNDLE);
}

/* ---- walks --------------------------------------------------------------- */

/* Nodes that a command is about, each once.  What is done to them when all have
 * been visited may need a walk of its own. */
struct walk {
    struct graph_node **nodes;
    size_t count;
    uint64_t number;
};

static void visit(struct walk *walk, struct graph_node *node)
{
    if (node->walk == walk->number)
        return;
    node->walk = walk->number;
    walk->nodes[walk->count++] = node;
}

static void end_walk(struct walk *walk)
{
    free(walk->nodes);
}

static bool begin_walk(struct order *order, struct walk *walk,
                       struct graph_node *node)
{
    *walk = (struct walk){ .nodes = malloc(order->graph.count
                                           * sizeof(struct graph_node *)),
                           .number = ++order->walks };
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

static void visit_needs(struct walk *walk, uint64_t epoch)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct graph_node *node = walk->nodes[i];

        for (size_t j = 0; !is_told(node, epoch) && j < node->outs; j++)
            if (graph_is_hard(node->out[j].kind))
                visit(walk, node->out[j].to);
    }
}

/* What a bundle holds, and bundles in it. */
static void visit_contents(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        for (size_t j = 0; j < walk->nodes[i]->outs; j++)
            if (walk->nodes[i]->out[j].kind == GRAPH_HOLDS)
                visit(walk, walk->nodes[i]->out[j].to);
}

static void visit_users(struct walk *walk, uint64_t epoch)
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
static void visit_producers(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        for (size_t j = 0; j < walk->nodes[i]->outs; j++)
            if (walk->nodes[i]->out[j].kind == GRAPH_READS)
                visit(walk, walk->nodes[i]->out[j].to);
}

/* A pipeline is a bundle of what is in it by now.  Where there is a service, or a
 * bundle, of that name already, that stays what it is. */
static bool connect_pipeline(struct order *order, const char *name,
                             struct graph_node *last)
{
    struct graph_node *node = graph_name(&order->graph, name);
    struct graph_link *links;
    struct walk walk;
    bool ok;

    if (node == NULL)
        return false;
    own_if_there(order, node);
    if (node->is_defined && !node->is_pipeline)
        return true;
    if (!begin_walk(order, &walk, last))
        return false;
    visit_producers(&walk);
    links = calloc(walk.count + 1, sizeof *links);
    for (size_t i = 0; links != NULL && i < walk.count; i++)
        links[i] = (struct graph_link){ GRAPH_HOLDS, walk.nodes[i]->name };
    graph_define(&order->graph, node, true);
    node->is_pipeline = true;
    ok = links != NULL
         && graph_connect(&order->graph, node, links, walk.count);
    free(links);
    end_walk(&walk);
    return ok;
}

static void settle(struct order *order)
{
    const struct pipeline *pipeline = order->pipelines;

    if (order->graph.is_dirty)
        for (; pipeline != NULL; pipeline = pipeline->next)
            if (!connect_pipeline(order, pipeline->name, pipeline->last))
                sv_warn("out of memory: there is no bundle ", pipeline->name);
    graph_settle(&order->graph);
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

    if (service->node == NULL || !begin_walk(order, &walk, service->node))
        return;
    visit_needs(&walk, 0);
    for (size_t i = 1; i < walk.count; i++)
        if (walk.nodes[i]->owner != NULL)
            do_it(walk.nodes[i]->owner, service->name);
    end_walk(&walk);
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
    service->is_restarting = false;
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

static void start_now(struct service *service)
{
    enum event event = service->waits_once ? EVENT_WANT_ONCE : EVENT_WANT_UP;

    service->waits = service->waits_once = false;
    service->note_is_wait = false;
    service->is_by_hand = true;
    service_happen(service, event);
}

/* What waits in vain says so, once. */
static void note_wait(struct service *service)
{
    char words[ORDER_WORDS_MAX];

    if (!graph_is_hopeless(service->node)) {
        if (service->note_is_wait)
            service_forget_note(service);
        service->note_is_wait = false;
        return;
    }
    order_words(service->node, words);
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

/* It is wanted all the time, so that it is not left down if we die; when it is
 * down, order_must_wait is asked. */
static void restart_now(struct order *order, struct service *service)
{
    service->restarts_later = false;
    service_happen(service, EVENT_WANT_DOWN);
    service_begin_by_hand(service);
    if (is_idle(service)) {
        wait_to_start(order, service, false);
        return;
    }
    service->is_restarting = service->node != NULL;
    service_happen(service, EVENT_WANT_UP);
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
        restart_now(order, service);
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
    settle(order);
    while ((node = graph_next_touched(&order->graph)) != NULL) {
        if (node->owner != NULL)
            go_on(order, node->owner);
        settle(order);
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

static void want_again(struct order *order, struct service *service)
{
    if (is_idle(service)) {
        wait_to_start(order, service, false);
    } else if (service->node == NULL) {
        restart_now(order, service);
    } else if (!service->is_restarting) {
        service_happen(service, EVENT_WANT_UP);
        service->restarts_later = true;
        order_see(order, service);
        graph_touch(&order->graph, service->node);
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
        if (!begin_walk(order, walk, node))
            return "out of memory";
        visit_contents(walk);
        return NULL;
    }
    *alone = service_by_name(order->engine, name);
    if (*alone == NULL)
        return "no such service";
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
    visit_needs(&walk, begin_epoch(order, false));
    for (size_t i = 0; i < walk.count; i++)
        if (is_to_start(walk.nodes[i]->owner, i < meant ? how : ORDER_UP)
            && !may(context, walk.nodes[i]->owner))
            fault = SV_WIRE_DENIED;
    for (size_t i = 0; i < walk.count && fault == NULL; i++)
        begin(order, walk.nodes[i]->owner, i < meant ? how : ORDER_UP);
    if (fault == NULL)
        end_telling(order, &walk);
    end_walk(&walk);
    return fault;
}

/* ---- stop ---------------------------------------------------------------- */

/* It was done, and its down has failed: there is something to be undone. */
static bool is_half_undone(const struct service *service)
{
    return service->state == STATE_FAILED
           && sv_child_role(service->child) == SV_ROLE_DOWN;
}

static bool is_to_stop(const struct service *service)
{
    return service != NULL && service->state != STATE_GONE
           && (!is_idle(service) || is_half_undone(service) || service->want
               || service->waits_once);
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
static void stop_all_of(struct order *order, const struct walk *walk)
{
    for (size_t i = walk->count; i > 0; i--) {
        struct service *service = walk->nodes[i - 1]->owner;

        if (is_to_stop(service) && !is_idle(service))
            want_down(order, service);
    }
    for (size_t i = walk->count; i > 0; i--) {
        struct service *service = walk->nodes[i - 1]->owner;

        if (is_to_stop(service) && is_idle(service)) {
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

static const char *may_stop_all(const struct walk *walk, bool by_force,
                                order_permit *may, void *context)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct service *service = walk->nodes[i]->owner;

        if (!is_to_stop(service))
            continue;
        if (!by_force && is_essential(walk->nodes[i]))
            return "it, or what needs it, is essential (" SV_FLAG_ESSENTIAL
                   "): it is stopped by force (--force) only";
        if (!may(context, service))
            return SV_WIRE_DENIED;
    }
    return NULL;
}

const char *order_stop(struct order *order, const char *name, bool by_force,
                       order_permit *may, void *context)
{
    struct service *alone;
    struct walk walk;
    const char *fault = find_meant(order, name, may, context, &walk, &alone);

    if (fault != NULL)
        return fault;
    if (alone != NULL) {
        stop_now(alone);
        return NULL;
    }
    graph_settle(&order->graph);
    visit_users(&walk, begin_epoch(order, true));
    fault = may_stop_all(&walk, by_force, may, context);
    if (fault == NULL) {
        stop_all_of(order, &walk);
        end_telling(order, &walk);
    }
    end_walk(&walk);
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

/* ---- words --------------------------------------------------------------- */

struct graph_blame order_words(const struct graph_node *node,
                               char words[static ORDER_WORDS_MAX])
{
    struct graph_blame blame = graph_blame(node);

    sv_blame_words(blame.why, blame.whom != NULL ? blame.whom->name : "", words,
                   ORDER_WORDS_MAX);
    return blame;
}

/* ---- who writes to whom -------------------------------------------------- */

struct service *order_consumer(const struct service *service)
{
    const struct graph_node *node = service->node;

    for (size_t i = 0; node != NULL && !node->is_unpaired && i < node->outs; i++)
        if (node->out[i].kind == GRAPH_FEEDS)
            return node->out[i].to->owner;
    return NULL;
}

static bool feeds(const struct graph_node *node, const struct graph_node *to)
{
    size_t i = 0;

    while (i < node->outs
           && (node->out[i].kind != GRAPH_FEEDS || node->out[i].to != to))
        i++;
    return i < node->outs;
}

const char *order_fault(const struct order *order, const char *name)
{
    static char words[SV_NAME_MAX + 64];
    const struct graph_node *node = graph_find(&order->graph, name);

    for (size_t i = 0; node != NULL && i < node->outs; i++) {
        const struct graph_node *from = node->out[i].to;

        if (node->out[i].kind != GRAPH_READS || feeds(from, node))
            continue;
        snprintf(words, sizeof words,
                 "it is a consumer for %s, whose " SV_PRODUCER_FOR
                 " does not name it", from->name);
        return words;
    }
    return NULL;
}
