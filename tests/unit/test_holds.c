/* SPDX-License-Identifier: ISC */
/* Truths about what init holds for svscan, and about how svscan asks for it. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "unit.h"
#include "sv/clock.h"
#include "sv/hold.h"
#include "sv/relay.h"
#include "init/holds.h"
#include "init/line.h"
#include "init/reap.h"

/* ---- the table ----------------------------------------------------------- */

/* A number that is no descriptor: closing it does nothing. */
enum { NO_FD = 1 << 29 };

static int count_by_walking(void)
{
    size_t at = 0;
    int n = 0;

    while (holds_next(&at))
        n++;
    return n;
}

static const struct hold *find(uint8_t kind, uint64_t dev, uint64_t ino)
{
    const struct hold *hold;
    size_t at = 0;

    while ((hold = holds_next(&at)))
        if (hold->kind == kind && hold->dev == dev && hold->ino == ino)
            return hold;
    return NULL;
}

START_TEST(what_is_put_is_held_under_its_name)
{
    ck_assert(holds_put(SV_KIND_LOG_FIFO, 1, 2, 3, NO_FD));
    ck_assert(holds_put(SV_KIND_READINESS, 1, 2, 4, NO_FD + 1));
    ck_assert_int_eq(find(SV_KIND_LOG_FIFO, 1, 2)->fd, NO_FD);
    ck_assert_int_eq(find(SV_KIND_READINESS, 1, 2)->fd, NO_FD + 1);
    ck_assert_int_eq(find(SV_KIND_READINESS, 1, 2)->tag, 4);
    ck_assert_uint_eq(holds_count(), 2);
    holds_drop(SV_KIND_LOG_FIFO, 1, 2);
    holds_drop(SV_KIND_LOG_FIFO, 1, 2);
    ck_assert_ptr_null(find(SV_KIND_LOG_FIFO, 1, 2));
    ck_assert_uint_eq(holds_count(), 1);
}
END_TEST

START_TEST(the_same_name_again_replaces_and_closes_the_first)
{
    int first = dup(0);

    ck_assert(holds_put(SV_KIND_LOG_FIFO, 1, 2, 0, first));
    ck_assert(holds_put(SV_KIND_LOG_FIFO, 1, 2, 9, NO_FD));
    ck_assert_int_eq(fcntl(first, F_GETFD), -1);
    ck_assert_uint_eq(holds_count(), 1);
    ck_assert_int_eq(find(SV_KIND_LOG_FIFO, 1, 2)->tag, 9);
}
END_TEST

START_TEST(a_full_table_refuses_and_takes_again_once_there_is_room)
{
    for (uint64_t i = 0; i < SV_HOLDS_MAX; i++)
        ck_assert(holds_put(SV_KIND_LOG_FIFO, 8, i, 0, NO_FD));
    ck_assert(!holds_put(SV_KIND_LOG_FIFO, 8, SV_HOLDS_MAX, 0, NO_FD));
    ck_assert(holds_put(SV_KIND_LOG_FIFO, 8, 5, 1, NO_FD));
    holds_drop(SV_KIND_LOG_FIFO, 8, 7);
    ck_assert(holds_put(SV_KIND_LOG_FIFO, 8, SV_HOLDS_MAX, 0, NO_FD));
    ck_assert_uint_eq(holds_count(), SV_HOLDS_MAX);
    holds_close_all();
    ck_assert_uint_eq(holds_count(), 0);
    ck_assert_int_eq(count_by_walking(), 0);
}
END_TEST

/* Against the plainest model there is: a flag a name. */
START_TEST(a_million_changes_later_the_table_is_right)
{
    enum { NAMES = 4000 };
    static bool held[NAMES];
    unsigned seed = (unsigned)_i + 1;
    int expected = 0;

    memset(held, 0, sizeof held);
    for (int i = 0; i < 250000; i++) {
        unsigned name = (unsigned)rand_r(&seed) % NAMES;
        bool put = rand_r(&seed) % 2;

        if (put)
            ck_assert(holds_put(1, name % 3, name / 3, i, NO_FD));
        else
            holds_drop(1, name % 3, name / 3);
        expected += put - held[name];
        held[name] = put;
    }
    ck_assert_uint_eq(holds_count(), (size_t)expected);
    ck_assert_int_eq(count_by_walking(), expected);
    for (unsigned name = 0; name < NAMES; name++)
        ck_assert_int_eq(find(1, name % 3, name / 3) != NULL, held[name]);
}
END_TEST

/* ---- the line ------------------------------------------------------------ */

static int svscan; /* svscan's end */
static int64_t stop_left;
static char calls[64];

static void up(void)
{
    strcat(calls, "up ");
}

static void machine(char what)
{
    strcat(calls, (char[]){what, ' ', '\0'});
}

static void stopped(void)
{
    strcat(calls, "stopped ");
}

static void main_ended(int wstat)
{
    strcat(calls, wstat == 3 << 8 ? "main " : "another ");
}

static void upgrade(void)
{
    strcat(calls, "upgrade ");
}

static int64_t stop_ms(void)
{
    return stop_left;
}

static bool nobody(pid_t pid, int wstat)
{
    (void)pid;
    (void)wstat;
    return false;
}

static void open_line(void)
{
    static const struct line_calls with = {up, machine, stopped,
                                           main_ended, upgrade, stop_ms};

    line_begin(&with);
    reap_begin(nobody);
    stop_left = -1;
    calls[0] = '\0';
    svscan = line_open();
    ck_assert_int_ge(svscan, 0);
}

static void ask(enum sv_hold_op op, uint64_t ino, int fd)
{
    struct sv_hold message = {.op = (char)op, .kind = SV_KIND_LOG_FIFO,
                              .dev = 1, .ino = ino, .tag = 77};

    ck_assert(sv_hold_send(svscan, &message, &fd, fd == -1 ? 0 : 1));
}

/* What init says next: its letter, or 0. */
static char hear(struct sv_hold *message, int fds[2])
{
    if (sv_hold_receive(svscan, message, fds) != SV_HOLD_GOT)
        return 0;
    return message->op;
}

/* All that init says, as letters. */
static const char *hear_all(void)
{
    static char letters[256];
    struct sv_hold message;
    size_t n = 0;
    int fds[2];

    while (n < sizeof letters - 1 && (letters[n] = hear(&message, fds)) != 0)
        n++;
    letters[n] = '\0';
    return letters;
}

START_TEST(hello_is_answered_with_the_relay)
{
    struct sv_hold message;
    struct sv_relay *relay;
    int fds[2];

    open_line();
    ck_assert(!line_has_heard());
    ask(SV_HOLD_HELLO, 0, -1);
    line_ready();
    ck_assert(line_has_heard());
    ck_assert_int_eq(hear(&message, fds), SV_HOLD_RELAY);
    relay = sv_relay_open(fds[0]);
    ck_assert_ptr_nonnull(relay);
    ck_assert_int_ne(fds[1], -1);
}
END_TEST

START_TEST(what_was_held_outlives_svscan_and_is_given_back)
{
    struct sv_hold message;
    int pipe_ends[2];
    int fds[2];
    char byte;

    open_line();
    ck_assert_int_eq(pipe(pipe_ends), 0);
    ask(SV_HOLD_HOLD, 5, pipe_ends[0]);
    ck_assert_int_eq(write(pipe_ends[1], "x", 1), 1);
    close(pipe_ends[0]);
    close(svscan);
    line_close();
    ck_assert_uint_eq(holds_count(), 1);

    svscan = line_open();
    ask(SV_HOLD_GIVE, 0, -1);
    line_ready();
    ck_assert_int_eq(hear(&message, fds), SV_HOLD_HELD);
    ck_assert_uint_eq(message.ino, 5);
    ck_assert_int_eq(message.tag, 77);
    ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'x');
    ck_assert_str_eq(hear_all(), "E");
}
END_TEST

START_TEST(a_drop_closes)
{
    int pipe_ends[2];

    open_line();
    ck_assert_int_eq(pipe(pipe_ends), 0);
    ask(SV_HOLD_HOLD, 5, pipe_ends[1]);
    close(pipe_ends[1]);
    ask(SV_HOLD_DROP, 5, -1);
    line_ready();
    ck_assert_uint_eq(holds_count(), 0);
    ck_assert_int_eq(read(pipe_ends[0], (char[1]){0}, 1), 0);
}
END_TEST

START_TEST(a_hold_without_a_descriptor_or_a_kind_is_refused)
{
    struct sv_hold odd = {.op = SV_HOLD_HOLD, .kind = SV_KINDS};

    open_line();
    ask(SV_HOLD_HOLD, 5, -1);
    ck_assert(sv_hold_send(svscan, &odd, &svscan, 1));
    line_ready();
    ck_assert_str_eq(hear_all(), "nn");
    ck_assert_uint_eq(holds_count(), 0);
}
END_TEST

START_TEST(holds_leave_descriptors_for_the_next_line)
{
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    open_line();
    for (uint64_t i = 0; i < 64; i++) {
        ask(SV_HOLD_HOLD, i, svscan);
        line_ready();
    }
    ck_assert_uint_gt(holds_count(), 0);
    ck_assert_uint_lt(holds_count(), 64);
    line_close();
    ck_assert_int_ge(line_open(), 0);
}
END_TEST

START_TEST(more_holds_than_the_line_takes_are_all_given_in_the_end)
{
    enum { MANY = 900 };
    char seen[MANY] = {0};
    struct sv_hold message = {0};
    struct pollfd poll;
    int fds[2];

    open_line();
    for (uint64_t i = 0; i < MANY; i++)
        ck_assert(holds_put(SV_KIND_LOG_FIFO, 1, i, 0, dup(0)));
    ask(SV_HOLD_GIVE, 0, -1);
    line_ready();
    line_poll(&poll);
    ck_assert_int_eq(poll.events, POLLOUT);
    while (message.op != SV_HOLD_END) {
        if (hear(&message, fds) == 0) {
            line_ready();
            continue;
        }
        if (message.op == SV_HOLD_HELD)
            seen[message.ino]++;
        close(fds[0]);
    }
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(seen[i], 1);
    line_poll(&poll);
    ck_assert_int_eq(poll.events, POLLIN);
}
END_TEST

START_TEST(a_stop_is_said_to_each_svscan_before_it_has_its_holds)
{
    open_line();
    stop_left = 8000;
    line_say_stop();
    ck_assert_str_eq(hear_all(), "");
    ask(SV_HOLD_GIVE, 0, -1);
    line_ready();
    ck_assert_str_eq(hear_all(), "SE");
    close(svscan);
    line_close();
    svscan = line_open();
    ask(SV_HOLD_GIVE, 0, -1);
    line_ready();
    ck_assert_str_eq(hear_all(), "SE");
}
END_TEST

START_TEST(what_svscan_reports_reaches_the_rest_of_init)
{
    struct sv_hold wish = {.op = SV_HOLD_MACHINE, .arg = SV_MACHINE_REBOOT};
    struct sv_hold end = {.op = SV_HOLD_MAIN, .arg = 3 << 8};

    open_line();
    ask(SV_HOLD_UP, 0, -1);
    ck_assert(sv_hold_send(svscan, &wish, NULL, 0));
    ask(SV_HOLD_STOPPED, 0, -1);
    ck_assert(sv_hold_send(svscan, &end, NULL, 0));
    line_ready();
    ck_assert_str_eq(calls, "up r stopped main ");
}
END_TEST

START_TEST(how_an_upgrade_ended_is_said_with_the_version)
{
    struct sv_hold message;
    int fds[2];

    open_line();
    ask(SV_HOLD_UPGRADE, 0, -1);
    line_ready();
    ck_assert_str_eq(calls, "upgrade ");
    line_say_upgraded(SV_UPGRADE_LATE);
    ck_assert_int_eq(hear(&message, fds), SV_HOLD_UPGRADED);
    ck_assert_int_eq(message.arg, SV_UPGRADE_LATE);
    ck_assert_str_eq(message.text, SV_VERSION);
    ck_assert_str_eq(hear_all(), "");
}
END_TEST

/* Only then is the descriptor all that the next init has to know. */
START_TEST(a_line_is_quiet_when_svscan_has_been_told_everything)
{
    struct line_state state;

    ck_assert(!line_is_quiet());
    open_line();
    ck_assert(line_is_quiet());
    for (uint64_t ino = 1; ino <= 1000; ino++) {
        ask(SV_HOLD_HOLD, ino, 0);
        line_ready();
    }
    ask(SV_HOLD_GIVE, 0, -1);
    line_ready();
    ck_assert(!line_is_quiet());
    while (!line_is_quiet()) {
        hear_all();
        line_ready();
    }
    while (*hear_all() != '\0')
        continue;
    line_save(&state);
    ck_assert(state.has_holds && state.has_heard);
    line_resume(&state);
    stop_left = 3;
    line_say_stop();
    ck_assert_int_eq(*hear_all(), SV_HOLD_STOP);
    close(svscan);
    line_ready();
    ck_assert(!line_is_quiet());
}
END_TEST

START_TEST(what_is_no_message_changes_nothing)
{
    int before;

    open_line();
    before = open_descriptors();
    ask('?', 1, 0);
    ck_assert_int_eq(write(svscan, "short", 5), 5);
    line_ready();
    ck_assert_str_eq(hear_all(), "");
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(without_a_line_nothing_is_awaited)
{
    struct pollfd poll;

    open_line();
    close(svscan);
    line_ready();
    line_poll(&poll);
    ck_assert_int_eq(poll.fd, -1);
    line_ready();
    line_say_stop();
    line_close();
}
END_TEST

int main(void)
{
    return UNIT_RUN("holds", what_is_put_is_held_under_its_name,
                    the_same_name_again_replaces_and_closes_the_first,
                    a_full_table_refuses_and_takes_again_once_there_is_room,
                    a_million_changes_later_the_table_is_right,
                    hello_is_answered_with_the_relay,
                    what_was_held_outlives_svscan_and_is_given_back,
                    a_drop_closes,
                    a_hold_without_a_descriptor_or_a_kind_is_refused,
                    holds_leave_descriptors_for_the_next_line,
                    more_holds_than_the_line_takes_are_all_given_in_the_end,
                    a_stop_is_said_to_each_svscan_before_it_has_its_holds,
                    what_svscan_reports_reaches_the_rest_of_init,
                    how_an_upgrade_ended_is_said_with_the_version,
                    a_line_is_quiet_when_svscan_has_been_told_everything,
                    what_is_no_message_changes_nothing,
                    without_a_line_nothing_is_awaited);
}
