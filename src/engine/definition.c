/* SPDX-License-Identifier: ISC */
/*
 * definition.c - whom a definition names: it is read into the graph.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/definition.h"
#include "engine/mix.h"
#include "engine/order.h"
#include "engine/walk.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"

/* ---- what a definition says of others ------------------------------------ */

struct list {
    struct graph_link *links;
    size_t count;
    size_t room;
    bool is_short; /* of memory */
    char *fault;   /* SV_WIRE_NOTE_MAX and the NUL: what is wrong, "" at first */
};

static void free_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((char *)(uintptr_t)list->links[i].to);
    free(list->links);
}

/* The first of what is wrong: more than one line would hide the rest of the
 * log. */
static void add_fault(struct list *list, const char *file, const char *why,
                      const char *what)
{
    if (*list->fault == '\0')
        sv_join(list->fault, SV_WIRE_NOTE_MAX + 1,
                SV_STRINGS(file, ": ignored, since ", why, ": ", what));
}

static void add_link(struct list *list, enum graph_kind kind, const char *file,
                     const char *name)
{
    const char *fault = sv_service_name_fault(name);

    if (fault != NULL) {
        add_fault(list, file, fault, name);
        return;
    }
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

struct names {
    struct list *list;
    enum graph_kind kind;
    const char *file;
};

/* What begins with a dot is somebody else's, as in a scan directory. */
static void add_name(void *context, const char *name)
{
    const struct names *names = context;

    if (*name != '.')
        add_link(names->list, names->kind, names->file, name);
}

static void add_unreadable(struct list *list, const char *file)
{
    add_fault(list, file, "it cannot be read", strerror(errno));
}

static void add_names_of(struct list *list, enum graph_kind kind, int dir,
                         const char *file)
{
    int fd = openat(dir, file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        add_unreadable(list, file);
        return;
    }
    if (!sv_at_names(fd, add_name, &(struct names){ list, kind, file }))
        add_unreadable(list, file);
    close(fd);
}

/* The old form: a name a line, and comments. */
static void add_lines_of(struct list *list, enum graph_kind kind, int dir,
                         const char *file)
{
    char text[SV_VALUE_MAX + 1];
    ssize_t size = sv_at_read(dir, ".", file, text, SV_VALUE_MAX);
    char *next = text;

    if (size < 0) {
        add_unreadable(list, file);
        return;
    }
    text[size] = '\0';
    while (next != NULL) {
        char *line = strsep(&next, "\n");

        line += strspn(line, " \t");
        line[strcspn(line, " \t\r#")] = '\0';
        if (*line != '\0')
            add_link(list, kind, file, line);
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

struct reading {
    int dir;
    unsigned kind;
    struct list list;
    char fault[SV_WIRE_NOTE_MAX + 1];
    bool is_essential;
};

static void read_file(void *context, const char *name)
{
    struct reading *reading = context;

    for (size_t i = 0; i < SOURCES; i++)
        if (sources[i].kinds & reading->kind
            && strcmp(name, sources[i].file) == 0)
            sources[i].add(&reading->list, sources[i].kind, reading->dir, name);
    if (strcmp(name, SV_FLAG_ESSENTIAL) == 0)
        reading->is_essential = true;
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

/* ---- into the graph ------------------------------------------------------- */

/* Who is named for the first time may have been there all along. */
static void own_if_there(struct order *order, struct graph_node *node)
{
    struct service *service =
        node->is_defined ? NULL : service_by_name(order->engine, node->name);

    if (service != NULL && service->state != STATE_GONE)
        order_own(order, node, service);
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

/* A bundle that has no definition: last, and all that it reads from. */
struct pipeline {
    struct pipeline *next;
    struct graph_node *last;
    char name[];
};

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
static void name_pipeline(struct order *order, struct graph_node *last, int dir,
                          char *fault)
{
    struct list list = { .fault = fault };

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

/* Remembers what is wrong with what it says of others, and says it once. */
static void note_fault(struct graph_node *node, const char *fault)
{
    if (*fault != '\0'
        && (node->fault == NULL || strcmp(node->fault, fault) != 0))
        sv_warn(node->name, ": ", fault);
    free(node->fault);
    node->fault = *fault == '\0' ? NULL : strdup(fault);
}

/* Its node, which is made if it names others, has a flag, or a fault.  One look
 * at the names in a definition is cheaper than to ask for each. */
static struct graph_node *read_node(struct order *order, const char *name,
                                    int base, const char *dir, unsigned kind)
{
    bool is_bundle = kind == OF_BUNDLE;
    struct reading reading = { .dir = open_dir(order, base, dir, name),
                               .kind = kind };

    reading.list.fault = reading.fault;
    if (reading.dir >= 0)
        (void)sv_at_names(reading.dir, read_file, &reading);

    struct graph_node *node =
        reading.list.count > 0 || *reading.fault != '\0' || is_bundle
                || reading.is_essential
            ? graph_name(&order->graph, name)
            : graph_find(&order->graph, name);

    if (node != NULL) {
        order->epoch++;
        forget_pipelines(order, node);
        graph_define(&order->graph, node, is_bundle);
        node->is_essential = reading.is_essential;
        node->is_pipeline = false;
        connect(order, node, &reading.list);
        if (reading.dir >= 0 && !is_bundle)
            name_pipeline(order, node, reading.dir, reading.fault);
        note_fault(node, reading.fault);
    }
    if (reading.dir >= 0)
        close(reading.dir);
    free_list(&reading.list);
    return node;
}

void definition_take(struct order *order, struct service *service)
{
    struct graph_node *node;

    if (service->is_logger || service->engine->catch_all == service)
        return;
    node = read_node(order, service->name, service->base, service->dir,
                     service->kind == SV_ONESHOT ? OF_ONESHOT : OF_LONGRUN);
    if (node != NULL)
        order_own(order, node, service);
    if (node != NULL && has_link(node, GRAPH_READS)
        && !service_open_input(service))
        service_note(service, SV_STRINGS("unable to open the fifo that it is to"
                                         " read from: ", strerror(errno)));
    order_recall(service);
}

void definition_look_again(struct order *order, struct service *service)
{
    uint64_t look;

    if (service->is_logger || service->engine->catch_all == service)
        return;
    look = look_at(service->base, service->dir);
    if (look != 0 && look == service->look)
        return;
    definition_take(order, service);
    service->look = look;
}

/* A pipeline of that name, hidden by it, is a bundle then. */
static void forget_node(struct order *order, struct graph_node *node)
{
    graph_forget(&order->graph, node);
    order->graph.is_dirty |= order->pipelines != NULL;
}

void definition_leave(struct order *order, struct service *service)
{
    struct graph_node *node = service->node;

    order_forget(service);
    service->node = NULL;
    if (node != NULL && node->owner == service) {
        forget_pipelines(order, node);
        forget_node(order, node);
    }
}

void definition_take_bundle(struct order *order, const char *name)
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

void definition_begin_scan(struct order *order)
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
void definition_end_scan(struct order *order)
{
    struct graph_node *node;

    while ((node = find_unseen(order)) != NULL)
        forget_node(order, node);
}

void definition_leave_bundle(struct order *order, const char *name)
{
    struct graph_node *node = graph_find(&order->graph, name);

    if (node != NULL && node->is_bundle && !node->is_pipeline)
        forget_node(order, node);
}

/* ---- pipelines are bundles ------------------------------------------------ */

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
    if (!walk_begin(&walk, &order->graph, last))
        return false;
    walk_producers(&walk);
    links = calloc(walk.count + 1, sizeof *links);
    for (size_t i = 0; links != NULL && i < walk.count; i++)
        links[i] = (struct graph_link){ GRAPH_HOLDS, walk.nodes[i]->name };
    graph_define(&order->graph, node, true);
    node->is_pipeline = true;
    ok = links != NULL
         && graph_connect(&order->graph, node, links, walk.count);
    free(links);
    walk_end(&walk);
    return ok;
}

void definition_settle(struct order *order)
{
    const struct pipeline *pipeline = order->pipelines;

    if (order->graph.is_dirty)
        for (; pipeline != NULL; pipeline = pipeline->next)
            if (!connect_pipeline(order, pipeline->name, pipeline->last))
                sv_warn("out of memory: there is no bundle ", pipeline->name);
    graph_settle(&order->graph);
}

/* ---- who writes to whom -------------------------------------------------- */

struct service *definition_consumer(const struct service *service)
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

const char *definition_fault(const struct order *order, const char *name)
{
    static char words[SV_NAME_MAX + 64];
    const struct graph_node *node = graph_find(&order->graph, name);

    if (node != NULL && node->fault != NULL)
        return node->fault;
    for (size_t i = 0; node != NULL && i < node->outs; i++) {
        const struct graph_node *from = node->out[i].to;

        if (node->out[i].kind != GRAPH_READS || feeds(from, node))
            continue;
        sv_join(words, sizeof words,
                SV_STRINGS("it is a consumer for ", from->name,
                           ", whose " SV_PRODUCER_FOR " does not name it"));
        return words;
    }
    return NULL;
}
