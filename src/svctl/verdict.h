/* SPDX-License-Identifier: ISC */
/*
 * verdict.h - has a service done what was asked of it?
 *
 * A pure judgement on rows: the one before the request, and each one after it
 * in the order in which they came.  An incarnation of run is its pid and the
 * stamp of its start; both outlive svscan.
 */
#ifndef SVCTL_VERDICT_H
#define SVCTL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/wire.h"

enum goal {
    GOAL_START,     /* ORDER's letter u: up, and ready where it announces that */
    GOAL_RESTART,   /* r: the same, in another incarnation */
    GOAL_ONCE,      /* o: as start; a run that exits 0 has done its work too */
    GOAL_STOP,      /* d: down, finish included */
    GOAL_IS_UP,     /* wait up: run lives */
    GOAL_IS_READY,  /* wait ready: up, and ready where it announces that */
    GOAL_IS_DOWN,   /* wait down: neither run nor finish lives */
};

/* A service that announces nothing counts as started when it has lived for so
 * long: most of what is wrong with a service shows at once. */
enum { VERDICT_SETTLE_MS = 100 };

enum verdict {
    PENDING,
    SETTLING, /* done if nothing happens until settled */
    DONE,
    FAILED,
};

struct target {
    struct sv_wire_row before; /* as it was before the request */
    struct sv_wire_row now;
    bool is_asked;   /* the request has been answered */
    bool is_refused; /* ... by a fault, which now.note says */
    bool is_unseen;  /* svscan was lost: what happened until the next row is
                        not known */
    bool has_died;   /* an incarnation that should have become what is asked
                        for; now.wstat says how */
    bool was_unwanted; /* a row since the request did not want it up */
    int64_t settled; /* CLOCK_REALTIME ns; for SETTLING */
};

/* The next row of the service. */
void target_see(struct target *target, enum goal goal,
                const struct sv_wire_row *row);

/* realtime: CLOCK_REALTIME ns now. */
enum verdict target_judge(struct target *target, enum goal goal,
                          int64_t realtime);

/* Must the request be made (again), going by what is known now?  For one that
 * may or may not have reached an svscan that was killed. */
bool target_wants_request(const struct target *target, enum goal goal);

/* Is run alive? */
bool row_is_alive(const struct sv_wire_row *row);

/* Is it up, and ready where it announces readiness? */
bool row_is_ready(const struct sv_wire_row *row);

/* Nanoseconds since its stamp, by a clock that nobody sets if svscan tells its
 * time on that; else by the difference to realtime. */
int64_t row_age(const struct sv_wire_row *row, int64_t realtime);

/* Nanoseconds since run was started, if it is alive, or since a oneshot was
 * done; else, or if that is not known, -1. */
int64_t row_uptime(const struct sv_wire_row *row, int64_t realtime);

/* Is it up, or not wanted up, and has not failed?  A definition that is no
 * service for its fault is wanted by somebody. */
bool row_is_well(const struct sv_wire_row *row);

/* How the last run ended: "exit code 1", "signal TERM", "nobody knows how". */
enum { EXIT_TEXT_MAX = 32 };
char *row_exit(char buf[static EXIT_TEXT_MAX], const struct sv_wire_row *row);

/* One word for what it does: that of its state, or "failed".  Static. */
const char *row_word(const struct sv_wire_row *row);

/* What it does, for a message: "starting (pid 12)". */
enum { STATE_TEXT_MAX = 48 };
char *row_state(char buf[static STATE_TEXT_MAX],
                const struct sv_wire_row *row);

/* Why the verdict is FAILED, and what to look at. */
enum { REASON_MAX = SV_WIRE_NOTE_MAX + SV_NAME_MAX + 128 };
void target_reason(const struct target *target, char buf[static REASON_MAX]);

#endif
