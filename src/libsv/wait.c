/* SPDX-License-Identifier: ISC */
/*
 * wait.c - waiting until services are up, or down, or have said something.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/exec.h>

#include "sv/clock.h"
#include "sv/wait.h"

/* ---- the step ----------------------------------------------------------- */

bool sv_goal_of(char letter, struct sv_goal *goal)
{
    static const struct {
        char letter;
        struct sv_goal goal;
    } goals[] = {
        { 'u', { .is_up = true } },
        { 'U', { .is_up = true, .is_ready = true } },
        { 'd', { .is_up = false } },
        { 'D', { .is_up = false, .is_ready = true } },
        { 'r', { .is_up = true, .is_down_first = true } },
        { 'R', { .is_up = true, .is_ready = true, .is_down_first = true } },
    };

    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++)
        if (goals[i].letter == letter) {
            *goal = goals[i].goal;
            return true;
        }
    return false;
}

static bool holds(const struct sv_progress *progress,
                  const struct sv_goal *goal)
{
    if (goal->letters != NULL)
        return progress->was_heard;
    return progress->is_known &&
           (progress->was_down || !goal->is_down_first) &&
           progress->is_up == goal->is_up &&
           (progress->is_ready || !goal->is_ready);
}

bool sv_progress_is_done(const struct sv_progress *progress,
                         const struct sv_goal *goal)
{
    return progress->has_failed || holds(progress, goal);
}

static void become(struct sv_progress *progress, const struct sv_goal *goal,
                   bool is_up, bool is_ready)
{
    progress->is_known = true;
    progress->is_up = is_up;
    progress->is_ready = is_ready;
    if (!is_up && (is_ready || !goal->is_over_first))
        progress->was_down = true;
}

void sv_progress_see(struct sv_progress *progress, const struct sv_goal *goal,
                     const struct sv_status *status)
{
    become(progress, goal, sv_status_is_up(status),
           status->flags & SV_STATUS_READY);
}

static void hear_of_state(struct sv_progress *progress,
                          const struct sv_goal *goal, char letter)
{
    switch (letter) {
    case SV_EVENT_UP:
        become(progress, goal, true, false);
        break;
    case SV_EVENT_READY:
        become(progress, goal, true, true);
        break;
    case SV_EVENT_DIED:
        become(progress, goal, false, false);
        break;
    case SV_EVENT_DOWN:
        become(progress, goal, false, true);
        break;
    case SV_EVENT_FAILED:
        progress->has_failed |= goal->is_up;
        break;
    case SV_EVENT_LEFT:
        progress->has_failed |= !holds(progress, goal);
        break;
    default:
        break;
    }
}

void sv_progress_hear(struct sv_progress *progress, const struct sv_goal *goal,
                      char letter)
{
    if (goal->letters == NULL)
        hear_of_state(progress, goal, letter);
    else if (letter != '\0' && strchr(goal->letters, letter) != NULL)
        progress->was_heard = true;
}

/* ---- opening ------------------------------------------------------------ */

/* The signals that end us and that nobody has turned off. */
static void ending_signals(sigset_t *set, const sigset_t *blocked)
{
    static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

    sigemptyset(set);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action;

        if (sigaction(signals[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN && !sigismember(blocked, signals[i]))
            sigaddset(set, signals[i]);
    }
}

static void raise_limit(struct rlimit *before)
{
    struct rlimit raised;

    if (getrlimit(RLIMIT_NOFILE, before) < 0)
        return;
    raised = *before;
    raised.rlim_cur = raised.rlim_max;
    setrlimit(RLIMIT_NOFILE, &raised);
}

/* Closes what there is of a wait and restores what it changed; keeps errno. */
static void leave(struct sv_wait *wait)
{
    int error = errno;

    if (wait->ending >= 0)
        close(wait->ending);
    if (wait->poll >= 0)
        close(wait->poll);
    setrlimit(RLIMIT_NOFILE, &wait->descriptors);
    sigprocmask(SIG_SETMASK, &wait->mask, NULL);
    errno = error;
}

bool sv_wait_open(struct sv_wait *wait, const struct sv_goal *goal,
                  bool is_any)
{
    struct epoll_event of_signals = { .events = EPOLLIN };
    sigset_t set;

    *wait = (struct sv_wait){ .goal = *goal, .is_any = is_any };
    sigprocmask(SIG_SETMASK, NULL, &wait->mask);
    ending_signals(&set, &wait->mask);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise_limit(&wait->descriptors);
    wait->poll = epoll_create1(EPOLL_CLOEXEC);
    wait->ending = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (wait->poll >= 0 && wait->ending >= 0 &&
        epoll_ctl(wait->poll, EPOLL_CTL_ADD, wait->ending, &of_signals) == 0)
        return true;
    leave(wait);
    return false;
}

/* ---- services ----------------------------------------------------------- */

static void unsubscribe(struct sv_waited *service)
{
    int error = errno;

    if (service->pattern != NULL)
        sv_fifodir_unsubscribe(service->base, service->dir, service->name);
    else
        sv_event_unsubscribe(service->base, service->dir, service->name);
    close(service->fifo);
    errno = error;
}

/* Makes the subscriber that service describes part of the wait. */
static bool attend(struct sv_wait *wait, struct sv_waited *service)
{
    struct epoll_event of_fifo = { .events = EPOLLIN, .data.ptr = service };

    if (service->fifo < 0)
        return false;
    if (epoll_ctl(wait->poll, EPOLL_CTL_ADD, service->fifo, &of_fifo) < 0) {
        unsubscribe(service);
        return false;
    }
    service->next = wait->services;
    wait->services = service;
    wait->count++;
    return true;
}

bool sv_wait_subscribe(struct sv_wait *wait, struct sv_waited *service,
                       int base, const char *dir)
{
    *service = (struct sv_waited){ .base = base, .dir = dir };
    /* Whatever keeps it from being made keeps us from subscribing, too. */
    sv_event_make(base, dir);
    service->fifo = sv_event_subscribe(base, dir, service->name);
    return attend(wait, service);
}

bool sv_wait_subscribe_to(struct sv_wait *wait, struct sv_waited *service,
                          int base, const char *dir,
                          struct sv_pattern *pattern)
{
    *service = (struct sv_waited){ .base = base, .dir = dir,
                                   .pattern = pattern };
    service->fifo = sv_fifodir_subscribe(base, dir, service->name);
    return attend(wait, service);
}

/* Takes a change of one service into account. */
static void recount(struct sv_wait *wait, const struct sv_waited *service,
                    const struct sv_progress *before)
{
    const struct sv_progress *now = &service->progress;

    wait->done += sv_progress_is_done(now, &wait->goal);
    wait->done -= sv_progress_is_done(before, &wait->goal);
    wait->failures += now->has_failed && !before->has_failed;
}

bool sv_wait_look(struct sv_wait *wait, struct sv_waited *service)
{
    struct sv_progress before = service->progress;
    struct sv_status status;

    if (!sv_status_read(service->base, service->dir, &status))
        return false;
    sv_progress_see(&service->progress, &wait->goal, &status);
    recount(wait, service, &before);
    return true;
}

/* In the child: becomes the program, or tells report why not. */
static _Noreturn void become_program(const struct sv_wait *wait, int report,
                                     char *const argv[])
{
    int error;

    setrlimit(RLIMIT_NOFILE, &wait->descriptors);
    sigprocmask(SIG_SETMASK, &wait->mask, NULL);
    /* As run_program() of src/chain does, without a shell. */
    exec((const char *const *)argv);
    error = errno;
    _exit(write(report, &error, sizeof error) != sizeof error);
}

/* Not posix_spawn(3), which could neither lower the limit in the child nor, for
 * want of descriptors, after we have. */
pid_t sv_wait_start(const struct sv_wait *wait, char *const argv[])
{
    int error = 0;
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become_program(wait, ends[1], argv);
    if (pid < 0)
        error = errno;
    close(ends[1]);
    /* It ends without a word when the program is executed. */
    while (pid > 0 && read(ends[0], &error, sizeof error) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    if (error == 0)
        return pid;
    if (pid > 0)
        waitpid(pid, NULL, 0);
    errno = error;
    return -1;
}

bool sv_wait_spawn(const struct sv_wait *wait, char *const argv[])
{
    pid_t pid = sv_wait_start(wait, argv);

    if (pid < 0)
        return false;
    /* The kernel reaps who ends from now on; who has ended, we. */
    signal(SIGCHLD, SIG_IGN);
    waitpid(pid, NULL, WNOHANG);
    return true;
}

/* ---- waiting ------------------------------------------------------------ */

static bool is_done(const struct sv_wait *wait)
{
    return wait->is_any && wait->count > 0 ? wait->done > 0
                                           : wait->done == wait->count;
}

static void hear(struct sv_wait *wait, struct sv_waited *service, char letter)
{
    struct sv_pattern *pattern = service->pattern;

    if (pattern == NULL) {
        sv_progress_hear(&service->progress, &wait->goal, letter);
    } else if (!service->progress.was_heard) {
        sv_pattern_hear(pattern, letter);
        service->progress.was_heard = sv_pattern_matches(pattern);
    }
}

/* Takes in what a service has said, letter by letter: of "dDu" the goal may
 * hold in the middle only.  False with errno set if it cannot be read. */
static bool listen_to(struct sv_wait *wait, struct sv_waited *service)
{
    char letters[256];

    while (!is_done(wait)) {
        ssize_t n = read(service->fifo, letters, sizeof letters);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 || errno == EAGAIN;
        for (ssize_t i = 0; i < n && !is_done(wait); i++) {
            struct sv_progress before = service->progress;

            hear(wait, service, letters[i]);
            recount(wait, service, &before);
        }
    }
    return true;
}

/* What epoll_wait(2) takes: rounded up, or we would look too early. */
static int timeout_ms(int64_t deadline)
{
    int64_t left;

    if (deadline == INT64_MAX)
        return -1;
    left = deadline - sv_boottime();
    if (left <= 0)
        return 0;
    left = (left - 1) / SV_MS + 1;
    return left < INT_MAX ? (int)left : INT_MAX;
}

enum sv_wait_end sv_wait_run(struct sv_wait *wait, int64_t deadline)
{
    while (!is_done(wait)) {
        struct epoll_event event;
        int timeout = timeout_ms(deadline);
        int n = epoll_wait(wait->poll, &event, 1, timeout);

        if (n < 0 && errno != EINTR)
            return SV_WAIT_ERROR;
        if (n == 0 && timeout_ms(deadline) == 0)
            return SV_WAIT_TIMEOUT;
        if (n <= 0)
            continue;
        if (event.data.ptr == NULL)
            return SV_WAIT_SIGNAL;
        if (!listen_to(wait, event.data.ptr))
            return SV_WAIT_ERROR;
    }
    return SV_WAIT_DONE;
}

void sv_wait_close(struct sv_wait *wait)
{
    for (; wait->services != NULL; wait->services = wait->services->next)
        unsubscribe(wait->services);
    leave(wait);
}
