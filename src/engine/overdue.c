/* SPDX-License-Identifier: ISC */
/*
 * overdue.c - a stop that was ordered takes longer than timeout-down allows.
 *
 * Nobody is killed for it (that is timeout-kill's), and what runs has been told
 * to go still: the stop has failed, and order.c keeps up what it needs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

struct overdue {
    struct service *service;
    struct timer timer;
};

static void on_overdue(struct timer *timer)
{
    struct service *service = CONTAINER(timer, struct overdue, timer)->service;
    struct engine *engine = service->engine;
    char ms[SV_NUMBER_MAX];

    service->is_overdue = true;
    service_note(service,
                 SV_STRINGS("not down within ",
                            sv_number(ms, service_number(service,
                                                         SV_TIMEOUT_DOWN, 0)),
                            " ms (" SV_TIMEOUT_DOWN "): its stop has failed"));
    service_fail_stop(service);
    if (engine->hooks.changed != NULL)
        engine->hooks.changed(service);
}

static bool have_overdue(struct service *service)
{
    if (service->overdue != NULL)
        return true;
    if (!engine_reserve_timers(service->engine, 1))
        return false;
    service->overdue = calloc(1, sizeof *service->overdue);
    if (service->overdue == NULL) {
        service->engine->more_timers--;
        return false;
    }
    service->overdue->service = service;
    return true;
}

void service_limit_stop(struct service *service)
{
    struct loop *loop = &service->engine->loop;
    uint32_t ms = service_number(service, SV_TIMEOUT_DOWN, 0);

    service_unlimit_stop(service);
    if (ms == 0 || service->kind == SV_ONESHOT)
        return;
    if (!have_overdue(service)) {
        service_note(service, SV_STRINGS("no room for a " SV_TIMEOUT_DOWN
                                         " (going on without it): ",
                                         strerror(errno)));
        return;
    }
    service->has_stop_limit = true;
    loop_arm(loop, &service->overdue->timer, sv_boottime() + ms * SV_MS,
             on_overdue);
}

void service_unlimit_stop(struct service *service)
{
    if (!service->has_stop_limit)
        return;
    loop_disarm(&service->engine->loop, &service->overdue->timer);
    if (service->is_overdue)
        service_forget_note(service);
    service->has_stop_limit = service->is_overdue = false;
}

void service_free_overdue(struct service *service)
{
    if (service->overdue == NULL)
        return;
    service_unlimit_stop(service);
    service->engine->more_timers--;
    free(service->overdue);
    service->overdue = NULL;
}

void service_fail_stop(struct service *service)
{
    const struct hooks *hooks = &service->engine->hooks;

    if (hooks->stop_failed != NULL && !service->engine->is_stopping)
        hooks->stop_failed(service);
}
