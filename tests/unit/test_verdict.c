/* SPDX-License-Identifier: ISC */
/*
 * Truths about when a service has done what was asked of it.
 *
 * A story is the rows that svctl sees, one after the other, and the verdict
 * after each.
 */
#include "unit.h"

#include <signal.h>

#include "sv/clock.h"
#include "svctl/verdict.h"

static const int64_t now = INT64_C(1700000000000000000);
static struct target target;
static enum goal goal;

static const char *const verdicts[] = {
    [PENDING] = "pending",
    [SETTLING] = "settling",
    [DONE] = "done",
    [FAILED] = "failed",
};

/* A row of the web service: an incarnation is a pid, started so many ms ago. */
static struct sv_wire_row row_of(enum sv_wire_state state, unsigned flags,
                                 int64_t pid, int64_t age_ms)
{
    struct sv_wire_row row = {.state = state, .flags = flags, .pid = pid};

    stpcpy(row.name, "web");
    row.stamp = sv_stamp_of(now - age_ms * SV_MS);
    return row;
}

static const unsigned wanted = SV_ROW_WANT_UP;
static const unsigned mute = SV_ROW_WANT_UP | SV_ROW_ANNOUNCES;
static const unsigned ready =
    SV_ROW_WANT_UP | SV_ROW_ANNOUNCES | SV_ROW_READY;

static void begin(enum goal of, struct sv_wire_row before)
{
    goal = of;
    target = (struct target){.before = before, .now = before};
}

static void expect(enum verdict verdict)
{
    enum verdict got = target_judge(&target, goal, now);

    ck_assert_msg(got == verdict, "%s where it should be %s", verdicts[got],
                  verdicts[verdict]);
}

static void see(struct sv_wire_row row, enum verdict verdict)
{
    target_see(&target, goal, &row);
    expect(verdict);
}

static void answer(enum verdict verdict)
{
    target.is_asked = true;
    expect(verdict);
}

START_TEST(a_start_is_done_when_it_is_ready)
{
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    expect(PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 7, 1), PENDING);
    answer(PENDING);
    see(row_of(SV_WIRE_UP, ready, 7, 1), DONE);
}
END_TEST

START_TEST(a_start_of_who_announces_nothing_has_to_settle)
{
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_UP, wanted, 7, 1), SETTLING);
    ck_assert_int_eq(target.settled, now + (VERDICT_SETTLE_MS - 1) * SV_MS);
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_UP, wanted, 7, VERDICT_SETTLE_MS), DONE);
}
END_TEST

START_TEST(a_clock_that_was_set_back_does_not_keep_it_waiting)
{
    begin(GOAL_START, row_of(SV_WIRE_UP, wanted, 7, -3600000));
    expect(DONE);
}
END_TEST

START_TEST(a_start_of_what_is_up_is_done_at_once)
{
    begin(GOAL_START, row_of(SV_WIRE_UP, ready, 7, 9000));
    expect(DONE);
    begin(GOAL_START, row_of(SV_WIRE_UP, wanted, 7, 9000));
    expect(DONE);
}
END_TEST

START_TEST(a_death_while_starting_is_a_failure_with_its_reason)
{
    struct sv_wire_row dead = row_of(SV_WIRE_WAITING, wanted, 0, 0);
    char reason[REASON_MAX];

    dead.wstat = 3 << 8;
    dead.flags |= SV_ROW_LOGGED;
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_UP, wanted, 7, 1), SETTLING);
    see(dead, FAILED);
    target_reason(&target, reason);
    ck_assert_str_eq(reason,
                     "died while starting: exit code 3 (see svctl log web)");
    see(row_of(SV_WIRE_UP, wanted, 8, 0), FAILED);
}
END_TEST

START_TEST(a_death_and_a_new_life_in_one_row_is_a_failure_too)
{
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_STARTING, mute, 7, 1), PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 8, 0), FAILED);
}
END_TEST

START_TEST(what_was_told_to_go_may_die_before_it_starts_again)
{
    begin(GOAL_START, row_of(SV_WIRE_STOPPING, 0, 7, 9000));
    answer(PENDING);
    see(row_of(SV_WIRE_STOPPING, mute, 7, 9000), PENDING);
    see(row_of(SV_WIRE_FINISHING, mute, 9, 2), PENDING);
    see(row_of(SV_WIRE_WAITING, mute, 0, 2), PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 8, 1), PENDING);
    see(row_of(SV_WIRE_UP, ready, 8, 1), DONE);
}
END_TEST

START_TEST(what_cannot_be_spawned_is_a_failure_with_the_note)
{
    struct sv_wire_row row = row_of(SV_WIRE_WAITING, wanted, 0, 9000);
    char reason[REASON_MAX];

    stpcpy(row.note, "unable to spawn ./run: Exec format error");
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row, PENDING);
    answer(FAILED);
    target_reason(&target, reason);
    ck_assert_str_eq(reason, row.note);
}
END_TEST

START_TEST(a_note_about_something_else_does_not_fail_a_restart)
{
    struct sv_wire_row row = row_of(SV_WIRE_UP, wanted, 7, 9000);

    stpcpy(row.note, "invalid timeout-kill");
    begin(GOAL_RESTART, row);
    answer(PENDING);
    row.state = SV_WIRE_WAITING;
    row.pid = 0;
    see(row, PENDING);
}
END_TEST

START_TEST(who_gives_up_fails_a_start)
{
    begin(GOAL_START, row_of(SV_WIRE_FINISHING, 0, 9, 9000));
    answer(PENDING);
    see(row_of(SV_WIRE_DOWN, 0, 0, 9000), FAILED);
}
END_TEST

START_TEST(a_restart_needs_another_incarnation)
{
    begin(GOAL_RESTART, row_of(SV_WIRE_UP, ready, 7, 9000));
    expect(PENDING);
    see(row_of(SV_WIRE_STOPPING, mute, 7, 9000), PENDING);
    answer(PENDING);
    see(row_of(SV_WIRE_WAITING, mute, 0, 2), PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 8, 1), PENDING);
    see(row_of(SV_WIRE_UP, ready, 8, 1), DONE);
}
END_TEST

START_TEST(a_restart_that_gets_the_same_pid_is_one)
{
    begin(GOAL_RESTART, row_of(SV_WIRE_UP, ready, 7, 9000));
    see(row_of(SV_WIRE_UP, ready, 7, 1), DONE);
}
END_TEST

START_TEST(a_restart_whose_new_process_dies_has_failed)
{
    begin(GOAL_RESTART, row_of(SV_WIRE_UP, ready, 7, 9000));
    see(row_of(SV_WIRE_STOPPING, mute, 7, 9000), PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 8, 2), PENDING);
    see(row_of(SV_WIRE_FINISHING, mute, 9, 1), FAILED);
}
END_TEST

START_TEST(a_stop_is_done_when_finish_is_over)
{
    begin(GOAL_STOP, row_of(SV_WIRE_UP, ready, 7, 9000));
    see(row_of(SV_WIRE_STOPPING, 0, 7, 9000), PENDING);
    answer(PENDING);
    see(row_of(SV_WIRE_FINISHING, 0, 9, 1), PENDING);
    see(row_of(SV_WIRE_DOWN, 0, 0, 1), DONE);
}
END_TEST

START_TEST(a_stop_that_somebody_undoes_has_failed)
{
    begin(GOAL_STOP, row_of(SV_WIRE_UP, ready, 7, 9000));
    answer(PENDING);
    see(row_of(SV_WIRE_STOPPING, mute, 7, 9000), PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 8, 1), FAILED);
}
END_TEST

/* What needs it could not be stopped. */
START_TEST(a_stop_that_is_called_off_has_failed)
{
    begin(GOAL_STOP, row_of(SV_WIRE_UP, wanted, 7, 9000));
    see(row_of(SV_WIRE_UP, 0, 7, 9000), PENDING);
    answer(PENDING);
    see(row_of(SV_WIRE_UP, wanted, 7, 9000), FAILED);
}
END_TEST

START_TEST(a_stop_that_takes_too_long_has_failed_and_may_be_asked_for_again)
{
    struct sv_wire_row overdue =
        row_of(SV_WIRE_STOPPING, SV_ROW_OVERDUE, 7, 9000);

    begin(GOAL_STOP, row_of(SV_WIRE_UP, wanted, 7, 9000));
    answer(PENDING);
    see(row_of(SV_WIRE_STOPPING, 0, 7, 9000), PENDING);
    see(overdue, FAILED);
    begin(GOAL_STOP, overdue);
    expect(PENDING);
    ck_assert(target_wants_request(&target, goal));
    see(row_of(SV_WIRE_STOPPING, 0, 7, 9000), PENDING);
    answer(PENDING);
    see(overdue, FAILED);
}
END_TEST

START_TEST(what_is_gone_is_stopped_and_cannot_be_started)
{
    begin(GOAL_STOP, row_of(SV_WIRE_STOPPING, 0, 7, 9000));
    see(row_of(SV_WIRE_GONE, 0, 0, 1), DONE);
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_GONE, 0, 0, 9000), FAILED);
    begin(GOAL_IS_READY, row_of(SV_WIRE_UP, mute, 7, 9000));
    see(row_of(SV_WIRE_GONE, 0, 0, 9000), FAILED);
}
END_TEST

START_TEST(once_may_be_over_before_it_is_seen)
{
    begin(GOAL_ONCE, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_UP, 0, 7, 1), SETTLING);
    see(row_of(SV_WIRE_DOWN, 0, 0, 0), DONE);
}
END_TEST

START_TEST(once_that_ends_badly_has_failed)
{
    struct sv_wire_row dead = row_of(SV_WIRE_DOWN, 0, 0, 0);

    dead.wstat = SIGSEGV;
    begin(GOAL_ONCE, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    see(row_of(SV_WIRE_UP, 0, 7, 1), SETTLING);
    see(dead, FAILED);
}
END_TEST

START_TEST(a_wait_for_up_does_not_need_readiness)
{
    begin(GOAL_IS_UP, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    expect(PENDING);
    see(row_of(SV_WIRE_STARTING, mute, 7, 1), DONE);
    begin(GOAL_IS_READY, row_of(SV_WIRE_STARTING, mute, 7, 1));
    expect(PENDING);
    see(row_of(SV_WIRE_UP, mute, 7, 1), PENDING);
    see(row_of(SV_WIRE_UP, ready, 7, 1), DONE);
    begin(GOAL_IS_READY, row_of(SV_WIRE_UP, wanted, 7, 1));
    expect(DONE);
}
END_TEST

START_TEST(a_wait_for_down_is_done_between_two_lives)
{
    begin(GOAL_IS_DOWN, row_of(SV_WIRE_FINISHING, wanted, 7, 1));
    expect(PENDING);
    see(row_of(SV_WIRE_WAITING, wanted, 0, 1), DONE);
}
END_TEST

/* ---- after svscan was lost ---------------------------------------------- */

START_TEST(a_death_that_nobody_saw_fails_a_start)
{
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    target.is_unseen = true;
    see(row_of(SV_WIRE_WAITING, wanted, 0, 5), FAILED);
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    target.is_unseen = true;
    see(row_of(SV_WIRE_DOWN, 0, 0, 9000), PENDING);
}
END_TEST

START_TEST(a_death_that_nobody_saw_may_have_a_finish_that_runs)
{
    begin(GOAL_ONCE, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    target.is_unseen = true;
    see(row_of(SV_WIRE_FINISHING, 0, 8, 5), DONE);
    see(row_of(SV_WIRE_DOWN, 0, 0, 5), DONE);
    begin(GOAL_ONCE, row_of(SV_WIRE_FINISHING, 0, 8, 9000));
    target.is_unseen = true;
    see(row_of(SV_WIRE_FINISHING, 0, 8, 9000), PENDING);
    ck_assert(target_wants_request(&target, goal));
}
END_TEST

START_TEST(a_request_is_made_again_only_where_it_has_not_begun)
{
    begin(GOAL_RESTART, row_of(SV_WIRE_UP, ready, 7, 9000));
    ck_assert(target_wants_request(&target, goal));
    see(row_of(SV_WIRE_STOPPING, mute, 7, 9000), PENDING);
    ck_assert(!target_wants_request(&target, goal));
    see(row_of(SV_WIRE_STARTING, mute, 8, 1), PENDING);
    ck_assert(!target_wants_request(&target, goal));

    begin(GOAL_STOP, row_of(SV_WIRE_UP, ready, 7, 9000));
    ck_assert(target_wants_request(&target, goal));
    see(row_of(SV_WIRE_STOPPING, 0, 7, 9000), PENDING);
    ck_assert(!target_wants_request(&target, goal));

    begin(GOAL_STOP, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    ck_assert(!target_wants_request(&target, goal));
    see(row_of(SV_WIRE_DOWN, 0, 0, 9000), DONE);

    begin(GOAL_ONCE, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    ck_assert(target_wants_request(&target, goal));
    see(row_of(SV_WIRE_UP, 0, 7, 1), SETTLING);
    ck_assert(!target_wants_request(&target, goal));
    see(row_of(SV_WIRE_DOWN, 0, 0, 0), DONE);
    ck_assert(!target_wants_request(&target, goal));

    begin(GOAL_IS_READY, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    ck_assert(!target_wants_request(&target, goal));
}
END_TEST

START_TEST(what_has_been_answered_is_not_asked_again)
{
    begin(GOAL_START, row_of(SV_WIRE_DOWN, 0, 0, 9000));
    ck_assert(target_wants_request(&target, goal));
    target.is_asked = true;
    ck_assert(!target_wants_request(&target, goal));
}
END_TEST

START_TEST(a_clock_that_was_set_makes_nothing_older)
{
    static const int64_t set_to[] = {0, 1, INT64_MAX};
    struct sv_wire_row row = row_of(SV_WIRE_UP, wanted, 12, 5000);

    ck_assert_int_eq(row_uptime(&row, now), 5 * SV_SECOND);
    row.stamped = sv_boottime() - SV_SECOND;
    for (size_t i = 0; i < sizeof set_to / sizeof *set_to; i++) {
        int64_t uptime = row_uptime(&row, set_to[i]);

        ck_assert_int_ge(uptime, SV_SECOND);
        ck_assert_int_le(uptime, sv_boottime() - row.stamped);
    }
    row.stamped = sv_boottime() + 60 * SV_SECOND;
    ck_assert_int_eq(row_uptime(&row, now), 0);
    row.state = SV_WIRE_DOWN;
    ck_assert_int_eq(row_uptime(&row, now), -1);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "verdict",
        a_start_is_done_when_it_is_ready,
        a_start_of_who_announces_nothing_has_to_settle,
        a_clock_that_was_set_back_does_not_keep_it_waiting,
        a_start_of_what_is_up_is_done_at_once,
        a_death_while_starting_is_a_failure_with_its_reason,
        a_death_and_a_new_life_in_one_row_is_a_failure_too,
        what_was_told_to_go_may_die_before_it_starts_again,
        what_cannot_be_spawned_is_a_failure_with_the_note,
        a_note_about_something_else_does_not_fail_a_restart,
        who_gives_up_fails_a_start, a_restart_needs_another_incarnation,
        a_restart_that_gets_the_same_pid_is_one,
        a_restart_whose_new_process_dies_has_failed,
        a_stop_is_done_when_finish_is_over,
        a_stop_that_somebody_undoes_has_failed,
        a_stop_that_is_called_off_has_failed,
        a_stop_that_takes_too_long_has_failed_and_may_be_asked_for_again,
        what_is_gone_is_stopped_and_cannot_be_started,
        once_may_be_over_before_it_is_seen,
        once_that_ends_badly_has_failed,
        a_wait_for_up_does_not_need_readiness,
        a_wait_for_down_is_done_between_two_lives,
        a_death_that_nobody_saw_fails_a_start,
        a_death_that_nobody_saw_may_have_a_finish_that_runs,
        a_request_is_made_again_only_where_it_has_not_begun,
        what_has_been_answered_is_not_asked_again,
        a_clock_that_was_set_makes_nothing_older);
}
