/* SPDX-License-Identifier: ISC */
/*
 * check.c - ./check asks whether a service does what it should.
 *
 * One at a time, with a record of its own (role check), in a session and a
 * process group of its own, which are killed when its time is over.  Where the
 * service has no other way to say that it is ready, the first success says so,
 * and until then failures mean nothing.  Once it is ready, check-failures of
 * them in a row make it unhealthy (act.c).
 *
 * A check that an earlier svscan has started is killed and not listened to: it
 * asked for somebody who is dead.  The next is started when it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"

enum {
    PERIOD_MS = 10000, /* where no file says otherwise */
    TIMEOUT_MS = 5000,
    FAILURES = 3,
    LEAST_MS = 10,
    EAGER_MS = 20, /* to the first; doubled until it is ready, up to ... */
    EAGER_MOST_MS = 1000,
};

struct health {
    struct engine *engine;
    struct service *service; /* NULL: it has left, and we wait for the check */
    struct sv_child *child;
    struct watch pid;
    struct timer timer; /* the next check, or the end of this one's time */
    uint32_t failures;  /* in a row */
    uint32_t pause_ms;  /* until the next, while it is not ready */
    bool makes_ready;
    bool is_late;       /* this one has been killed: it took too long */
    bool is_discarded;  /* ... or nobody wants to know any more */
};

static void on_timer(struct timer *timer);

/* ---- when ---------------------------------------------------------------- */

static uint32_t at_least(uint32_t ms)
{
    return ms < LEAST_MS ? LEAST_MS : ms;
}

static void arm(struct health *health, uint32_t ms)
{
    loop_arm(&health->engine->loop, &health->timer, sv_boottime() + ms * SV_MS,
             on_timer);
}

static void arm_next(struct health *health)
{
    struct service *service = health->service;
    uint32_t period =
        at_least(service_number(service, SV_CHECK_PERIOD, PERIOD_MS));

    if (service->ready) {
        arm(health, period);
        return;
    }
    if (!health->makes_ready)
        return; /* service_begin_checks, when it is */
    arm(health, health->pause_ms < period ? health->pause_ms : period);
    if (health->pause_ms < EAGER_MOST_MS)
        health->pause_ms *= 2;
}

static bool is_to_be_asked(const struct service *service)
{
    return (service->state == STATE_STARTING || service->state == STATE_UP
            || service->state == STATE_LAST_UP)
           && !service->stopping;
}

/* ---- one check ----------------------------------------------------------- */

static void kill_check(const struct health *health)
{
    if (health->pid.fd < 0)
        return;
    if (health->child->pid > 1)
        kill(-health->child->pid, SIGKILL);
    syscall(SYS_pidfd_send_signal, health->pid.fd, SIGKILL, NULL, 0);
}

static void discard(struct health *health)
{
    health->is_discarded = true;
    kill_check(health);
}

static void count_failure(struct health *health, const char *how)
{
    static const char failed[] = "unhealthy: ./" SV_CHECK " failed ";
    struct service *service = health->service;
    uint32_t most = service_number(service, SV_CHECK_FAILURES, FAILURES);
    char times[SV_NUMBER_MAX];

    if (!service->ready || ++health->failures < most)
        return;
    service_be_unhealthy(service,
                         SV_STRINGS(failed, sv_number(times, health->failures),
                                    health->failures == 1
                                        ? " time ("
                                        : " times in a row (",
                                    how, "): it is stopped"));
}

static void be_told(struct health *health, const siginfo_t *info)
{
    char how[64], number[SV_NUMBER_MAX];

    if (info->si_code == CLD_EXITED && info->si_status == 0) {
        health->failures = 0;
        if (health->makes_ready)
            service_announce(health->service);
        return;
    }
    if (health->is_late)
        sv_join(how, sizeof how, SV_STRINGS("it took too long"));
    else if (info->si_code == CLD_EXITED)
        sv_join(how, sizeof how,
                SV_STRINGS("exit code ", sv_number(number, info->si_status)));
    else
        sv_join(how, sizeof how,
                SV_STRINGS("signal SIG", sv_signal_name(info->si_status)));
    count_failure(health, how);
}

static void forget(struct health *health)
{
    health->engine->more_timers--;
    free(health);
}

/* Who is not our child any more is nobody's to ask. */
static void end_check(struct health *health)
{
    siginfo_t info = { .si_pid = 0 };
    bool is_ours = waitid(P_PIDFD, (id_t)health->pid.fd, &info,
                          WEXITED | WNOHANG)
                   == 0;

    if (is_ours && info.si_pid == 0)
        return;
    loop_unwatch(&health->engine->loop, &health->pid);
    loop_disarm(&health->engine->loop, &health->timer);
    if (health->service == NULL) {
        forget(health);
        return;
    }
    sv_child_become(health->child, SV_CHILD_IDLE, SV_ROLE_CHECK, 0);
    if (is_ours && !health->is_discarded && is_to_be_asked(health->service))
        be_told(health, &info);
    if (is_to_be_asked(health->service))
        arm_next(health);
}

static void on_end(struct watch *watch, uint32_t events)
{
    (void)events;
    end_check(CONTAINER(watch, struct health, pid));
}

static bool watch_check(struct health *health, int pidfd)
{
    int fd = loop_fd(pidfd);

    if (fd >= 0
        && loop_watch(&health->engine->loop, &health->pid, fd, EPOLLIN, on_end))
        return true;

    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return false;
}

static void start_check(struct health *health)
{
    struct service *service = health->service;
    int pidfd;

    health->is_late = health->is_discarded = false;
    if (!service_spawn_check(service, health->child, &pidfd)) {
        service_note(service, SV_STRINGS("unable to spawn ./" SV_CHECK
                                         " (trying again): ",
                                         strerror(errno)));
        sv_child_become(health->child, SV_CHILD_IDLE, SV_ROLE_CHECK, 0);
        arm_next(health);
        return;
    }
    if (!watch_check(health, pidfd)) {
        service_note(service, SV_STRINGS("unable to watch ./" SV_CHECK
                                         " (no more checks until it is started"
                                         " again): ", strerror(errno)));
        return;
    }

    uint32_t ms = at_least(service_number(service, SV_CHECK_TIMEOUT,
                                          TIMEOUT_MS));

    health->child->deadline = sv_boottime() + ms * SV_MS;
    arm(health, ms);
}

static void on_timer(struct timer *timer)
{
    struct health *health = CONTAINER(timer, struct health, timer);

    if (health->pid.fd >= 0) {
        health->is_late = true;
        kill_check(health);
    } else if (!is_to_be_asked(health->service)) {
        return;
    } else if (health->service->paused) {
        arm_next(health);
    } else {
        start_check(health);
    }
}

/* ---- for the rest of the engine ------------------------------------------ */

/* child: a record that is there already; NULL: it needs one. */
static bool have_health(struct service *service, struct sv_child *child)
{
    struct engine *engine = service->engine;
    struct health *health;

    if (service->health != NULL)
        return true;
    if (!engine_reserve_timers(engine, 1))
        return false;
    health = calloc(1, sizeof *health);
    if (health != NULL && child == NULL)
        child = sv_children_take_for(&engine->children, service->dev,
                                     service->ino, SV_ROLE_CHECK);
    if (health == NULL || child == NULL) {
        free(health);
        engine->more_timers--;
        return false;
    }
    *health = (struct health){ .engine = engine,
                               .service = service,
                               .child = child,
                               .pid.fd = -1 };
    service->health = health;
    return true;
}

bool service_open_checks(struct service *service, bool makes_ready)
{
    if (!sv_service_executable(service->base, service->dir, SV_CHECK)) {
        if (errno != ENOENT)
            service_note(service, SV_STRINGS("unable to execute ./" SV_CHECK
                                             " (going on without it): ",
                                             strerror(errno)));
        service_close_checks(service);
        return false;
    }
    if (!have_health(service, NULL)) {
        service_note(service, SV_STRINGS("no room for ./" SV_CHECK
                                         " (going on without it): ",
                                         strerror(errno)));
        return false;
    }
    service->health->makes_ready = makes_ready;
    service->health->failures = 0;
    service->health->pause_ms = EAGER_MS;
    return makes_ready;
}

void service_begin_checks(struct service *service)
{
    if (service->health != NULL && service->health->pid.fd < 0)
        arm_next(service->health);
}

void service_end_checks(struct service *service)
{
    struct health *health = service->health;

    if (health == NULL)
        return;
    loop_disarm(&health->engine->loop, &health->timer);
    discard(health);
}

void service_close_checks(struct service *service)
{
    struct health *health = service->health;

    if (health == NULL)
        return;
    service_end_checks(service);
    sv_children_free(&health->engine->children, health->child);
    service->health = NULL;
    health->service = NULL;
    health->child = NULL;
    if (health->pid.fd < 0)
        forget(health);
}

pid_t service_check_pid(const struct service *service)
{
    return service->health != NULL && service->health->pid.fd >= 0
               ? service->health->child->pid
               : 0;
}

void service_look_at_check(struct service *service)
{
    end_check(service->health);
}

/* Whether its process is that one is known by its start, as everywhere. */
static void adopt_check(struct health *health)
{
    const struct sv_child *child = health->child;
    int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);

    if (fd < 0)
        return;
    if (!sv_child_is(child->pid, child->t0, child->t1))
        close(fd);
    else if (watch_check(health, fd))
        discard(health);
}

void service_adopt_checks(struct service *service)
{
    struct sv_child *child = adopt_find_check(service->engine, service->dev,
                                              service->ino);
    bool has_run = sv_child_state(service->child) == SV_CHILD_RUNNING
                   && sv_child_role(service->child) == SV_ROLE_RUN;

    if (child == NULL
        && (!has_run
            || !sv_service_executable(service->base, service->dir, SV_CHECK)))
        return;
    if (!have_health(service, child)) {
        service_note(service, SV_STRINGS("no room for ./" SV_CHECK ": ",
                                         strerror(errno)));
        return;
    }
    if (child != NULL && sv_child_state(child) == SV_CHILD_RUNNING)
        adopt_check(service->health);
    if (child != NULL && service->health->pid.fd < 0)
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_CHECK, 0);
    service->health->pause_ms = EAGER_MS;
    service->health->makes_ready =
        service_said_socket(service) < 0
        && !service_has(service, SV_NOTIFICATION_FD);
}
