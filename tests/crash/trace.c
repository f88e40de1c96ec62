/* SPDX-License-Identifier: ISC */
/*
 * trace.c - stops a process as it enters and as it leaves each system call, and
 * kills it at one of these stops.
 *
 * At the entry all that was stored since the call before is in memory and the
 * call does not take place any more; at the exit it has, and nothing that
 * follows has.  Between clone and exec a child stores for its parent, which is
 * suspended: the child's stops count as well.
 */
#include <errno.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "crash.h"
#include "sv/say.h"

enum { TRACEES_MAX = 16, SYSCALL_STOP = SIGTRAP | 0x80 };

static struct {
    struct quarry quarry;
    bool is_counting;
    bool is_held; /* svscan stands at its clone, with a child to come */
    pid_t early;  /* a child that was there before that; 0: none */
    unsigned count;
    pid_t tracees[TRACEES_MAX];
    size_t n;
    FILE *calls;
    unsigned long long call; /* that was entered last */
} tracer;

static volatile sig_atomic_t is_over;

static void on_term(int signal)
{
    (void)signal;
    is_over = 1;
}

static long request(int what, pid_t pid, long data)
{
    return syscall(SYS_ptrace, what, pid, 0L, data);
}

/* False if it is known. */
static bool add(pid_t pid)
{
    for (size_t i = 0; i < tracer.n; i++)
        if (tracer.tracees[i] == pid)
            return false;
    if (tracer.n < TRACEES_MAX)
        tracer.tracees[tracer.n++] = pid;
    return true;
}

static void drop(pid_t pid)
{
    for (size_t i = 0; i < tracer.n; i++)
        if (tracer.tracees[i] == pid)
            tracer.tracees[i] = tracer.tracees[--tracer.n];
}

static const char *name_of(unsigned long long call)
{
    if (call < sizeof call_names / sizeof *call_names
        && call_names[call] != NULL)
        return call_names[call];
    return "unknown";
}

/* True if that was the one. */
static bool count(pid_t pid)
{
    struct ptrace_syscall_info info;

    if (syscall(SYS_ptrace, PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info)
        <= 0)
        return false;

    bool enters = info.op == PTRACE_SYSCALL_INFO_ENTRY;

    if (enters)
        tracer.call = info.entry.nr;
    if (tracer.quarry.is_child && pid == tracer.quarry.pid)
        return false;
    fprintf(tracer.calls, "%u %s %s %s\n", ++tracer.count,
            pid == tracer.quarry.pid ? "svscan" : "child",
            enters ? "enters" : "leaves", name_of(tracer.call));
    return tracer.count == tracer.quarry.number;
}

/* svscan waits for its child in this stop, from which it can be let go, rather
 * than in its clone. */
static void release(void)
{
    if (tracer.is_held)
        request(PTRACE_SYSCALL, tracer.quarry.pid, 0);
    tracer.is_held = false;
}

static void let_go(pid_t pid, int signal)
{
    drop(pid);
    request(PTRACE_DETACH, pid, signal);
}

/* Who dies while it is traced is a zombie for its tracer first, and for init
 * only then, long after its children have come to init: so nobody is. */
static void kill_at(pid_t pid)
{
    bool is_victim = tracer.quarry.is_child || pid == tracer.quarry.pid;

    fputs("killed\n", tracer.calls);
    tracer.is_counting = false;
    if (tracer.is_held)
        let_go(tracer.quarry.pid, 0);
    tracer.is_held = false;
    if (!is_victim)
        kill(tracer.quarry.pid, SIGKILL);
    let_go(pid, is_victim ? SIGKILL : 0);
}

static void on_stop(pid_t pid, int wstat)
{
    int signal = WSTOPSIG(wstat), event = wstat >> 16;

    if (add(pid) && !tracer.is_held) {
        tracer.early = pid;
        return;
    }
    if (event == PTRACE_EVENT_EXEC && pid != tracer.quarry.pid) {
        let_go(pid, 0);
        release();
        return;
    }
    if (event == PTRACE_EVENT_VFORK && pid == tracer.quarry.pid) {
        tracer.is_held = true;
        if (tracer.early != 0)
            request(PTRACE_SYSCALL, tracer.early, 0);
        tracer.early = 0;
        return;
    }
    if (event == PTRACE_EVENT_EXEC)
        tracer.is_counting = true;
    if (signal == SYSCALL_STOP && tracer.is_counting && count(pid)) {
        kill_at(pid);
        return;
    }
    request(PTRACE_SYSCALL, pid,
            event != 0 || signal == SYSCALL_STOP ? 0 : signal);
}

/* They must be stopped for it. */
static void detach_all(void)
{
    int wstat;

    release();
    for (size_t i = 0; i < tracer.n; i++)
        request(PTRACE_INTERRUPT, tracer.tracees[i], 0);
    if (tracer.early != 0)
        request(PTRACE_SYSCALL, tracer.early, 0);
    while (tracer.n > 0) {
        pid_t pid = waitpid(-1, &wstat, __WALL);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            return;
        if (WIFSTOPPED(wstat))
            request(PTRACE_DETACH, pid, 0);
        drop(pid);
    }
}

/* Until nobody is left, or nobody wants to know more. */
static void follow(void)
{
    int wstat;

    while (!is_over && tracer.n > 0) {
        pid_t pid = waitpid(-1, &wstat, __WALL);

        if (pid < 0 && errno != EINTR)
            return;
        if (pid > 0 && WIFSTOPPED(wstat))
            on_stop(pid, wstat);
        else if (pid > 0) {
            drop(pid);
            if (pid == tracer.quarry.pid)
                return;
            release();
        }
    }
}

static void begin(void)
{
    pid_t pid = tracer.quarry.pid;
    struct sigaction action = { .sa_handler = on_term };

    sigaction(SIGTERM, &action, NULL);
    if (request(PTRACE_SEIZE, pid, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC
                                       | PTRACE_O_TRACEVFORK) < 0
        || request(PTRACE_INTERRUPT, pid, 0) < 0)
        sv_die_sys("unable to trace");
    tracer.is_counting = !tracer.quarry.from_exec;
    add(pid);

    int wstat;

    if (waitpid(pid, &wstat, __WALL) != pid || !WIFSTOPPED(wstat))
        sv_die_sys("unable to stop what is traced");
    request(PTRACE_SYSCALL, pid, 0);
}

pid_t trace(const struct quarry *quarry)
{
    int ready[2];
    char byte;

    if (pipe(ready) < 0)
        sv_die_sys("unable to make a pipe");

    pid_t child = fork();

    if (child < 0)
        sv_die_sys("unable to fork");
    if (child > 0) {
        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
            sv_die(SV_EXIT_SYSTEM, "there is no tracer");
        close(ready[0]);
        return child;
    }
    tracer.quarry = *quarry;
    tracer.calls = fopen(quarry->calls, "we");
    if (tracer.calls == NULL)
        sv_die_sys("unable to make ", quarry->calls);
    begin();
    if (write(ready[1], "", 1) != 1)
        sv_die_sys("unable to say that I trace");
    close(ready[1]);
    follow();
    detach_all();
    fclose(tracer.calls);
    _exit(0);
}

/* A signal that comes just before it waits would be slept over. */
void trace_end(pid_t pid)
{
    while (kill(pid, SIGTERM) == 0 && waitpid(pid, NULL, WNOHANG) == 0)
        sleep_us(2000);
}
