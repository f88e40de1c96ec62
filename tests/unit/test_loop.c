/* SPDX-License-Identifier: ISC */
/* Truths about the loop: descriptors, signals, timers, and no needless wake. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "engine/loop.h"
#include "sv/clock.h"

static struct loop loop;
static int rounds;

static int got_signal;

static void on_signal(struct loop *which, int signal)
{
    got_signal = signal;
    which->stop = true;
}

static void count_round(struct loop *which)
{
    (void)which;
    rounds++;
}

static void open_loop(void)
{
    static const int signals[] = { SIGUSR1, SIGHUP, 0 };

    ck_assert(loop_open(&loop, signals, on_signal));
    loop.after = count_round;
    rounds = 0;
}

/* ---- pipes that are watched ---------------------------------------------- */

struct end {
    struct watch watch;
    int writing;
    int calls;
    struct end *victim; /* to be unregistered by this one's event */
};

static void on_bytes(struct watch *watch, uint32_t events)
{
    struct end *end = CONTAINER(watch, struct end, watch);
    char byte;

    ck_assert(events & EPOLLIN);
    end->calls++;
    ck_assert_int_eq(read(watch->fd, &byte, 1), 1);
    if (end->victim != NULL)
        loop_unwatch(&loop, &end->victim->watch);
    loop.stop = true;
}

static void open_end(struct end *end)
{
    int fds[2];

    *end = (struct end){ .watch.fd = -1 };
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    end->writing = fds[1];
    ck_assert(loop_watch(&loop, &end->watch, loop_fd(fds[0]), EPOLLIN,
                         on_bytes));
}

static void put_byte(const struct end *end)
{
    ck_assert_int_eq(write(end->writing, "x", 1), 1);
}

static void run(void)
{
    loop.stop = false;
    loop_run(&loop);
}

START_TEST(a_descriptor_that_is_ready_is_called_back)
{
    struct end a, b;

    open_loop();
    open_end(&a);
    open_end(&b);
    put_byte(&b);
    run();
    ck_assert_int_eq(a.calls, 0);
    ck_assert_int_eq(b.calls, 1);
}
END_TEST

START_TEST(what_stays_ready_is_called_again)
{
    struct end a;

    open_loop();
    open_end(&a);
    put_byte(&a);
    put_byte(&a);
    run();
    run();
    ck_assert_int_eq(a.calls, 2);
}
END_TEST

START_TEST(an_event_may_unwatch_another_of_the_same_round)
{
    struct end a, b;

    open_loop();
    open_end(&a);
    open_end(&b);
    a.victim = &b;
    b.victim = &a;
    put_byte(&a);
    put_byte(&b);
    run();
    ck_assert_int_eq(a.calls + b.calls, 1);
    ck_assert(a.watch.fd == -1 || b.watch.fd == -1);
}
END_TEST

START_TEST(an_event_may_unwatch_itself)
{
    struct end a;

    open_loop();
    open_end(&a);
    a.victim = &a;
    put_byte(&a);
    put_byte(&a);
    run();
    ck_assert_int_eq(a.watch.fd, -1);
    loop_unwatch(&loop, &a.watch); /* once more does nothing */
}
END_TEST

START_TEST(what_is_released_is_open_and_not_watched)
{
    struct end a, b;
    char byte;

    open_loop();
    open_end(&a);
    open_end(&b);
    put_byte(&a);

    int fd = loop_release(&loop, &a.watch);

    put_byte(&b);
    run();
    ck_assert_int_eq(a.calls, 0);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    ck_assert_int_eq(loop_release(&loop, &a.watch), -1);
}
END_TEST

START_TEST(a_watch_can_ask_for_other_events)
{
    struct end a, b;

    open_loop();
    open_end(&a);
    open_end(&b);
    put_byte(&a);
    ck_assert(loop_rewatch(&loop, &a.watch, 0));
    put_byte(&b);
    run();
    ck_assert_int_eq(a.calls, 0);
    ck_assert(loop_rewatch(&loop, &a.watch, EPOLLIN));
    run();
    ck_assert_int_eq(a.calls, 1);
}
END_TEST

START_TEST(descriptors_lie_above_what_children_need)
{
    int fd = open("/dev/null", O_RDONLY);
    int high = loop_fd(fd);

    ck_assert_int_ge(high, LOOP_FD_MIN);
    ck_assert_int_eq(fcntl(high, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    ck_assert_int_eq(loop_fd(high), high);
    ck_assert_int_eq(loop_fd(-1), -1);
}
END_TEST

START_TEST(a_limit_of_open_files_below_that_is_said)
{
    struct rlimit given, low;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &given), 0);
    low = given;
    low.rlim_cur = LOOP_FD_MIN;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    errno = 0;
    ck_assert_int_eq(loop_fd(open("/dev/null", O_RDONLY)), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &given), 0);
}
END_TEST

START_TEST(a_signal_is_told_by_number)
{
    open_loop();
    got_signal = 0;
    kill(getpid(), SIGHUP);
    run();
    ck_assert_int_eq(got_signal, SIGHUP);
}
END_TEST

/* ---- timers -------------------------------------------------------------- */

enum { TIMERS = 200 };

static struct timer timers[TIMERS];
static struct timer *order[TIMERS + 1];
static size_t dues;

static void on_due(struct timer *timer)
{
    ck_assert_int_le(timer->at, sv_boottime());
    ck_assert_uint_eq(timer->place, 0);
    order[dues++] = timer;
    loop.stop = loop.timers == 0;
}

static void open_timers(void)
{
    open_loop();
    ck_assert(loop_reserve(&loop, TIMERS));
    memset(timers, 0, sizeof timers);
    dues = 0;
}

/* A different order each, and the same for ever: 7919 is prime. */
static int64_t scattered(size_t i)
{
    return (int64_t)(i * 7919 % TIMERS);
}

START_TEST(timers_come_in_the_order_of_their_times)
{
    int64_t now = sv_boottime();

    open_timers();
    for (size_t i = 0; i < TIMERS; i++)
        loop_arm(&loop, &timers[i], now + scattered(i) * 1000, on_due);
    run();
    ck_assert_uint_eq(dues, TIMERS);
    for (size_t i = 1; i < TIMERS; i++)
        ck_assert_int_le(order[i - 1]->at, order[i]->at);
}
END_TEST

START_TEST(a_timer_that_is_disarmed_does_not_come)
{
    int64_t now = sv_boottime();

    open_timers();
    for (size_t i = 0; i < TIMERS; i++)
        loop_arm(&loop, &timers[i], now + scattered(i) * 1000, on_due);
    for (size_t i = 0; i < TIMERS; i += 3)
        loop_disarm(&loop, &timers[i]);
    loop_disarm(&loop, &timers[0]);
    run();
    ck_assert_uint_eq(dues, TIMERS - (TIMERS + 2) / 3);
    for (size_t i = 0; i < dues; i++) {
        ck_assert_uint_ne((size_t)(order[i] - timers) % 3, 0);
        ck_assert(i == 0 || order[i - 1]->at <= order[i]->at);
    }
}
END_TEST

START_TEST(a_timer_that_is_armed_anew_comes_once_at_the_new_time)
{
    int64_t now = sv_boottime();

    open_timers();
    loop_arm(&loop, &timers[0], now + 1000, on_due);
    loop_arm(&loop, &timers[1], now + 2000, on_due);
    loop_arm(&loop, &timers[0], now + 3000, on_due);
    run();
    ck_assert_uint_eq(dues, 2);
    ck_assert_ptr_eq(order[0], &timers[1]);
    ck_assert_ptr_eq(order[1], &timers[0]);
}
END_TEST

static void arm_next(struct timer *timer)
{
    on_due(timer);
    loop.stop = false;
    loop_arm(&loop, &timers[1], timer->at + SV_MS, on_due);
}

START_TEST(a_timer_may_arm_another)
{
    open_timers();
    loop_arm(&loop, &timers[0], sv_boottime(), arm_next);
    run();
    ck_assert_uint_eq(dues, 2);
}
END_TEST

START_TEST(a_timer_is_waited_for_without_waking)
{
    open_timers();
    loop_arm(&loop, &timers[0], sv_boottime() + 50 * SV_MS, on_due);
    run();
    ck_assert_uint_eq(dues, 1);
    ck_assert_int_eq(rounds, 1);
}
END_TEST

START_TEST(a_timer_that_is_due_does_not_starve_descriptors)
{
    struct end a;

    open_timers();
    open_end(&a);
    put_byte(&a);
    loop_arm(&loop, &timers[0], sv_boottime() - SV_SECOND, on_due);
    run();
    ck_assert_int_eq(a.calls, 1);
    ck_assert_uint_eq(dues, 1);
}
END_TEST

START_TEST(a_closed_loop_leaves_no_descriptor)
{
    int before = open_descriptors();

    open_loop();
    loop_close(&loop);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(fcntl(LOOP_FD_MIN, F_GETFD), -1);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "loop", a_descriptor_that_is_ready_is_called_back,
        what_stays_ready_is_called_again,
        an_event_may_unwatch_another_of_the_same_round,
        an_event_may_unwatch_itself, what_is_released_is_open_and_not_watched,
        a_watch_can_ask_for_other_events,
        descriptors_lie_above_what_children_need,
        a_limit_of_open_files_below_that_is_said, a_signal_is_told_by_number,
        timers_come_in_the_order_of_their_times,
        a_timer_that_is_disarmed_does_not_come,
        a_timer_that_is_armed_anew_comes_once_at_the_new_time,
        a_timer_may_arm_another, a_timer_is_waited_for_without_waking,
        a_timer_that_is_due_does_not_starve_descriptors,
        a_closed_loop_leaves_no_descriptor);
}
