/* SPDX-License-Identifier: ISC */
/*
 * upgrade.c - init becomes the init that is on disk now.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/hold.h"
#include "sv/say.h"
#include "sv/state.h"
#include "init/boot.h"
#include "init/foreground.h"
#include "init/halt.h"
#include "init/holds.h"
#include "init/line.h"
#include "init/reap.h"
#include "init/tree.h"
#include "init/upgrade.h"

#define MAGIC "init"

enum { PROBE_MS = 10000, FIRST_FD = 3 };

struct state {
    struct sv_state head;
    struct boot_state boot;
    struct line_state line;
    struct tree_state tree;
    struct foreground_state foreground;
    struct reap_state reap;
    int64_t stop_ms;
    int64_t grace_ms;
    int32_t crash;
    int32_t verbose;
    uint32_t holds; /* so many struct hold follow */
    uint32_t watchdog_ms;
};

static const struct settings *settings;
static pid_t asked;      /* the init on disk, as a child; 0: none */
static int64_t limit = INT64_MAX;
static bool is_late;
static bool is_agreed;   /* it will */

void upgrade_begin(const struct settings *with)
{
    settings = with;
}

/* ---- which file ---------------------------------------------------------- */

/* The name by which we were executed: the next version will be there.  What
 * /proc says is the file that was there then. */
static const char *program(void)
{
    const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);

    return name ? name : "/sbin/init";
}

/* ---- the state ----------------------------------------------------------- */

static void fill(struct state *state)
{
    memset(state, 0, sizeof *state);
    boot_save(&state->boot);
    line_save(&state->line);
    tree_save(&state->tree);
    foreground_save(&state->foreground);
    reap_save(&state->reap);
    state->stop_ms = settings->stop_ms;
    state->grace_ms = settings->grace_ms;
    state->watchdog_ms = (uint32_t)settings->watchdog_ms;
    state->crash = (int32_t)settings->crash;
    state->verbose = settings->verbose;
    state->holds = (uint32_t)holds_count();
    sv_state_begin(&state->head, MAGIC, sizeof *state);
}

static bool write_state(int memory, const struct state *state)
{
    const struct hold *hold;
    size_t at = 0;

    if (!sv_state_write(memory, state, sizeof *state))
        return false;
    while ((hold = holds_next(&at)))
        if (!sv_state_write(memory, hold, sizeof *hold))
            return false;
    return sv_state_seal(memory);
}

static void let_survive(const struct state *state, int memory, bool survive)
{
    const struct hold *hold;
    size_t at = 0;

    sv_state_mark(memory, survive);
    sv_state_mark(state->line.line, survive);
    sv_state_mark(state->reap.memory, survive);
    sv_state_mark(state->reap.bell, survive);
    while ((hold = holds_next(&at)))
        sv_state_mark(hold->fd, survive);
}

/* ---- the exec ------------------------------------------------------------ */

static void refuse(enum sv_upgrade_end why)
{
    sv_warn("this init stays: ", sv_upgrade_reason(why));
    line_say_upgraded(why);
}

/* Every signal stays blocked: what comes meanwhile is for the new init, a
 * SIGCHLD among it. */
static void become(void)
{
    struct state state;
    int memory = sv_state_make("sv-init");

    fill(&state);
    if (memory == -1 || !write_state(memory, &state)) {
        sv_warn_sys("unable to write down what the next init must know");
        refuse(SV_UPGRADE_FAILED);
    } else {
        let_survive(&state, memory, true);
        boot_exec_resumed(program(), memory);
        sv_warn_sys("unable to execute ", program());
        let_survive(&state, memory, false);
        refuse(SV_UPGRADE_NOEXEC);
    }
    if (memory != -1)
        close(memory);
}

/* ---- the question -------------------------------------------------------- */

static _Noreturn void become_asked(void)
{
    char version[SV_NUMBER_MAX];
    const char *const argv[] = {program(), SV_STATE_QUESTION,
                                sv_number(version, SV_STATE_VERSION), NULL};

    boot_restore();
    boot_exec(program(), argv);
    sv_warn_sys("unable to execute ", program());
    _exit(errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC);
}

void upgrade_ask(void)
{
    if (!halt_is_far()) {
        refuse(SV_UPGRADE_STOPPING);
        return;
    }
    if (asked != 0 || is_agreed)
        return;
    is_late = false;
    asked = _Fork();
    if (asked == 0)
        become_asked();
    if (asked != -1) {
        limit = sv_boottime() + PROBE_MS * SV_MS;
        return;
    }
    asked = 0;
    sv_warn_sys("unable to ask ", program());
    refuse(SV_UPGRADE_FAILED);
}

bool upgrade_ended(pid_t pid, int wstat)
{
    int code = WIFEXITED(wstat) ? WEXITSTATUS(wstat) : -1;

    if (asked == 0 || pid != asked)
        return false;
    asked = 0;
    limit = INT64_MAX;
    is_agreed = code == 0 && !is_late;
    if (is_late)
        refuse(SV_UPGRADE_LATE);
    else if (code == SV_EXIT_NOEXEC || code == SV_EXIT_NOTFOUND)
        refuse(SV_UPGRADE_NOEXEC);
    else if (code != 0)
        refuse(SV_UPGRADE_NO);
    return true;
}

/* In the middle of an answer, and while svscan is dead, it waits. */
void upgrade_look(void)
{
    if (asked != 0 && !is_late && sv_boottime() >= limit) {
        is_late = true;
        limit = INT64_MAX;
        kill(asked, SIGKILL);
    }
    if (!is_agreed)
        return;
    if (!halt_is_far()) {
        is_agreed = false;
        refuse(SV_UPGRADE_STOPPING);
    } else if (line_is_quiet()) {
        is_agreed = false;
        become();
    }
}

int64_t upgrade_due(void)
{
    return limit;
}

/* ---- the new init -------------------------------------------------------- */

static struct state taken;
static int taken_memory = -1;

/* Without it there is no way but to begin anew.  svscan would wait for an answer
 * of the init before, and so must see that line closed. */
static void give_up(void)
{
    sv_warn_sys("unable to go on where the init before this one was (beginning"
                " anew)");
    syscall(SYS_close_range, FIRST_FD, ~0U, 0);
    taken_memory = -1;
}

bool upgrade_take(struct settings *with)
{
    taken_memory = sv_state_given();
    if (taken_memory == -1)
        return false;
    if (!sv_state_read(taken_memory, MAGIC, &taken.head, sizeof taken)) {
        give_up();
        return false;
    }
    boot_resume(&taken.boot);
    reap_resume(&taken.reap);
    *with = (struct settings){
        .stop_ms = taken.stop_ms,
        .grace_ms = taken.grace_ms,
        .watchdog_ms = taken.watchdog_ms,
        .crash = (enum crash)taken.crash,
        .verbose = taken.verbose,
    };
    return true;
}

static void take_holds(void)
{
    struct hold hold;

    for (uint32_t i = 0; i < taken.holds; i++) {
        if (!sv_state_read_more(taken_memory, &hold, sizeof hold)) {
            sv_warn_sys("unable to read what the init before this one held");
            return;
        }
        if (!holds_put(hold.kind, hold.dev, hold.ino, hold.tag, hold.fd))
            close(hold.fd);
    }
}

void upgrade_resume(void)
{
    if (taken_memory == -1)
        return;
    take_holds();
    line_resume(&taken.line);
    tree_resume(&taken.tree);
    foreground_resume(&taken.foreground);
    let_survive(&taken, taken_memory, false);
    close(taken_memory);
    taken_memory = -1;
    reap_sweep();
    line_say_upgraded(SV_UPGRADE_DONE);
}
