/* SPDX-License-Identifier: ISC */
/*
 * restart.c - how soon a service is started again, and whether.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/restart.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

enum { QUICK_MAX = 32 }; /* doublings that make any delay the longest */

/* ---- the rule ------------------------------------------------------------ */

static void drop_old(struct restarts *restarts, int64_t since)
{
    uint32_t old = 0;

    while (old < restarts->count && restarts->at[old] <= since)
        old++;
    restarts->count -= old;
    memmove(restarts->at, restarts->at + old,
            restarts->count * sizeof *restarts->at);
}

bool restart_count(struct restarts *restarts,
                   const struct restart_policy *policy, int64_t death,
                   int64_t lasted_ms, int64_t now)
{
    if (death == restarts->death)
        return !restarts->has_failed;
    restarts->death = death;
    if (lasted_ms >= policy->delay_max_ms)
        restarts->quick = 0;
    else if (restarts->quick < QUICK_MAX)
        restarts->quick++;
    if (policy->max == UINT32_MAX)
        return true;
    drop_old(restarts, now - policy->window_ms * SV_MS);
    if (restarts->count >= policy->max) {
        restarts->has_failed = true;
        return false;
    }
    restarts->at[restarts->count++] = now;
    return true;
}

uint32_t restart_delay(const struct restart_policy *policy, uint32_t quick)
{
    uint64_t delay = policy->delay_ms < RESTART_LEAST_MS ? RESTART_LEAST_MS
                                                         : policy->delay_ms;

    if (delay >= policy->delay_max_ms)
        return (uint32_t)delay;
    delay <<= quick > 1 ? quick - 1 : 0;
    return delay < policy->delay_max_ms ? (uint32_t)delay
                                        : policy->delay_max_ms;
}

bool restart_is_whole(const struct restarts *restarts, size_t size)
{
    return size == sizeof *restarts && restarts->count <= RESTARTS_MAX
           && restarts->quick <= QUICK_MAX && restarts->has_failed <= 1;
}

/* ---- the files ----------------------------------------------------------- */

static uint32_t max_of(struct service *service)
{
    uint32_t max = service_number(service, SV_MAX_RESTARTS, UINT32_MAX);
    char most[SV_NUMBER_MAX];

    if (max <= RESTARTS_MAX || max == UINT32_MAX)
        return max;
    service_note(service, SV_STRINGS(SV_MAX_RESTARTS ": more than ",
                                     sv_number(most, RESTARTS_MAX),
                                     ": ignored"));
    return UINT32_MAX;
}

static void read_counts(const struct service *service,
                        struct restarts *restarts)
{
    ssize_t size = sv_at_read(service->base, service->dir, SV_RESTARTS,
                              (char *)restarts, sizeof *restarts);

    if (size < 0 || !restart_is_whole(restarts, (size_t)size))
        memset(restarts, 0, sizeof *restarts);
}

static void write_counts(struct service *service,
                         const struct restarts *restarts)
{
    service->has_counts = true;
    if (!sv_at_replace(service->base, service->dir, SV_RESTARTS,
                       SV_RESTARTS_NEW, (const char *)restarts,
                       sizeof *restarts))
        sv_warn_sys("unable to write how often ", service->name,
                    " was restarted");
}

static void note_failure(struct service *service, uint32_t max,
                         uint32_t window_ms)
{
    char most[SV_NUMBER_MAX], seconds[SV_NUMBER_MAX], tenths[SV_NUMBER_MAX];

    service_note(service,
                 SV_STRINGS("failed: ", sv_number(most, max),
                            max == 1 ? " restart in " : " restarts in ",
                            sv_number(seconds, window_ms / 1000), ".",
                            sv_number(tenths, window_ms % 1000 / 100),
                            " s: it stays down until it is started by hand"));
}

/* ---- for the rest of the engine ------------------------------------------ */

bool service_may_restart(struct service *service, int64_t died)
{
    struct restart_policy policy = {
        .delay_max_ms = service_number(service, SV_RESTART_DELAY_MAX, 0),
        .max = max_of(service),
    };
    struct restarts restarts;
    int64_t now = sv_boottime();

    if (policy.delay_max_ms == 0 && policy.max == UINT32_MAX)
        return true;
    policy.window_ms =
        service_number(service, SV_RESTART_WINDOW, RESTART_WINDOW_MS);
    read_counts(service, &restarts);
    service->is_failed =
        !restart_count(&restarts, &policy, died,
                       (now - service->started) / SV_MS, now);
    service->quick_runs = restarts.quick;
    write_counts(service, &restarts);
    if (service->is_failed)
        note_failure(service, policy.max, policy.window_ms);
    return !service->is_failed;
}

int64_t service_restart_time(struct service *service)
{
    struct restart_policy policy = {
        .delay_ms =
            service_number(service, SV_RESTART_DELAY, SERVICE_RESTART_MS),
        .delay_max_ms = service_number(service, SV_RESTART_DELAY_MAX, 0),
    };

    return service->started
           + restart_delay(&policy, service->quick_runs) * SV_MS;
}

void service_forget_restarts(struct service *service)
{
    char path[SV_PATH_MAX];

    service->is_failed = false;
    service->quick_runs = 0;
    if (!service->has_counts)
        return;
    service->has_counts = false;
    sv_at(path, service->dir, SV_RESTARTS);
    if (unlinkat(service->base, path, 0) < 0 && errno != ENOENT)
        sv_warn_sys("unable to remove how often ", service->name,
                    " was restarted");
}

void service_recall_restarts(struct service *service)
{
    struct restarts restarts;

    if (!sv_at_exists(service->base, service->dir, SV_RESTARTS))
        return;
    read_counts(service, &restarts);
    service->has_counts = true;
    service->quick_runs = restarts.quick;
    service->is_failed = restarts.has_failed;
    if (service->is_failed)
        note_failure(service, max_of(service),
                     service_number(service, SV_RESTART_WINDOW,
                                    RESTART_WINDOW_MS));
}
