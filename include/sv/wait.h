/* SPDX-License-Identifier: ISC */
/*
 * wait.h - waiting until services are up, or down, or have said something.
 *
 * Who waits subscribes to a service's events, then reads its status, then
 * applies each event as it comes; in that order nothing is missed (contract
 * 7.5).  What an event means is a pure step (struct sv_progress); around it are
 * the fifos, the clock and the signals (struct sv_wait):
 *
 *   sv_wait_open, and for each service sv_wait_subscribe and sv_wait_look;
 *   then whatever is to bring the goal about; then sv_wait_run; and, however
 *   it went, sv_wait_close, or the fifos stay behind.
 *
 * Source: contract 9.4, 9.5.
 */
#ifndef SV_WAIT_H
#define SV_WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "sv/event.h"
#include "sv/pattern.h"
#include "sv/status.h"

/* What is waited for: a state, or that one of some letters is heard. */
struct sv_goal {
    const char *letters;   /* NULL: the state that the rest describes */
    bool is_up;
    bool is_ready;         /* and ready: up, it said so; down, finish is over */
    bool is_down_first;    /* ... and it was down before, meanwhile */
    bool is_over_first;    /* ... and its finish was over */
};

/* The goal of an option: u U d D, or r R (down, then up or ready).  False, and
 * *goal is left alone, for any other letter. */
bool sv_goal_of(char letter, struct sv_goal *goal);

/* How far one service is on its way to the goal.  A service that cannot get
 * there any more has failed, and stays so. */
struct sv_progress {
    bool is_known;   /* the state; until then nothing holds */
    bool is_up;
    bool is_ready;
    bool was_down;   /* as the goal wants it first */
    bool was_heard;
    bool has_failed;
};

/* Begins with what the status file says. */
void sv_progress_see(struct sv_progress *progress, const struct sv_goal *goal,
                     const struct sv_status *status);

/* Applies one event letter.  O is a failure for who waits for up, x for who has
 * not got what he waits for; letters without a meaning are passed over. */
void sv_progress_hear(struct sv_progress *progress, const struct sv_goal *goal,
                      char letter);

/* Is there nothing more to wait for, since the goal holds or cannot hold? */
bool sv_progress_is_done(const struct sv_progress *progress,
                         const struct sv_goal *goal);

/* A service that is waited for.  The caller's memory, until sv_wait_close. */
struct sv_waited {
    int base;        /* the service directory, as in status.h */
    const char *dir;
    struct sv_pattern *pattern; /* dir is a fifodir, which this is awaited of */
    int fifo;
    char name[SV_EVENT_NAME + 1];
    struct sv_progress progress;
    struct sv_waited *next;
};

struct sv_wait {
    struct sv_goal goal;
    bool is_any;              /* one service is enough */
    struct sv_waited *services;
    size_t count;
    size_t done;
    size_t failures;          /* services that have failed */
    int poll;                 /* readable when sv_wait_run has work */
    int ending;               /* a signalfd, never read */
    sigset_t mask;            /* as they were before sv_wait_open */
    struct rlimit descriptors;
};

/* Begins a wait.  Until sv_wait_close the signals that ask a process to end are
 * held back, so that it can remove its fifos first (those excepted that were
 * ignored or blocked anyway), and the limit of descriptors is as high as it
 * may be.  goal is copied, but not its letters.  False with errno set; then
 * there is nothing to close. */
bool sv_wait_open(struct sv_wait *wait, const struct sv_goal *goal,
                  bool is_any);

/* Subscribes to the events of the service at base, dir (as in status.h; dir is
 * kept, not copied); makes its event directory if there is none.  False with
 * errno set; then *service is not part of the wait. */
bool sv_wait_subscribe(struct sv_wait *wait, struct sv_waited *service,
                       int base, const char *dir);

/* Subscribes to a fifodir of any name, base and dir, and waits until what is
 * said there matches the pattern, which is the caller's.  The goal must have
 * letters ("").  False as above; the fifodir is not made. */
bool sv_wait_subscribe_to(struct sv_wait *wait, struct sv_waited *service,
                          int base, const char *dir,
                          struct sv_pattern *pattern);

/* Reads the status of a service that was subscribed to; not for letters, which
 * count from the subscription on.  False with errno set, as sv_status_read. */
bool sv_wait_look(struct sv_wait *wait, struct sv_waited *service);

/* Starts a program (found by PATH) with the signal mask and the limit of before.
 * Returns its pid, which the caller reaps, or -1 with errno set if it could not
 * be executed. */
pid_t sv_wait_start(const struct sv_wait *wait, char *const argv[]);

/* The same, and does not ask how it ends: it is reaped unseen, as are all other
 * children from now on.  False with errno set. */
bool sv_wait_spawn(const struct sv_wait *wait, char *const argv[]);

enum sv_wait_end {
    SV_WAIT_DONE,     /* the goal holds, but for the failures */
    SV_WAIT_TIMEOUT,
    SV_WAIT_SIGNAL,   /* to end: sv_wait_close lets it through */
    SV_WAIT_ERROR,    /* errno says why */
};

/* Waits until the services (all at once, or any) have done what is waited for;
 * of no services nothing is waited for.  deadline is of sv_boottime(),
 * INT64_MAX for never; with one in the past it only looks.  May be called
 * again. */
enum sv_wait_end sv_wait_run(struct sv_wait *wait, int64_t deadline);

/* Unsubscribes everywhere, and lets through a signal that was held back: this
 * may not return.  Keeps errno. */
void sv_wait_close(struct sv_wait *wait);

#endif
