/* SPDX-License-Identifier: ISC */
/* Truths about waiting for services. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/wait.h"

#define SOON (sv_boottime() + 5 * SV_SECOND)

static struct sv_goal goal_of(char letter)
{
    struct sv_goal goal;

    ck_assert(sv_goal_of(letter, &goal));
    return goal;
}

/* ---- the step ----------------------------------------------------------- */

/* Plays letters to a service that begins as flags and pid say; answers with
 * '.' for not there yet, '+' for done and '!' for failed. */
static char after(const struct sv_goal *goal, char begin, const char *letters)
{
    struct sv_progress progress = {0};
    struct sv_status status = {0};

    if (begin == 'u' || begin == 'U')
        status.pid = 7;
    if (begin == 'd') {
        status.pid = 8; /* finish's */
        status.flags = SV_STATUS_FINISHING;
    }
    if (begin == 'U' || begin == 'D')
        status.flags |= SV_STATUS_READY;
    sv_progress_see(&progress, goal, &status);
    for (; *letters; letters++)
        sv_progress_hear(&progress, goal, *letters);
    if (progress.has_failed)
        return '!';
    return sv_progress_is_done(&progress, goal) ? '+' : '.';
}

START_TEST(a_state_and_an_event_make_a_state)
{
    static const char begins[] = "uUdD";
    static const struct {
        char goal;
        const char *letters;
        const char *outcomes; /* one for each of begins */
    } cells[] = {
        { 'u', "", "++.." },    { 'U', "", ".+.." },
        { 'd', "", "..++" },    { 'D', "", "...+" },
        { 'r', "", "...." },    { 'R', "", "...." },
        { 'u', "u", "++++" },   { 'u', "U", "++++" },
        { 'u', "d", "...." },   { 'u', "D", "...." },
        { 'u', "O", "!!!!" },   { 'u', "x", "++!!" },
        { 'U', "u", "...." },   { 'U', "U", "++++" },
        { 'U', "d", "...." },   { 'U', "D", "...." },
        { 'U', "O", "!!!!" },   { 'U', "x", "!+!!" },
        { 'd', "u", "...." },   { 'd', "U", "...." },
        { 'd', "d", "++++" },   { 'd', "D", "++++" },
        { 'd', "O", "..++" },   { 'd', "x", "!!++" },
        { 'D', "u", "...." },   { 'D', "U", "...." },
        { 'D', "d", "...." },   { 'D', "D", "++++" },
        { 'D', "O", "...+" },   { 'D', "x", "!!!+" },
        { 'r', "u", "..++" },   { 'r', "U", "..++" },
        { 'r', "d", "...." },   { 'r', "D", "...." },
        { 'r', "du", "++++" },  { 'r', "dDu", "++++" },
        { 'r', "O", "!!!!" },   { 'r', "x", "!!!!" },
        { 'R', "u", "...." },   { 'R', "uU", "..++" },
        { 'R', "dDu", "...." }, { 'R', "dDuU", "++++" },
        { 'R', "O", "!!!!" },   { 'R', "x", "!!!!" },
        { 'u', "s", "++.." },   { 'u', "sz", "++.." },
        { 'u', "dDu", "++++" }, { 'u', "Ou", "!!!!" },
    };

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        struct sv_goal goal = goal_of(cells[i].goal);

        for (size_t j = 0; begins[j] != '\0'; j++)
            ck_assert_msg(after(&goal, begins[j], cells[i].letters) ==
                              cells[i].outcomes[j],
                          "goal %c, %c, then %s: %c", cells[i].goal, begins[j],
                          cells[i].letters,
                          after(&goal, begins[j], cells[i].letters));
    }
}
END_TEST

START_TEST(who_listens_for_a_restart_wants_finish_to_be_over)
{
    struct sv_goal goal = goal_of('r');

    goal.is_over_first = true;
    ck_assert_int_eq(after(&goal, 'u', "du"), '.');
    ck_assert_int_eq(after(&goal, 'u', "dDu"), '+');
    ck_assert_int_eq(after(&goal, 'd', "u"), '.');
    ck_assert_int_eq(after(&goal, 'D', "u"), '+');
    goal = goal_of('R');
    goal.is_over_first = true;
    ck_assert_int_eq(after(&goal, 'U', "duU"), '.');
    ck_assert_int_eq(after(&goal, 'U', "dDuU"), '+');
}
END_TEST

START_TEST(what_nobody_has_seen_holds_nothing)
{
    struct sv_progress progress = {0};
    struct sv_goal goal = goal_of('d');

    ck_assert(!sv_progress_is_done(&progress, &goal));
}
END_TEST

START_TEST(a_letter_is_waited_for_and_nothing_else)
{
    struct sv_progress progress = {0};
    struct sv_goal goal = { .letters = "sx" };

    sv_progress_hear(&progress, &goal, 'u');
    sv_progress_hear(&progress, &goal, 'O');
    sv_progress_hear(&progress, &goal, '\0');
    ck_assert(!sv_progress_is_done(&progress, &goal));
    sv_progress_hear(&progress, &goal, 'x');
    ck_assert(sv_progress_is_done(&progress, &goal));
    ck_assert(!progress.has_failed);
}
END_TEST

START_TEST(no_other_letter_is_a_goal)
{
    struct sv_goal goal;

    ck_assert(!sv_goal_of('x', &goal));
    ck_assert(!sv_goal_of('\0', &goal));
}
END_TEST

/* ---- waiting ------------------------------------------------------------ */

static void make_service(const char *dir, pid_t pid)
{
    char path[64];
    struct sv_status status = { .pid = pid, .stamp = sv_stamp_now(),
                                .ready = sv_stamp_now() };

    ck_assert_int_eq(mkdirat(service, dir, 0755), 0);
    snprintf(path, sizeof path, "%s/supervise", dir);
    ck_assert_int_eq(mkdirat(service, path, 0755), 0);
    ck_assert(sv_status_write(service, dir, &status));
}

static void add(struct sv_wait *wait, struct sv_waited *waited, const char *dir)
{
    ck_assert(sv_wait_subscribe(wait, waited, service, dir));
    ck_assert(sv_wait_look(wait, waited));
}

START_TEST(all_must_be_there_at_once)
{
    struct sv_goal goal = goal_of('u');
    struct sv_waited waited[2];
    struct sv_wait wait;

    make_service("one", 7);
    make_service("two", 0);
    ck_assert(sv_wait_open(&wait, &goal, false));
    add(&wait, &waited[0], "one");
    add(&wait, &waited[1], "two");
    ck_assert_int_eq(sv_wait_run(&wait, 0), SV_WAIT_TIMEOUT);
    ck_assert(sv_event_notify(service, "one", "dD"));
    ck_assert_int_eq(sv_wait_run(&wait, 0), SV_WAIT_TIMEOUT);
    ck_assert(sv_event_notify(service, "two", "u"));
    ck_assert_int_eq(sv_wait_run(&wait, 0), SV_WAIT_TIMEOUT);
    ck_assert(sv_event_notify(service, "one", "u"));
    ck_assert_int_eq(sv_wait_run(&wait, SOON), SV_WAIT_DONE);
    ck_assert_uint_eq(wait.failures, 0);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(one_of_them_is_enough_for_any)
{
    struct sv_goal goal = goal_of('U');
    struct sv_waited waited[2];
    struct sv_wait wait;

    make_service("one", 0);
    make_service("two", 0);
    ck_assert(sv_wait_open(&wait, &goal, true));
    add(&wait, &waited[0], "one");
    add(&wait, &waited[1], "two");
    ck_assert(sv_event_notify(service, "two", "uU"));
    ck_assert_int_eq(sv_wait_run(&wait, SOON), SV_WAIT_DONE);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(a_failure_is_counted_once_and_not_waited_for)
{
    struct sv_goal goal = goal_of('u');
    struct sv_waited waited[2];
    struct sv_wait wait;

    make_service("one", 0);
    make_service("two", 0);
    ck_assert(sv_wait_open(&wait, &goal, false));
    add(&wait, &waited[0], "one");
    add(&wait, &waited[1], "two");
    ck_assert(sv_event_notify(service, "one", "OD"));
    ck_assert(sv_event_notify(service, "one", "x"));
    ck_assert_int_eq(sv_wait_run(&wait, 0), SV_WAIT_TIMEOUT);
    ck_assert(sv_event_notify(service, "two", "u"));
    ck_assert_int_eq(sv_wait_run(&wait, SOON), SV_WAIT_DONE);
    ck_assert_uint_eq(wait.failures, 1);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(of_no_services_nothing_is_waited_for)
{
    struct sv_goal goal = goal_of('u');
    struct sv_wait wait;

    ck_assert(sv_wait_open(&wait, &goal, true));
    ck_assert_int_eq(sv_wait_run(&wait, INT64_MAX), SV_WAIT_DONE);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(a_letter_that_came_in_between_is_not_missed)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_waited waited;
    struct sv_wait wait;

    ck_assert(sv_wait_open(&wait, &goal, false));
    ck_assert(sv_wait_subscribe(&wait, &waited, service, "."));
    ck_assert(sv_event_notify(service, ".", "su"));
    ck_assert_int_eq(sv_wait_run(&wait, SOON), SV_WAIT_DONE);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(a_time_is_waited_out)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_waited waited;
    struct sv_wait wait;
    int64_t deadline = sv_boottime() + 20 * SV_MS;

    ck_assert(sv_wait_open(&wait, &goal, false));
    ck_assert(sv_wait_subscribe(&wait, &waited, service, "."));
    ck_assert_int_eq(sv_wait_run(&wait, deadline), SV_WAIT_TIMEOUT);
    ck_assert_int_ge(sv_boottime(), deadline);
    sv_wait_close(&wait);
}
END_TEST

START_TEST(closing_leaves_nothing_behind)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_waited waited[2];
    struct sv_wait wait;
    struct rlimit before;
    struct rlimit now;
    char fifo[64];
    int open = open_descriptors();

    getrlimit(RLIMIT_NOFILE, &before);
    make_service("one", 0);
    ck_assert(sv_wait_open(&wait, &goal, false));
    add(&wait, &waited[0], "one");
    ck_assert(!sv_wait_subscribe(&wait, &waited[1], service, "two"));
    ck_assert_int_eq(errno, ENOENT);
    snprintf(fifo, sizeof fifo, "one/event/%s", waited[0].name);
    ck_assert(is_there(fifo));
    sv_wait_close(&wait);
    ck_assert(!is_there(fifo));
    ck_assert_int_eq(open_descriptors(), open);
    getrlimit(RLIMIT_NOFILE, &now);
    ck_assert_uint_eq(now.rlim_cur, before.rlim_cur);
}
END_TEST

static sig_atomic_t ended;

static void on_term(int number)
{
    ended = number;
}

START_TEST(a_signal_ends_the_wait_and_comes_after_the_close)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_waited waited;
    struct sv_wait wait;
    char fifo[64];

    signal(SIGTERM, on_term);
    signal(SIGHUP, SIG_IGN);
    ck_assert(sv_wait_open(&wait, &goal, false));
    ck_assert(sv_wait_subscribe(&wait, &waited, service, "."));
    snprintf(fifo, sizeof fifo, "event/%s", waited.name);
    raise(SIGHUP);
    ck_assert_int_eq(sv_wait_run(&wait, 0), SV_WAIT_TIMEOUT);
    raise(SIGTERM);
    ck_assert_int_eq(sv_wait_run(&wait, INT64_MAX), SV_WAIT_SIGNAL);
    ck_assert_int_eq(ended, 0);
    ck_assert(is_there(fifo));
    sv_wait_close(&wait);
    ck_assert_int_eq(ended, SIGTERM);
    ck_assert(!is_there(fifo));
}
END_TEST

START_TEST(a_program_is_started_as_if_nobody_waited)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_wait wait;
    char test[] = "grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status "
                  "&& echo >ran";
    char *argv[] = { (char[]){"sh"}, (char[]){"-c"}, test, NULL };

    ck_assert_int_eq(fchdir(service), 0);
    ck_assert(sv_wait_open(&wait, &goal, false));
    ck_assert(sv_wait_spawn(&wait, argv));
    while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
        ;
    ck_assert(is_there("ran"));
    sv_wait_close(&wait);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_error)
{
    struct sv_goal goal = { .letters = "s" };
    struct sv_wait wait;
    char *argv[] = { (char[]){"./no-such-program"}, NULL };

    ck_assert(sv_wait_open(&wait, &goal, false));
    ck_assert(!sv_wait_spawn(&wait, argv));
    ck_assert_int_eq(errno, ENOENT);
    sv_wait_close(&wait);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "wait", a_state_and_an_event_make_a_state,
        who_listens_for_a_restart_wants_finish_to_be_over,
        what_nobody_has_seen_holds_nothing,
        a_letter_is_waited_for_and_nothing_else, no_other_letter_is_a_goal,
        all_must_be_there_at_once, one_of_them_is_enough_for_any,
        a_failure_is_counted_once_and_not_waited_for,
        of_no_services_nothing_is_waited_for,
        a_letter_that_came_in_between_is_not_missed, a_time_is_waited_out,
        closing_leaves_nothing_behind,
        a_signal_ends_the_wait_and_comes_after_the_close,
        a_program_is_started_as_if_nobody_waited,
        a_program_that_is_not_there_is_an_error);
}
