/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - clone and exec.
 *
 * Everything between clone and exec runs on a small stack of its own in our
 * address space, while we are suspended.  It may change nothing of ours but
 * its record, and must call nothing that could block or allocate.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/spawn.h"
#include "sv/clock.h"
#include "sv/say.h"

enum { LOCK_SLOT, SELF_SLOT, BASE_SLOT, NOTIFY_SLOT, STDIO_SLOT };
enum { CHILD_STACK = 65536 };

_Static_assert(STDIO_SLOT + 3 == SPAWN_SLOTS, "a slot for each of 0, 1 and 2");

#if defined(__SANITIZE_ADDRESS__)
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))
#endif
#endif
#ifndef IN_CHILD
#define IN_CHILD
#endif

/* What the child reads; the parent's, unchanged while the child runs. */
struct errand {
    int error;      /* ... but for this: why the child gave up; 0: it did not */
    const struct spawn *spawn;
    const int *slots;
    const struct rlimit *files;
    int listener;
    bool default_sigpipe;
    bool shares_files;
    bool knows_pid; /* the kernel writes the pid into the record */
};

extern char **environ;

static char child_stack[CHILD_STACK] __attribute__((aligned(16)));

/* ---- in the child -------------------------------------------------------- */

IN_CHILD static struct sv_child *record_of(const struct spawn *spawn)
{
    return spawn->child != NULL ? spawn->child : spawn->service->child;
}

/* The record of a finish still needs its `of`. */
IN_CHILD static _Noreturn void give_up(struct errand *errand, int error)
{
    const struct spawn *spawn = errand->spawn;
    struct sv_child *child = record_of(spawn);

    errand->error = error;
    if (spawn->role != SV_ROLE_FINISH)
        child->of = error;
    sv_child_become(child, SV_CHILD_VOID, spawn->role, spawn->flags);
    _exit(SV_EXIT_NOTFOUND);
}

/* Whoever comes after the svscan that is dead finds an intent, and starts what
 * we did not. */
IN_CHILD static _Noreturn void give_back(const struct errand *errand)
{
    const struct spawn *spawn = errand->spawn;

    sv_child_become(record_of(spawn), SV_CHILD_INTENT, spawn->role,
                    spawn->flags);
    _exit(SV_EXIT_NOTFOUND);
}

/* Does the svscan that forked us live?  getppid() would not do: it is 0 in a
 * new pid namespace. */
IN_CHILD static bool parent_lives(const struct errand *errand)
{
    struct pollfd self = { .fd = errand->slots[SELF_SLOT], .events = POLLIN };

    return poll(&self, 1, 0) == 0;
}

/* Our pid as svscan sees it, which getpid() does not say in a new pid
 * namespace; 0 with errno set. */
IN_CHILD static pid_t outer_pid(void)
{
    char text[16];
    ssize_t n = readlink("/proc/self", text, sizeof text);
    pid_t pid = 0;

    for (ssize_t i = 0; i < n; i++)
        pid = 10 * pid + (text[i] - '0');
    return pid;
}

IN_CHILD static void report(struct errand *errand)
{
    struct sv_child *child = record_of(errand->spawn);

    if (!errand->knows_pid)
        child->pid = errand->spawn->new_pid_namespace ? outer_pid() : getpid();
    if (child->pid == 0)
        give_up(errand, errno);
    child->t1 = sv_boottime();
    sv_child_become(child, SV_CHILD_RUNNING, errand->spawn->role,
                    errand->spawn->flags);
}

/* The readiness pipe goes to the number that the service asked for, which may
 * be that of a slot: what lies there moves on first, since the lock's
 * description must stay open until exec. */
IN_CHILD static bool place_notify(const struct errand *errand)
{
    int from = errand->slots[NOTIFY_SLOT], to = errand->spawn->notify_number;

    if (from == to)
        return fcntl(to, F_SETFD, 0) == 0;
    if (fcntl(to, F_GETFD) >= 0 && fcntl(to, F_DUPFD_CLOEXEC, 3) < 0)
        return false;
    return dup2(from, to) >= 0;
}

IN_CHILD static bool place_stdio(const struct errand *errand)
{
    for (int i = 0; i < 3; i++)
        if (errand->spawn->stdio[i] >= 0
            && dup2(errand->slots[STDIO_SLOT + i], i) < 0)
            return false;
    return true;
}

IN_CHILD static void clear_signals(const struct errand *errand)
{
    sigset_t none;

    if (errand->default_sigpipe)
        signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

IN_CHILD static int run_child(void *arg)
{
    struct errand *errand = arg;
    const struct spawn *spawn = errand->spawn;

    if (errand->shares_files
        && syscall(SYS_close_range, (unsigned)LOOP_FD_MIN, ~0U,
                   CLOSE_RANGE_UNSHARE) < 0)
        give_up(errand, errno);
    if (!errand->shares_files)
        close(errand->listener);
    if (!parent_lives(errand))
        give_back(errand);
    report(errand);
    if (!parent_lives(errand))
        give_back(errand);
    if (!spawn->in_our_session)
        setsid();
    if (fchdir(errand->slots[BASE_SLOT]) < 0 || chdir(spawn->service->dir) < 0
        || !place_stdio(errand)
        || (spawn->notify_end >= 0 && !place_notify(errand))
        || setrlimit(RLIMIT_NOFILE, errand->files) < 0)
        give_up(errand, errno);
    clear_signals(errand);
    execve(spawn->program, (char *const *)(uintptr_t)spawn->argv,
           spawn->environment != NULL ? spawn->environment : environ);
    give_up(errand, errno);
}

/* ---- in the parent ------------------------------------------------------- */

/* clone3 with a stack of the child's own.  There is no wrapper for it in any
 * libc: the child must not return through the frame that it shares with us. */
static long clone_into(struct clone_args *args, struct errand *errand)
{
    long result;

#if defined(__x86_64__)
    register int (*function)(void *) __asm__("r12") = run_child;
    register void *argument __asm__("r13") = errand;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"((long)SYS_clone3), "D"(args), "S"(sizeof *args),
                       "r"(function), "r"(argument)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long first __asm__("x0") = (long)args;
    register long second __asm__("x1") = sizeof *args;
    register int (*function)(void *) __asm__("x19") = run_child;
    register void *argument __asm__("x20") = errand;

    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(first)
                     : "r"(number), "r"(second), "r"(function), "r"(argument)
                     : "memory", "x30");
    result = first;
#else
    (void)args;
    (void)errand;
    result = -ENOSYS;
#endif
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static pid_t clone_new_way(struct errand *errand, int *pidfd)
{
    const struct spawn *spawn = errand->spawn;
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD
                 | CLONE_PARENT_SETTID
                 | (spawn->new_pid_namespace ? CLONE_NEWPID : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .parent_tid = (uint64_t)(uintptr_t)&record_of(spawn)->pid,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)child_stack,
        .stack_size = sizeof child_stack,
    };

    errand->shares_files = true;
    errand->knows_pid = true;
    return (pid_t)clone_into(&args, errand);
}

/* Where the kernel or a filter refuses clone3 or close_range: the table of
 * descriptors is copied, and the pid comes from the child itself. */
static pid_t clone_old_way(struct errand *errand, int *pidfd)
{
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD
                | (errand->spawn->new_pid_namespace ? CLONE_NEWPID : 0);

    errand->shares_files = false;
    errand->knows_pid = false;

    return clone(run_child, child_stack + sizeof child_stack, flags, errand,
                 pidfd);
}

static void tell_of_old_way(const char *call)
{
    sv_info(call, " is refused here: spawning costs more with each descriptor"
                  " that is open");
}

static pid_t clone_child(struct engine *engine, struct errand *errand,
                         int *pidfd)
{
    if (engine->has_clone3) {
        pid_t pid = clone_new_way(errand, pidfd);

        if (pid >= 0 || (errno != ENOSYS && errno != EPERM)
            || (errno == EPERM && errand->spawn->new_pid_namespace))
            return pid;
        engine->has_clone3 = false;
        tell_of_old_way("clone3");
    }
    return clone_old_way(errand, pidfd);
}

static bool fill_slot(struct engine *engine, int slot, int fd)
{
    return dup3(fd, engine->slots[slot], O_CLOEXEC) >= 0;
}

static bool fill_slots(struct engine *engine, const struct spawn *spawn)
{
    if (!fill_slot(engine, BASE_SLOT, spawn->service->base)
        || (spawn->notify_end >= 0
            && !fill_slot(engine, NOTIFY_SLOT, spawn->notify_end)))
        return false;
    for (int i = 0; i < 3; i++)
        if (spawn->stdio[i] >= 0
            && !fill_slot(engine, STDIO_SLOT + i, spawn->stdio[i]))
            return false;
    return true;
}

/* A writing end that stayed in a slot would keep a pipe from ending, and a
 * directory its file system from being unmounted. */
static void empty_slots(struct engine *engine, const struct spawn *spawn)
{
    int filler = engine->slots[LOCK_SLOT];

    fill_slot(engine, BASE_SLOT, filler);
    if (spawn->notify_end >= 0)
        fill_slot(engine, NOTIFY_SLOT, filler);
    for (int i = 0; i < 3; i++)
        if (spawn->stdio[i] >= 0)
            fill_slot(engine, STDIO_SLOT + i, filler);
}

/* The child ended before its exec: it has said why, unless something killed it
 * before it could, which is a failed start as well. */
static bool collect(const struct errand *errand, int *pidfd)
{
    const struct spawn *spawn = errand->spawn;
    struct sv_child *child = record_of(spawn);
    int error = errand->error != 0 ? errand->error : ECANCELED;
    siginfo_t info;

    if (sv_child_state(child) == SV_CHILD_RUNNING)
        return true;
    if (spawn->role != SV_ROLE_FINISH)
        child->of = error;
    sv_child_become(child, SV_CHILD_VOID, spawn->role, spawn->flags);
    while (waitid(P_PIDFD, (id_t)*pidfd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
    close(*pidfd);
    errno = error;
    return false;
}

bool spawn(const struct spawn *asked, int *pidfd)
{
    struct engine *engine = asked->service->engine;
    struct noexec how;
    const struct spawn *spawn =
        engine->is_noexec ? noexec_plan(asked, &how) : asked;
    struct sv_child *child = record_of(spawn);
    struct errand errand = {
        .spawn = spawn,
        .slots = engine->slots,
        .files = &engine->inherited_files,
        .listener = engine->listener,
        .default_sigpipe = !engine->sigpipe_was_ignored,
    };

    if (!fill_slots(engine, spawn)) {
        empty_slots(engine, spawn);
        return false;
    }

    uint32_t before = atomic_load(&child->head);

    child->t0 = sv_boottime();
    child->of = spawn->of;
    child->deadline = 0;
    sv_child_become(child, SV_CHILD_INTENT, spawn->role, spawn->flags);
    if (spawn->hold_end >= 0)
        line_hold(engine, SV_KIND_READINESS, spawn->service->dev,
                  spawn->service->ino, child->t0, spawn->hold_end);

    pid_t pid = clone_child(engine, &errand, pidfd);
    int error = errno;

    empty_slots(engine, spawn);
    if (pid >= 0)
        return collect(&errand, pidfd);
    atomic_store(&child->head, before);
    errno = error;
    return false;
}

bool spawn_open(struct engine *engine, int lock)
{
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (self < 0)
        return false;
    for (int i = 0; i < SPAWN_SLOTS; i++) {
        engine->slots[i] = fcntl(i == SELF_SLOT ? self : lock, F_DUPFD_CLOEXEC,
                                 3);
        if (engine->slots[i] < 0)
            return false;
        if (engine->slots[i] >= LOOP_FD_MIN) {
            errno = ENFILE;
            return false;
        }
    }
    close(self);
    engine->listener = -1;
    engine->is_noexec = noexec_is(engine->live);
    engine->has_clone3 = syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
    if (!engine->has_clone3)
        tell_of_old_way("close_range");
    return true;
}
