/* SPDX-License-Identifier: ISC */
/*
 * def.h - one definition, between defs.c, look.c and known.c.
 *
 * Not for the rest of svscan, which knows definitions by name: see defs.h.
 */
#ifndef SVSCAN_DEF_H
#define SVSCAN_DEF_H

#include <stdbool.h>
#include <stdint.h>

#include "sv/clock.h"
#include "svscan/defs.h"

#define DEF_QUIET (200 * SV_MS)
#define DEF_ABANDONED (1000 * SV_MS) /* nothing is left but its directory */
#define DEF_POLL (5 * SV_SECOND)

/* A look at what is unquiet is put off; now means now. */
enum patience { WAIT, NOW };

struct def {
    struct def *same_hash;
    struct def *next;
    struct def *previous;
    struct def *next_unquiet;
    struct def *previous_unquiet;
    struct defs *defs;
    struct watched watched;
    int64_t due;       /* CLOCK_BOOTTIME ns; 0: it is quiet */
    uint64_t copied;   /* what its copy was made from; 0: it is not whole */
    uint64_t seen;     /* what the last survey found */
    uint64_t told;     /* ... when it was quiet; 0: it never was */
    char *note;        /* what is wrong with it; NULL: nothing */
    unsigned round;    /* in which DEFS was seen to have it */
    bool stands;       /* it has a copy */
    bool is_changed;   /* ... which is older */
    bool is_gone;      /* ... and is all that is left */
    bool is_leaving;   /* `removed` was called, defs_forget was not */
    bool is_abandoned; /* nothing was left in it when we last looked */
    bool is_new;       /* the last survey found a directory not watched yet */
    bool is_unwatched; /* something of it cannot be watched */
    bool is_told;      /* no change of it can escape us */
    bool is_another;   /* it is not what it was when `changed` was called */
    char name[];
};

/* ---- known.c: all of them, by name and by time ------------------------- */

/* NULL if there is none. */
struct def *def_find(const struct defs *defs, const char *name);

/* Makes one that is not there yet.  NULL, with a message, if memory is out. */
struct def *def_enter(struct defs *defs, const char *name);

/* Takes it out of everything, and frees it. */
void def_leave(struct def *def);

/* The next of a walk that began with defs->cursor = defs->first, in which any
 * may leave; NULL at the end. */
struct def *def_next(struct defs *defs);

/* def_look is called after delay (ns), and not before. */
void def_look_after(struct def *def, int64_t delay);

/* Those that are due within DEF_QUIET are looked at together, when the last of
 * them is due: that time (ns) is returned; 0: there are none. */
int64_t def_gather(struct defs *defs);

/* Something has happened to it: it is looked at when it has become quiet. */
void def_touch(struct def *def);

/* It is not to be looked at, unless something happens. */
void def_calm(struct def *def);

/* ---- look.c: what there is of one --------------------------------------- */

/* Finds out what there is of def now, and does what follows; def may be freed
 * by that. */
void def_look(struct def *def, enum patience patience);

/* Renews the copy of a def that has changed and is quiet, if it can be.  True
 * if it was renewed. */
bool def_refresh(struct def *def);

/* The first of the unquiet is due. */
void def_on_quiet(struct timer *timer);

/* ---- defs.c: DEFS itself ------------------------------------------------ */

/* Is DEFS a directory now? */
bool defs_are_there(const struct defs *defs);

/* Looks at what cannot be watched, after delay (ns) or before. */
void defs_poll_after(struct defs *defs, int64_t delay);

/* path cannot be watched (errno): it is polled, which is said once. */
void defs_say_unwatched(struct defs *defs, const char *path);

#endif
