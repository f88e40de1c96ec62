/* SPDX-License-Identifier: ISC */
/*
 * act.c - carries out what the machine says, and tells it what happened.
 *
 * A death, step by step, so that SIGKILL between any two loses and repeats
 * nothing: (1) look at the status and leave the zombie; (2) record it as dead;
 * (3) tally, status file, events; (4) spawn what follows; (5) reap.  The next
 * svscan finds either the zombie's status (from init, who then reaps it) or
 * the record, and does (3) and (4) again; the tally knows a death that it has.
 * Where there is a finish it is spawned before the status file is written,
 * which names its pid, as s6 does: its record keeps the run's wstat and time
 * of death, so that (3) can still be done from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/spawn.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/tally.h"

enum {
    RESTART_MS = 1000,        /* between two starts, from start to start */
    RETRY_MS = 60000,         /* after a start that failed */
    KILL_AGAIN_MS = 5000,
    FINISH_DEFAULT_MS = 5000,
    LOOP_DEATHS = 3,          /* quick ones in a row that are worth a word */
    READINESS_BATCH = 256,
    PIPE_MOST = 65536, /* bytes in a pipe, as it is made */
    PERMANENT_FAILURE = 125,  /* finish's exit code: never again */
};

/* ---- small helpers ------------------------------------------------------ */

static bool is_finish(const struct service *service)
{
    return sv_child_role(service->child) == SV_ROLE_FINISH;
}

static bool has_run(const struct service *service)
{
    return service->state == STATE_STARTING || service->state == STATE_UP
           || service->state == STATE_LAST_UP;
}

/* By pidfd: never another process, whatever became of the number. */
static void send_signal(const struct service *service, int signal)
{
    if (service->pid.fd >= 0)
        syscall(SYS_pidfd_send_signal, service->pid.fd, signal, NULL, 0);
}

static void send_group_signal(const struct service *service, int signal)
{
    if (service->pid.fd >= 0 && service->child->pid > 1)
        kill(-service->child->pid, signal);
}

static uint32_t number_of(struct service *service, const char *file,
                          uint32_t otherwise)
{
    uint32_t value = otherwise;
    enum sv_value got =
        sv_service_uint(service->base, service->dir, file, &value);

    if (got == SV_INVALID)
        service_note(service, SV_STRINGS(file, ": not a number from 0 to"
                                               " 4294967295: ignored"));
    if (got == SV_UNREADABLE)
        service_note(service, SV_STRINGS(file, ": unable to read it: ",
                                         strerror(errno)));
    return got == SV_FOUND ? value : otherwise;
}

static int signal_of(struct service *service, const char *file, int otherwise)
{
    int signal = otherwise;
    enum sv_value got =
        sv_service_signal(service->base, service->dir, file, &signal);

    if (got == SV_INVALID)
        service_note(service, SV_STRINGS(file, ": not a signal: SIG",
                                         sv_signal_name(otherwise),
                                         " is sent instead"));
    return got == SV_FOUND ? signal : otherwise;
}

static bool has_file(const struct service *service, const char *file)
{
    return sv_at_exists(service->base, service->dir, file);
}

/* ---- timers --------------------------------------------------------------- */

static void on_timer(struct timer *timer)
{
    struct service *service = CONTAINER(timer, struct service, timer);

    service->child->deadline = 0;
    if (service->state != STATE_DOWN)
        service_happen(service, EVENT_KILL_DUE);
    else if (service->want && !service->engine->is_stopping)
        service_happen(service, EVENT_START_DUE);
}

/* The deadline stands in the record as well: the next svscan keeps it. */
void service_arm(struct service *service, int64_t at)
{
    service->child->deadline = at;
    loop_arm(&service->engine->loop, &service->timer, at, on_timer);
}

static void disarm(struct service *service)
{
    service->child->deadline = 0;
    loop_disarm(&service->engine->loop, &service->timer);
}

static void arm_in(struct service *service, uint32_t ms)
{
    service_arm(service, sv_boottime() + ms * SV_MS);
}

/* ---- readiness ------------------------------------------------------------ */

static void stop_awaiting(struct service *service)
{
    struct engine *engine = service->engine;
    struct sv_child *child = service->child;

    if (service->readiness.fd < 0)
        return;
    loop_unwatch(&engine->loop, &service->readiness);
    line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    if (sv_child_state(child) == SV_CHILD_RUNNING)
        sv_child_become(child, SV_CHILD_RUNNING, sv_child_role(child),
                        sv_child_flags(child) & ~(unsigned)SV_CHILD_AWAITED);
}

/* Copies what is in the pipe and leaves it there: a newline that was read and
 * not yet told of would be lost with us.  Returns as read(2). */
static ssize_t look_at_readiness(const struct service *service,
                                 char bytes[static READINESS_BATCH])
{
    const int *look = service->engine->look;
    ssize_t n = tee(service->readiness.fd, look[1], READINESS_BATCH,
                    SPLICE_F_NONBLOCK);

    return n > 0 ? read(look[0], bytes, (size_t)n) : n;
}

/* Bytes before the newline are ignored, however many come, and never waited
 * for.  False: there is nothing more to read now. */
static bool read_readiness(struct service *service)
{
    char bytes[READINESS_BATCH];
    ssize_t n = look_at_readiness(service, bytes);

    if (n == 0)
        service_happen(service, EVENT_SILENT);
    else if (n > 0 && memchr(bytes, '\n', (size_t)n) != NULL)
        service_happen(service, EVENT_READY);
    else
        return n > 0 && read(service->readiness.fd, bytes, (size_t)n) == n;
    stop_awaiting(service);
    return false;
}

static void on_readiness(struct watch *watch, uint32_t events)
{
    (void)events;
    read_readiness(CONTAINER(watch, struct service, readiness));
}

/* What it left behind may still be talking: no more is read than a pipe can
 * hold. */
void service_hear_last_words(struct service *service)
{
    if (service->readiness.fd < 0)
        return;
    for (int left = PIPE_MOST; left > 0 && read_readiness(service);
         left -= READINESS_BATCH)
        continue;
    stop_awaiting(service);
}

/* ---- spawning --------------------------------------------------------------- */

static int fresh_end(const struct service *service, int mode)
{
    char path[SV_PATH_MAX];

    return openat(service->base, sv_at(path, service->dir, SV_STDOUT),
                  mode | O_CLOEXEC);
}

static int null_end(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* For reading, without waiting for a writer to come, and without leaving that
 * mode to whoever reads. */
static int reading_end(const struct service *service, const char *file)
{
    char path[SV_PATH_MAX];
    int fd = openat(service->base, sv_at(path, service->dir, file),
                    O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        fcntl(fd, F_SETFL, 0);
    return fd;
}

/* The fifo of a logger whose service has left is found beside the logger. */
static int logger_end(const struct service *logger)
{
    if (logger->producer != NULL)
        return reading_end(logger->producer, SV_STDOUT);
    return reading_end(logger, "../" SV_STDOUT);
}

/* Each incarnation opens the fifo anew, so that no flag that one sets on its
 * description reaches another.  It is held open for both, so that this does
 * not wait.  False with errno set. */
static bool open_stdio(const struct service *service, int stdio[3])
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
    return service->log_fifo < 0
           || (stdio[1] = fresh_end(service, O_WRONLY)) >= 0;
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

static void on_pid(struct watch *watch, uint32_t events);

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

/* A process that nobody could see die would be started a second time. */
static bool watch_or_kill(struct service *service, int pidfd)
{
    siginfo_t info;

    if (service_watch_pid(service, pidfd))
        return true;
    service->child->of = errno;
    service_note(service, SV_STRINGS("unable to watch its process (killing"
                                     " it): ", strerror(errno)));
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
    close(pidfd);
    sv_child_become(service->child, SV_CHILD_VOID,
                    sv_child_role(service->child), 0);
    return false;
}

/* The number that the service wants to announce its readiness on; -1: none. */
static int notification_number(struct service *service)
{
    uint32_t number = number_of(service, SV_NOTIFICATION_FD, UINT32_MAX);

    if (number == UINT32_MAX)
        return -1;
    if (number > 0 && number < service->engine->inherited_files.rlim_cur)
        return (int)number;
    service_note(service, SV_STRINGS(SV_NOTIFICATION_FD,
                                     ": not a descriptor that it could have:"
                                     " it is started without readiness"));
    return -1;
}

static bool make_readiness_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    ends[0] = loop_fd(ends[0]);
    if (ends[0] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return true;
    close(ends[1]);
    return false;
}

void service_await_readiness(struct service *service, int fd)
{
    struct engine *engine = service->engine;

    if (loop_watch(&engine->loop, &service->readiness, fd, EPOLLIN,
                   on_readiness))
        return;
    service_note(service, SV_STRINGS("unable to await its readiness: ",
                                     strerror(errno)));
    line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    close(fd);
}

/* A copy of `run` that waits for the service's lock first is a program of its
 * own, since nothing may wait between clone and exec. */
enum { LOCKED_ARGV = 6 };

static bool use_lock(struct service *service, struct spawn *plan,
                     const char *argv[LOCKED_ARGV],
                     char number[SV_NUMBER_MAX])
{
    uint32_t fd = number_of(service, SV_LOCK_FD, UINT32_MAX);

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
                                         " are the same"));
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
        if (!make_readiness_pipe(ends))
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

void service_note_failed_start(struct service *service, int error)
{
    const char *why = error == ECANCELED ? "it was killed before its exec"
                                         : strerror(error);

    service_note(service,
                 SV_STRINGS("unable to spawn ./" SV_RUN " (retrying in 60 s,"
                            " or when it changes): ", why,
                            error == ENOENT && has_file(service, SV_RUN)
                                ? " (its interpreter, by the first line)"
                                : ""));
}

/* The reason stays in the record for as long as it says VOID. */
static void fail_start(struct service *service, int error)
{
    service_note_failed_start(service, error);
    service->child->of = error;
    service->follow = EVENT_SPAWN_FAILED;
}

/* The hook may find that the definition has changed, which starts whoever is
 * failing, or that it is gone: this start is the one that counts, or is off. */
static void prepare_start(struct service *service)
{
    service->is_failing = false;
    if (service->engine->hooks.before_start != NULL)
        service->engine->hooks.before_start(service);
    service->note_is_new = false;
}

static void spawn_run(struct service *service)
{
    struct spawn plan = { .service = service,
                          .role = SV_ROLE_RUN,
                          .hold_end = -1,
                          .notify_end = -1,
                          .stdio = { -1, -1, -1 } };
    int pidfd;

    prepare_start(service);
    if (service->state != STATE_DOWN)
        return;
    disarm(service);
    plan.notify_number = notification_number(service);
    plan.new_pid_namespace = has_file(service, SV_FLAG_NEWPIDNS);
    if (!start_run(service, &plan, &pidfd)) {
        fail_start(service, errno);
        return;
    }
    if (!watch_or_kill(service, pidfd)) {
        stop_awaiting(service);
        service->follow = EVENT_SPAWN_FAILED;
        return;
    }
    service->started = service->child->t0;
    service->stamp = sv_stamp_now();
    service->never_started = false;
    service->ready = service->paused = service->stopping = false;
    service->adopted = false;
    if (!service->note_is_new && !service->note_is_loop)
        service_forget_note(service);
    service->follow = service->readiness.fd >= 0 ? EVENT_SPAWNED_MUTE
                                                 : EVENT_SPAWNED;
}

static void limit_finish(struct service *service)
{
    uint32_t ms = number_of(service, SV_TIMEOUT_FINISH, FINISH_DEFAULT_MS);

    if (ms > 0)
        arm_in(service, ms);
}

static void spawn_finish(struct service *service)
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
                          .flags = service->close_stdio ? SV_CHILD_LAST : 0,
                          .of = dead,
                          .argv = argv,
                          .program = "./" SV_FINISH,
                          .hold_end = -1,
                          .notify_end = -1,
                          .notify_number = -1,
                          .stdio = { -1, -1, -1 } };
    int pidfd;

    if (!spawn_with_stdio(&plan, service->close_stdio, &pidfd)) {
        service_note(service, SV_STRINGS("unable to spawn ./" SV_FINISH
                                         " (going on without it): ",
                                         strerror(errno)));
    } else if (watch_or_kill(service, pidfd)) {
        limit_finish(service);
        return;
    }
    service->follow = EVENT_FINISH_FAILED;
}

/* ---- actions ------------------------------------------------------------------ */

static void want(struct service *service)
{
    service->want = true;
}

static void unwant(struct service *service)
{
    service->want = false;
    if (service->state == STATE_DOWN)
        disarm(service);
}

static void kill_sequence(struct service *service)
{
    uint32_t ms;

    send_signal(service, signal_of(service, SV_DOWN_SIGNAL, SIGTERM));
    send_signal(service, SIGCONT);
    service->paused = false;
    service->stopping = true;
    ms = number_of(service, SV_TIMEOUT_KILL, 0);
    if (ms == 0)
        ms = service->engine->is_stopping ? service->engine->stop_kill_ms : 0;
    if (ms > 0)
        arm_in(service, ms);
}

/* KILL before CONT for run, so that it does not run on; s6 has it the other
 * way round for finish, which nobody can tell apart. */
static void kill_now(struct service *service)
{
    if (is_finish(service))
        sv_warn(service->name, ": ./" SV_FINISH " takes too long: killing it");
    if (!is_finish(service) && has_file(service, SV_FLAG_TIMEOUT_KILLPG)) {
        send_group_signal(service, SIGKILL);
        send_group_signal(service, SIGCONT);
    } else {
        send_signal(service, SIGKILL);
        send_signal(service, SIGCONT);
    }
    service->paused = false;
    arm_in(service, KILL_AGAIN_MS);
}

static void forget_stdio(struct service *service)
{
    struct sv_child *child = service->child;

    service->close_stdio = true;
    sv_child_become(child, sv_child_state(child), sv_child_role(child),
                    sv_child_flags(child) | SV_CHILD_LAST);
}

void service_save(struct service *service)
{
    bool finishing = service->state == STATE_FINISH
                     || service->state == STATE_LAST_FINISH;
    struct sv_status status = {
        .stamp = service->stamp,
        .ready = service->ready_stamp,
        .pid = service_is_running(service) ? service->child->pid : 0,
        .wstat = service->wstat,
    };

    unsigned flags =
        (service->paused || service->is_new ? SV_STATUS_PAUSED : 0u)
        | (finishing ? SV_STATUS_FINISHING : 0u)
        | (service->want ? SV_STATUS_WANT_UP : 0u)
        | (service->ready || service->state == STATE_DOWN
                   || service->state == STATE_GONE
               ? SV_STATUS_READY
               : 0u);

    status.flags = (uint8_t)flags;
    if (!sv_status_write(service->base, service->dir, &status))
        sv_warn_sys("unable to write the status of ", service->name);
}

static void be_ready(struct service *service)
{
    service->ready = true;
    service->ready_stamp = sv_stamp_now();
}

/* At least a second lies between two starts; whoever ran longer is started
 * again at once. */
static void arm_restart(struct service *service)
{
    int64_t at = service->started + RESTART_MS * SV_MS;

    service->child->deadline = 0;
    if (!service->want || service->engine->is_stopping)
        return;
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
    if (service->want && !service->engine->is_stopping)
        arm_in(service, RETRY_MS);
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
    { ACT_SPAWN_FINISH, spawn_finish },
    { ACT_STATUS, service_save },
};

static const struct deed late_deeds[] = {
    { ACT_SPAWN_RUN, spawn_run },
    { ACT_ARM_RESTART, arm_restart },
    { ACT_ARM_RETRY, arm_retry },
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

    if (service->state == STATE_DOWN && service->follow == EVENTS
        && !service->is_failing
        && (state == SV_CHILD_DEAD || state == SV_CHILD_VOID))
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
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

void service_retry(struct service *service)
{
    if (service->state == STATE_DOWN && service->want
        && !service->engine->is_stopping)
        service_happen(service, EVENT_START_DUE);
}

/* ---- deaths --------------------------------------------------------------------- */

static void describe(int wstat, char text[static 64])
{
    if (wstat == SV_WSTAT_UNKNOWN)
        snprintf(text, 64, "nobody knows how");
    else if (WIFEXITED(wstat))
        snprintf(text, 64, "exit code %d", WEXITSTATUS(wstat));
    else
        snprintf(text, 64, "signal SIG%s", sv_signal_name(WTERMSIG(wstat)));
}

/* A service that dies again and again gets one line, not one a second. */
static void count_death(struct service *service, int wstat)
{
    char how[64];

    service->deaths++;
    if (sv_boottime() - service->started >= RESTART_MS * SV_MS
        || !service->want) {
        service->quick_deaths = 0;
        if (service->note_is_loop)
            service_forget_note(service);
        return;
    }
    if (++service->quick_deaths != LOOP_DEATHS)
        return;
    describe(wstat, how);
    service_note(service, SV_STRINGS("./" SV_RUN " ends within a second of its"
                                     " start, again and again (", how,
                                     "): it is started once a second"));
    service->note_is_loop = true;
}

static void run_died(struct service *service, int wstat, int64_t died)
{
    uint32_t max = number_of(service, SV_MAX_DEATH_TALLY, SV_TALLY_DEFAULT);
    tain stamp = sv_stamp_of(died);
    struct sv_death death = sv_death_of(&stamp, wstat);

    service->wstat = (uint16_t)wstat;
    service->stamp = stamp;
    service->ready = false;
    if (!sv_tally_add(service->base, service->dir, &death,
                      max > SV_TALLY_MAX ? SV_TALLY_MAX : max))
        sv_warn_sys("unable to write the death tally of ", service->name);
    count_death(service, wstat);
    /* One that cannot be executed counts as absent. */
    if (sv_service_executable(service->base, service->dir, SV_FINISH)) {
        service_happen(service, EVENT_DIED);
        return;
    }
    if (errno != ENOENT)
        service_note(service, SV_STRINGS("unable to execute ./" SV_FINISH
                                         " (going on without it): ",
                                         strerror(errno)));
    service_happen(service, EVENT_DIED_BARE);
}

static void finish_died(struct service *service, int wstat)
{
    bool never_again = wstat != SV_WSTAT_UNKNOWN && WIFEXITED(wstat)
                       && WEXITSTATUS(wstat) == PERMANENT_FAILURE;

    if (never_again)
        service_note(service, SV_STRINGS("./" SV_FINISH " exited 125: it stays"
                                         " down until it is started by hand"));
    service_happen(service,
                   never_again ? EVENT_FINISHED_125 : EVENT_FINISHED);
}

void service_died(struct service *service, int wstat, int64_t died)
{
    struct sv_child *child = service->child;
    enum sv_child_role role = sv_child_role(child);

    child->wstat = sv_child_end(wstat, service->restarts);
    child->died = died;
    sv_child_become(child, SV_CHILD_DEAD, role, sv_child_flags(child));
    disarm(service);
    service->paused = service->stopping = false;
    if (service->adopted) {
        service->adopted = false;
        service->engine->adopted--;
    }
    if (role == SV_ROLE_FINISH)
        finish_died(service, wstat);
    else
        run_died(service, wstat, died);
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

static void on_pid(struct watch *watch, uint32_t events)
{
    struct service *service = CONTAINER(watch, struct service, pid);
    siginfo_t info = { .si_pid = 0 };

    (void)events;
    service_hear_last_words(service);
    if (waitid(P_PIDFD, (id_t)watch->fd, &info, WEXITED | WNOHANG | WNOWAIT)
        < 0) {
        loop_unwatch(&service->engine->loop, watch);
        adopt_await(service);
        return;
    }
    if (info.si_pid == 0)
        return;

    int pidfd = loop_release(&service->engine->loop, watch);

    service_died(service, wstat_of(&info), sv_realtime());
    reap(pidfd);
}

/* ---- commands --------------------------------------------------------------------- */

static void keep_down_file(struct service *service, enum sv_down_file what)
{
    char path[SV_PATH_MAX];

    sv_at(path, service->dir, SV_DOWN_FILE);
    if (what == SV_DOWN_REMOVE) {
        if (unlinkat(service->base, path, 0) < 0 && errno != ENOENT)
            sv_warn_sys("unable to remove the down file of ", service->name);
        return;
    }

    int fd = openat(service->base, path,
                    O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);

    if (fd < 0)
        sv_warn_sys("unable to make the down file of ", service->name);
    else
        close(fd);
}

static void pass_signal(struct service *service, int signal, bool to_group)
{
    if (to_group)
        send_group_signal(service, signal);
    else
        send_signal(service, signal);
    if (signal != SIGSTOP && signal != SIGCONT)
        return;
    service->paused = signal == SIGSTOP;
    service_save(service);
    if (service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
}

static enum event event_of_want(enum sv_want what)
{
    static const enum event events[] = {
        [SV_WANT_NOTHING] = EVENTS,
        [SV_WANT_IS_UP] = EVENT_WANT_UP,
        [SV_WANT_IS_DOWN] = EVENT_WANT_DOWN,
        [SV_WANT_IS_ONCE] = EVENT_WANT_ONCE,
        [SV_WANT_IS_STAY] = EVENT_WANT_STAY,
        [SV_WANT_IS_EXIT] = EVENT_WANT_EXIT,
    };

    return events[what];
}

static void change_want(struct service *service,
                        const struct sv_command *command)
{
    if (command->down_file != SV_DOWN_KEEP)
        keep_down_file(service, command->down_file);
    if (command->want == SV_WANT_IS_UP || command->want == SV_WANT_IS_ONCE)
        service->quick_deaths = 0;
    service_happen(service, event_of_want(command->want));
}

void service_command(struct service *service, const struct sv_command *command)
{
    switch (command->kind) {
    case SV_COMMAND_WANT:
        change_want(service, command);
        return;
    case SV_COMMAND_SIGNAL:
    case SV_COMMAND_SIGNAL_GROUP:
        if (has_run(service))
            pass_signal(service, command->signal,
                        command->kind == SV_COMMAND_SIGNAL_GROUP);
        return;
    case SV_COMMAND_DOWN_SIGNAL:
        if (has_run(service))
            pass_signal(service, signal_of(service, SV_DOWN_SIGNAL, SIGTERM),
                        false);
        return;
    case SV_COMMAND_RELOAD_SIGNAL:
        if (has_run(service))
            pass_signal(service, signal_of(service, SV_RELOAD_SIGNAL, SIGHUP),
                        false);
        return;
    }
}
