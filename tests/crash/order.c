/* SPDX-License-Identifier: ISC */
/*
 * order.c - services that need each other: who may start, and go, when.
 *
 *   site -> web -> migrate -> db -> disk      (needs; disk and migrate are
 *             +--> cache ---------> disk, net  oneshots, and so is net)
 *
 * The ledger has the order: a service says that it is ready before svscan can
 * know it, and that it was told to go as soon as it was; so whoever starts
 * before what it needs is ready, or is told while somebody who needs it is not
 * over, is out of order by the ledger too.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"

enum { DEEDS = 14, SUPERVISOR_MS = 5000 };

static const struct plan plans[] = {
    { .name = "disk", .role = ONESHOT },
    { .name = "net", .role = ONESHOT },
    { .name = "db", .role = WAITED, .notify = true, .finish = true,
      .needs = { "disk" } },
    { .name = "cache", .role = WAITED, .notify = true,
      .needs = { "disk", "net" } },
    { .name = "migrate", .role = ONESHOT, .needs = { "db" } },
    { .name = "web", .role = LINGERER, .notify = true, .finish = true,
      .needs = { "migrate", "cache" } },
    { .name = "site", .role = LINGERER, .notify = true, .needs = { "web" } },
};

enum { PLANS = sizeof plans / sizeof *plans };

void order_add(struct life *life)
{
    for (size_t i = 0; i < PLANS; i++)
        life_add(life, &plans[i]);
}

static bool needs(const struct plan *plan, const char *name)
{
    for (size_t i = 0; plan->needs[i] != NULL; i++)
        if (strcmp(plan->needs[i], name) == 0)
            return true;
    return false;
}

/* ---- requests ------------------------------------------------------------ */

/* It, and whom it needs (to start) or who needs it (to stop), of whom the
 * ledger knows then that they were asked as well. */
static void want(struct life *life, const char *name, bool is_up)
{
    for (size_t i = 0; i < life->services; i++) {
        const struct plan *plan = &life->plans[i];

        if (strcmp(plan->name, name) != 0)
            continue;
        life->is_wanted[i] = is_up;
        ledger_write(life->dir, ASKED, name, 0, is_up ? ASK_START : ASK_STOP,
                     0, 0);
        for (size_t j = 0; is_up && plan->needs[j] != NULL; j++)
            want(life, plan->needs[j], true);
    }
    for (size_t i = 0; !is_up && i < life->services; i++)
        if (needs(&life->plans[i], name))
            want(life, life->plans[i].name, false);
}

void order_ask(struct life *life, const char *name, enum ask ask)
{
    want(life, name, ask == ASK_START);
    system_ask(life, name, ask);
}

void order_ask_again(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        ledger_write(life->dir, ASKED, life->plans[i].name, 0, ASK_RESTART, 0,
                     0);
    system_ask(life, "*", ASK_RESTART);
}

unsigned order_starts_again(const struct life *life, const char *name)
{
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);
    unsigned starts = 0;
    bool is_asked = false;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(entries[i].name, name) != 0)
            continue;
        is_asked |= entries[i].kind == ASKED && entries[i].a == ASK_RESTART;
        starts += is_asked
                  && (entries[i].kind == START || entries[i].kind == DOING);
    }
    free(entries);
    return starts;
}

bool order_is_done(const struct life *life, const char *name)
{
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);
    bool is_done = false;

    for (size_t i = 0; i < n; i++)
        if (strcmp(entries[i].name, name) == 0
            && (entries[i].kind == DONE || entries[i].kind == UNDONE))
            is_done = entries[i].kind == DONE;
    free(entries);
    return is_done;
}

/* ---- a life at random ---------------------------------------------------- */

/* Those that are not known yet cannot be asked for. */
static bool all_are_known(const struct life *life)
{
    char path[CRASH_PATH_MAX];

    for (size_t i = 0; i < life->services; i++)
        if (access(system_path(life, path, "live/", life->plans[i].name,
                               "/supervise/control"), F_OK) < 0)
            return false;
    return access(system_path(life, path, "live/.svscan/socket", "", ""), F_OK)
           == 0;
}

/* One at a time: what two that cross each other come to is nobody's promise. */
static void ask(struct life *life)
{
    const struct plan *plan =
        &life->plans[life_random(life, (uint32_t)life->services)];
    enum ask what = life_random(life, 2) == 0 ? ASK_STOP : ASK_START;

    if (all_are_known(life) && !life_has_command(life, NULL))
        order_ask(life, plan->name, what);
}

static void upgrade(struct life *life)
{
    if (!life_has_command(life, NULL))
        random_upgrade(life);
}

static void do_something(struct life *life)
{
    uint32_t luck = life_random(life, 10);

    if (luck < 5)
        random_kill_supervisor(life);
    else if (luck < 9)
        ask(life);
    else
        upgrade(life);
}

void order_live(struct life *life)
{
    order_add(life);
    system_start(life);
    for (int i = 0; i < DEEDS; i++) {
        life_await(life, SUPERVISOR_MS, life_has_supervisor);
        random_wait(life);
        do_something(life);
        life_reap(life);
    }
    life_settle(life);
    if (life_random(life, 2) == 0) {
        system_stop(life);
        random_wait(life);
        random_kill_supervisor(life);
    }
    life_stop(life);
    judge(life);
}

/* ---- what the ledger says ------------------------------------------------ */

struct place {
    bool is_up;    /* others may start */
    bool is_there; /* it, or its finish, runs; or it is done */
    bool is_told;
    bool is_done;
};

struct trial {
    struct life *life;
    struct place places[SERVICES_MAX];
};

/* It starts. */
static void look_at_needs(struct trial *it, size_t at)
{
    const struct plan *plan = &it->life->plans[at];

    for (size_t i = 0; i < it->life->services; i++)
        if (needs(plan, it->life->plans[i].name) && !it->places[i].is_up)
            life_blame(it->life, DISORDER, "%s starts, and %s is not up",
                       plan->name, it->life->plans[i].name);
}

/* It was told to go. */
static void look_at_users(struct trial *it, size_t at)
{
    const char *name = it->life->plans[at].name;

    it->places[at].is_up = false;
    if (it->places[at].is_told)
        return;
    it->places[at].is_told = true;
    for (size_t i = 0; i < it->life->services; i++)
        if (needs(&it->life->plans[i], name) && it->places[i].is_there)
            life_blame(it->life, DISORDER, "%s is to go, and %s is not over",
                       name, it->life->plans[i].name);
}

static void look_at_script(struct trial *it, size_t at, enum kind kind)
{
    struct place *place = &it->places[at];
    const char *name = it->life->plans[at].name;

    if (kind == DOING && place->is_done)
        life_blame(it->life, REDONE, "%s is done once more", name);
    if (kind == UNDOING && !place->is_done)
        life_blame(it->life, REDONE, "%s is undone, and was not done", name);
    if (kind == DOING)
        look_at_needs(it, at);
    else if (kind == UNDOING)
        look_at_users(it, at);
    place->is_there = kind != UNDONE;
    place->is_up = kind == DONE;
    place->is_done = kind == DONE || (kind == UNDOING && place->is_done);
    if (kind != UNDOING)
        place->is_told = false;
}

static void look_at_run(struct trial *it, size_t at, const struct entry *entry)
{
    const struct plan *plan = &it->life->plans[at];
    struct place *place = &it->places[at];

    switch (entry->kind) {
    case START:
        look_at_needs(it, at);
        *place = (struct place){ .is_there = true, .is_up = !plan->notify };
        return;
    case READY:
        place->is_up = !place->is_told;
        return;
    case TOLD:
        look_at_users(it, at);
        return;
    case END:
        if (entry->a == SIGTERM)
            look_at_users(it, at);
        place->is_up = false;
        place->is_there = plan->finish;
        return;
    case FINISHED:
        place->is_there = false;
        return;
    default:
        return;
    }
}

/* A script that was told to go has done nothing. */
static void look_at(struct trial *it, size_t at, const struct entry *entry)
{
    if (it->life->plans[at].role != ONESHOT)
        look_at_run(it, at, entry);
    else if (entry->kind == DOING || entry->kind == DONE
             || entry->kind == UNDOING || entry->kind == UNDONE)
        look_at_script(it, at, entry->kind);
    else if (entry->kind == END)
        it->places[at].is_there = it->places[at].is_done;
}

void order_judge(struct life *life, const struct entry *entries, size_t n)
{
    static struct trial it;

    it = (struct trial){ .life = life };
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at < life->services; at++)
            if (strcmp(entries[i].name, life->plans[at].name) == 0)
                look_at(&it, at, &entries[i]);
}
