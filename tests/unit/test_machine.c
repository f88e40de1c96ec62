/* SPDX-License-Identifier: ISC */
/* Truths about the machine: stories, the matrix of s6, rules of every cell. */
#include "unit.h"

#include "engine/machine.h"

/* ---- stories: what happens, where that leads, what is to be done --------- */

struct scene {
    enum event event;
    enum state to;
    unsigned actions;
};

static void play(enum state state, const struct scene *scenes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct step step = machine_step(state, scenes[i].event);

        ck_assert_msg(step.to == scenes[i].to
                          && step.actions == scenes[i].actions,
                      "scene %zu, %s in %s: to %s with %#x, not %s with %#x",
                      i + 1, machine_event_name(scenes[i].event),
                      machine_state_name(state), machine_state_name(step.to),
                      step.actions, machine_state_name(scenes[i].to),
                      scenes[i].actions);
        state = step.to;
    }
}

#define PLAY(state, ...)                                                       \
    play(state, (const struct scene[]){__VA_ARGS__},                           \
         sizeof((const struct scene[]){__VA_ARGS__}) / sizeof(struct scene))

enum {
    STARTED = ACT_STATUS | ACT_TELL_UP,
    DIES = ACT_STATUS | ACT_TELL_DIED,
    ENDS = ACT_STATUS | ACT_TELL_DOWN,
    STOPPED = ACT_UNWANT | ACT_KILL_SEQUENCE | ACT_STATUS,
};

START_TEST(a_crash_is_followed_by_a_restart)
{
    PLAY(STATE_DOWN,
         { EVENT_WANT_UP, STATE_DOWN, ACT_WANT | ACT_STATUS | ACT_SPAWN_RUN },
         { EVENT_SPAWNED, STATE_UP, STARTED },
         { EVENT_DIED, STATE_FINISH, ACT_SPAWN_FINISH | DIES },
         { EVENT_FINISHED, STATE_DOWN, ENDS | ACT_ARM_RESTART },
         { EVENT_START_DUE, STATE_DOWN, ACT_SPAWN_RUN },
         { EVENT_SPAWNED, STATE_UP, STARTED });
}
END_TEST

START_TEST(without_finish_death_and_down_are_one_step)
{
    PLAY(STATE_UP,
         { EVENT_DIED_BARE, STATE_DOWN,
           DIES | ACT_TELL_DOWN | ACT_ARM_RESTART });
}
END_TEST

START_TEST(a_service_that_announces_itself_is_up_when_it_does)
{
    PLAY(STATE_DOWN, { EVENT_SPAWNED_MUTE, STATE_STARTING, STARTED },
         { EVENT_READY, STATE_UP, ACT_STATUS | ACT_TELL_READY });
}
END_TEST

START_TEST(one_that_stays_silent_goes_on_starting)
{
    PLAY(STATE_STARTING, { EVENT_SILENT, STATE_STARTING, ACT_NOTHING_ELSE },
         { EVENT_DIED, STATE_FINISH, ACT_SPAWN_FINISH | DIES });
}
END_TEST

START_TEST(a_finish_that_says_never_again_is_believed)
{
    PLAY(STATE_FINISH,
         { EVENT_FINISHED_125, STATE_DOWN,
           ACT_UNWANT | ACT_STATUS | ACT_TELL_FAILED | ACT_TELL_DOWN },
         { EVENT_WANT_UP, STATE_DOWN, ACT_WANT | ACT_STATUS | ACT_SPAWN_RUN });
}
END_TEST

START_TEST(who_was_restarted_too_often_stays_down_until_it_is_started)
{
    PLAY(STATE_UP,
         { EVENT_DIED_FOR_GOOD, STATE_DOWN,
           DIES | ACT_UNWANT | ACT_TELL_FAILED | ACT_TELL_DOWN },
         { EVENT_WANT_UP, STATE_DOWN, ACT_WANT | ACT_STATUS | ACT_SPAWN_RUN });
}
END_TEST

START_TEST(who_is_unhealthy_is_told_to_go_and_stays_wanted)
{
    PLAY(STATE_UP,
         { EVENT_UNHEALTHY, STATE_UP, ACT_KILL_SEQUENCE | ACT_STATUS },
         { EVENT_KILL_DUE, STATE_UP, ACT_KILL | ACT_STATUS },
         { EVENT_DIED_BARE, STATE_DOWN,
           DIES | ACT_TELL_DOWN | ACT_ARM_RESTART });
}
END_TEST

START_TEST(who_is_replaced_is_told_to_go_and_wanted_all_the_while)
{
    PLAY(STATE_UP,
         { EVENT_REPLACE, STATE_UP, ACT_WANT | ACT_KILL_SEQUENCE | ACT_STATUS },
         { EVENT_DIED, STATE_FINISH, ACT_SPAWN_FINISH | DIES },
         { EVENT_REPLACE, STATE_FINISH, ACT_WANT | ACT_STATUS },
         { EVENT_FINISHED, STATE_DOWN, ENDS | ACT_ARM_RESTART },
         { EVENT_REPLACE, STATE_DOWN, 0 });
}
END_TEST

START_TEST(a_start_that_failed_is_tried_again_later)
{
    PLAY(STATE_DOWN, { EVENT_START_DUE, STATE_DOWN, ACT_SPAWN_RUN },
         { EVENT_SPAWN_FAILED, STATE_DOWN, ACT_ARM_RETRY },
         { EVENT_WANT_UP, STATE_DOWN, ACT_WANT | ACT_STATUS | ACT_SPAWN_RUN });
}
END_TEST

START_TEST(who_ignores_the_signal_is_killed_and_up_does_not_save_it)
{
    PLAY(STATE_UP, { EVENT_WANT_DOWN, STATE_UP, STOPPED },
         { EVENT_WANT_UP, STATE_UP, ACT_WANT | ACT_STATUS },
         { EVENT_KILL_DUE, STATE_UP, ACT_KILL | ACT_STATUS },
         { EVENT_KILL_DUE, STATE_UP, ACT_KILL | ACT_STATUS },
         { EVENT_DIED_BARE, STATE_DOWN,
           DIES | ACT_TELL_DOWN | ACT_ARM_RESTART });
}
END_TEST

START_TEST(once_starts_it_and_does_not_restart_it)
{
    PLAY(STATE_DOWN,
         { EVENT_WANT_ONCE, STATE_DOWN,
           ACT_UNWANT | ACT_STATUS | ACT_SPAWN_RUN },
         { EVENT_SPAWNED, STATE_UP, STARTED },
         { EVENT_WANT_ONCE, STATE_UP, ACT_UNWANT | ACT_STATUS });
}
END_TEST

START_TEST(who_is_told_to_leave_leaves_after_finish)
{
    PLAY(STATE_UP, { EVENT_WANT_EXIT, STATE_LAST_UP, ACT_CLOSE_STDIO },
         { EVENT_WANT_UP, STATE_LAST_UP, ACT_WANT | ACT_STATUS },
         { EVENT_DIED, STATE_LAST_FINISH, ACT_SPAWN_FINISH | DIES },
         { EVENT_FINISHED, STATE_GONE, ENDS | ACT_LEAVE });
    PLAY(STATE_UP, { EVENT_TERM, STATE_LAST_UP, STOPPED },
         { EVENT_DIED_BARE, STATE_GONE, DIES | ACT_TELL_DOWN | ACT_LEAVE });
}
END_TEST

START_TEST(who_is_down_leaves_at_once)
{
    PLAY(STATE_DOWN, { EVENT_TERM, STATE_GONE, ACT_LEAVE });
    PLAY(STATE_DOWN, { EVENT_WANT_EXIT, STATE_GONE, ACT_LEAVE });
}
END_TEST

START_TEST(nothing_happens_to_what_is_gone)
{
    for (int event = 0; event < EVENTS; event++)
        PLAY(STATE_GONE, { (enum event)event, STATE_GONE, 0 });
}
END_TEST

/* ---- stories of oneshots ------------------------------------------------- */

enum {
    STARTS_UP = ACT_WANT | ACT_STATUS | ACT_SPAWN_UP,
    UNDONE = ACT_STATUS | ACT_TELL_DOWN | ACT_GO_ON,
    FAILS = ACT_UNWANT | ACT_STATUS | ACT_TELL_FAILED | ACT_TELL_DOWN,
};

START_TEST(a_oneshot_is_done_and_undone)
{
    PLAY(STATE_IDLE, { EVENT_WANT_UP, STATE_IDLE, STARTS_UP },
         { EVENT_SPAWNED, STATE_RUNNING_UP, STARTED },
         { EVENT_WORKED, STATE_DONE, ACT_STATUS | ACT_TELL_READY | ACT_GO_ON },
         { EVENT_WANT_UP, STATE_DONE, ACT_WANT | ACT_STATUS },
         { EVENT_WANT_DOWN, STATE_DONE,
           ACT_UNWANT | ACT_STATUS | ACT_SPAWN_DOWN },
         { EVENT_SPAWNED_DOWN, STATE_RUNNING_DOWN, DIES },
         { EVENT_WORKED, STATE_IDLE, UNDONE });
}
END_TEST

START_TEST(a_oneshot_is_replaced_by_undoing_it)
{
    PLAY(STATE_DONE,
         { EVENT_REPLACE, STATE_DONE, ACT_WANT | ACT_STATUS | ACT_SPAWN_DOWN },
         { EVENT_SPAWNED_DOWN, STATE_RUNNING_DOWN, DIES },
         { EVENT_WORKED, STATE_IDLE, UNDONE });
    PLAY(STATE_RUNNING_UP,
         { EVENT_REPLACE, STATE_RUNNING_UP,
           ACT_WANT | ACT_KILL_SEQUENCE | ACT_STATUS },
         { EVENT_CUT_SHORT, STATE_IDLE, UNDONE | ACT_TELL_DIED });
}
END_TEST

START_TEST(without_down_to_undo_it_is_one_step)
{
    PLAY(STATE_DONE, { EVENT_NO_SCRIPT, STATE_IDLE, UNDONE | ACT_TELL_DIED });
}
END_TEST

START_TEST(a_up_that_failed_stays_so_until_it_is_started_or_stopped)
{
    PLAY(STATE_RUNNING_UP,
         { EVENT_BROKE, STATE_FAILED, FAILS | ACT_TELL_DIED },
         { EVENT_START_DUE, STATE_FAILED, 0 },
         { EVENT_WANT_UP, STATE_FAILED, STARTS_UP },
         { EVENT_SPAWN_FAILED, STATE_FAILED, FAILS },
         { EVENT_WANT_DOWN, STATE_FAILED,
           ACT_UNWANT | ACT_STATUS | ACT_SPAWN_DOWN },
         { EVENT_NO_SCRIPT, STATE_IDLE, UNDONE });
}
END_TEST

START_TEST(a_down_that_failed_is_tried_again_by_a_stop)
{
    PLAY(STATE_RUNNING_DOWN, { EVENT_BROKE, STATE_FAILED, FAILS },
         { EVENT_WANT_DOWN, STATE_FAILED,
           ACT_UNWANT | ACT_STATUS | ACT_SPAWN_DOWN },
         { EVENT_SPAWNED_DOWN, STATE_RUNNING_DOWN, DIES },
         { EVENT_WORKED, STATE_IDLE, UNDONE });
}
END_TEST

START_TEST(a_script_that_takes_too_long_is_told_to_go_then_killed)
{
    PLAY(STATE_RUNNING_UP,
         { EVENT_TIMED_OUT, STATE_RUNNING_UP, ACT_KILL_SEQUENCE | ACT_STATUS },
         { EVENT_KILL_DUE, STATE_RUNNING_UP, ACT_KILL | ACT_STATUS },
         { EVENT_BROKE, STATE_FAILED, FAILS | ACT_TELL_DIED });
}
END_TEST

START_TEST(a_stop_cuts_up_short_which_is_no_failure)
{
    PLAY(STATE_RUNNING_UP, { EVENT_WANT_DOWN, STATE_RUNNING_UP, STOPPED },
         { EVENT_CUT_SHORT, STATE_IDLE, UNDONE | ACT_TELL_DIED });
    /* It had done its work before it heard of it. */
    PLAY(STATE_RUNNING_UP, { EVENT_WANT_DOWN, STATE_RUNNING_UP, STOPPED },
         { EVENT_WORKED, STATE_DONE, ACT_STATUS | ACT_TELL_READY | ACT_GO_ON },
         { EVENT_STOP_DUE, STATE_DONE, ACT_SPAWN_DOWN });
}
END_TEST

START_TEST(a_oneshot_that_is_done_is_undone_before_it_leaves)
{
    PLAY(STATE_DONE,
         { EVENT_TERM, STATE_LAST_SCRIPT,
           ACT_UNWANT | ACT_STATUS | ACT_SPAWN_DOWN },
         { EVENT_SPAWNED_DOWN, STATE_LAST_SCRIPT, DIES },
         { EVENT_BROKE, STATE_GONE, ACT_STATUS | ACT_TELL_DOWN | ACT_LEAVE });
}
END_TEST

/* ---- s6's matrix (contract 16.1), as far as the machine decides ---------- */

/* What each input does to want (1, 0, '-': stays), whether it starts (s), runs
 * down (v),
 * signals (k: the kill sequence), closes 0 and 1 (c), leaves (x), or makes
 * the next death the last (l). */
static const struct {
    enum event event;
    const char *in[STATES]; /* DOWN STARTING UP FINISH LAST_UP LAST_FINISH, IDLE
                               RUNNING_UP DONE RUNNING_DOWN FAILED LAST_SCRIPT,
                               GONE */
} matrix[] = {
    { EVENT_WANT_ONCE, { "0s", "0", "0", "0", "0", "0", /* oneshots: */
                         "1s", "1", "1", "1", "1s", "1", "" } },
    { EVENT_WANT_DOWN, { "0", "0k", "0k", "0", "0k", "0",
                         "0", "0k", "0v", "0", "0v", "0", "" } },
    { EVENT_WANT_UP, { "1s", "1", "1", "1", "1", "1",
                       "1s", "1", "1", "1", "1s", "1", "" } },
    { EVENT_WANT_STAY, { "0", "0", "0", "0", "0", "0",
                         "0", "", "", "", "0", "", "" } },
    { EVENT_WANT_EXIT, { "x", "cl", "cl", "cl", "cl", "cl",
                         "x", "cl", "x", "cl", "x", "", "" } },
    { EVENT_TERM, { "x", "0kl", "0kl", "cl", "0kl", "l",
                    "x", "0kl", "0vl", "cl", "x", "", "" } },
};

static const struct {
    enum action action;
    char letter;
} letters[] = {
    { ACT_UNWANT, '0' },      { ACT_WANT, '1' },  { ACT_SPAWN_RUN, 's' },
    { ACT_SPAWN_UP, 's' },    { ACT_SPAWN_DOWN, 'v' },
    { ACT_KILL_SEQUENCE, 'k' }, { ACT_CLOSE_STDIO, 'c' }, { ACT_LEAVE, 'x' },
};

static bool is_last(enum state state)
{
    return state == STATE_LAST_UP || state == STATE_LAST_FINISH
           || state == STATE_LAST_SCRIPT;
}

static void spell(struct step step, char text[static 8])
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (step.actions & letters[i].action)
            text[n++] = letters[i].letter;
    text[n] = '\0';
}

START_TEST(commands_do_what_they_do_in_s6)
{
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++) {
        for (int state = 0; state < STATES; state++) {
            struct step step =
                machine_step((enum state)state, matrix[i].event);
            const char *wanted = matrix[i].in[state];
            size_t n = strcspn(wanted, "l");
            char text[8];

            spell(step, text);
            ck_assert_msg(strncmp(text, wanted, n) == 0 && text[n] == '\0',
                          "%s in %s: %s, not %s",
                          machine_event_name(matrix[i].event),
                          machine_state_name((enum state)state), text, wanted);
            if (wanted[n] == 'l')
                ck_assert(is_last(step.to));
            /* s6 tells nobody of what is only wanted. */
            ck_assert_uint_eq(step.actions
                                  & (ACT_TELL_UP | ACT_TELL_READY
                                     | ACT_TELL_DIED | ACT_TELL_DOWN),
                              0);
        }
    }
}
END_TEST

/* ---- rules that hold for every cell -------------------------------------- */

static bool has_run(enum state state)
{
    return state == STATE_STARTING || state == STATE_UP
           || state == STATE_LAST_UP;
}

static bool has_finish(enum state state)
{
    return state == STATE_FINISH || state == STATE_LAST_FINISH;
}

static bool has_script(enum state state)
{
    return state == STATE_RUNNING_UP || state == STATE_RUNNING_DOWN
           || state == STATE_LAST_SCRIPT;
}

static bool is_oneshot(enum state state)
{
    return has_script(state) || state == STATE_IDLE || state == STATE_DONE
           || state == STATE_FAILED;
}

static bool ends_script(enum event event)
{
    return event == EVENT_WORKED || event == EVENT_BROKE
           || event == EVENT_CUT_SHORT;
}

static bool starts_no_script(enum event event)
{
    return event == EVENT_SPAWN_FAILED || event == EVENT_NO_SCRIPT;
}

static bool ends_run(enum event event)
{
    return event == EVENT_DIED || event == EVENT_DIED_BARE
           || event == EVENT_DIED_FOR_GOOD;
}

static bool ends_finish(enum event event)
{
    return event == EVENT_FINISHED || event == EVENT_FINISHED_125
           || event == EVENT_FINISH_FAILED;
}

static bool is_spawned(enum event event)
{
    return event == EVENT_SPAWNED || event == EVENT_SPAWNED_MUTE
           || event == EVENT_SPAWNED_DOWN;
}

enum { CELLS = STATES * EVENTS };

struct cell {
    enum state state;
    enum event event;
    struct step step;
};

static struct cell cell(int i)
{
    enum state state = (enum state)(i / EVENTS);
    enum event event = (enum event)(i % EVENTS);

    return (struct cell){ state, event, machine_step(state, event) };
}

#define RULE(condition)                                                        \
    ck_assert_msg(condition, "%s in %s: %s", machine_event_name(c.event),      \
                  machine_state_name(c.state), #condition)

START_TEST(there_are_never_two_processes_at_once)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (c.step.actions & ACT_SPAWN_RUN)
            RULE(c.state == STATE_DOWN && c.step.to == STATE_DOWN);
        if (c.step.actions & ACT_SPAWN_FINISH)
            RULE(c.event == EVENT_DIED && has_finish(c.step.to));
        RULE(!(c.step.actions & ACT_SPAWN_RUN)
             || !(c.step.actions & ACT_SPAWN_FINISH));
        if (c.step.actions & ACT_SPAWN_UP)
            RULE((c.state == STATE_IDLE || c.state == STATE_FAILED)
                 && c.step.to == c.state);
        if (c.step.actions & ACT_SPAWN_DOWN)
            RULE(c.state == STATE_DONE || c.state == STATE_FAILED
                 || c.event == EVENT_STOP_DUE);
    }
}
END_TEST

START_TEST(a_process_comes_and_goes_by_its_own_events_only)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (!has_run(c.state) && has_run(c.step.to))
            RULE(is_spawned(c.event));
        if (has_run(c.state) && !has_run(c.step.to))
            RULE(ends_run(c.event));
        if (has_finish(c.state) && !has_finish(c.step.to))
            RULE(ends_finish(c.event));
        if (!has_script(c.state) && has_script(c.step.to))
            RULE(is_spawned(c.event) || c.step.actions & ACT_SPAWN_DOWN);
        if (has_script(c.state) && !has_script(c.step.to))
            RULE(ends_script(c.event)
                 || (c.state == STATE_LAST_SCRIPT
                     && starts_no_script(c.event)));
        RULE(is_oneshot(c.state) == is_oneshot(c.step.to)
             || c.step.to == STATE_GONE);
        if (c.step.to == STATE_GONE && c.state != STATE_GONE)
            RULE(c.step.actions & ACT_LEAVE);
    }
}
END_TEST

START_TEST(an_event_of_a_process_that_is_not_there_is_not_expected)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);
        bool expected = machine_expects(c.state, c.event);

        if (ends_run(c.event) || c.event == EVENT_READY
            || c.event == EVENT_SILENT)
            RULE(!expected || has_run(c.state));
        if (ends_finish(c.event))
            RULE(!expected || has_finish(c.state));
        if (ends_script(c.event))
            RULE(!expected || has_script(c.state));
        if (c.event == EVENT_TIMED_OUT) /* of run: to be ready */
            RULE(!expected || has_script(c.state)
                 || c.state == STATE_STARTING);
        if (is_spawned(c.event) || c.event == EVENT_START_DUE)
            RULE(!expected || !(has_run(c.state) || has_finish(c.state)));
        if (c.event == EVENT_SPAWNED || c.event == EVENT_START_DUE)
            RULE(!expected || !has_script(c.state));
        if (!expected)
            RULE(c.step.to == c.state && c.step.actions == 0);
    }
}
END_TEST

START_TEST(who_is_not_ready_in_time_is_stopped)
{
    PLAY(STATE_DOWN, { EVENT_SPAWNED_MUTE, STATE_STARTING, STARTED },
         { EVENT_TIMED_OUT, STATE_STARTING,
           ACT_UNWANT | ACT_KILL_SEQUENCE | ACT_STATUS });
}
END_TEST

START_TEST(every_end_of_a_process_is_expected_where_it_runs)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (has_run(c.state) && ends_run(c.event))
            RULE(machine_expects(c.state, c.event));
        if (has_finish(c.state) && ends_finish(c.event))
            RULE(machine_expects(c.state, c.event));
        if (has_script(c.state)
            && (c.event == EVENT_WORKED || c.event == EVENT_BROKE))
            RULE(machine_expects(c.state, c.event));
        if (has_script(c.state) && c.event == EVENT_TIMED_OUT)
            RULE(c.step.actions & ACT_KILL_SEQUENCE && c.step.to == c.state);
        if (c.event >= EVENT_WANT_UP && c.event <= EVENT_TERM
            && c.state != STATE_GONE)
            RULE(machine_expects(c.state, c.event));
        if (c.event == EVENT_REPLACE)
            RULE(machine_expects(c.state, c.event)
                 == (has_run(c.state) || has_finish(c.state)
                     || has_script(c.state) || c.state == STATE_DONE));
        if (c.event == EVENT_KILL_DUE
            && (has_run(c.state) || has_finish(c.state)
                || has_script(c.state)))
            RULE(c.step.actions & ACT_KILL);
    }
}
END_TEST

START_TEST(once_asked_to_leave_nothing_brings_it_back)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (!is_last(c.state) && c.state != STATE_GONE)
            continue;
        RULE(is_last(c.step.to) || c.step.to == STATE_GONE);
        RULE(!(c.step.actions
               & (ACT_SPAWN_RUN | ACT_SPAWN_UP | ACT_GO_ON | ACT_ARM_RESTART
                  | ACT_ARM_RETRY)));
    }
}
END_TEST

START_TEST(what_is_told_is_written_first_and_fits)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        unsigned told = c.step.actions
                        & (ACT_TELL_UP | ACT_TELL_READY | ACT_TELL_DIED
                           | ACT_TELL_FAILED | ACT_TELL_DOWN);

        if (told != 0)
            RULE(c.step.actions & ACT_STATUS);
        if (told & ACT_TELL_UP)
            RULE(is_spawned(c.event)
                 && (has_run(c.step.to) || c.step.to == STATE_RUNNING_UP));
        if (told & ACT_TELL_READY)
            RULE(c.event == EVENT_READY || c.step.to == STATE_DONE);
        if (told & ACT_TELL_DIED)
            RULE(is_oneshot(c.state)
                 || (has_run(c.state) && ends_run(c.event)));
        if (told & ACT_TELL_FAILED)
            RULE(told & ACT_TELL_DOWN && c.step.actions & ACT_UNWANT);
        if (told & ACT_TELL_DOWN)
            RULE(c.step.to == STATE_DOWN || c.step.to == STATE_GONE
                 || c.step.to == STATE_IDLE || c.step.to == STATE_FAILED);
    }
}
END_TEST

START_TEST(only_what_runs_is_killed)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (c.step.actions & ACT_KILL_SEQUENCE)
            RULE((has_run(c.state) && (c.step.actions & ACT_UNWANT
                                       || c.event == EVENT_UNHEALTHY
                                       || c.event == EVENT_REPLACE))
                 || has_script(c.state));
        if (c.step.actions & ACT_KILL)
            RULE(has_run(c.state) || has_finish(c.state)
                 || has_script(c.state));
        RULE(!(c.step.actions & ACT_WANT) || !(c.step.actions & ACT_UNWANT));
    }
}
END_TEST

START_TEST(every_end_is_followed_by_finish_a_restart_a_rest_or_leaving)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (!ends_run(c.event) && !ends_finish(c.event))
            continue;
        if (machine_expects(c.state, c.event))
            RULE(c.step.actions
                 & (ACT_SPAWN_FINISH | ACT_ARM_RESTART | ACT_UNWANT
                    | ACT_LEAVE));
    }
}
END_TEST

START_TEST(what_is_done_is_not_done_again_until_it_was_undone)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (c.state == STATE_DONE || c.state == STATE_RUNNING_DOWN)
            RULE(!(c.step.actions & ACT_SPAWN_UP));
        if (c.state == STATE_DONE && c.step.to == STATE_IDLE)
            RULE(c.event == EVENT_NO_SCRIPT);
        if (c.step.to == STATE_DONE && c.state != STATE_DONE)
            RULE(c.state == STATE_RUNNING_UP && c.event == EVENT_WORKED);
    }
}
END_TEST

START_TEST(every_end_of_a_script_is_followed_by_what_is_wanted_or_a_rest)
{
    for (int i = 0; i < CELLS; i++) {
        struct cell c = cell(i);

        if (ends_script(c.event) && machine_expects(c.state, c.event))
            RULE(c.step.actions & (ACT_GO_ON | ACT_UNWANT | ACT_LEAVE));
    }
}
END_TEST

START_TEST(states_and_events_have_names)
{
    for (int state = 0; state < STATES; state++)
        ck_assert_ptr_nonnull(machine_state_name((enum state)state));
    for (int event = 0; event < EVENTS; event++)
        ck_assert_ptr_nonnull(machine_event_name((enum event)event));
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "machine", a_crash_is_followed_by_a_restart,
        a_oneshot_is_done_and_undone, a_oneshot_is_replaced_by_undoing_it,
        without_down_to_undo_it_is_one_step,
        a_up_that_failed_stays_so_until_it_is_started_or_stopped,
        a_down_that_failed_is_tried_again_by_a_stop,
        a_script_that_takes_too_long_is_told_to_go_then_killed,
        a_stop_cuts_up_short_which_is_no_failure,
        a_oneshot_that_is_done_is_undone_before_it_leaves,
        what_is_done_is_not_done_again_until_it_was_undone,
        every_end_of_a_script_is_followed_by_what_is_wanted_or_a_rest,
        without_finish_death_and_down_are_one_step,
        a_service_that_announces_itself_is_up_when_it_does,
        one_that_stays_silent_goes_on_starting,
        a_finish_that_says_never_again_is_believed,
        who_was_restarted_too_often_stays_down_until_it_is_started,
        who_is_unhealthy_is_told_to_go_and_stays_wanted,
        who_is_replaced_is_told_to_go_and_wanted_all_the_while,
        a_start_that_failed_is_tried_again_later,
        who_ignores_the_signal_is_killed_and_up_does_not_save_it,
        once_starts_it_and_does_not_restart_it,
        who_is_told_to_leave_leaves_after_finish, who_is_down_leaves_at_once,
        nothing_happens_to_what_is_gone, commands_do_what_they_do_in_s6,
        there_are_never_two_processes_at_once,
        a_process_comes_and_goes_by_its_own_events_only,
        an_event_of_a_process_that_is_not_there_is_not_expected,
        every_end_of_a_process_is_expected_where_it_runs,
        who_is_not_ready_in_time_is_stopped,
        once_asked_to_leave_nothing_brings_it_back,
        what_is_told_is_written_first_and_fits, only_what_runs_is_killed,
        every_end_is_followed_by_finish_a_restart_a_rest_or_leaving,
        states_and_events_have_names);
}
