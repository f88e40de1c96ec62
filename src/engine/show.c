/* SPDX-License-Identifier: ISC */
/*
 * show.c - what is to be known of a service: its notes, and its row.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/act.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"

/* ---- notes --------------------------------------------------------------- */

void service_say(const struct service *service, const char *text)
{
    if (service->engine->is_alone)
        sv_warn(text);
    else
        sv_warn(service->name, ": ", text);
}

void service_note(struct service *service, const char *const *strings)
{
    char text[SV_WIRE_NOTE_MAX + 1];
    size_t used = 0;

    for (; *strings != NULL && used < sizeof text - 1; strings++) {
        size_t n = strlen(*strings);

        if (n > sizeof text - 1 - used)
            n = sizeof text - 1 - used;
        memcpy(text + used, *strings, n);
        used += n;
    }
    text[used] = '\0';
    service->note_is_new = true;
    if (service->note != NULL && strcmp(service->note, text) == 0)
        return;
    free(service->note);
    service->note = strdup(text); /* without memory it is said, not shown */
    service_say(service, text);
}

void service_forget_note(struct service *service)
{
    free(service->note);
    service->note = NULL;
    service->note_is_loop = false;
}

/* ---- rows ---------------------------------------------------------------- */

const char *service_marker(const struct service *service)
{
    return service->kind == SV_ONESHOT ? SV_FLAG_DISABLED : SV_DOWN_FILE;
}

bool service_is_running(const struct service *service)
{
    return service->pid.fd >= 0 || service->awaits_end;
}

static enum sv_wire_state shown_state(const struct service *service)
{
    switch (service->state) {
    case STATE_IDLE:
    case STATE_FAILED:
        return service->waits ? SV_WIRE_WAITING : SV_WIRE_DOWN;
    case STATE_RUNNING_UP:
        return service->stopping ? SV_WIRE_STOPPING : SV_WIRE_STARTING;
    case STATE_DONE:
        return SV_WIRE_DONE;
    case STATE_RUNNING_DOWN:
        return SV_WIRE_FINISHING;
    case STATE_LAST_SCRIPT:
        return sv_child_role(service->child) == SV_ROLE_UP ? SV_WIRE_STOPPING
                                                           : SV_WIRE_FINISHING;
    case STATE_DOWN:
        return service->timer.place != 0 || service->waits ? SV_WIRE_WAITING
                                                           : SV_WIRE_DOWN;
    case STATE_STARTING:
        return service->stopping ? SV_WIRE_STOPPING : SV_WIRE_STARTING;
    case STATE_UP:
    case STATE_LAST_UP:
        return service->stopping ? SV_WIRE_STOPPING : SV_WIRE_UP;
    case STATE_FINISH:
    case STATE_LAST_FINISH:
        return SV_WIRE_FINISHING;
    default:
        return SV_WIRE_GONE;
    }
}

static unsigned shown_flags(const struct service *service)
{
    bool is_last = service->state == STATE_LAST_UP
                   || service->state == STATE_LAST_FINISH
                   || service->state == STATE_LAST_SCRIPT;

    return (service->want ? SV_ROW_WANT_UP : 0)
           | (sv_at_exists(service->base, service->dir, service_marker(service))
                  ? 0
                  : SV_ROW_NORMALLY_UP)
           | (service->ready ? SV_ROW_READY : 0)
           | (service->announces
                      || sv_at_exists(service->base, service->dir,
                                      SV_NOTIFICATION_FD)
                  ? SV_ROW_ANNOUNCES
                  : 0)
           | (service->paused ? SV_ROW_PAUSED : 0)
           | (service->is_changed ? SV_ROW_CHANGED : 0)
           | (service->is_foreign ? SV_ROW_FOREIGN : 0)
           | (service->log_fifo >= 0 ? SV_ROW_LOGGED : 0)
           | (service->never_started ? SV_ROW_NEVER_STARTED : 0)
           | (is_last ? SV_ROW_LEAVING : 0)
           | (service->adopted ? SV_ROW_ADOPTED : 0)
           | (service->is_failed ? SV_ROW_FAILED : 0)
           | (service->is_unhealthy ? SV_ROW_UNHEALTHY : 0)
           | (service->is_overdue ? SV_ROW_OVERDUE : 0)
           | (service->kind == SV_ONESHOT ? SV_ROW_ONESHOT : 0);
}

static uint64_t ms_until(const struct timer *timer)
{
    int64_t left = timer->at - sv_boottime();

    return timer->place == 0 || left <= 0 ? 0 : (uint64_t)(left / SV_MS);
}

void service_stamp(struct service *service, tain stamp)
{
    service->stamp = stamp;
    service->stamped = sv_stamp_to_boottime(&stamp);
}

void service_row(const struct service *service, struct sv_wire_row *row)
{
    *row = (struct sv_wire_row){
        .state = shown_state(service),
        .flags = shown_flags(service),
        .pid = service_is_running(service) ? service->child->pid : 0,
        .stamp = service->stamp,
        .stamped = service->stamped,
        .ready = service->ready_stamp,
        .restarts = service->restarts,
        .deaths = service->deaths,
        .wstat = service->wstat,
        .due_ms = ms_until(&service->timer),
        .memory = UINT64_MAX,
    };
    sv_join(row->name, sizeof row->name, SV_STRINGS(service->name));
    if (service->note != NULL)
        sv_join(row->note, sizeof row->note, SV_STRINGS(service->note));
    service_show_said(service, row);
}
