/* SPDX-License-Identifier: ISC */
/*
 * random.c - a life in which somebody kills svscan, loggers, both, or services,
 * asks for this and that, and drops and removes definitions, at instants that
 * the seed says.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"

enum { DEEDS = 14, EXTRAS = 3, SUPERVISOR_MS = 5000 };

/* Extras come and go; their directories go with them. */
static const struct plan plans[] = {
    { .name = "steady1", .role = STEADY },
    { .name = "steady2", .role = STEADY, .finish = true },
    { .name = "forker", .role = FORKER },
    { .name = "victim", .role = STEADY, .finish = true },
    { .name = "asked", .role = STEADY },
    { .name = "waited", .role = WAITED, .notify = true, .finish = true },
    { .name = "crasher1", .role = CRASHER, .finish = true },
    { .name = "crasher2", .role = CRASHER, .finish = true },
    { .name = "crasher3", .role = CRASHER },
    { .name = "slow1", .role = SLOW, .notify = true, .finish = true },
    { .name = "slow2", .role = SLOW, .notify = true },
    { .name = "chatty", .role = CHATTER, .log = "n1000 s20000" },
    { .name = "stamped", .role = CHATTER, .log = "t n1000 s20000",
      .finish = true },
    { .name = "once", .role = ONCE, .down = true, .finish = true },
};

static struct plan extras[EXTRAS] = {
    { .name = "extra1", .role = STEADY },
    { .name = "extra2", .role = STEADY, .finish = true },
    { .name = "extra3", .role = STEADY },
};

/* ---- kills --------------------------------------------------------------- */

static void kill_one(struct life *life, const pid_t *pids, size_t n)
{
    if (n == 0)
        return;

    pid_t pid = pids[life_random(life, (uint32_t)n)];

    if (kill(pid, SIGKILL) < 0)
        return;
    life->kills++;
    ledger_write(life->dir, KILLED, "-", pid, SIGKILL, 0, 0);
}

void random_kill_supervisor(struct life *life)
{
    pid_t pids[PIDS_MAX];

    kill_one(life, pids, system_supervisors(life, pids));
}

static void kill_logger(struct life *life)
{
    pid_t pids[PIDS_MAX];

    kill_one(life, pids, system_loggers(life, pids));
}

static void kill_both(struct life *life)
{
    kill_logger(life);
    random_kill_supervisor(life);
}

/* The ledger knows before: afterwards it would be too late. */
static void kill_service(struct life *life)
{
    static const char *const names[] = { "victim", "chatty", "stamped" };
    const char *name = names[life_random(life, 3)];
    pid_t pid = service_holder(life->dir, name);

    if (pid == 0)
        return;
    ledger_write(life->dir, KILLED, name, pid, SIGKILL, 0, 0);
    kill(pid, SIGKILL);
}

/* ---- requests ------------------------------------------------------------ */

static struct plan *plan_of(struct life *life, const char *name, size_t *at)
{
    for (size_t i = 0; i < life->services; i++)
        if (strcmp(life->plans[i].name, name) == 0) {
            *at = i;
            return &life->plans[i];
        }
    return NULL;
}

/* It is known by now, and nothing has been asked of it. */
static bool may_be_asked(const struct life *life, const char *name)
{
    char path[CRASH_PATH_MAX];

    return access(system_path(life, path, "live/", name, "/supervise/control"),
                  F_OK) == 0
           && !life_has_command(life, name);
}

static void ask(struct life *life)
{
    static const enum ask asks[] = { ASK_STOP, ASK_START, ASK_RESTART };
    enum ask what = asks[life_random(life, 3)];
    const char *name = life_random(life, 2) == 0 ? "waited" : "asked";
    size_t at;

    if (!may_be_asked(life, name) || plan_of(life, name, &at) == NULL)
        return;
    life->is_wanted[at] = what != ASK_STOP;
    system_ask(life, life->plans[at].name, what);
}

static void ask_once(struct life *life)
{
    if (may_be_asked(life, "once"))
        system_ask(life, "once", ASK_ONCE);
}

/* May be lost with the svscan that does not read it. */
static void send_letter(struct life *life)
{
    system_letter(life, "steady2", 't');
}

static void change_extra(struct life *life)
{
    struct plan *extra = &extras[life_random(life, EXTRAS)];
    size_t at;

    if (life->system != OURS)
        return;
    if (plan_of(life, extra->name, &at) == NULL) {
        ledger_write(life->dir, ASKED, extra->name, 0, ASK_ADD, 0, 0);
        life_add(life, extra);
    } else if (life->is_there[at]) {
        ledger_write(life->dir, ASKED, extra->name, 0, ASK_REMOVE, 0, 0);
        life->is_there[at] = false;
        system_undefine(life, extra->name);
    }
}

void random_upgrade(struct life *life)
{
    const char *what = life_random(life, 2) == 0 ? "svscan" : "init";
    char socket[CRASH_PATH_MAX];

    /* Of a tree that has just begun, svctl says that there is none. */
    if (life->system == OURS && !life_has_command(life, what)
        && access(system_path(life, socket, "live/.svscan/socket", "", ""),
                  F_OK) == 0)
        system_ask(life, what, ASK_UPGRADE);
}

/* ---- all of it ----------------------------------------------------------- */

/* Of 20. */
static const struct {
    unsigned share;
    void (*act)(struct life *life);
} deeds[] = {
    { 6, random_kill_supervisor }, { 2, kill_logger }, { 2, kill_both },
    { 2, kill_service },    { 3, ask },         { 1, ask_once },
    { 1, send_letter },     { 2, change_extra },
    { 1, random_upgrade },
};

static void do_something(struct life *life)
{
    unsigned luck = life_random(life, 20);
    size_t i = 0;

    while (luck >= deeds[i].share)
        luck -= deeds[i++].share;
    deeds[i].act(life);
}

/* Often at once, sometimes later. */
void random_wait(struct life *life)
{
    static const uint32_t most_us[] = { 500, 5000, 50000, 300000 };

    sleep_us(life_random(life, most_us[life_random(life, 4)]));
}

void random_live(struct life *life)
{
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        life_add(life, &plans[i]);
    if (life->is_booted)
        life->root = 1;
    else
        system_start(life);
    for (int i = 0; i < DEEDS || life->kills < life->kills_wanted; i++) {
        life_await(life, SUPERVISOR_MS, life_has_supervisor);
        random_wait(life);
        do_something(life);
        life_reap(life);
    }
    life_settle(life);
    /* The stop is a time to be killed at as well. */
    if (life_random(life, 2) == 0 && !life->is_booted) {
        system_stop(life);
        random_wait(life);
        random_kill_supervisor(life);
    }
    life_stop(life);
    judge(life);
}
