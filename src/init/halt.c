/* SPDX-License-Identifier: ISC */
/*
 * halt.c - the way down.
 *
 * kill(-1, ...), unmounting and reboot(2) are for process 1 of its own pid
 * namespace (place says which), and whatever might wait for a dead disk is done
 * by a child that can be left behind.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/hold.h"
#include "sv/say.h"
#include "init/boot.h"
#include "init/family.h"
#include "init/foreground.h"
#include "init/halt.h"
#include "init/holds.h"
#include "init/line.h"
#include "init/mounts.h"
#include "init/reap.h"
#include "init/tree.h"
#include "init/watchdog.h"

enum {
    DRAIN_MS = 1000,      /* for loggers, when all who wrote have been killed */
    KILL_MS = 2000,       /* for the killed to be gone; a D state may not be */
    CLOSE_MS = 60000,     /* for the file systems */
    CONTAINER_MS = 9500,  /* for all of it: runtimes kill after 10 s */
    GRACE_MIN_MS = 500,   /* ... but so long at least for what is left */
};

enum phase { RUNNING, STOPPING, LEAVING, DRAINING, KILLING, CLOSING, OVER };

static const struct settings *settings;
static enum phase phase;
static char kind;        /* enum sv_machine */
static int status = -1;  /* of the main program, as a shell counts; -1: none */
static int64_t asked;
static int64_t limit = INT64_MAX; /* of the phase */
static pid_t closer;
static bool is_alone;    /* svscan has not stopped the services: we do */

void halt_begin(const struct settings *with)
{
    settings = with;
}

static void enter(enum phase next, int64_t ms)
{
    phase = next;
    limit = sv_boottime() + ms * SV_MS;
}

/* ---- signals ------------------------------------------------------------- */

/* The signals (0 ends them) to all whom we may hit.  This never waits, not even
 * for a process that does. */
static void signal_all(const int *signals)
{
    if (place == PLACE_GUARDIAN) {
        family_signal(FAMILY_ALL, signals);
        return;
    }
    for (; *signals != 0; signals++)
        kill(-1, *signals);
}

/* To all but loggers, where /proc tells who is one: else they go with the
 * others, which is better than that nobody is asked to.  Nobody runs while we
 * look: who forks faster than we read is not missed, and does not take the
 * memory that it needs. */
static void signal_writers(const int *signals)
{
    if (place != PLACE_GUARDIAN)
        kill(-1, SIGSTOP);
    if (!family_signal(FAMILY_WRITERS, signals))
        signal_all(signals);
    if (place != PLACE_GUARDIAN)
        kill(-1, SIGCONT);
}

/* A stopped process acts on TERM only once it goes on. */
static const int term[] = {SIGTERM, SIGCONT, 0};
static const int kill_[] = {SIGKILL, 0};

/* ---- phases -------------------------------------------------------------- */

static int64_t grace_ms(void)
{
    int64_t since = (sv_boottime() - asked) / SV_MS;
    int64_t grace = settings->grace_ms;

    if (place != PLACE_CONTAINER)
        return grace;
    if (is_alone)
        since += DRAIN_MS;
    if (grace > CONTAINER_MS - since)
        grace = CONTAINER_MS - since;
    return grace < GRACE_MIN_MS ? GRACE_MIN_MS : grace;
}

static void enter_stopping(void)
{
    sv_info("stopping the services");
    enter(STOPPING, settings->stop_ms);
    foreground_stop();
    line_say_stop();
}

/* With the holds gone, a logger that still drains comes to the end of its file.
 * Where svscan has not stopped the services, loggers are left to come to it. */
static void enter_leaving(bool alone)
{
    is_alone = alone;
    sv_info(alone ? "stopping the services without svscan"
                  : "stopping the processes that are left");
    tree_let_go();
    holds_close_all();
    enter(LEAVING, grace_ms());
    if (alone)
        signal_writers(term);
    else
        signal_all(term);
    reap_sweep();
}

static void enter_draining(void)
{
    sv_info("killing the services that are left");
    enter(DRAINING, DRAIN_MS);
    signal_writers(kill_);
    reap_sweep();
}

static void enter_killing(void)
{
    sv_info("killing the processes that are left");
    tree_let_go();
    holds_close_all();
    enter(KILLING, KILL_MS);
    signal_all(kill_);
    reap_sweep();
}

static void enter_closing(void)
{
    enter(CLOSING, CLOSE_MS);
    if (place != PLACE_MACHINE) {
        phase = OVER;
        return;
    }
    sv_info("unmounting the file systems");
    closer = _Fork();
    if (closer == 0) {
        mounts_leave_clean();
        _exit(0);
    }
    if (closer != -1)
        return;
    closer = 0;
    mounts_leave_clean();
    phase = OVER;
}

static void enter_over(void)
{
    sv_warn("the file systems take too long (going down without them)");
    phase = OVER;
}

/* ---- what happens -------------------------------------------------------- */

void halt_ask(char what, bool at_once)
{
    if (phase >= KILLING || (phase != RUNNING && !at_once))
        return;
    kind = what;
    if (phase == RUNNING)
        asked = sv_boottime();
    if (at_once)
        enter_killing();
    else
        enter_stopping();
}

/* A status that nobody knows is one of no signal, and becomes 255. */
void halt_set_status(int wstat)
{
    if (status == -1)
        status = WIFEXITED(wstat) ? WEXITSTATUS(wstat) : 128 + WTERMSIG(wstat);
}

void halt_stopped(void)
{
    if (phase == STOPPING)
        enter_leaving(false);
}

bool halt_ended(pid_t pid)
{
    if (closer == 0 || pid != closer)
        return false;
    closer = 0;
    if (phase == CLOSING)
        phase = OVER;
    return true;
}

static void look_at_stopping(bool late)
{
    if (late)
        sv_warn("the services have not all stopped in time");
    if (late || tree_is_hopeless())
        enter_leaving(true);
}

static void look_at_leaving(bool late)
{
    if (reap_is_childless())
        enter_closing();
    else if (late && is_alone && phase == LEAVING)
        enter_draining();
    else if (late)
        enter_killing();
}

static void look_at_killing(bool late)
{
    /* Each that dies may leave us children that the last walk did not see. */
    if (place == PLACE_GUARDIAN && !reap_is_childless())
        signal_all(kill_);
    if (late && !reap_is_childless())
        sv_warn("some processes cannot be killed (going on without them)");
    if (late || reap_is_childless())
        enter_closing();
}

void halt_look(void)
{
    bool late = sv_boottime() >= limit;

    if (phase == STOPPING)
        look_at_stopping(late);
    else if (phase == LEAVING || phase == DRAINING)
        look_at_leaving(late);
    else if (phase == KILLING)
        look_at_killing(late);
    else if (phase == CLOSING && late)
        enter_over();
}

int64_t halt_due(void)
{
    return phase == OVER ? INT64_MAX : limit;
}

int64_t halt_stop_ms(void)
{
    int64_t left = (limit - sv_boottime()) / SV_MS;

    if (phase == RUNNING)
        return -1;
    return phase == STOPPING && left > 0 ? left : 0;
}

bool halt_is_far(void)
{
    return phase == RUNNING;
}

bool halt_is_over(void)
{
    return phase == OVER;
}

/* ---- the end ------------------------------------------------------------- */

static void go_down(void)
{
    if (kind == SV_MACHINE_REBOOT)
        reboot((int)RB_AUTOBOOT);
    else if (kind == SV_MACHINE_HALT)
        reboot((int)RB_HALT_SYSTEM);
    else
        reboot((int)RB_POWER_OFF);
}

/* Nothing is left that could be lost.  A kernel that refuses leaves a machine
 * to be looked at, not one in panic. */
static _Noreturn void leave_machine(void)
{
    sv_info(kind == SV_MACHINE_REBOOT ? "rebooting"
            : kind == SV_MACHINE_HALT ? "halting"
                                      : "powering off");
    /* Over a reboot it stays: that may hang. */
    if (kind != SV_MACHINE_REBOOT)
        watchdog_disarm();
    for (;;) {
        siginfo_t info;
        sigset_t all;

        go_down();
        sv_warn_sys("unable to go down (send any signal to try again)");
        sigfillset(&all);
        sigdelset(&all, SIGCHLD);
        sigwaitinfo(&all, &info);
    }
}

_Noreturn void halt_leave(void)
{
    if (place == PLACE_MACHINE)
        leave_machine();
    if (kind == SV_MACHINE_REBOOT)
        _exit(SV_EXIT_REBOOT);
    _exit(status == -1 ? SV_EXIT_OK : status);
}
