/* SPDX-License-Identifier: ISC */
/*
 * death.c - a process of a service has ended.
 *
 * Step by step, so that SIGKILL between any two loses and repeats nothing: (1)
 * look at the status and leave the zombie; (2) record it as dead; (3) tally,
 * status file, events; (4) spawn what follows; (5) reap.  What the next svscan
 * finds, killed
 *   before (2)   RUNNING, and a zombie that goes to init: the status comes from
 *                the relay (relay.h).  Half of (2) is none: the head is stored
 *                last, and wstat of a finish that runs, which is its run's, is
 *                read only while the status file does not tell it.
 *   in (3)       DEAD: all of (3) again.  The tally knows a death by its stamp,
 *                which the record keeps; files are replaced whole; events may
 *                come twice, which says nothing new.
 *   in (4)       DEAD, or what spawn.h says of the birth of what follows.
 *   before (5)   the record is of the next process, or IDLE.  The zombie's entry
 *                is of nobody: what was spawned has another pid than it, since
 *                it had its own still.
 * Where there is a finish it is spawned before the status file is written,
 * which names its pid, as s6 does: its record keeps the run's wstat and time
 * of death, so that (3) can still be done from it; run's pid is in `of`, for a
 * finish that never came to its exec, which is then the run's death again.
 * A full file system costs the tally or the status file what could not be
 * written, and a word; the record has its page already.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/tally.h"

enum {
    LOOP_DEATHS = 3,         /* quick ones in a row that are worth a word */
    PERMANENT_FAILURE = 125, /* finish's exit code: never again */
};

void service_describe_end(int wstat, char text[static 64])
{
    char number[SV_NUMBER_MAX];

    if (wstat == SV_WSTAT_UNKNOWN)
        sv_join(text, 64, SV_STRINGS("nobody knows how"));
    else if (WIFEXITED(wstat))
        sv_join(text, 64,
                SV_STRINGS("exit code ",
                           sv_number(number, WEXITSTATUS(wstat))));
    else
        sv_join(text, 64,
                SV_STRINGS("signal SIG", sv_signal_name(WTERMSIG(wstat))));
}

/* A service that dies again and again gets one line, not one a second; what was
 * told to go has not died by itself. */
static void count_death(struct service *service, int wstat, bool was_told)
{
    static const char dies_young[] =
        "./" SV_RUN " ends within a second of its start, again and again (";
    char how[64];

    service->deaths++;
    if (sv_boottime() - service->started >= SERVICE_RESTART_MS * SV_MS
        || !service->want || was_told) {
        service->quick_deaths = 0;
        if (service->note_is_loop)
            service_forget_note(service);
        return;
    }
    if (++service->quick_deaths != LOOP_DEATHS)
        return;
    service_describe_end(wstat, how);
    service_note(service, SV_STRINGS(dies_young, how, "): it is started ",
                                     service_has(service, SV_RESTART_DELAY)
                                             || service->quick_runs > 0
                                         ? "as its restart-delay says"
                                         : "once a second"));
    service->note_is_loop = true;
}

void service_end_main(struct service *service, int wstat)
{
    struct engine *engine = service->engine;
    bool is_on_command = !service->want || service->is_unhealthy;
    char how[64];

    if (engine->on_stop == NULL || (is_on_command && !engine->is_stopping)
        || !service_has(service, SV_FLAG_MAIN))
        return;
    service_describe_end(wstat, how);
    sv_info(service->name, " has ended (", how, "), and with it the tree");
    line_main_ended(engine, wstat);
}

static bool is_to_restart(const struct service *service)
{
    return service->want && !service->engine->is_stopping
           && service->state != STATE_LAST_UP;
}

static void run_died(struct service *service, int wstat, int64_t died,
                     bool was_told)
{
    uint32_t max =
        service_number(service, SV_MAX_DEATH_TALLY, SV_TALLY_DEFAULT);
    tain stamp = sv_stamp_of(died);
    struct sv_death death = sv_death_of(&stamp, wstat);

    service->wstat = (uint16_t)wstat;
    service_stamp(service, stamp);
    service->ready = false;
    if (!sv_tally_add(service->base, service->dir, &death,
                      max > SV_TALLY_MAX ? SV_TALLY_MAX : max))
        sv_warn_sys("unable to write the death tally of ", service->name);
    count_death(service, wstat, was_told);
    if (!was_told || service->engine->is_stopping)
        service_end_main(service, wstat);
    if (!was_told && is_to_restart(service))
        service_may_restart(service, died);
    /* One that cannot be executed counts as absent. */
    if (sv_service_executable(service->base, service->dir, SV_FINISH)) {
        service_happen(service, EVENT_DIED);
        return;
    }
    if (errno != ENOENT)
        service_note(service, SV_STRINGS("unable to execute ./" SV_FINISH
                                         " (going on without it): ",
                                         strerror(errno)));
    service_happen(service, service->is_failed ? EVENT_DIED_FOR_GOOD
                                               : EVENT_DIED_BARE);
}

static void finish_died(struct service *service, int wstat)
{
    bool never_again = wstat != SV_WSTAT_UNKNOWN && WIFEXITED(wstat)
                       && WEXITSTATUS(wstat) == PERMANENT_FAILURE;

    if (never_again)
        service_note(service, SV_STRINGS("./" SV_FINISH " exited 125: it stays"
                                         " down until it is started by hand"));
    service->is_failed |= never_again;
    service_happen(service, service->is_failed ? EVENT_FINISHED_125
                                               : EVENT_FINISHED);
}

/* By a svscan that has died since. */
static bool was_told_before(const struct sv_child *child)
{
    return sv_child_role(child) == SV_ROLE_RUN
           && sv_child_flags(child) & SV_CHILD_TOLD;
}

void service_died(struct service *service, int wstat, int64_t died)
{
    struct sv_child *child = service->child;
    enum sv_child_role role = sv_child_role(child);
    bool was_told = !service->is_unhealthy
                    && (service->stopping || was_told_before(child));

    child->wstat = sv_child_end(wstat, service->restarts);
    child->died = died;
    sv_child_become(child, SV_CHILD_DEAD, role, sv_child_flags(child));
    service_disarm(service);
    service->paused = service->stopping = false;
    service_end_said(service);
    service_end_checks(service);
    if (service->adopted) {
        service->adopted = false;
        service->engine->adopted--;
    }
    if (role == SV_ROLE_FINISH)
        finish_died(service, wstat);
    else if (role == SV_ROLE_UP || role == SV_ROLE_DOWN)
        service_script_died(service, wstat, died);
    else
        run_died(service, wstat, died, was_told);
}

static int wstat_of(const siginfo_t *info)
{
    switch (info->si_code) {
    case CLD_EXITED:
        return (info->si_status & 0xff) << 8;
    case CLD_DUMPED:
        return info->si_status | 0x80;
    default:
        return info->si_status;
    }
}

static void reap(int pidfd)
{
    siginfo_t info;

    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0
           && errno == EINTR)
        continue;
    close(pidfd);
}

bool service_look(struct service *service)
{
    struct watch *watch = &service->pid;
    siginfo_t info = { .si_pid = 0 };

    service_hear_last_words(service);
    if (waitid(P_PIDFD, (id_t)watch->fd, &info, WEXITED | WNOHANG | WNOWAIT)
        < 0) {
        loop_unwatch(&service->engine->loop, watch);
        adopt_await(service);
        return false;
    }
    if (info.si_pid == 0)
        return false;

    int pidfd = loop_release(&service->engine->loop, watch);

    service_died(service, wstat_of(&info), sv_realtime());
    reap(pidfd);
    return true;
}

static void on_pid(struct watch *watch, uint32_t events)
{
    (void)events;
    service_look(CONTAINER(watch, struct service, pid));
}

bool service_watch_pid(struct service *service, int pidfd)
{
    int fd = pidfd < LOOP_FD_MIN
                 ? fcntl(pidfd, F_DUPFD_CLOEXEC, LOOP_FD_MIN)
                 : pidfd;

    if (fd < 0)
        return false;
    if (!loop_watch(&service->engine->loop, &service->pid, fd, EPOLLIN,
                    on_pid)) {
        int error = errno;

        if (fd != pidfd)
            close(fd);
        errno = error;
        return false;
    }
    if (fd != pidfd)
        close(pidfd);
    return true;
}
