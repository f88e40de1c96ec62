/* SPDX-License-Identifier: ISC */
/*
 * reap.c - children are reaped, their ends recorded, svscan woken.
 *
 * The time of an entry is read while the dead child is still a zombie, that is
 * before the kernel may give its pid to another: only so can a reader tell two
 * processes of one pid apart.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/relay.h"
#include "sv/say.h"
#include "init/reap.h"

enum {
    SWEEP_MAX = 4096, /* then others have their turn: a storm may never end */
    WALK_SHARE = 100, /* a dear walk may take one part in 100 of the time */
};

static const int64_t cheap_walk = 10 * SV_MS / 1000;
static const int64_t longest_wait = 50 * SV_MS; /* we may have been preempted */

static reap_ended *tell;
static struct sv_relay *relay;
static int memory = -1;
static int bell = -1;

static bool found;        /* something has been reaped since svscan was woken */
static bool asked;        /* svscan is to be woken after the next sweep */
static bool wanted;       /* a sweep is due at due */
static int64_t due;
static int64_t allowed;   /* no sweep before this time, unless asked for */
static bool childless;
static uint64_t quiet;    /* the relay's head when nobody was dead */

static bool make_relay(void)
{
    if (bell == -1)
        bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell != -1 && !relay)
        relay = memory != -1 ? sv_relay_open(memory)
                             : sv_relay_create(&memory);
    return relay != NULL;
}

void reap_begin(reap_ended *ended)
{
    tell = ended;
    if (!make_relay())
        sv_warn_sys("unable to make the relay (the ends of orphans will be "
                    "unknown)");
}

bool reap_relay(int fds[2])
{
    if (!make_relay())
        return false;
    fds[0] = memory;
    fds[1] = bell;
    return true;
}

void reap_save(struct reap_state *state)
{
    *state =
        (struct reap_state){.memory = memory, .bell = bell, .quiet = quiet};
}

void reap_resume(const struct reap_state *state)
{
    memory = state->memory;
    bell = state->bell;
    quiet = state->quiet;
}

static void wake_svscan(void)
{
    found = false;
    asked = false;
    if (bell != -1)
        eventfd_write(bell, 1);
}

static bool is_listening(void)
{
    return relay && atomic_load_explicit(&relay->listening,
                                         memory_order_relaxed) != 0;
}

/* Waits for pid, which is dead as of now. */
static void reap(pid_t pid, int64_t now)
{
    int wstat;

    if (waitpid(pid, &wstat, WNOHANG) != pid || tell(pid, wstat))
        return;
    if (relay)
        sv_relay_put(relay, pid, wstat, now);
    found = true;
}

void reap_named(pid_t pid)
{
    if (pid > 0)
        reap(pid, sv_boottime());
    wanted = true;
    due = allowed;
}

/* Any dead child, or 0 if there is none just now. */
static pid_t find_dead(void)
{
    siginfo_t info;

    info.si_pid = 0;
    childless =
        waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 &&
        errno == ECHILD;
    return childless ? 0 : info.si_pid;
}

/* How long to wait after a walk over all children that took so long and found
 * nobody.  A timer costs more than a cheap walk does. */
static int64_t wait_after(int64_t walk)
{
    int64_t wait = walk < cheap_walk ? 0 : WALK_SHARE * walk;

    return wait < longest_wait ? wait : longest_wait;
}

static void sweep(void)
{
    int64_t began = sv_boottime();
    int64_t walk = began;
    int64_t now;
    pid_t pid;
    int n = 0;

    while (n++ < SWEEP_MAX && (pid = find_dead()) > 0) {
        reap(pid, sv_boottime());
        walk = sv_boottime();
    }
    now = sv_boottime();
    wanted = n > SWEEP_MAX;
    due = now;
    if (wanted)
        return;
    allowed = now + wait_after(now - walk);
    if (!relay)
        return;
    quiet = atomic_load_explicit(&relay->head, memory_order_relaxed);
    atomic_store_explicit(&relay->reaped_until, began, memory_order_release);
}

void reap_round(void)
{
    if (wanted && due <= sv_boottime())
        sweep();
    if ((asked && !wanted) || (found && is_listening()))
        wake_svscan();
}

void reap_orphaned(void)
{
    if (relay)
        sv_relay_orphaned(relay, quiet);
}

void reap_sweep(void)
{
    asked = true;
    wanted = true;
    due = 0;
    childless = false;
}

int64_t reap_due(void)
{
    return wanted ? due : REAP_NEVER;
}

bool reap_is_childless(void)
{
    return childless;
}
