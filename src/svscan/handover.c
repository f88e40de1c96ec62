/* SPDX-License-Identifier: ISC */
/*
 * handover.c - what svscan hands to the svscan that it becomes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sv/say.h"
#include "svscan/handover.h"
#include "svscan/tree.h"

#define MAGIC "svscan"

/* ---- every descriptor that has a name ------------------------------------ */

typedef bool visitor(void *context, const struct sv_hold *name, int fd);

static bool tell(visitor *visit, void *context, enum sv_hold_kind kind,
                 const struct service *service, int fd)
{
    struct sv_hold name = { .kind = (uint8_t)kind };

    if (fd < 0)
        return true;
    if (service != NULL) {
        name.dev = service->dev;
        name.ino = service->ino;
        if (kind == SV_KIND_READINESS)
            name.tag = service->child->t0;
    }
    return visit(context, &name, fd);
}

/* Bytes in a control fifo that nobody holds are lost as well, and whoever
 * writes meanwhile is refused. */
static bool each_of_service(const struct service *service, visitor *visit,
                            void *context)
{
    return tell(visit, context, SV_KIND_CONTROL, service, service->control.fd)
           && tell(visit, context, SV_KIND_LOG_FIFO, service, service->log_fifo)
           && tell(visit, context, SV_KIND_INPUT, service, service->input)
           && tell(visit, context, SV_KIND_READINESS, service,
                   service->readiness.fd)
           && tell(visit, context, SV_KIND_NOTIFY, service,
                   service_said_socket(service));
}

/* False as soon as visit() says so. */
static bool for_each(const struct tree *tree, visitor *visit, void *context)
{
    const struct engine *engine = &tree->engine;
    const struct service *service = engine->first;

    for (; service != NULL; service = service->next)
        if (!each_of_service(service, visit, context))
            return false;
    /* of an svscan before us, and not claimed by any service yet */
    for (size_t i = 0; i < engine->helds; i++)
        if (engine->held[i].fd >= 0
            && !visit(context, &engine->held[i].message, engine->held[i].fd))
            return false;
    return tell(visit, context, SV_KIND_CONTROL, NULL, tree->control.fd)
           && tell(visit, context, SV_KIND_CATCH_ALL, NULL, tree->catch_all_fifo)
           && tell(visit, context, SV_KIND_LISTENER, NULL,
                   tree->serve.listener.fd);
}

/* ---- writing ------------------------------------------------------------- */

static bool count(void *context, const struct sv_hold *name, int fd)
{
    (void)name;
    (void)fd;
    ++*(uint32_t *)context;
    return true;
}

static bool write_one(void *context, const struct sv_hold *name, int fd)
{
    struct sv_hold hold = *name;

    hold.arg = fd;
    return sv_state_write(*(const int *)context, &hold, sizeof hold);
}

static void fill(struct handover *handover, const struct tree *tree)
{
    const struct engine *engine = &tree->engine;
    const char *defs = tree->options->defs;

    *handover = (struct handover){
        .live = engine->live,
        .lock = tree->lock,
        .service_lock = tree->service_lock,
        .line = engine->line.fd,
        .has_strangers = tree->has_strangers || tree->scripts != NULL,
        .files_soft = engine->inherited_files.rlim_cur,
        .files_hard = engine->inherited_files.rlim_max,
    };
    if (defs != NULL)
        memcpy(handover->defs, defs, strlen(defs));
    for_each(tree, count, &handover->holds);
    sv_state_begin(&handover->state, MAGIC, sizeof *handover);
}

int handover_write(struct tree *tree)
{
    struct handover handover;
    int memory = loop_fd(sv_state_make("sv-handover"));

    if (memory < 0)
        return -1;
    fill(&handover, tree);
    if (sv_state_write(memory, &handover, sizeof handover)
        && for_each(tree, write_one, &memory) && sv_state_seal(memory))
        return memory;

    int error = errno;

    close(memory);
    errno = error;
    return -1;
}

static bool mark_one(void *context, const struct sv_hold *name, int fd)
{
    (void)name;
    sv_state_mark(fd, *(const bool *)context);
    return true;
}

void handover_let_survive(struct tree *tree, int memory, bool survive)
{
    sv_state_mark(memory, survive);
    sv_state_mark(tree->engine.live, survive);
    sv_state_mark(tree->lock, survive);
    sv_state_mark(tree->service_lock, survive);
    sv_state_mark(tree->engine.line.fd, survive);
    sv_state_mark(tree->options->console, survive);
    for_each(tree, mark_one, &survive);
}

/* ---- reading ------------------------------------------------------------- */

static struct handover taken;
static int memory_taken = -1;

const struct handover *handover_take(void)
{
    memory_taken = sv_state_given();
    if (memory_taken < 0)
        return NULL;
    if (!sv_state_read(memory_taken, MAGIC, &taken.state, sizeof taken))
        sv_die_sys("unable to go on where the svscan before this one was");
    taken.defs[sizeof taken.defs - 1] = '\0';
    sv_state_mark(taken.live, false);
    sv_state_mark(taken.lock, false);
    sv_state_mark(taken.service_lock, false);
    sv_state_mark(taken.line, false);
    return &taken;
}

bool handover_keep(struct engine *engine)
{
    struct sv_hold hold;

    for (uint32_t i = 0; i < taken.holds; i++) {
        if (!sv_state_read_more(memory_taken, &hold, sizeof hold))
            return false;

        int fd = (int)hold.arg;

        sv_state_mark(fd, false);
        line_keep(engine, &hold, fd);
    }
    close(memory_taken);
    memory_taken = -1;
    return true;
}
