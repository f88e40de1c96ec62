/* SPDX-License-Identifier: ISC */
/*
 * adopt.c - goes on where an earlier svscan was when it died.
 *
 * A take-over is no start: the status file, the tally and what is wanted stay,
 * `down` is not read, and there is no event s.  The events of the present state
 * are sent again, so that nobody waits for one that was lost.
 *
 *   the record says   what is true                     what is done
 *   IDLE              nothing runs                     wait for the deadline
 *   INTENT            nothing runs (spawn.h)           spawn it
 *   VOID              nothing runs, the start failed   the same, after a while
 *   DEAD              it ended, with that status       the death protocol
 *   RUNNING           it runs, or has ended since      watch it, or find out
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/tally.h"

/* ---- the records by identity: open addressing ---------------------------- */

static size_t place_of(const struct engine *engine, uint64_t dev, uint64_t ino)
{
    uint64_t hash = (dev * 31 + ino) * UINT64_C(0x9e3779b97f4a7c15);

    return hash >> 32 & (engine->old_room - 1);
}

bool adopt_open(struct engine *engine)
{
    size_t n = engine->children.copied, room = 16;

    while (room < 2 * n + 1)
        room *= 2;
    engine->old_room = room;
    engine->is_behind = n > 0;
    engine->old = calloc(room, sizeof *engine->old);
    if (engine->old == NULL)
        return false;
    for (size_t i = 1; i <= n; i++) {
        struct sv_child *child = &engine->children.slots[i];
        size_t at = place_of(engine, child->dev, child->ino);

        while (engine->old[at] != NULL)
            at = (at + 1) & (room - 1);
        engine->old[at] = child;
    }
    return true;
}

/* What has been found stays in its place, as free or taken: a record is taken
 * when a service has it, which its owner alone asks for. */
static struct sv_child *find(const struct engine *engine, dev_t dev, ino_t ino,
                             bool of_check)
{
    if (engine->old == NULL)
        return NULL;
    for (size_t at = place_of(engine, dev, ino); engine->old[at] != NULL;
         at = (at + 1) & (engine->old_room - 1)) {
        struct sv_child *child = engine->old[at];

        if (child->dev == dev && child->ino == ino
            && sv_child_state(child) != SV_CHILD_FREE
            && (sv_child_role(child) == SV_ROLE_CHECK) == of_check)
            return child;
    }
    return NULL;
}

struct sv_child *adopt_find(struct engine *engine, dev_t dev, ino_t ino)
{
    return find(engine, dev, ino, false);
}

struct sv_child *adopt_find_check(struct engine *engine, dev_t dev, ino_t ino)
{
    return find(engine, dev, ino, true);
}

/* ---- what the files say -------------------------------------------------- */

/* Was the status file written since the process of the record began?  svscan
 * may have been killed in between. */
static bool is_told(const struct service *service,
                    const struct sv_status *status)
{
    const struct sv_child *child = service->child;
    bool finishing = status->flags & SV_STATUS_FINISHING;

    return status->pid == child->pid
           && finishing == (sv_child_role(child) == SV_ROLE_FINISH
                            || sv_child_role(child) == SV_ROLE_DOWN);
}

/* What the status file does not tell yet stands in the record. */
static void catch_up(struct service *service)
{
    const struct sv_child *child = service->child;

    service->never_started = service->paused = service->ready = false;
    if (sv_child_role(child) == SV_ROLE_FINISH) {
        service->wstat = (uint16_t)sv_child_wstat(child);
        service_stamp(service, sv_stamp_of(child->died));
    } else {
        service_stamp(service, sv_stamp_of(sv_realtime()
                                           - (sv_boottime() - child->t1)));
    }
}

/* False if the file could not tell. */
static bool read_status(struct service *service, struct sv_status *told)
{
    struct sv_status status;
    bool ok = sv_status_read(service->base, service->dir, told);

    if (ok) {
        status = *told;
        sv_status_pack(service->saved, told);
        service->is_saved = true;
    } else {
        sv_warn_sys("unable to read the status of ", service->name,
                    " (taking it as wanted up)");
        status = (struct sv_status){ .flags = SV_STATUS_WANT_UP };
        status.stamp = status.ready = sv_stamp_now();
    }
    service->want = status.flags & SV_STATUS_WANT_UP;
    service->never_started = sv_status_is_new(&status);
    service->paused =
        status.flags & SV_STATUS_PAUSED && !service->never_started;
    service->ready =
        status.flags & SV_STATUS_READY && sv_status_is_up(&status);
    service_stamp(service, status.stamp);
    service->ready_stamp = status.ready;
    service->wstat = status.wstat;
    if (sv_child_state(service->child) == SV_CHILD_RUNNING
        && !is_told(service, &status))
        catch_up(service);
    return ok;
}

/* The clock may have been set since the stamp was taken, which is no earlier
 * than the start in the record. */
static void recall_age(struct service *service)
{
    const struct sv_child *child = service->child;
    enum sv_child_role role = sv_child_role(child);
    bool is_of_start = sv_child_state(child) == SV_CHILD_RUNNING
                       && (role == SV_ROLE_RUN || role == SV_ROLE_UP);

    if (is_of_start || service->stamped < child->t0)
        service->stamped = child->t0;
}

static void read_tally(struct service *service)
{
    static struct sv_death deaths[SV_TALLY_MAX];
    size_t n;

    if (sv_tally_read(service->base, service->dir, deaths, SV_TALLY_MAX, &n))
        service->deaths = (uint32_t)n;
}

/* Only its first status file says that it was never started, and others have
 * been written if it was told to start, and could not.  Of what was started there
 * is a process, its end, or what it has done. */
static bool was_started(const struct service *service,
                        const struct sv_status *told)
{
    enum sv_child_state state = sv_child_state(service->child);
    enum sv_child_role role = sv_child_role(service->child);

    return told == NULL || told->pid != 0 || service->wstat != 0
           || service->deaths > 0 || service->child->died != 0
           || state == SV_CHILD_RUNNING || state == SV_CHILD_DEAD
           || role == SV_ROLE_UP || role == SV_ROLE_DOWN;
}

/* Has neither finish nor down to end? */
static bool is_up_or_down(const struct service *service)
{
    enum sv_child_role role = sv_child_role(service->child);

    return !service_is_running(service)
           || (role != SV_ROLE_FINISH && role != SV_ROLE_DOWN);
}

static void send_events_again(const struct service *service)
{
    const char *events = "dD";

    if (!is_up_or_down(service))
        events = "d";
    else if (service->state != STATE_DOWN && service->state != STATE_IDLE
             && service->state != STATE_FAILED)
        events = service->ready ? "uU" : "u";
    sv_event_notify(service->base, service->dir, events);
}

static void tell_again(struct service *service)
{
    service_save(service);
    send_events_again(service);
}

/* ---- a process that runs ------------------------------------------------- */

static enum state state_of_run(const struct service *service)
{
    unsigned flags = sv_child_flags(service->child);

    if (flags & SV_CHILD_LAST)
        return STATE_LAST_UP;
    return flags & SV_CHILD_AWAITED && !service->ready ? STATE_STARTING
                                                       : STATE_UP;
}

static enum state state_of_finish(const struct service *service)
{
    return sv_child_flags(service->child) & SV_CHILD_LAST ? STATE_LAST_FINISH
                                                          : STATE_FINISH;
}

static enum state state_of_script(const struct sv_child *child)
{
    if (sv_child_flags(child) & SV_CHILD_LAST)
        return STATE_LAST_SCRIPT;
    return sv_child_role(child) == SV_ROLE_DOWN ? STATE_RUNNING_DOWN
                                                : STATE_RUNNING_UP;
}

static void set_state(struct service *service)
{
    service->close_stdio = sv_child_flags(service->child) & SV_CHILD_CLOSED;
    if (service->kind == SV_ONESHOT)
        service->state = state_of_script(service->child);
    else
        service->state = sv_child_role(service->child) == SV_ROLE_FINISH
                             ? state_of_finish(service)
                             : state_of_run(service);
}

/* Its readiness pipe is of this incarnation, or it is nothing to us. */
static void claim_readiness(struct service *service)
{
    int64_t tag = 0;
    int fd = line_claim(service->engine, SV_KIND_READINESS, service->dev,
                        service->ino, &tag);

    if (fd < 0)
        return;
    if (tag == service->child->t0
        && sv_child_flags(service->child) & SV_CHILD_AWAITED) {
        service_await_readiness(service, fd);
        return;
    }
    close(fd);
    line_drop(service->engine, SV_KIND_READINESS, service->dev, service->ino);
}

static void find_end(struct service *service, int64_t dead)
{
    struct engine *engine = service->engine;
    int wstat = SV_WSTAT_UNKNOWN;
    int64_t reaped = sv_boottime();

    if (engine->relay != NULL
        && sv_relay_find(engine->relay, service->child->pid,
                         service->child->t1, dead, &wstat, &reaped)
               == SV_RELAY_NOT_YET) {
        line_say(engine, SV_HOLD_SWEEP, 0);
        return;
    }
    service_hear_last_words(service);
    service->awaits_end = false;
    engine->awaited--;
    service_died(service, wstat, sv_realtime() - (sv_boottime() - reaped));
    line_listen(engine);
}

void adopt_await(struct service *service)
{
    if (!service->awaits_end) {
        service->awaits_end = true;
        service->seen_dead = sv_boottime();
        service->engine->awaited++;
    }
    find_end(service, service->seen_dead);
}

/* After an exec of our own we are its parent still, and need nobody to tell how
 * it ended. */
static bool is_child_of_ours(const struct service *service)
{
    siginfo_t info;

    return service->engine->is_resumed && service->pid.fd >= 0
           && waitid(P_PIDFD, (id_t)service->pid.fd, &info,
                     WEXITED | WNOHANG | WNOWAIT)
                  == 0;
}

static void count_adopted(struct service *service)
{
    if (is_child_of_ours(service))
        return;
    service->adopted = true;
    service->engine->adopted++;
    line_listen(service->engine);
}

/* A thread with the number of a process that is gone is no process. */
static bool is_no_process(int error)
{
    return error == ESRCH || error == EINVAL || error == ENOENT;
}

bool adopt_watch(struct service *service)
{
    const struct sv_child *child = service->child;

    if (sv_child_state(child) != SV_CHILD_RUNNING)
        return true;

    int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);

    if (fd < 0)
        return is_no_process(errno);

    bool is_it = sv_child_is(child->pid, child->t0, child->t1);

    /* Where /proc would not tell, a second copy is the greater harm. */
    if ((is_it || errno != 0) && service_watch_pid(service, fd))
        return true;

    int error = errno;

    close(fd);
    errno = error;
    return error == 0;
}

static void adopt_running(struct service *service)
{
    struct sv_child *child = service->child;
    int64_t deadline = child->deadline;
    bool is_limited = sv_child_role(child) == SV_ROLE_RUN
                      && sv_child_flags(child) & SV_CHILD_LIMITED;

    set_state(service);
    claim_readiness(service);
    count_adopted(service);
    if (service->pid.fd < 0) {
        if (sv_child_role(child) == SV_ROLE_FINISH)
            tell_again(service); /* its record will tell of its own end */
        adopt_await(service);
        return;
    }
    if (service->kind == SV_ONESHOT)
        service->stopping =
            sv_child_flags(child) & (SV_CHILD_LATE | SV_CHILD_TOLD);
    else if ((deadline != 0 && !is_limited)
             || sv_child_flags(child) & (SV_CHILD_TIMED | SV_CHILD_TOLD))
        service->stopping = sv_child_role(child) == SV_ROLE_RUN;
    if (is_limited)
        service_limit_run(service);
    else if (deadline != 0)
        service_arm(service, deadline);
    else if (service->kind == SV_ONESHOT && !service->stopping)
        service_limit_script(service);
    tell_again(service);
    if (sv_child_role(child) == SV_ROLE_RUN)
        service_begin_checks(service);
}

/* ---- no process ---------------------------------------------------------- */

static void adopt_idle(struct service *service)
{
    service->state = STATE_DOWN;
    if (service->want && service->child->deadline != 0)
        service_arm(service, service->child->deadline);
    service->is_new = service->never_started;
    tell_again(service);
    service->is_new = false;
    if (service->want && service->child->deadline == 0
        && !service_must_wait(service))
        service_retry(service);
}

/* Nothing of it runs: its record says what it has come to.  What is wanted may
 * have become another just before; one that has failed is wanted only once it
 * is to be tried again. */
static void adopt_rest(struct service *service)
{
    const struct sv_child *child = service->child;

    service->state = STATE_IDLE;
    if (sv_child_flags(child) & SV_CHILD_FAILED)
        service->state = STATE_FAILED;
    else if (sv_child_role(child) == SV_ROLE_UP)
        service->state = STATE_DONE;
    service->ready = service->state == STATE_DONE;
    if (service->state == STATE_FAILED)
        service_recall_failure(service);
    service->is_new = service->never_started;
    tell_again(service);
    service->is_new = false;
    if (service->state == STATE_DONE && !service->want
        && !service->stops_later)
        service_happen(service, EVENT_STOP_DUE);
    else if (service->state != STATE_DONE && service->want
             && !service->engine->is_stopping && !service_must_wait(service))
        service_happen(service, EVENT_WANT_UP);
}

/* Its script was about to start, or could not be. */
static void redo_script(struct service *service)
{
    struct sv_child *child = service->child;
    bool is_down = sv_child_role(child) == SV_ROLE_DOWN;
    bool has_failed = sv_child_state(child) == SV_CHILD_VOID && child->of != 0;

    service->state = is_down ? STATE_DONE : STATE_IDLE;
    if (sv_child_flags(child) & SV_CHILD_LAST)
        service->state = STATE_LAST_SCRIPT;
    if (has_failed) {
        service_recall_failure(service);
        service_happen(service, EVENT_SPAWN_FAILED);
    } else if (is_down) {
        service_happen(service, EVENT_STOP_DUE);
    } else {
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
        service_retry(service);
    }
}

/* The run before this finish is dead and its finish was about to start: that
 * is what a death of run leads to, told by the same record. */
static void redo_finish(struct service *service)
{
    struct sv_child *child = service->child;

    child->pid = child->of;
    sv_child_become(child, SV_CHILD_DEAD, SV_ROLE_RUN, sv_child_flags(child));
    set_state(service);
    service_died(service, sv_child_wstat(child), child->died);
}

static void redo_run(struct service *service)
{
    sv_child_become(service->child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
    service->state = STATE_DOWN;
    send_events_again(service);
    if (!service->engine->is_stopping)
        service_happen(service, EVENT_START_DUE);
}

static void redo_failed_run(struct service *service)
{
    int64_t deadline = service->child->deadline;

    service->state = STATE_DOWN;
    service_note_failed_start(service, service->child->of);
    service_happen(service, EVENT_SPAWN_FAILED);
    if (deadline != 0 && service->timer.place != 0)
        service_arm(service, deadline);
    send_events_again(service);
}

static void redo(struct service *service)
{
    if (service->kind == SV_ONESHOT)
        redo_script(service);
    else if (sv_child_role(service->child) == SV_ROLE_FINISH)
        redo_finish(service);
    else if (sv_child_state(service->child) == SV_CHILD_VOID
             && service->child->of != 0) /* else it was about to try again */
        redo_failed_run(service);
    else
        redo_run(service);
}

/* What it was when its record was written, whatever its directory says since. */
static void learn_kind(struct service *service)
{
    switch (sv_child_role(service->child)) {
    case SV_ROLE_RUN:
    case SV_ROLE_FINISH:
        service->kind = SV_LONGRUN;
        break;
    case SV_ROLE_UP:
    case SV_ROLE_DOWN:
        service->kind = SV_ONESHOT;
        break;
    default:
        break;
    }
}

void adopt(struct service *service)
{
    struct sv_child *child = service->child;
    struct sv_status status, *told = &status;

    learn_kind(service);
    if (!read_status(service, told))
        told = NULL;
    recall_age(service);
    read_tally(service);
    service->never_started =
        service->never_started || !was_started(service, told);
    service_recall_restarts(service);
    service_recall_lateness(service);
    service->is_by_hand = sv_child_flags(child) & SV_CHILD_LIMITED;
    service_adopt_said(service);
    service_adopt_checks(service);
    service->announces = sv_child_flags(child) & SV_CHILD_AWAITED
                         || (service->ready
                             && sv_child_role(child) == SV_ROLE_RUN)
                         || service_said_socket(service) >= 0;
    service->is_unhealthy =
        sv_child_flags(child) & SV_CHILD_UNHEALTHY
        && (service->want || !(sv_child_flags(child) & SV_CHILD_STOPS));
    /* Of finish only its own start is known: the next of run is a second
     * after that, which is never too early. */
    service->started = child->t0;
    service->restarts = sv_child_restarts(child);
    switch (sv_child_state(child)) {
    case SV_CHILD_INTENT:
    case SV_CHILD_VOID:
        redo(service);
        break;
    case SV_CHILD_RUNNING:
        adopt_running(service);
        break;
    case SV_CHILD_DEAD:
        set_state(service);
        service_died(service, sv_child_wstat(child), child->died);
        break;
    default:
        if (service->kind == SV_ONESHOT)
            adopt_rest(service);
        else
            adopt_idle(service);
        break;
    }
    if (service->state != STATE_GONE && service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
}
