/* SPDX-License-Identifier: ISC */
/*
 * known.c - all definitions, by name and by time.
 *
 * Each is in a hash and in a list; the unquiet are in another list as well,
 * the one that is due first in front, for which the timer is armed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "svscan/def.h"

/* ---- by name ------------------------------------------------------------ */

static size_t hash_of(const char *name)
{
    size_t hash = 2166136261;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619;
    return hash;
}

static struct def **bucket(const struct defs *defs, const char *name)
{
    return &defs->by_name[hash_of(name) & (defs->buckets - 1)];
}

struct def *def_find(const struct defs *defs, const char *name)
{
    struct def *def = *bucket(defs, name);

    while (def != NULL && strcmp(def->name, name) != 0)
        def = def->same_hash;
    return def;
}

/* A table that cannot grow is slower, and nothing else. */
static void grow(struct defs *defs)
{
    struct def **grown = calloc(2 * defs->buckets, sizeof(struct def *));

    if (grown == NULL)
        return;
    free(defs->by_name);
    defs->by_name = grown;
    defs->buckets *= 2;
    for (struct def *def = defs->first; def != NULL; def = def->next) {
        struct def **place = bucket(defs, def->name);

        def->same_hash = *place;
        *place = def;
    }
}

static void on_event(struct watched *watched, uint32_t mask, const char *name);

struct def *def_enter(struct defs *defs, const char *name)
{
    size_t size = strlen(name) + 1;
    struct def *def = calloc(1, sizeof *def + size);

    if (def == NULL) {
        sv_warn_sys("unable to take up ", name, " (until the next rescan)");
        return NULL;
    }
    if (defs->count >= defs->buckets)
        grow(defs);
    memcpy(def->name, name, size);
    def->defs = defs;
    def->round = defs->round;
    def->watched.event = on_event;
    def->same_hash = *bucket(defs, name);
    *bucket(defs, name) = def;
    def->next = defs->first;
    if (def->next != NULL)
        def->next->previous = def;
    defs->first = def;
    defs->fault = NULL;
    defs->count++;
    return def;
}

void def_leave(struct def *def)
{
    struct defs *defs = def->defs;
    struct def **place = bucket(defs, def->name);

    def_calm(def);
    notify_drop(&defs->notify, &def->watched);
    while (*place != def)
        place = &(*place)->same_hash;
    *place = def->same_hash;
    if (def->previous != NULL)
        def->previous->next = def->next;
    else
        defs->first = def->next;
    if (def->next != NULL)
        def->next->previous = def->previous;
    if (defs->cursor == def)
        defs->cursor = def->next;
    defs->fault = NULL;
    defs->count--;
    free(def->note);
    free(def);
}

struct def *def_next(struct defs *defs)
{
    struct def *def = defs->cursor;

    if (def != NULL)
        defs->cursor = def->next;
    return def;
}

/* ---- the unquiet -------------------------------------------------------- */

static void arm_first(struct defs *defs)
{
    if (defs->unquiet == NULL)
        loop_disarm(defs->loop, &defs->quiet);
    else if (defs->quiet.place == 0 || defs->quiet.at != defs->unquiet->due)
        loop_arm(defs->loop, &defs->quiet, defs->unquiet->due, def_on_quiet);
}

void def_calm(struct def *def)
{
    struct defs *defs = def->defs;

    if (def->due == 0)
        return;
    if (def->previous_unquiet != NULL)
        def->previous_unquiet->next_unquiet = def->next_unquiet;
    else
        defs->unquiet = def->next_unquiet;
    if (def->next_unquiet != NULL)
        def->next_unquiet->previous_unquiet = def->previous_unquiet;
    else
        defs->unquiet_last = def->previous_unquiet;
    def->due = 0;
    arm_first(defs);
}

/* Looks at def after a while.  Nearly always that is later than for all the
 * others, so its place is sought from the end. */
void def_look_after(struct def *def, int64_t delay)
{
    struct defs *defs = def->defs;
    struct def *before = NULL;

    def_calm(def);
    def->due = sv_boottime() + delay;
    before = defs->unquiet_last;
    while (before != NULL && before->due > def->due)
        before = before->previous_unquiet;
    def->previous_unquiet = before;
    def->next_unquiet = before == NULL ? defs->unquiet : before->next_unquiet;
    if (before != NULL)
        before->next_unquiet = def;
    else
        defs->unquiet = def;
    if (def->next_unquiet != NULL)
        def->next_unquiet->previous_unquiet = def;
    else
        defs->unquiet_last = def;
    arm_first(defs);
}

int64_t def_gather(struct defs *defs)
{
    int64_t latest = sv_boottime() + DEF_QUIET, due = 0;
    struct def *def;

    for (def = defs->unquiet; def != NULL && def->due <= latest;
         def = def->next_unquiet)
        due = def->due;
    for (def = defs->unquiet; def != NULL && def->due < due;
         def = def->next_unquiet)
        def->due = due;
    arm_first(defs);
    return due;
}

void def_touch(struct def *def)
{
    def->is_abandoned = false;
    def_look_after(def, DEF_QUIET);
}

static void on_event(struct watched *watched, uint32_t mask, const char *name)
{
    (void)mask;
    (void)name;
    def_touch(CONTAINER(watched, struct def, watched));
}
