/* SPDX-License-Identifier: ISC */
/*
 * take.c - takes a service directory under supervision, and lets it go.
 *
 * What a service needs is allocated here; nothing on the path that handles a
 * death allocates.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/take.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/tally.h"

bool engine_reserve_timers(struct engine *engine, size_t n)
{
    if (!loop_reserve(&engine->loop, engine->services + 1 + LOOP_TIMERS
                                         + engine->more_timers + n))
        return false;
    engine->more_timers += n;
    return true;
}

/* What is no type at all is of nobody's business but s6-rc's in a directory
 * that is not a definition: there it is what it was without. */
static void learn_kind(struct service *service)
{
    enum sv_value found =
        sv_service_kind(service->base, service->dir, &service->kind);

    if (found == SV_INVALID)
        service_note(service,
                     SV_STRINGS(SV_TYPE " is none of longrun, oneshot and"
                                        " bundle: it is taken as a longrun"));
}

static struct service *allocate(struct engine *engine,
                                const struct service_origin *origin)
{
    struct service *service = calloc(1, sizeof *service);

    if (service == NULL)
        return NULL;
    service->engine = engine;
    service->name = strdup(origin->name);
    service->dir = strdup(origin->dir);
    service->base = origin->base;
    service->owns_base = origin->owns_base;
    service->is_foreign = origin->is_foreign;
    service->producer = origin->producer;
    service->is_logger = origin->producer != NULL;
    if (origin->producer == NULL)
        learn_kind(service);
    service->follow = EVENTS;
    service->is_active = true;
    service->pid.fd = service->control.fd = service->readiness.fd = -1;
    service->log_fifo = service->input = service->own_lock = -1;
    if (service->name != NULL && service->dir != NULL
        && engine_reserve_timers(engine, 0))
        return service;
    free(service->name);
    free(service->dir);
    free(service);
    return NULL;
}

bool service_must_wait(struct service *service)
{
    const struct hooks *hooks = &service->engine->hooks;

    return hooks->must_wait != NULL && hooks->must_wait(service);
}

bool service_is_replaced(const struct service *service)
{
    return service->is_restarting || service->restarts_later;
}

/* While everything stops nothing begins: what has left before, and is seen
 * again, keeps its files as they are. */
static void start_fresh(struct service *service)
{
    service->state = service->kind == SV_ONESHOT ? STATE_IDLE : STATE_DOWN;
    if (service->engine->is_stopping)
        return;
    service->never_started = service->is_by_hand = true;
    service->want = !sv_at_exists(service->base, service->dir,
                                  service_marker(service));
    service->ready_stamp = sv_stamp_now();
    service_stamp(service, service->ready_stamp);
    if (!sv_event_clean(service->base, service->dir))
        service_note(service, SV_STRINGS("unable to read event/ (nobody hears"
                                         " what happens to it): ",
                                         strerror(errno)));
    if (!sv_tally_clear(service->base, service->dir))
        service_note(service, SV_STRINGS("unable to empty the death tally: ",
                                         strerror(errno)));
    service->has_counts = true; /* perhaps of another time */
    service_forget_restarts(service);
    service->is_new = true;
    service_save(service);
    service->is_new = false;
    sv_event_notify(service->base, service->dir, "s");
    if (service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
    if (!service->want || service_must_wait(service))
        return;
    /* What the others say waits in its fifo: they need not wait for it. */
    if (service->engine->catch_all == service)
        service_arm(service, sv_boottime());
    else
        service_happen(service, EVENT_START_DUE);
}

void service_free(struct service *service)
{
    if (service->owns_base)
        close(service->base);
    service_free_said(service);
    free(service->name);
    free(service->dir);
    free(service->note);
    free(service);
}

static void discard(struct service *service)
{
    struct loop *loop = &service->engine->loop;

    loop_unwatch(loop, &service->control);
    if (service->own_lock >= 0)
        close(service->own_lock);
    else if (service->child == NULL) /* else something runs, and is ours */
        service_give_back_lock(service);
    if (service->log_fifo >= 0)
        close(service->log_fifo);
    if (service->input >= 0)
        close(service->input);
    service_free(service);
}

/* A record whose status file was never written is of a start that had hardly
 * begun: it begins again.  So is one that only a later scan finds, of a process
 * that runs on: its directory is gone, and this one has got its inode. */
static bool is_of(const struct service *service, const struct sv_child *child)
{
    return (!service->engine->is_settled
            && sv_child_state(child) != SV_CHILD_IDLE)
           || sv_at_exists(service->base, service->dir, SV_STATUS);
}

static bool find_record(struct service *service, bool *is_old,
                        const char **what)
{
    struct engine *engine = service->engine;

    service->child = adopt_find(engine, service->dev, service->ino);
    *is_old = service->child != NULL && is_of(service, service->child);
    if (service->child != NULL && !*is_old)
        sv_child_become(service->child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
    *what = "watch the process of";
    if (*is_old)
        return adopt_watch(service);
    *what = "record";
    if (service->child == NULL)
        service->child = sv_children_take(&engine->children, service->dev,
                                          service->ino);
    return service->child != NULL;
}

/* Whether it is to be up must be known before it starts, as for s6.  A
 * take-over is no start. */
static bool knows_down(struct service *service, bool is_old, const char **what)
{
    int error;

    if (is_old
        || sv_at_exists(service->base, service->dir, service_marker(service))
        || errno == 0)
        return true;
    error = errno;
    *what = "access the down file of";
    sv_children_free(&service->engine->children, service->child);
    service->child = NULL;
    errno = error;
    return false;
}

static bool is_full(const struct engine *engine, const char *name)
{
    char max[SV_NUMBER_MAX];

    if (engine->services < engine->services_max)
        return false;
    sv_warn("unable to take up ", name, ": the limit of ",
            sv_number(max, (int64_t)engine->services_max),
            " services is reached (-C)");
    errno = EUSERS;
    return true;
}

/* Without its one service there is nothing left to do. */
static void refuse(const struct engine *engine, const char *what,
                   const char *name)
{
    enum sv_level level = engine->is_alone ? SV_FATAL : SV_WARNING;

    if (errno == EINVAL && engine->is_alone)
        sv_say(level, 0, SV_STRINGS(SV_CONTROL " is not a FIFO"));
    else if (errno == EINVAL)
        sv_say(level, 0, SV_STRINGS(SV_CONTROL " of ", name, " is not a FIFO"));
    else if (errno == EAGAIN)
        sv_say(level, 0, SV_STRINGS("unable to lock ", name, ": another"
                                    " supervisor is already running on it"));
    else
        sv_say(level, errno, SV_STRINGS("unable to ", what, " ", name));
}

/* Closes what was meant for a service that is not taken; errno stands. */
static struct service *give_up(struct service *service,
                               const struct service_origin *origin)
{
    int error = errno;

    if (service != NULL)
        discard(service);
    else if (origin->owns_base)
        close(origin->base);
    errno = error;
    return NULL;
}

struct service *service_take(struct engine *engine,
                             const struct service_origin *origin)
{
    const char *what = "take up";
    bool is_old;

    if (is_full(engine, origin->name))
        return give_up(NULL, origin);

    struct service *service = allocate(engine, origin);

    if (service == NULL || !service_equip(service, origin->is_logged, &what)
        || !find_record(service, &is_old, &what)
        || !knows_down(service, is_old, &what)) {
        refuse(engine, what, origin->name);
        return give_up(service, origin);
    }
    service_link(service);
    if (service->producer != NULL)
        service->producer->logger = service;
    if (origin->is_catch_all)
        engine->catch_all = service;
    if (engine->hooks.taken != NULL)
        engine->hooks.taken(service);
    if (is_old)
        adopt(service);
    else
        start_fresh(service);
    return service;
}

static void part_from_partner(struct service *service)
{
    if (service->logger != NULL)
        service->logger->producer = NULL;
    if (service->producer != NULL && service->producer->logger == service)
        service->producer->logger = NULL;
    if (service->engine->catch_all == service)
        service->engine->catch_all = NULL;
}

void service_leave(struct service *service)
{
    struct engine *engine = service->engine;
    struct loop *loop = &engine->loop;

    /* What runs on is for whoever supervises next. */
    if (!service_is_running(service))
        sv_children_free(&engine->children, service->child);
    service->state = STATE_GONE;
    if (service->adopted)
        engine->adopted--;
    if (service->readiness.fd >= 0)
        line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    loop_unwatch(loop, &service->readiness);
    service_leave_said(service);
    service_close_checks(service);
    loop_unwatch(loop, &service->control);
    loop_unwatch(loop, &service->pid);
    loop_disarm(loop, &service->timer);
    service_free_overdue(service);
    engine->awaited -= service->awaits_end;
    service->awaits_end = false;
    if (service->own_lock >= 0)
        close(service->own_lock);
    else
        service_give_back_lock(service);
    sv_event_notify(service->base, service->dir, "x");
    if (engine->hooks.changed != NULL)
        engine->hooks.changed(service);
    if (engine->hooks.left != NULL)
        engine->hooks.left(service);
    /* Its logger has been seen to: before that, what nobody has read yet may
     * be held by this alone. */
    service_close_log(service);
    service_close_input(service);
    service_unlink(service);
    part_from_partner(service);
    service->next_gone = engine->gone;
    engine->gone = service;
}
