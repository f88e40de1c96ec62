/* SPDX-License-Identifier: ISC */
/*
 * life.c - a life of a tree, from its start to its stop.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

/* Who waits so long waits for ever, even on a machine that has twenty other
 * things to do; a command gives up before. */
enum { PATIENCE_MS = COMMAND_MS + 10000, STOP_MS = COMMAND_MS, LOOK_US = 2000 };

const char *const category_names[CATEGORIES] = {
    [RESTARTS] = "restarts that should not be",
    [DUPLICATES] = "two copies at once",
    [LOST_STATUSES] = "lost exit statuses",
    [INVENTED_STATUSES] = "invented exit statuses",
    [READINESSES] = "lost or invented readiness",
    [LOST_LINES] = "lost lines",
    [DOUBLED_LINES] = "doubled lines",
    [STUCK] = "stuck services or commands",
    [LEFT_BEHIND] = "processes left behind",
    [DISORDER] = "services out of order",
    [REDONE] = "oneshots done twice, or undone",
};

/* ---- chance and time ----------------------------------------------------- */

/* splitmix64 */
uint32_t life_random(struct life *life, uint32_t below)
{
    uint64_t z = life->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

void sleep_us(int64_t us)
{
    struct timespec time = { .tv_sec = us / 1000000,
                             .tv_nsec = us % 1000000 * 1000 };

    while (nanosleep(&time, &time) < 0 && errno == EINTR)
        continue;
}

/* ---- what is wrong ------------------------------------------------------- */

void life_blame(struct life *life, enum category category, const char *format,
                ...)
{
    va_list args;

    life->counts[category]++;
    fprintf(life->report, "%s: ", category_names[category]);
    va_start(args, format);
    vfprintf(life->report, format, args);
    va_end(args);
    fputc('\n', life->report);
    fflush(life->report);
}

/* ---- the beginning ------------------------------------------------------- */

static void make_tree(struct life *life)
{
    char path[CRASH_PATH_MAX];

    if (!life->is_booted) {
        make_directory(system_path(life, path, "defs", "", ""));
        make_directory(system_path(life, path, "live", "", ""));
    } else if (symlink(SV_DEFS_DIR, system_path(life, path, "defs", "", "")) < 0
               || symlink(SV_LIVE_DIR,
                          system_path(life, path, "live", "", "")) < 0) {
        sv_die_sys("unable to make ", path);
    }
    if (realpath(system_path(life, path, "live", "", ""), life->tree) == NULL)
        sv_die_sys("unable to find ", path);
}

void life_begin(struct life *life, const char *dir)
{
    static const char *const parts[] = { "", "logs", "locks" };
    char path[CRASH_PATH_MAX];

    snprintf(life->dir, sizeof life->dir, "%s", dir);
    life->random = life->seed;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        make_directory(system_path(life, path, parts[i], "", ""));
    make_tree(life);
    life->report = fopen(system_path(life, path, "report", "", ""), "we");
    if (life->report == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        sv_die_sys("unable to begin in ", dir);
}

void life_add(struct life *life, const struct plan *plan)
{
    life->plans[life->services] = *plan;
    life->is_there[life->services] = true;
    life->is_wanted[life->services] = !plan->down;
    life->services++;
    system_define(life, plan);
}

/* ---- who ends ------------------------------------------------------------ */

static void came_back(struct life *life, struct command *command, int wstat)
{
    int code = WIFEXITED(wstat) ? WEXITSTATUS(wstat) : 128 + WTERMSIG(wstat);

    ledger_write(life->dir, ANSWERED, command->name, command->pid,
                 (int)command->ask, code, 0);
    command->pid = 0;
    if (code != 0)
        life_blame(life, STUCK, "a command for %s came back with %d",
                   command->name, code);
}

static void root_ended(struct life *life, int wstat)
{
    life->root = 0;
    life->root_status = wstat;
    if (life->is_stopping)
        return;
    if (life->system == OURS)
        life_blame(life, STUCK, "init ended with status %d", wstat);
    system_start(life);
}

void life_reap(struct life *life)
{
    int wstat;
    pid_t pid;

    while ((pid = waitpid(-1, &wstat, WNOHANG)) > 0) {
        if (pid == life->root)
            root_ended(life, wstat);
        for (size_t i = 0; i < COMMANDS_MAX; i++)
            if (life->commands[i].pid == pid)
                came_back(life, &life->commands[i], wstat);
    }
}

bool life_await(struct life *life, int ms, bool (*fact)(struct life *life))
{
    int64_t until = sv_boottime() + ms * SV_MS;

    for (;;) {
        bool is_late = sv_boottime() > until;

        life_reap(life);
        if (fact(life))
            return true;
        if (is_late)
            return false;
        sleep_us(LOOK_US);
    }
}

/* ---- is all as it should be? --------------------------------------------- */

bool life_has_command(const struct life *life, const char *name)
{
    for (size_t i = 0; i < COMMANDS_MAX; i++)
        if (life->commands[i].pid != 0
            && (name == NULL || strcmp(life->commands[i].name, name) == 0))
            return true;
    return false;
}

bool life_has_supervisor(struct life *life)
{
    pid_t pids[PIDS_MAX];

    return system_supervisors(life, pids) > 0;
}

static bool no_command(struct life *life)
{
    return !life_has_command(life, NULL);
}

/* Has this incarnation said that it is ready? */
static bool has_said(const struct life *life, const char *name, pid_t pid)
{
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);
    bool said = false;

    for (size_t i = 0; i < n; i++)
        said |= entries[i].kind == READY && entries[i].pid == pid
                && strcmp(entries[i].name, name) == 0;
    free(entries);
    return said;
}

static bool is_ready(const struct sv_status *status)
{
    return sv_status_is_up(status) && status->flags & SV_STATUS_READY;
}

/* The ledger is written before the newline, and read after the status. */
static bool readiness_is_right(struct life *life, const struct plan *plan,
                               const struct sv_status *status)
{
    bool said = has_said(life, plan->name, status->pid);

    if (is_ready(status) && !said) {
        life_blame(life, READINESSES, "%s is ready without having said so",
                   plan->name);
        return true;
    }
    return is_ready(status) == said;
}

/* Whoever ends by itself may be anywhere: but not ready by mistake. */
static bool is_right(struct life *life, size_t i)
{
    const struct plan *plan = &life->plans[i];
    pid_t pid = service_holder(life->dir, plan->name);
    struct sv_status status;

    if (!life->is_there[i])
        return pid == 0;
    if (life->system == RUNIT)
        return !life->is_wanted[i] ? pid == 0
                                   : pid != 0 || plan->role == CRASHER;
    if (!system_status(life, plan->name, &status))
        return false;
    if (plan->role == ONESHOT)
        return pid == 0 && status.pid == 0
               && order_is_done(life, plan->name) == life->is_wanted[i]
               && !(status.flags & SV_STATUS_WANT_UP) == !life->is_wanted[i];
    if (!life->is_wanted[i])
        return pid == 0 && status.pid == 0;
    if (plan->role == CRASHER)
        return true;
    return sv_status_is_up(&status) && status.pid == pid
           && (!plan->notify || readiness_is_right(life, plan, &status));
}

bool life_is_settled(struct life *life)
{
    if (!life_has_supervisor(life))
        return false;
    for (size_t i = 0; i < life->services; i++)
        if (!is_right(life, i))
            return false;
    return true;
}

static void blame_unsettled(struct life *life)
{
    if (!life_has_supervisor(life))
        life_blame(life, STUCK, "nobody supervises");
    for (size_t i = 0; i < life->services; i++) {
        const struct plan *plan = &life->plans[i];
        struct sv_status status = { .pid = 0 };

        if (is_right(life, i))
            continue;
        system_status(life, plan->name, &status);
        life_blame(life, plan->notify && status.pid != 0 ? READINESSES : STUCK,
                   "%s: there is %d, wanted: %d, status says pid %d, flags %d",
                   plan->name, service_holder(life->dir, plan->name),
                   life->is_wanted[i], status.pid, status.flags);
    }
}

/* The crashers go on crashing: each starts once more. */
static size_t starts(const struct life *life, const char *name)
{
    size_t n, count = 0;
    struct entry *entries = ledger_read(life->dir, &n);

    for (size_t i = 0; i < n; i++)
        count += entries[i].kind == START
                 && strcmp(entries[i].name, name) == 0;
    free(entries);
    return count;
}

static size_t starts_before[SERVICES_MAX];

static bool is_stalled(const struct life *life, size_t i)
{
    return life->plans[i].role == CRASHER && life->is_wanted[i]
           && starts(life, life->plans[i].name) <= starts_before[i];
}

static bool all_go_on(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        if (is_stalled(life, i))
            return false;
    return true;
}

void life_settle(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        starts_before[i] = starts(life, life->plans[i].name);
    if (!life_await(life, PATIENCE_MS, no_command))
        life_blame(life, STUCK, "a command does not come back");
    if (!life_await(life, PATIENCE_MS, life_is_settled))
        blame_unsettled(life);
    if (life_await(life, PATIENCE_MS, all_go_on))
        return;
    for (size_t i = 0; i < life->services; i++)
        if (is_stalled(life, i))
            life_blame(life, STUCK, "%s is not started again",
                       life->plans[i].name);
}

/* ---- the end ------------------------------------------------------------- */

static bool root_is_gone(struct life *life)
{
    return life->root == 0;
}

static bool nobody_is_left(struct life *life)
{
    pid_t pids[PIDS_MAX];

    return system_all(life, pids) == 0;
}

static void kill_all(struct life *life)
{
    pid_t pids[PIDS_MAX];
    size_t n = system_all(life, pids);

    for (size_t i = 0; i < n; i++) {
        ledger_write(life->dir, KILLED, "-", pids[i], 0, 0, 0);
        kill(pids[i], SIGKILL);
    }
}

/* The tree of a machine stays: its loggers come to their last lines. */
static bool logs_are_whole(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        if (!judge_has_last_line(life, &life->plans[i]))
            return false;
    return true;
}

static void stop_each(struct life *life)
{
    ledger_write(life->dir, ASKED, "*", 0, ASK_STOP_ALL, 0, 0);
    for (size_t i = 0; i < life->services; i++) {
        life->is_wanted[i] = false;
        if (!life->is_there[i])
            continue;
        system_ask(life, life->plans[i].name, ASK_STOP);
        if (!life_await(life, PATIENCE_MS, no_command))
            life_blame(life, STUCK, "%s does not stop", life->plans[i].name);
    }
    if (!life_await(life, PATIENCE_MS, life_is_settled))
        blame_unsettled(life);
    life_await(life, PATIENCE_MS, logs_are_whole);
}

void life_stop(struct life *life)
{
    pid_t pids[PIDS_MAX];

    if (life->is_booted) {
        stop_each(life);
        return;
    }
    if (!life->is_stopping)
        system_stop(life);
    if (!life_await(life, STOP_MS, root_is_gone)) {
        life_blame(life, STUCK, "the tree does not stop");
        kill(life->root, SIGKILL);
    } else if (life->system == OURS && life->root_status != 0) {
        life_blame(life, STUCK, "init ended with status %d",
                   life->root_status);
    }
    /* s6's supervisors outlive their scanner for a moment, as they may. */
    if (!life_await(life, life->system == OURS ? 0 : 5000, nobody_is_left))
        life_blame(life, LEFT_BEHIND, "%zu", system_all(life, pids));
    kill_all(life);
    life_await(life, PATIENCE_MS, nobody_is_left);
}
