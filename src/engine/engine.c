/* SPDX-License-Identifier: ISC */
/*
 * engine.c - opens an engine, and finds services in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/spawn.h"
#include "engine/take.h"
#include "sv/paths.h"
#include "sv/say.h"

/* ---- the engine ---------------------------------------------------------- */

static void end_round(struct loop *loop)
{
    struct engine *engine = CONTAINER(loop, struct engine, loop);

    line_advance(engine);
    if (engine->hooks.round_over != NULL)
        engine->hooks.round_over(engine);
    while (engine->gone != NULL) {
        struct service *service = engine->gone;

        engine->gone = service->next_gone;
        service_free(service);
    }
}

/* Services get the limit that we were started with, before the first exec of
 * ours; we take all there is. */
static bool raise_files(struct engine *engine)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    if (!engine->is_resumed)
        engine->inherited_files = limit;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* A parent that ignored SIGCHLD would have the kernel reap our children, and
 * their exit statuses with them. */
static bool set_signals(struct engine *engine)
{
    struct sigaction old;
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    const struct sigaction otherwise = { .sa_handler = SIG_DFL };

    if (sigaction(SIGPIPE, &ignore, &old) < 0
        || sigaction(SIGCHLD, &otherwise, NULL) < 0)
        return false;
    engine->sigpipe_was_ignored = old.sa_handler == SIG_IGN;
    return true;
}

static bool open_look(struct engine *engine)
{
    if (pipe2(engine->look, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    engine->look[0] = loop_fd(engine->look[0]);
    engine->look[1] = loop_fd(engine->look[1]);
    return engine->look[0] >= 0 && engine->look[1] >= 0;
}

static size_t power_of_two(size_t least)
{
    size_t n = 64;

    while (n < least)
        n *= 2;
    return n;
}

/* A service may have a second record, for its check. */
static bool has_too_many(const struct engine *engine)
{
    size_t services = 0;

    for (size_t i = 1; i <= engine->children.copied; i++)
        services += sv_child_role(&engine->children.slots[i]) != SV_ROLE_CHECK;
    errno = EOVERFLOW;
    return services > engine->services_max;
}

static bool open_records(struct engine *engine, const char *file,
                         const char *fresh)
{
    struct sv_children *children = &engine->children;
    char max[SV_NUMBER_MAX];

    if (sv_children_open(children, engine->live, file, fresh,
                         2 * engine->services_max + 1)
        && !has_too_many(engine)) {
        children->fd = loop_fd(children->fd);
        return children->fd >= 0;
    }
    if (errno == EOVERFLOW)
        sv_warn("more than ", sv_number(max, (int64_t)engine->services_max),
                " services, the limit (-C), have been supervised here");
    return false;
}

bool engine_open(struct engine *engine, int lock, const char *children,
                 const char *children_new, size_t services_max)
{
    engine->services_max = services_max;
    engine->console = -1;
    engine->line.fd = -1;
    engine->relay_event.fd = -1;
    engine->loop.after = end_round;
    engine->buckets = power_of_two(services_max);
    engine->by_identity = calloc(engine->buckets, sizeof *engine->by_identity);
    engine->by_name = calloc(engine->buckets, sizeof *engine->by_name);
    return engine->by_identity != NULL && engine->by_name != NULL
           && raise_files(engine) && set_signals(engine)
           && spawn_open(engine, lock) && open_look(engine)
           && open_records(engine, children, children_new)
           && adopt_open(engine);
}

/* ---- finding ------------------------------------------------------------- */

static struct service **bucket(const struct engine *engine, dev_t dev,
                               ino_t ino)
{
    uint64_t hash = ((uint64_t)dev * 31 + ino) * UINT64_C(0x9e3779b97f4a7c15);

    return &engine->by_identity[hash >> 32 & (engine->buckets - 1)];
}

struct service *service_by_identity(const struct engine *engine, dev_t dev,
                                    ino_t ino)
{
    struct service *service = *bucket(engine, dev, ino);

    while (service != NULL && (service->dev != dev || service->ino != ino))
        service = service->same_hash;
    return service;
}

static struct service **name_bucket(const struct engine *engine,
                                    const char *name)
{
    uint64_t hash = 0;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x9e3779b97f4a7c15);
    return &engine->by_name[hash >> 32 & (engine->buckets - 1)];
}

struct service *service_by_name(const struct engine *engine, const char *name)
{
    struct service *service = *name_bucket(engine, name);

    while (service != NULL && strcmp(service->name, name) != 0)
        service = service->same_name_hash;
    return service;
}

void service_link(struct service *service)
{
    struct engine *engine = service->engine;
    struct service **head = bucket(engine, service->dev, service->ino);
    struct service **name_head = name_bucket(engine, service->name);

    service->same_hash = *head;
    *head = service;
    service->same_name_hash = *name_head;
    *name_head = service;
    service->previous = engine->last;
    service->next = NULL;
    *(engine->last != NULL ? &engine->last->next : &engine->first) = service;
    engine->last = service;
    engine->services++;
}

void service_unlink(struct service *service)
{
    struct engine *engine = service->engine;
    struct service **at = bucket(engine, service->dev, service->ino);

    while (*at != service)
        at = &(*at)->same_hash;
    *at = service->same_hash;
    at = name_bucket(engine, service->name);
    while (*at != service)
        at = &(*at)->same_name_hash;
    *at = service->same_name_hash;
    *(service->previous != NULL ? &service->previous->next : &engine->first) =
        service->next;
    *(service->next != NULL ? &service->next->previous : &engine->last) =
        service->previous;
    engine->services--;
}
