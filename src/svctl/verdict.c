/* SPDX-License-Identifier: ISC */
/*
 * verdict.c - has a service done what was asked of it?
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/service.h"
#include "svctl/verdict.h"

bool row_is_alive(const struct sv_wire_row *row)
{
    return row->state == SV_WIRE_STARTING || row->state == SV_WIRE_UP ||
           row->state == SV_WIRE_STOPPING;
}

bool row_is_ready(const struct sv_wire_row *row)
{
    return row->state == SV_WIRE_DONE ||
           (row->state == SV_WIRE_UP &&
            (row->flags & SV_ROW_READY || !(row->flags & SV_ROW_ANNOUNCES)));
}

int64_t row_age(const struct sv_wire_row *row, int64_t realtime)
{
    int64_t now = row->stamped ? sv_boottime() : realtime;
    int64_t since =
        row->stamped ? row->stamped : sv_stamp_to_realtime(&row->stamp);

    return since > 0 && now > since ? now - since : 0;
}

int64_t row_uptime(const struct sv_wire_row *row, int64_t realtime)
{
    if (sv_stamp_to_realtime(&row->stamp) <= 0 ||
        (!row_is_alive(row) && row->state != SV_WIRE_DONE))
        return -1;
    return row_age(row, realtime);
}

bool row_is_well(const struct sv_wire_row *row)
{
    return row_is_ready(row) ||
           (!(row->flags & (SV_ROW_WANT_UP | SV_ROW_FAILED)) && !*row->note);
}

static bool stamps_differ(const tain *one, const tain *other)
{
    return one->sec.x != other->sec.x || one->nano != other->nano;
}

/* The same process of run? */
static bool is_same(const struct sv_wire_row *one,
                    const struct sv_wire_row *other)
{
    return row_is_alive(one) && row_is_alive(other) && one->pid == other->pid &&
           !stamps_differ(&one->stamp, &other->stamp);
}

static bool is_start(enum goal goal)
{
    return goal == GOAL_START || goal == GOAL_RESTART || goal == GOAL_ONCE;
}

/* Is this the death of what was asked for?  Not of a process that had been told
 * to go, nor of the one that a restart replaces. */
static bool is_failure(const struct target *target, enum goal goal,
                       const struct sv_wire_row *row)
{
    const struct sv_wire_row *last = &target->now;

    if (!is_start(goal) || is_same(last, row) || row->state == SV_WIRE_DONE)
        return false; /* a oneshot's up ends by having done its work */
    if (row_is_alive(last))
        return last->state != SV_WIRE_STOPPING &&
               !(goal == GOAL_RESTART && is_same(last, &target->before));
    return target->is_unseen && !row_is_alive(&target->before) &&
           !row_is_alive(row) && row->state != SV_WIRE_GONE &&
           stamps_differ(&last->stamp, &row->stamp);
}

void target_see(struct target *target, enum goal goal,
                const struct sv_wire_row *row)
{
    if (is_failure(target, goal, row))
        target->has_died = true;
    target->is_unseen = false;
    target->was_unwanted =
        target->was_unwanted || !(row->flags & SV_ROW_WANT_UP);
    target->now = *row;
}

/* What a restart is to replace: the process, or what a oneshot has done. */
static bool is_as_before(const struct target *target)
{
    const struct sv_wire_row *now = &target->now;
    const struct sv_wire_row *before = &target->before;

    return is_same(now, before) ||
           (now->state == SV_WIRE_DONE && before->state == SV_WIRE_DONE &&
            !stamps_differ(&now->stamp, &before->stamp));
}

static enum verdict judge_settling(struct target *target, int64_t realtime)
{
    int64_t started = sv_stamp_to_realtime(&target->now.stamp);

    target->settled = started + VERDICT_SETTLE_MS * SV_MS;
    /* The clock may have been set meanwhile. */
    if (started > realtime || target->settled <= realtime)
        return DONE;
    return SETTLING;
}

/* svscan could not start it, and says so in a note that is new, or that stands
 * though a start was asked for. */
static bool is_refused(const struct target *target)
{
    const struct sv_wire_row *now = &target->now;
    const struct sv_wire_row *before = &target->before;

    if (!*now->note ||
        (now->state != SV_WIRE_DOWN && now->state != SV_WIRE_WAITING))
        return false;
    return strcmp(now->note, before->note) != 0 ||
           (!row_is_alive(before) && before->state != SV_WIRE_FINISHING);
}

static enum verdict judge_start(struct target *target, enum goal goal,
                                int64_t realtime)
{
    const struct sv_wire_row *now = &target->now;

    if (target->has_died) {
        bool is_work_done = goal == GOAL_ONCE && now->wstat == 0;

        return is_work_done ? DONE : FAILED;
    }
    if (now->state == SV_WIRE_GONE)
        return FAILED;
    if (row_is_ready(now) &&
        !(goal == GOAL_RESTART && is_as_before(target)))
        return (now->flags & (SV_ROW_ANNOUNCES | SV_ROW_ONESHOT)) != 0
                   ? DONE
                   : judge_settling(target, realtime);
    if (!target->is_asked)
        return PENDING;
    if (is_refused(target))
        return FAILED;
    return goal != GOAL_ONCE && now->state == SV_WIRE_DOWN &&
                   !(now->flags & SV_ROW_WANT_UP)
               ? FAILED
               : PENDING;
}

/* A stop makes it idle, or tries its down again. */
static bool is_failed_oneshot(const struct sv_wire_row *row)
{
    return row->state == SV_WIRE_DOWN && row->flags & SV_ROW_ONESHOT &&
           row->flags & SV_ROW_FAILED;
}

static enum verdict judge_stop(const struct target *target)
{
    const struct sv_wire_row *now = &target->now;

    if (is_failed_oneshot(now))
        return target->is_asked ? FAILED : PENDING;
    if (now->state == SV_WIRE_DOWN || now->state == SV_WIRE_GONE)
        return DONE;
    if (now->flags & SV_ROW_OVERDUE &&
        (target->is_asked || !(target->before.flags & SV_ROW_OVERDUE)))
        return FAILED;
    /* Somebody wants it up again; or what needs it could not be stopped. */
    if (target->is_asked && now->flags & SV_ROW_WANT_UP &&
        (row_is_alive(now) || now->state == SV_WIRE_DONE) &&
        (target->was_unwanted || !is_same(now, &target->before)))
        return FAILED;
    return PENDING;
}

enum verdict target_judge(struct target *target, enum goal goal,
                          int64_t realtime)
{
    const struct sv_wire_row *now = &target->now;

    if (target->is_refused)
        return FAILED;
    switch (goal) {
    case GOAL_STOP:
        return judge_stop(target);
    case GOAL_IS_DOWN:
        return now->state == SV_WIRE_DOWN || now->state == SV_WIRE_WAITING ||
                       now->state == SV_WIRE_GONE
                   ? DONE
                   : PENDING;
    case GOAL_IS_UP:
    case GOAL_IS_READY:
        if (now->state == SV_WIRE_GONE)
            return FAILED;
        return row_is_ready(now) ||
                       (goal == GOAL_IS_UP && row_is_alive(now))
                   ? DONE
                   : PENDING;
    default:
        return judge_start(target, goal, realtime);
    }
}

bool target_wants_request(const struct target *target, enum goal goal)
{
    const struct sv_wire_row *now = &target->now;
    bool wanted_up = now->flags & SV_ROW_WANT_UP;

    if (target->is_asked || target->is_refused || target->has_died ||
        now->state == SV_WIRE_GONE)
        return false;
    switch (goal) {
    case GOAL_START:
        return true; /* saying it twice does no harm */
    case GOAL_STOP:
        return wanted_up || is_failed_oneshot(now) ||
               now->flags & SV_ROW_OVERDUE ||
               (now->state != SV_WIRE_STOPPING && now->state != SV_WIRE_DOWN);
    case GOAL_RESTART: /* who waits, and did not, is being restarted */
        return (is_as_before(target) && now->state != SV_WIRE_STOPPING) ||
               !wanted_up ||
               (now->state == SV_WIRE_WAITING &&
                target->before.state == SV_WIRE_WAITING);
    case GOAL_ONCE:
        return !stamps_differ(&now->stamp, &target->before.stamp) &&
               (wanted_up || !row_is_alive(now));
    default:
        return false; /* who waits asks for nothing */
    }
}

/* ---- in words ----------------------------------------------------------- */

char *row_exit(char buf[static EXIT_TEXT_MAX], const struct sv_wire_row *row)
{
    if (row->wstat == SV_WSTAT_UNKNOWN)
        stpcpy(buf, "nobody knows how");
    else if (WIFSIGNALED(row->wstat))
        snprintf(buf, EXIT_TEXT_MAX, "signal %s",
                 sv_signal_name(WTERMSIG(row->wstat)));
    else
        snprintf(buf, EXIT_TEXT_MAX, "exit code %d", WEXITSTATUS(row->wstat));
    return buf;
}

const char *row_word(const struct sv_wire_row *row)
{
    return row->state == SV_WIRE_DOWN && row->flags & SV_ROW_FAILED
               ? "failed"
               : sv_wire_state_name(row->state);
}

char *row_state(char buf[static STATE_TEXT_MAX],
                const struct sv_wire_row *row)
{
    const char *state = row_word(row);
    const char *ready = row->state == SV_WIRE_UP && !row_is_ready(row)
                            ? ", but not ready"
                            : "";

    if (row->pid)
        snprintf(buf, STATE_TEXT_MAX, "%s%s (pid %d)", state, ready,
                 (int)row->pid);
    else
        snprintf(buf, STATE_TEXT_MAX, "%s", state);
    return buf;
}

/* Where it may have said more; a logger's log is its service's. */
static void add_hint(char buf[static REASON_MAX], const struct sv_wire_row *row)
{
    size_t used = strlen(buf);
    int name = (int)strcspn(row->name, "/");

    if (row->flags & SV_ROW_LOGGED || row->name[name])
        snprintf(buf + used, REASON_MAX - used, " (see svctl log %.*s)", name,
                 row->name);
}

void target_reason(const struct target *target, char buf[static REASON_MAX])
{
    const struct sv_wire_row *now = &target->now;
    char exit[EXIT_TEXT_MAX];

    if (target->is_refused)
        memcpy(buf, now->note, sizeof now->note);
    else if (target->has_died)
        snprintf(buf, REASON_MAX, "died while starting: %s",
                 row_exit(exit, now));
    else if (now->state == SV_WIRE_GONE)
        snprintf(buf, REASON_MAX, "it is not supervised any more%s%s",
                 *now->note ? ": " : "", now->note);
    else if (*now->note)
        snprintf(buf, REASON_MAX, "%s", now->note);
    else if (row_is_alive(now))
        stpcpy(buf, is_same(now, &target->before)
                        ? "it is wanted up again"
                        : "it has been started again meanwhile");
    else
        snprintf(buf, REASON_MAX, "it is down, and no longer wanted up: %s",
                 row_exit(exit, now));
    if (!target->is_refused && !row_is_alive(now))
        add_hint(buf, now);
}
