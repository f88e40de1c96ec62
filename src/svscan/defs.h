/* SPDX-License-Identifier: ISC */
/*
 * defs.h - the definitions below DEFS (/etc/sv), and what is known of each.
 *
 * A definition is looked at when nothing has changed in it for 200 ms, never
 * while somebody is at work on it.  What is then complete and has no live copy
 * gets one; what has one is marked as changed, and its copy is renewed by the
 * service's next start.  A service loses its definition when the directory is
 * gone, or when nothing is left in it of what the copy was made from; until
 * then, whatever is deleted or half written, the copy stands and the service
 * runs.
 *
 *   watch.c   inotify: somebody touched web
 *   known.c   web has been quiet for 200 ms
 *   look.c    what is there now, and what follows
 *   survey.c  it holds these files; complete, or what it lacks
 *   copy.c    the live copy (stage.c), and its mark (mark.c)
 *   defs.c    DEFS itself, and the functions below
 */
#ifndef SVSCAN_DEFS_H
#define SVSCAN_DEFS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/loop.h"
#include "svscan/copy.h"
#include "svscan/survey.h"
#include "svscan/watch.h"

struct defs_hooks {
    /* A live copy stands: take it up.  Not called before defs_open has
     * returned: scan the live tree then, which finds all copies. */
    void (*appeared)(void *context, const char *name);
    /* What defs_gather waits for is over: scan the live tree. */
    void (*gathered)(void *context);
    /* Its definition is gone: stop it, then, once it has left, call
     * defs_forget (at once, if there is no such service).  Not called before
     * defs_open has returned, nor for a name that has no copy. */
    void (*removed)(void *context, const char *name);
    /* The definition has changed, or what is wrong with it, or whether its
     * copy is older. */
    void (*changed)(void *context, const char *name);
};

struct def;

struct defs {
    struct loop *loop;
    const struct defs_hooks *hooks;
    void *context;
    char *path;  /* of DEFS, absolute */
    struct copies copies;
    struct survey survey;     /* of the definition at hand */
    struct notify notify;
    struct watched directory; /* DEFS itself */
    struct watched parent;    /* while DEFS is not there */
    struct timer quiet;       /* the first of `unquiet` is due */
    struct timer poll;        /* look at what cannot be watched */
    struct timer gathered;    /* `appeared` may be called from then on */
    struct def **by_name;     /* hash */
    size_t buckets;
    size_t count;
    struct def *first;        /* all of them */
    struct def *cursor;       /* the next of a walk through all of them */
    struct def *fault;        /* the one that defs_fault found last, or NULL */
    size_t fault_index;
    struct def *unquiet;      /* to be looked at, the earliest first */
    struct def *unquiet_last;
    unsigned round;           /* of reading DEFS */
    bool is_open;             /* the hooks may be called */
    bool is_gathering;        /* `appeared` may not be yet */
    bool is_missing;          /* there is no DEFS (it was said) */
    bool is_unreadable;       /* DEFS cannot be read (it was said) */
    bool is_unwatched;        /* something cannot be watched (it was said) */
    bool is_overrun;          /* events were lost */
};

/* Opens the definitions in path, which need not exist yet: that is one warning,
 * and it is taken up when it appears.  Keeps live copies of them in the
 * directory live (not owned), and what it knows of them in live/.svscan, which
 * is made.  Looks at each definition once: those that are complete and quiet
 * are copied at once, or found to be as their copies are; the others follow
 * when they are quiet.  are_quiet: all are, since nobody is there who could be
 * at work on them.  hooks is kept.  The loop must outlive *defs; three timers
 * of it are used.  False with errno set, and *defs closed. */
bool defs_open(struct defs *defs, struct loop *loop, int live, const char *path,
               bool are_quiet, const struct defs_hooks *hooks, void *context);

/* For a tree that begins, so that who comes after another is not started before
 * that one is known, only because its own definition is older.  If some are not
 * quiet yet, looks at all those together, at most 200 ms from now; `appeared`
 * is called for none until then, but `gathered` afterwards.  False if all are
 * quiet: scan the live tree now. */
bool defs_gather(struct defs *defs);

/* Frees everything; what is on disk stays. */
void defs_close(struct defs *defs);

/* Before a start: renews the copy of name, if its definition has changed, is
 * complete and has been quiet; else the old copy stays.  Costs a look into a
 * hash when there is nothing to do.  True if the copy was renewed (it may have
 * a logger now that it had not).  Calls no hook but `changed`. */
bool defs_refresh(struct defs *defs, const char *name);

/* Looks at every definition now, without waiting for quiet, and returns when
 * that is done and all hooks have been called.  False with errno set if DEFS
 * could not be read: then nothing was removed. */
bool defs_rescan(struct defs *defs);

/* The service name, whose definition is gone, has left supervision, with its
 * logger: deletes its live copy, with supervise/ and event/, and its mark.
 * Nothing for a name whose definition is there.  If there is a definition of
 * that name again by then, its service appears anew. */
void defs_forget(struct defs *defs, const char *name);

/* Is the entry of the live tree a copy of ours (a name of .svscan/copies)? */
bool defs_is_ours(const struct defs *defs, const char *name);

/* Is it a copy of ours, whose definition is gone?  `removed` has been called
 * for it, or will be; it must not be started.  A scan that finds such a name
 * adopts what runs of it; if nothing does, it calls defs_forget. */
bool defs_is_gone(const struct defs *defs, const char *name);

/* Is the copy older than the definition? */
bool defs_is_changed(const struct defs *defs, const char *name);

/* What is wrong with the definition of name, in words; NULL: nothing, or there
 * is none. */
const char *defs_note(const struct defs *defs, const char *name);

/* The i-th, counted from 0, of the definitions that have something wrong:
 * false if there are no more.  To ask for one after the other costs a walk
 * through all definitions together. */
bool defs_fault(struct defs *defs, size_t i, const char **name,
                const char **note);

#endif
