/* SPDX-License-Identifier: ISC */
/*
 * start.c - run and finish: what they are given, and their spawning.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/spawn.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

enum { FINISH_DEFAULT_MS = 5000 };

static int null_end(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* A description of its own, opened without waiting for the other end to come,
 * and without leaving that mode to whoever gets it. */
static int open_end(int base, const char *path, int mode)
{
    int fd = openat(base, path, mode | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        fcntl(fd, F_SETFL, 0);
    return fd;
}

/* An end of a fifo of a service: the one that is held, whatever has become of its
 * name. */
static int held_end(const struct service *service, int held, const char *file,
                    int mode)
{
    char path[SV_PATH_MAX];

    sv_at(path, service->dir, file);
    if (!sv_at_is(held, service->base, path)) {
        char number[SV_NUMBER_MAX];

        sv_at(path, "/proc/self/fd", sv_number(number, held));
    }
    return open_end(service->base, path, mode);
}

static int fifo_end(const struct service *service, int mode)
{
    return held_end(service, service->log_fifo, SV_STDOUT, mode);
}

static int reading_end(const struct service *service, const char *file)
{
    char path[SV_PATH_MAX];

    return open_end(service->base, sv_at(path, service->dir, file), O_RDONLY);
}

/* The fifo of a logger whose service has left is found beside the logger. */
static int logger_end(const struct service *logger)
{
    if (logger->producer != NULL && logger->producer->log_fifo >= 0)
        return fifo_end(logger->producer, O_RDONLY);
    return reading_end(logger, "../" SV_STDOUT);
}

/* The writing end of a pipeline, where it is in one: false with errno set. */
static bool open_pipeline(struct service *service, int *fd)
{
    const struct hooks *hooks = &service->engine->hooks;
    struct service *consumer =
        hooks->consumer != NULL ? hooks->consumer(service) : NULL;

    if (consumer == NULL)
        return true;
    if (!service_open_input(consumer))
        return false;
    *fd = held_end(consumer, consumer->input, SV_STDIN, O_WRONLY);
    return *fd >= 0;
}

/* Each incarnation opens the fifo anew, so that no flag that one sets on its
 * description reaches another.  False with errno set. */
static bool open_stdio(struct service *service, int stdio[3])
{
    const struct engine *engine = service->engine;

    stdio[0] = stdio[1] = stdio[2] = -1;
    if (engine->catch_all == service) {
        stdio[0] = reading_end(service, SV_CATCH_ALL_FIFO);
        stdio[1] = fcntl(engine->console, F_DUPFD_CLOEXEC, 0);
        stdio[2] = fcntl(engine->console, F_DUPFD_CLOEXEC, 0);
        return stdio[0] >= 0 && stdio[1] >= 0 && stdio[2] >= 0;
    }
    if (service->is_logger && (stdio[0] = logger_end(service)) < 0)
        return false;
    if (service->input >= 0
        && (stdio[0] = held_end(service, service->input, SV_STDIN, O_RDONLY))
               < 0)
        return false;
    if (service->log_fifo < 0)
        return open_pipeline(service, &stdio[1]);
    stdio[1] = fifo_end(service, O_WRONLY);
    return stdio[1] >= 0;
}

static void close_stdio(int stdio[3])
{
    for (int i = 0; i < 3; i++)
        if (stdio[i] >= 0)
            close(stdio[i]);
}

/* Whether it fails before or after the fork, the caller learns it alike. */
static bool spawn_with_stdio(struct spawn *plan, bool with_null, int *pidfd)
{
    bool ok = open_stdio(plan->service, plan->stdio);

    if (ok && with_null) {
        for (int i = 0; i < 2; i++) {
            if (plan->stdio[i] >= 0)
                close(plan->stdio[i]);
            plan->stdio[i] = null_end();
        }
    }
    ok = ok && spawn(plan, pidfd);

    int error = errno;

    close_stdio(plan->stdio);
    errno = error;
    return ok;
}

static void wait_for_end(int pidfd, int how)
{
    siginfo_t info;

    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | how) < 0
           && errno == EINTR)
        continue;
}

/* A process that nobody could see die would be started a second time.  It is
 * reaped when the record no longer names it: until then init would be asked how
 * it ended. */
static bool watch_or_kill(struct service *service, int pidfd)
{
    struct sv_child *child = service->child;

    if (service_watch_pid(service, pidfd))
        return true;
    if (sv_child_role(child) != SV_ROLE_FINISH)
        child->of = errno;
    service_note(service, SV_STRINGS("unable to watch its process (killing"
                                     " it): ", strerror(errno)));
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    wait_for_end(pidfd, WNOWAIT);
    sv_child_become(child, SV_CHILD_VOID, sv_child_role(child),
                    sv_child_flags(child));
    wait_for_end(pidfd, 0);
    close(pidfd);
    return false;
}

/* The number that the service wants to announce its readiness on; -1: none. */
static int notification_number(struct service *service)
{
    uint32_t number = service_number(service, SV_NOTIFICATION_FD, UINT32_MAX);

    if (number == UINT32_MAX)
        return -1;
    if (number > 0 && number < service->engine->inherited_files.rlim_cur)
        return (int)number;
    service_note(service, SV_STRINGS(SV_NOTIFICATION_FD,
                                     ": not a descriptor that it could have:"
                                     " it is started without readiness"));
    return -1;
}

/* A copy of `run` that waits for the service's lock first is a program of its
 * own, since nothing may wait between clone and exec. */
enum { LOCKED_ARGV = 6 };

static bool use_lock(struct service *service, struct spawn *plan,
                     const char *argv[LOCKED_ARGV],
                     char number[SV_NUMBER_MAX])
{
    uint32_t fd = service_number(service, SV_LOCK_FD, UINT32_MAX);

    if (fd == UINT32_MAX)
        return true;
    if (fd >= service->engine->inherited_files.rlim_cur) {
        service_note(service, SV_STRINGS(SV_LOCK_FD,
                                         ": not a descriptor that it could"
                                         " have: it is started without"));
        return true;
    }
    if ((int)fd == plan->notify_number) {
        service_note(service, SV_STRINGS(SV_LOCK_FD " and " SV_NOTIFICATION_FD
                                         " are the same: it is started when"
                                         " that has changed and it is told"
                                         " to"));
        service->is_hopeless = true;
        errno = EINVAL;
        return false;
    }
    argv[0] = SV_RUN_LOCKED;
    argv[1] = sv_number(number, fd);
    argv[2] = "./" SV_RUN;
    argv[3] = service->name;
    argv[4] = NULL;
    plan->program = "/proc/self/exe";
    return true;
}

static bool start_run(struct service *service, struct spawn *plan,
                      int *pidfd)
{
    const char *locked[LOCKED_ARGV];
    const char *plain[] = { "./" SV_RUN, service->name, NULL };
    char number[SV_NUMBER_MAX];
    int ends[2] = { -1, -1 };

    plan->program = "./" SV_RUN;
    if (!use_lock(service, plan, locked, number))
        return false;
    if (plan->notify_number >= 0) {
        if (!service_make_readiness(ends))
            return false;
        plan->notify_end = ends[1];
        plan->hold_end = ends[0];
        plan->flags |= SV_CHILD_AWAITED;
    }

    plan->argv = plan->program[0] == '/' ? locked : plain;

    bool ok = spawn_with_stdio(plan, false, pidfd);
    int error = errno;

    plan->argv = NULL; /* its words end with this function */
    if (ends[1] >= 0)
        close(ends[1]);
    if (ok && ends[0] >= 0) {
        service_await_readiness(service, ends[0]);
    } else if (ends[0] >= 0) {
        line_drop(service->engine, SV_KIND_READINESS, service->dev,
                  service->ino);
        close(ends[0]);
    }
    errno = error;
    return ok;
}

static bool open_output(const struct service *service, int stdio[3])
{
    stdio[0] = null_end();
    if (stdio[0] < 0 || service->log_fifo < 0)
        return stdio[0] >= 0;
    stdio[1] = fifo_end(service, O_WRONLY);
    stdio[2] = fifo_end(service, O_WRONLY);
    return stdio[1] >= 0 && stdio[2] >= 0;
}

bool service_spawn_check(struct service *service, struct sv_child *child,
                         int *pidfd)
{
    const char *const argv[] = { "./" SV_CHECK, service->name, NULL };
    struct spawn plan = { .service = service,
                          .child = child,
                          .role = SV_ROLE_CHECK,
                          .argv = argv,
                          .program = "./" SV_CHECK,
                          .hold_end = -1,
                          .notify_end = -1,
                          .notify_number = -1,
                          .stdio = { -1, -1, -1 } };
    bool ok = open_output(service, plan.stdio) && spawn(&plan, pidfd);
    int error = errno;

    close_stdio(plan.stdio);
    errno = error;
    return ok;
}

void service_note_failed_start(struct service *service, int error)
{
    const char *why = error == ECANCELED ? "it was killed before its exec"
                                         : strerror(error);

    service_note(service,
                 SV_STRINGS("unable to spawn ./" SV_RUN " (retrying in 60 s,"
                            " or when it changes): ", why,
                            error == ENOENT && service_has(service, SV_RUN)
                                ? " (its interpreter, by the first line)"
                                : ""));
}

/* What is wrong with the file will be so in a minute, too; but not what the
 * system lacks. */
static void end_of_failed_start(struct service *service, int error)
{
    if (error == ENOENT || error == ENOTDIR)
        service_end_main(service, SV_EXIT_NOTFOUND << 8);
    else if (error == EACCES || error == ENOEXEC)
        service_end_main(service, SV_EXIT_NOEXEC << 8);
}

/* The reason stays in the record for as long as it says VOID. */
static void fail_start(struct service *service, int error)
{
    if (!service->is_hopeless)
        service_note_failed_start(service, error);
    service->child->of = error;
    service->follow = EVENT_SPAWN_FAILED;
    end_of_failed_start(service, error);
}

/* Its directory is of another kind now, and nothing runs.  A bundle leaves: the
 * next scan finds what it is. */
static void change_kind(struct service *service)
{
    enum sv_kind kind;

    sv_service_kind(service->base, service->dir, &kind);
    if (kind == service->kind)
        return;
    if (kind == SV_BUNDLE) {
        service_note(service, SV_STRINGS("it has become a bundle (what that"
                                         " holds is to be told again)"));
        service->follow = EVENT_TERM;
        return;
    }
    service->kind = kind;
    service->want = true; /* of a oneshot, once is the same as up */
    service->state = kind == SV_ONESHOT ? STATE_IDLE : STATE_DOWN;
    service->follow = EVENT_START_DUE;
}

/* The hook may find that the definition has changed, which starts whoever is
 * failing, or that it is gone: this start is the one that counts, or is off. */
void service_prepare_start(struct service *service)
{
    service->is_failing = service->is_hopeless = false;
    if (service->engine->hooks.before_start != NULL)
        service->engine->hooks.before_start(service);
    service->note_is_new = false;
    if (!service->is_logger && !service_is_running(service)
        && service->state != STATE_GONE)
        change_kind(service);
}

/* Whoever was killed before its exec has done nothing, and what kills at random
 * does not come twice: run, and finish, are spawned once more. */
void service_start(struct service *service)
{
    struct spawn plan = { .service = service,
                          .role = SV_ROLE_RUN,
                          .hold_end = -1,
                          .notify_end = -1,
                          .stdio = { -1, -1, -1 } };
    int pidfd;

    service_prepare_start(service);
    if (service->state != STATE_DOWN || service->follow != EVENTS)
        return;
    service->is_unhealthy = false;
    service->announces = service_open_said(service);
    plan.environment = service_environment(service);
    /* What the record says of an earlier failure is over: killed from here on,
     * it is to be started. */
    sv_child_become(service->child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
    service_disarm(service);
    plan.notify_number = notification_number(service);
    if (service_open_checks(service, plan.notify_number < 0
                                         && !service->announces))
        service->announces = true;
    if (service->announces)
        plan.flags |= SV_CHILD_AWAITED;
    if (service->is_by_hand
        && (service->announces || plan.notify_number >= 0))
        plan.flags |= SV_CHILD_LIMITED;
    service->is_by_hand = false;
    plan.new_pid_namespace = service_has(service, SV_FLAG_NEWPIDNS);
    if (!start_run(service, &plan, &pidfd)
        && (errno != ECANCELED || !start_run(service, &plan, &pidfd))) {
        fail_start(service, errno);
        return;
    }
    if (!watch_or_kill(service, pidfd)) {
        service_stop_awaiting(service);
        service->follow = EVENT_SPAWN_FAILED;
        return;
    }
    service->started = service->child->t0;
    service_stamp(service, sv_stamp_now());
    service->never_started = false;
    service->ready = service->paused = service->stopping = false;
    service->adopted = false;
    if (!service->note_is_new && !service->note_is_loop)
        service_forget_note(service);
    service->announces |= service->readiness.fd >= 0;
    service_limit_run(service);
    service_begin_checks(service);
    service->follow = service->announces ? EVENT_SPAWNED_MUTE : EVENT_SPAWNED;
}

static void limit_finish(struct service *service)
{
    uint32_t ms = service_number(service, SV_TIMEOUT_FINISH, FINISH_DEFAULT_MS);

    if (ms > 0)
        service_arm_in(service, ms);
}

static unsigned finish_flags(const struct service *service)
{
    return (service->state == STATE_LAST_FINISH ? SV_CHILD_LAST : 0u)
           | (service->close_stdio ? SV_CHILD_CLOSED : 0u)
           | (sv_child_flags(service->child)
              & (SV_CHILD_ORDERS | SV_CHILD_LATE | SV_CHILD_TOLD));
}

void service_start_finish(struct service *service)
{
    int wstat = service->wstat;
    bool is_known = wstat != SV_WSTAT_UNKNOWN;
    bool is_exit = is_known && WIFEXITED(wstat);
    char code[SV_NUMBER_MAX], signal[SV_NUMBER_MAX], group[SV_NUMBER_MAX];
    pid_t dead = service->child->pid;
    const char *argv[] = {
        "finish",
        sv_number(code, is_exit ? WEXITSTATUS(wstat) : 256),
        sv_number(signal, is_known && !is_exit ? WTERMSIG(wstat) : 0),
        service->name,
        sv_number(group, dead),
        NULL,
    };
    struct spawn plan = { .service = service,
                          .role = SV_ROLE_FINISH,
                          .flags = finish_flags(service),
                          .of = dead,
                          .argv = argv,
                          .program = "./" SV_FINISH,
                          .hold_end = -1,
                          .notify_end = -1,
                          .notify_number = -1,
                          .stdio = { -1, -1, -1 } };
    int pidfd;

    if (!spawn_with_stdio(&plan, service->close_stdio, &pidfd)
        && (errno != ECANCELED
            || !spawn_with_stdio(&plan, service->close_stdio, &pidfd))) {
        service_note(service, SV_STRINGS("unable to spawn ./" SV_FINISH
                                         " (going on without it): ",
                                         strerror(errno)));
    } else if (watch_or_kill(service, pidfd)) {
        limit_finish(service);
        return;
    }
    service->follow = EVENT_FINISH_FAILED;
}

bool service_spawn(struct spawn *plan)
{
    int pidfd;

    if (!spawn_with_stdio(plan, false, &pidfd)
        && (errno != ECANCELED || !spawn_with_stdio(plan, false, &pidfd)))
        return false;
    if (watch_or_kill(plan->service, pidfd))
        return true;
    errno = plan->service->child->of;
    return false;
}
