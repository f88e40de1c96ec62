/* SPDX-License-Identifier: ISC */
/*
 * act.c - feeds events to the machine, and carries out what it says.
 *
 * The actions of a step are done in the order of their bits: what is wanted and
 * what is true are in the status file before anybody is told, and anybody is
 * told before run is spawned.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"

enum { RETRY_MS = 60000 }; /* after a start that failed */

/* ---- signals ------------------------------------------------------------- */

static bool is_finish(const struct service *service)
{
    return sv_child_role(service->child) == SV_ROLE_FINISH;
}

/* By pidfd: never another process, whatever became of the number. */
void service_send(const struct service *service, int signal)
{
    if (service->pid.fd >= 0)
        syscall(SYS_pidfd_send_signal, service->pid.fd, signal, NULL, 0);
}

void service_send_group(const struct service *service, int signal)
{
    if (service->pid.fd >= 0 && service->child->pid > 1)
        kill(-service->child->pid, signal);
}

/* ---- timers -------------------------------------------------------------- */

void service_mark(struct service *service, unsigned flags)
{
    struct sv_child *child = service->child;

    sv_child_become(child, sv_child_state(child), sv_child_role(child),
                    sv_child_flags(child) | flags);
}

/* ---- the time in which it must be ready ------------------------------------ */

static bool is_limited(const struct service *service)
{
    return sv_child_flags(service->child) & SV_CHILD_LIMITED
           && sv_child_role(service->child) == SV_ROLE_RUN
           && !service->stopping;
}

static void change_flags(struct service *service, unsigned without,
                         unsigned with)
{
    struct sv_child *child = service->child;

    sv_child_become(child, sv_child_state(child), sv_child_role(child),
                    (sv_child_flags(child) & ~without) | with);
}

void service_limit_run(struct service *service)
{
    uint32_t ms = service_number(service, SV_TIMEOUT_UP, 0);

    if (!is_limited(service))
        return;
    if (ms > 0 && !service->ready) {
        service_arm(service, service->child->t0 + ms * SV_MS);
        return;
    }
    service_disarm(service);
    change_flags(service, SV_CHILD_LIMITED, 0);
}

static void note_late(struct service *service)
{
    char ms[SV_NUMBER_MAX];

    service->is_failed = true;
    service_note(service,
                 SV_STRINGS("not ready within ",
                            sv_number(ms, service_number(service, SV_TIMEOUT_UP,
                                                         0)),
                            " ms (" SV_TIMEOUT_UP "): it stays down until it is"
                            " started by hand"));
}

void service_recall_lateness(struct service *service)
{
    if (service->kind == SV_LONGRUN && !service->want
        && sv_child_flags(service->child) & SV_CHILD_LATE)
        note_late(service);
}

static void be_late(struct service *service)
{
    if (service->state != STATE_STARTING)
        return;
    service_mark(service, SV_CHILD_LATE);
    note_late(service);
    service_happen(service, EVENT_TIMED_OUT);
}

void service_begin_by_hand(struct service *service)
{
    service->quick_deaths = 0;
    service_forget_restarts(service);
    service->is_by_hand = service->stopping
                          || (service->state != STATE_STARTING
                              && service->state != STATE_UP);
}

/* ---- timers, and who has one ----------------------------------------------- */

static void on_timer(struct timer *timer)
{
    struct service *service = CONTAINER(timer, struct service, timer);

    service->child->deadline = 0;
    if (service->kind == SV_ONESHOT && service_is_running(service)
        && !service->stopping)
        service_script_is_late(service);
    else if (service_is_running(service) && is_limited(service))
        be_late(service);
    else if (service_is_running(service))
        service_happen(service, EVENT_KILL_DUE);
    else
        service_retry(service);
}

/* The deadline stands in the record as well: the next svscan keeps it. */
void service_arm(struct service *service, int64_t at)
{
    service->child->deadline = at;
    loop_arm(&service->engine->loop, &service->timer, at, on_timer);
}

void service_disarm(struct service *service)
{
    service->child->deadline = 0;
    loop_disarm(&service->engine->loop, &service->timer);
}

void service_arm_in(struct service *service, uint32_t ms)
{
    service_arm(service, sv_boottime() + ms * SV_MS);
}

/* ---- actions ------------------------------------------------------------- */

static void want(struct service *service)
{
    service->want = true;
}

static void unwant(struct service *service)
{
    service->want = false;
    if (service->state == STATE_DOWN)
        service_disarm(service);
}

/* That it is to leave stands in the record before it is told to go: the next
 * svscan goes on from there. */
static void kill_sequence(struct service *service)
{
    uint32_t ms;
    int signal;

    if (service->kind == SV_ONESHOT) {
        service_stop_script(service);
        return;
    }
    if (service->state == STATE_LAST_UP)
        service_mark(service, SV_CHILD_LAST);
    signal = service_signal(service, SV_DOWN_SIGNAL, SIGTERM);
    if (!service_send_main(service, signal))
        service_send(service, signal);
    service_send(service, SIGCONT);
    service->paused = false;
    service->stopping = true;
    ms = service_number(service, SV_TIMEOUT_KILL, 0);
    if (ms == 0)
        ms = service->engine->is_stopping ? service->engine->stop_kill_ms : 0;
    if (ms > 0)
        service_arm_in(service, ms);
    else
        service_disarm(service);
    /* Last: until then that limit is what the deadline is of, and the next
     * svscan may tell it once more, which is better than never. */
    change_flags(service, SV_CHILD_LIMITED, SV_CHILD_TOLD);
}

/* KILL before CONT for run, so that it does not run on; s6 has it the other
 * way round for finish, which nobody can tell apart. */
static void kill_now(struct service *service)
{
    if (is_finish(service))
        service_say(service, "./" SV_FINISH " takes too long: killing it");
    if (service->kind == SV_ONESHOT
        || (!is_finish(service)
            && service_has(service, SV_FLAG_TIMEOUT_KILLPG))) {
        service_send_group(service, SIGKILL);
        service_send_group(service, SIGCONT);
    } else {
        service_send(service, SIGKILL);
        service_send(service, SIGCONT);
    }
    service->paused = false;
    service_arm_in(service, SERVICE_KILL_AGAIN_MS);
}

void service_be_unhealthy(struct service *service, const char *const *why)
{
    if (service->stopping
        || !machine_expects(service->state, EVENT_UNHEALTHY))
        return;
    service_note(service, why);
    service->is_unhealthy = true;
    service_mark(service, SV_CHILD_UNHEALTHY);
    service_happen(service, EVENT_UNHEALTHY);
}

static void forget_stdio(struct service *service)
{
    service->close_stdio = true;
    service_mark(service, SV_CHILD_LAST | SV_CHILD_CLOSED);
}

void service_tell(const struct service *service, struct sv_status *status)
{
    enum sv_child_role role = sv_child_role(service->child);
    bool finishing = service_is_running(service)
                     && (role == SV_ROLE_FINISH || role == SV_ROLE_DOWN);
    bool is_at_rest = service->state == STATE_DOWN
                      || service->state == STATE_IDLE
                      || service->state == STATE_FAILED
                      || service->state == STATE_GONE;

    *status = (struct sv_status){
        .stamp = service->stamp,
        .ready = service->ready_stamp,
        .pid = service_is_running(service) ? service->child->pid : 0,
        .wstat = service->wstat,
    };

    unsigned flags =
        (service->paused || service->is_new ? SV_STATUS_PAUSED : 0u)
        | (finishing ? SV_STATUS_FINISHING : 0u)
        | (service->want ? SV_STATUS_WANT_UP : 0u)
        | (service->ready || is_at_rest ? SV_STATUS_READY : 0u);

    status->flags = (uint8_t)flags;
}

/* What it says already is not written again: who waited to start, or to stop, is
 * wanted as it was while it waited; and of thousands that are taken up, most say
 * all of it. */
void service_save(struct service *service)
{
    char now[SV_STATUS_SIZE];
    struct sv_status status;

    service_tell(service, &status);
    sv_status_pack(now, &status);
    if (service->is_saved && memcmp(now, service->saved, sizeof now) == 0)
        return;
    memcpy(service->saved, now, sizeof now);
    service->is_saved = sv_status_write(service->base, service->dir, &status);
    if (!service->is_saved)
        sv_warn_sys("unable to write the status of ", service->name);
}

static void be_ready(struct service *service)
{
    service->ready = true;
    service->ready_stamp = sv_stamp_now();
    service_limit_run(service);
    service_begin_checks(service);
}

/* At least a second lies between two starts, or what restart-delay says;
 * whoever ran longer is started again at once. */
static void arm_restart(struct service *service)
{
    int64_t at;

    service->child->deadline = 0;
    if (!service->want || service->engine->is_stopping
        || (service_is_replaced(service) && service_must_wait(service)))
        return;
    at = service_restart_time(service);
    if (!service->is_by_hand) /* else it did not die by itself */
        service->restarts++;
    service->child->wstat = sv_child_end(sv_child_wstat(service->child),
                                         service->restarts);
    if (at <= sv_boottime())
        service->follow = EVENT_START_DUE;
    else
        service_arm(service, at);
}

static void arm_retry(struct service *service)
{
    service->is_failing = true;
    sv_child_become(service->child, SV_CHILD_VOID, SV_ROLE_RUN, 0);
    if (service->want && !service->engine->is_stopping
        && !service->is_hopeless)
        service_arm_in(service, RETRY_MS);
}

static const struct deed {
    enum action action;
    void (*carry_out)(struct service *service);
} deeds[] = {
    { ACT_WANT, want },
    { ACT_UNWANT, unwant },
    { ACT_KILL_SEQUENCE, kill_sequence },
    { ACT_KILL, kill_now },
    { ACT_CLOSE_STDIO, forget_stdio },
    { ACT_TELL_READY, be_ready },
    { ACT_SPAWN_FINISH, service_start_finish },
    { ACT_STATUS, service_save },
};

static const struct deed late_deeds[] = {
    { ACT_SPAWN_RUN, service_start },
    { ACT_ARM_RESTART, arm_restart },
    { ACT_ARM_RETRY, arm_retry },
    { ACT_SPAWN_UP, service_start_up },
    { ACT_SPAWN_DOWN, service_start_down },
    { ACT_GO_ON, service_go_on },
};

static const struct {
    enum action action;
    char letter;
} letters[] = {
    { ACT_TELL_UP, SV_EVENT_UP },         { ACT_TELL_READY, SV_EVENT_READY },
    { ACT_TELL_DIED, SV_EVENT_DIED },     { ACT_TELL_FAILED, SV_EVENT_FAILED },
    { ACT_TELL_DOWN, SV_EVENT_DOWN },
};

static void carry_out(struct service *service, unsigned actions,
                      const struct deed *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (actions & list[i].action)
            list[i].carry_out(service);
}

static void tell(const struct service *service, unsigned actions)
{
    char events[8];
    size_t n = 0;

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (actions & letters[i].action)
            events[n++] = letters[i].letter;
    events[n] = '\0';
    if (n > 0)
        sv_event_notify(service->base, service->dir, events);
}

/* A record without a process is idle once all that followed its end is done;
 * that a start failed stays true until the next. */
static void settle_record(struct service *service)
{
    struct sv_child *child = service->child;
    enum sv_child_state state = sv_child_state(child);

    if (service->kind == SV_ONESHOT && service->follow == EVENTS)
        service_settle_oneshot(service);
    else if (service->state == STATE_DOWN && service->follow == EVENTS
        && !service->is_failing
        && (state == SV_CHILD_DEAD || state == SV_CHILD_VOID))
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_NONE,
                        sv_child_flags(child) & SV_CHILD_LATE);
}

/* Returns the actions that were carried out. */
static unsigned step(struct service *service, enum event event)
{
    struct step next = machine_step(service->state, event);

    service->state = next.to;
    service->follow = EVENTS;
    if (next.actions & ACT_TELL_DOWN)
        service->ready_stamp = sv_stamp_now();
    carry_out(service, next.actions, deeds, sizeof deeds / sizeof *deeds);
    tell(service, next.actions);
    carry_out(service, next.actions, late_deeds,
              sizeof late_deeds / sizeof *late_deeds);
    settle_record(service);
    if (next.actions & ACT_LEAVE)
        service_leave(service);
    return next.actions;
}

/* Clients see where it has come to, not the steps in between: after a spawn,
 * "down" with a pid would be one. */
void service_happen(struct service *service, enum event event)
{
    unsigned actions = 0;

    while (event != EVENTS && service->state != STATE_GONE) {
        actions |= step(service, event);
        event = service->follow;
    }
    if (actions != 0 && service->state != STATE_GONE
        && service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
}

/* Only a death is followed by a start whatever has become of what it needs. */
void service_retry(struct service *service)
{
    if ((service->state != STATE_DOWN && service->state != STATE_IDLE)
        || !service->want || service->engine->is_stopping)
        return;
    if (service->is_failing && service_must_wait(service))
        service_disarm(service);
    else
        service_happen(service, EVENT_START_DUE);
}
