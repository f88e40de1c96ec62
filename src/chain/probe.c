/* SPDX-License-Identifier: ISC */
/*
 * probe.c - a service that cannot say that it is ready, asked until it is.
 *
 * The events of the service, the end of a check and the clock are waited for
 * in one place, await().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain/probe.h"
#include "sv/clock.h"
#include "sv/event.h"
#include "sv/say.h"
#include "sv/wait.h"

/* The process that asks. */
struct prober {
    const struct probe *probe;
    struct sv_wait wait;       /* for the service's death */
    struct sv_waited service;
    int64_t deadline;          /* of all; INT64_MAX for none */
    pid_t check;               /* 0 for none */
};

/* ---- waiting ------------------------------------------------------------ */

enum news { NEWS_TIME, NEWS_DEATH, NEWS_CHECK };

static void stop_check(struct prober *prober)
{
    if (prober->check > 0)
        kill(prober->check, SIGTERM);
    prober->check = 0;
}

static _Noreturn void leave(struct prober *prober, int code)
{
    stop_check(prober);
    sv_wait_close(&prober->wait);
    _exit(code);
}

static _Noreturn void leave_for(struct prober *prober, const char *what)
{
    sv_say(SV_FATAL, errno, SV_STRINGS("unable to ", what));
    leave(prober, SV_EXIT_SYSTEM);
}

/* Has the service died?  A signal to end has us end here. */
static bool has_died(struct prober *prober)
{
    switch (sv_wait_run(&prober->wait, 0)) {
    case SV_WAIT_DONE: return true;
    case SV_WAIT_TIMEOUT: return false;
    case SV_WAIT_SIGNAL: leave(prober, SV_EXIT_SYSTEM);
    case SV_WAIT_ERROR: break;
    }
    leave_for(prober, "listen to the service");
}

static int64_t after(uint32_t ms)
{
    return sv_boottime() + ms * SV_MS;
}

/* Waits for the first of: the service's death, the end of the check (a pidfd,
 * or -1), and the time until. */
static enum news await(struct prober *prober, int check, int64_t until)
{
    struct pollfd fds[] = {
        { .fd = prober->wait.poll, .events = POLLIN },
        { .fd = check, .events = POLLIN },
    };

    for (;;) {
        int64_t left = until - sv_boottime();
        struct timespec time;

        if (left < 0)
            left = 0;
        time.tv_sec = left / SV_SECOND;
        time.tv_nsec = left % SV_SECOND;

        int n = ppoll(fds, 2, until == INT64_MAX ? NULL : &time, NULL);

        if (n < 0 && errno != EINTR)
            leave_for(prober, "wait");
        if (n == 0)
            return NEWS_TIME;
        if (n > 0 && fds[0].revents != 0 && has_died(prober))
            return NEWS_DEATH;
        if (n > 0 && fds[1].revents != 0)
            return NEWS_CHECK;
    }
}

/* The end of something that may take ms (0: for ever) from now. */
static int64_t bounded(const struct prober *prober, uint32_t ms)
{
    int64_t end = ms > 0 ? after(ms) : INT64_MAX;

    return end < prober->deadline ? end : prober->deadline;
}

static bool is_late(const struct prober *prober)
{
    return sv_boottime() >= prober->deadline;
}

/* ---- asking ------------------------------------------------------------- */

/* Waits out a pause; PROBE_READY here says that it may go on. */
static enum probe_end pause_for(struct prober *prober, uint32_t ms)
{
    int64_t end = after(ms);

    if (end > prober->deadline)
        end = prober->deadline;
    if (await(prober, -1, end) == NEWS_DEATH)
        return PROBE_DIED;
    return is_late(prober) ? PROBE_TIMEOUT : PROBE_READY;
}

static enum probe_end end_of_check(struct prober *prober)
{
    int status;

    if (waitpid(prober->check, &status, 0) < 0)
        leave_for(prober, "wait for the check");
    prober->check = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? PROBE_READY
                                                         : PROBE_FAILED;
}

/* Runs the check once. */
static enum probe_end ask(struct prober *prober)
{
    char *const *check = prober->probe->check;
    int64_t end = bounded(prober, prober->probe->check_ms);
    enum news news;
    int pidfd;

    prober->check = sv_wait_start(&prober->wait, check);
    if (prober->check < 0) {
        prober->check = 0;
        sv_warn_sys("unable to spawn ", check[0]);
        return PROBE_FAILED;
    }
    pidfd = (int)syscall(SYS_pidfd_open, prober->check, 0);
    if (pidfd < 0)
        leave_for(prober, "wait for the check");
    news = await(prober, pidfd, end);
    close(pidfd);
    if (news == NEWS_CHECK)
        return end_of_check(prober);
    stop_check(prober);
    if (news == NEWS_DEATH)
        return PROBE_DIED;
    return is_late(prober) ? PROBE_TIMEOUT : PROBE_FAILED;
}

static enum probe_end ask_until_ready(struct prober *prober)
{
    const struct probe *probe = prober->probe;
    enum probe_end end = pause_for(prober, probe->first_ms);

    for (uint32_t tried = 1; end == PROBE_READY; tried++) {
        end = ask(prober);
        /* One that was stopped in vain may have ended by now. */
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        if (end != PROBE_FAILED || tried == probe->tries)
            break;
        end = pause_for(prober, probe->between_ms);
    }
    return end;
}

/* ---- the process -------------------------------------------------------- */

static void tell_supervisor(struct prober *prober)
{
    /* Who has stopped listening is no reason to die without a word. */
    signal(SIGPIPE, SIG_IGN);
    if (write(prober->probe->fd, "\n", 1) < 0)
        leave_for(prober, "notify of readiness");
}

static void begin(struct prober *prober)
{
    static const char death[] = { SV_EVENT_DIED, '\0' };
    const struct sv_goal goal = { .letters = death };

    /* The checks are to be waited for, whatever we were started with. */
    signal(SIGCHLD, SIG_DFL);
    if (!sv_wait_open(&prober->wait, &goal, false))
        sv_die_sys("unable to wait");
    if (!sv_wait_subscribe(&prober->wait, &prober->service, AT_FDCWD, "."))
        leave_for(prober, "subscribe to the service's events");
    prober->deadline = INT64_MAX;
    prober->deadline = bounded(prober, prober->probe->all_ms);
}

/* Closes the pipe when it listens, with a byte before. */
static _Noreturn void run(const struct probe *probe, int pipe)
{
    static struct prober prober;
    enum probe_end end;

    prober.probe = probe;
    begin(&prober);
    if (write(pipe, "", 1) < 0)
        leave_for(&prober, "tell that it listens");
    close(pipe);
    end = ask_until_ready(&prober);
    if (end == PROBE_READY)
        tell_supervisor(&prober);
    leave(&prober, (int)end);
}

/* In the first child; with is_apart, the second goes on, and this one ends. */
static _Noreturn void run_apart(const struct probe *probe, int pipe)
{
    pid_t pid = probe->is_apart ? fork() : 0;

    if (pid < 0)
        sv_die_sys("unable to fork");
    if (pid > 0)
        _exit(SV_EXIT_OK);
    run(probe, pipe);
}

bool probe_start(const struct probe *probe)
{
    int ends[2];
    char byte;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        sv_die_sys("unable to make a pipe");
    pid = fork();
    if (pid < 0)
        sv_die_sys("unable to fork");
    if (pid == 0) {
        close(ends[0]);
        run_apart(probe, ends[1]);
    }
    close(ends[1]);
    while ((n = read(ends[0], &byte, 1)) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    if (probe->is_apart || n != 1)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    return n == 1;
}
