/* SPDX-License-Identifier: ISC */
/*
 * child.h - LIVE/.svscan/children: who runs, since when, and how it ended.
 *
 * A file of 64-byte slots in the machine's byte order (it never leaves the
 * machine: it is void in another boot; its version is that of sv/state.h),
 * mapped shared by svscan and written to, between clone and exec, by its
 * children too.  Slot 0 is the header; each other belongs to one service for as
 * long as it is supervised.  A service with a check has a second slot for it,
 * whose role is always check (from version 3 on).
 *
 *   offset  size  field
 *        0     4  head      state, role, flags: the word whose store commits
 *        4     4  pid       of the process, as our namespace sees it
 *        8     8  t0        CLOCK_BOOTTIME ns before the fork
 *       16     8  t1        the same, written by the child before its exec
 *       24     8  dev       the service directory, which is the service's
 *       32     8  ino       identity over renames and restarts
 *       40     4  wstat     low half: DEAD: wait status (SV_WSTAT_UNKNOWN: not
 *                           known); a finish that is not dead: still the
 *                           run's.  High half: how often run was started
 *                           again by itself, 65535 for more
 *       44     4  of        role finish: pid of the run that it follows; run,
 *                           up, down, VOID or IDLE: the errno of what failed
 *       48     8  died      CLOCK_REALTIME ns of the death that wstat tells of
 *       56     8  deadline  CLOCK_BOOTTIME ns: of the kill timer while there
 *                           is a process, of the next start while there is
 *                           none; 0 for no timer
 *
 * The header:
 *
 *   offset  size  field
 *        0     8  magic     "svchild"
 *        8     4  version   sv/state.h
 *       12     4  tree      what survives of the tree itself: SV_TREE_* below,
 *                           and how often svscan was started again in the high
 *                           half, 65535 for more; version 1 has no such field
 *       16     8  pid namespace
 *       24    40  boot id
 *
 * The one rule: every field that a state needs is stored before the head that
 * announces the state, and no field that the present state needs is changed
 * under it (deadline and the count in wstat apart, each of which is one store
 * that nothing else depends on).  SIGKILL falls between two stores, so whoever
 * maps the file next sees a whole record.
 */
#ifndef SV_CHILD_H
#define SV_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <sys/types.h>

enum sv_child_state {
    SV_CHILD_FREE,    /* a slot without a service */
    SV_CHILD_IDLE,    /* a service without a process; with the role up, it is
                         a oneshot that is done, or with FAILED has not come to
                         that; with down and FAILED it could not be undone */
    SV_CHILD_INTENT,  /* about to be spawned: nothing runs yet */
    SV_CHILD_RUNNING, /* the child has written its pid and t1 */
    SV_CHILD_DEAD,    /* it ended; what follows is not all done yet */
    SV_CHILD_VOID,    /* it never came to its exec: a failed start */
    SV_CHILD_STATES
};

enum sv_child_role {
    SV_ROLE_NONE,
    SV_ROLE_RUN,
    SV_ROLE_FINISH,
    SV_ROLE_UP,
    SV_ROLE_DOWN,
    SV_ROLE_CHECK,
    SV_ROLES
};

enum {
    SV_CHILD_LAST = 1 << 0,    /* supervision ends with this process */
    SV_CHILD_AWAITED = 1 << 1, /* its readiness is still awaited */
    SV_CHILD_CLOSED = 1 << 2,  /* its finish gets /dev/null for 0 and 1 */
    SV_CHILD_UNHEALTHY = 1 << 3, /* it is told to go for being so */
    SV_CHILD_STOPS = 1 << 4,   /* it is to stop when who needs it has; version 3
                                  said that with the bit of UNHEALTHY */
    SV_CHILD_RESTARTS = 1 << 5, /* ... and then to start again */
    SV_CHILD_AGAIN = 1 << 6,   /* it is told to go, and is to start again when
                                  what it needs is up */
    SV_CHILD_ONCE = 1 << 7,    /* IDLE: it is to start once, likewise */
    SV_CHILD_LATE = 1 << 8,    /* its time was over: of up, down, or timeout-up of
                                  run, which then is IDLE with it */
    SV_CHILD_TOLD = 1 << 9,    /* up, down: ... or it was to end; or run, and its
                                  finish: it was told to go */
    SV_CHILD_FAILED = 1 << 10, /* IDLE: the script of that role did */
    SV_CHILD_LIMITED = 1 << 11, /* run: deadline is that of its timeout-up */
    SV_CHILD_TIMED = 1 << 12,  /* it was told to stop, and its timeout-down
                                  counts: from the beginning after a take-over */
    SV_CHILD_RESUMES = 1 << 13, /* with STOPS: if that is called off it is
                                   wanted up */
    SV_CHILD_ORDERS = SV_CHILD_STOPS | SV_CHILD_RESTARTS | SV_CHILD_AGAIN
                      | SV_CHILD_TIMED | SV_CHILD_RESUMES,
};

/* As a sum, two of one bit would carry into the next. */
_Static_assert(SV_CHILD_LAST + SV_CHILD_AWAITED + SV_CHILD_CLOSED
                       + SV_CHILD_UNHEALTHY + SV_CHILD_STOPS
                       + SV_CHILD_RESTARTS + SV_CHILD_AGAIN + SV_CHILD_ONCE
                       + SV_CHILD_LATE
                       + SV_CHILD_TOLD + SV_CHILD_FAILED + SV_CHILD_LIMITED
                       + SV_CHILD_TIMED + SV_CHILD_RESUMES
                   == (SV_CHILD_LAST | SV_CHILD_AWAITED | SV_CHILD_CLOSED
                       | SV_CHILD_UNHEALTHY | SV_CHILD_STOPS
                       | SV_CHILD_RESTARTS | SV_CHILD_AGAIN | SV_CHILD_ONCE
                       | SV_CHILD_LATE
                       | SV_CHILD_TOLD | SV_CHILD_FAILED | SV_CHILD_LIMITED
                       | SV_CHILD_TIMED | SV_CHILD_RESUMES),
               "each flag is a bit of its own");

/* Of the tree.  A stop that init asks for is not noted: init says it again. */
enum {
    SV_TREE_RUNS = 1 << 0,        /* a svscan has begun, and not ended orderly */
    SV_TREE_STOPS = 1 << 1,       /* everything is being stopped */
    SV_TREE_LOGGERS_TOO = 1 << 2, /* ... and loggers are told to go as well */
};

struct sv_child {
    _Atomic uint32_t head;
    int32_t pid;
    int64_t t0;
    int64_t t1;
    uint64_t dev;
    uint64_t ino;
    uint32_t wstat;
    int32_t of;
    int64_t died;
    int64_t deadline;
};

_Static_assert(sizeof(struct sv_child) == 64, "a child record is 64 bytes");

static inline uint32_t sv_child_head(enum sv_child_state state,
                                     enum sv_child_role role, unsigned flags)
{
    return (uint32_t)state | (uint32_t)role << 8 | (uint32_t)flags << 16;
}

enum { SV_RESTARTS_MAX = 65535 };

/* What wstat holds, and its two halves. */
static inline uint32_t sv_child_end(int wstat, uint32_t restarts)
{
    return ((uint32_t)wstat & 0xffff)
           | (restarts < SV_RESTARTS_MAX ? restarts : SV_RESTARTS_MAX) << 16;
}

static inline int sv_child_wstat(const struct sv_child *child)
{
    return (int)(child->wstat & 0xffff);
}

static inline uint32_t sv_child_restarts(const struct sv_child *child)
{
    return child->wstat >> 16;
}

enum sv_child_state sv_child_state(const struct sv_child *child);
enum sv_child_role sv_child_role(const struct sv_child *child);
unsigned sv_child_flags(const struct sv_child *child);

/* Commits: a release store of the head, after all other fields. */
void sv_child_become(struct sv_child *child, enum sv_child_state state,
                     enum sv_child_role role, unsigned flags);

/* The mapped file. */
struct sv_children {
    struct sv_child *slots; /* slots[0] is the header's place */
    size_t count;           /* slots, the header included */
    size_t copied;          /* slots that came from an earlier svscan */
    size_t first_free;      /* no slot below it is free */
    size_t backed;          /* slots that have a page of the file */
    int fd;                 /* of the file, to give pages to further slots */
};

/* Opens the records of a tree: file (SV_TREE_CHILDREN) below the directory
 * base; count slots.  Starts a fresh inode under the name fresh, copies into
 * it every slot of the old file that is not free, if that file is of this boot,
 * of this pid namespace, and renames it over the old one.  The caller holds the
 * tree's lock.  If that file is of a later version, that is an error
 * (EPROTONOSUPPORT): its services are not ours to guess at.  So is one with more
 * records than there are slots (EOVERFLOW), and any where /proc cannot say which
 * boot and namespace this is (ENODATA).  False with errno set, and nothing
 * changed. */
bool sv_children_open(struct sv_children *children, int base, const char *file,
                      const char *fresh, size_t count);

/* A slot for the service (dev, ino), in state IDLE, all else 0; NULL with errno
 * set if every slot is taken (ENOSPC) or the file cannot grow.  Does not look for
 * one that the service has already: whoever starts walks the slots once and keeps
 * what it finds. */
struct sv_child *sv_children_take(struct sv_children *children, uint64_t dev,
                                  uint64_t ino);
/* The same for a second record of it, which has that role from then on, IDLE or
 * not (SV_ROLE_CHECK). */
struct sv_child *sv_children_take_for(struct sv_children *children,
                                      uint64_t dev, uint64_t ino,
                                      enum sv_child_role role);
/* What the header says of the tree: flags, and the count of restarts. */
unsigned sv_children_tree(const struct sv_children *children,
                          uint32_t *restarts);
/* Replaces both, in one store. */
void sv_children_set_tree(struct sv_children *children, unsigned flags,
                          uint32_t restarts);
void sv_children_free(struct sv_children *children, struct sv_child *child);

/* Does the process pid live, and did it start between t0 and t1 (CLOCK_BOOTTIME
 * ns)?  Its start time is field 22 of /proc/PID/stat, in ticks of 1/100 s.
 * False with errno 0 for a clear no; false with errno set if /proc would not
 * tell. */
bool sv_child_is(pid_t pid, int64_t t0, int64_t t1);

/* The parent of a process, by /proc/PID/stat; 0 if nobody can tell. */
pid_t sv_child_parent(pid_t pid);

#endif
