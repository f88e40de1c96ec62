/* SPDX-License-Identifier: ISC */
/* Truths about reaping: who is told, and what the relay then says. */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "unit.h"
#include "sv/clock.h"
#include "sv/relay.h"
#include "init/reap.h"

static struct sv_relay *relay;
static int bell;
static pid_t own;      /* init's own child: no business of the relay */
static int own_wstat;

static bool is_own(pid_t pid, int wstat)
{
    if (pid != own)
        return false;
    own_wstat = wstat;
    return true;
}

static void begin(void)
{
    int fds[2];

    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    reap_begin(is_own);
    ck_assert(reap_relay(fds));
    relay = sv_relay_open(fds[0]);
    ck_assert_ptr_nonnull(relay);
    bell = fds[1];
    atomic_store(&relay->listening, 1);
}

/* Starts a child that ends at once, and waits until it is a zombie. */
static pid_t dead_child(int status)
{
    pid_t pid = fork();
    siginfo_t info;

    if (pid == 0)
        _exit(status);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pid;
}

/* Is the bell rung?  It is silent afterwards. */
static bool rings(void)
{
    uint64_t n;

    return read(bell, &n, sizeof n) == sizeof n;
}

START_TEST(a_named_child_is_reaped_and_relayed)
{
    int64_t before = sv_boottime();
    int64_t reaped = 0;
    int wstat = 0;
    pid_t pid;

    begin();
    pid = dead_child(7);
    reap_named(pid);
    reap_round();
    ck_assert_int_eq(sv_relay_find(relay, pid, before, INT64_MAX, &wstat,
                                   &reaped),
                     SV_RELAY_FOUND);
    ck_assert_int_eq(WEXITSTATUS(wstat), 7);
    ck_assert(before < reaped && reaped <= sv_boottime());
    ck_assert_int_eq(waitpid(pid, &wstat, WNOHANG), -1);
    ck_assert(rings());
}
END_TEST

START_TEST(those_that_no_signal_named_are_swept)
{
    enum { MANY = 50 };
    pid_t pids[MANY];
    int64_t reaped;
    int wstat;

    begin();
    for (int i = 0; i < MANY; i++)
        pids[i] = dead_child(i);
    reap_named(pids[3]);
    reap_round();
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(sv_relay_find(relay, pids[i], 0, INT64_MAX, &wstat,
                                       &reaped),
                         SV_RELAY_FOUND);
        ck_assert_int_eq(WEXITSTATUS(wstat), i);
    }
    ck_assert(reap_is_childless());
    ck_assert(reap_due() == REAP_NEVER);
}
END_TEST

START_TEST(a_sweep_says_up_to_when_all_is_reaped)
{
    int64_t before;

    begin();
    dead_child(0);
    before = sv_boottime();
    reap_sweep();
    ck_assert_int_le(reap_due(), sv_boottime());
    reap_round();
    ck_assert_int_ge(atomic_load(&relay->reaped_until), before);
    ck_assert_int_le(atomic_load(&relay->reaped_until), sv_boottime());
}
END_TEST

START_TEST(a_sweep_that_was_asked_for_rings_even_if_it_finds_nothing)
{
    begin();
    atomic_store(&relay->listening, 0);
    reap_sweep();
    reap_round();
    ck_assert(rings());
    reap_round();
    ck_assert(!rings());
}
END_TEST

START_TEST(who_does_not_listen_is_not_woken)
{
    begin();
    atomic_store(&relay->listening, 0);
    reap_named(dead_child(0));
    reap_round();
    ck_assert(!rings());
    ck_assert_uint_eq(atomic_load(&relay->head), 1);
}
END_TEST

START_TEST(what_a_dead_svscan_leaves_comes_after_a_quiet_sweep)
{
    begin();
    reap_named(dead_child(1));
    reap_round();
    ck_assert_uint_eq(atomic_load(&relay->head), 1);
    reap_named(dead_child(2)); /* may be an orphan of svscan, which is dead */
    atomic_store(&relay->listening, 0);
    reap_orphaned();
    ck_assert_uint_eq(atomic_load(&relay->cursor), 1);
    ck_assert_uint_eq(atomic_load(&relay->head), 2);
    ck_assert_uint_eq(atomic_load(&relay->listening), 1);
}
END_TEST

START_TEST(a_child_of_inits_own_is_not_relayed)
{
    begin();
    own = dead_child(9);
    reap_named(own);
    reap_round();
    ck_assert_int_eq(WEXITSTATUS(own_wstat), 9);
    ck_assert_uint_eq(atomic_load(&relay->head), 0);
    ck_assert(!rings());
}
END_TEST

START_TEST(a_pid_that_is_not_dead_is_left_alone)
{
    int ends[2];
    pid_t pid;

    begin();
    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &own, 1) == 0 ? 0 : 1);
    }
    reap_named(pid);
    reap_named(0);
    reap_round();
    ck_assert(!reap_is_childless());
    ck_assert_uint_eq(atomic_load(&relay->head), 0);
    close(ends[1]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(an_orphan_comes_to_us)
{
    int64_t reaped;
    int ends[2];
    pid_t pid;
    pid_t orphan;
    int wstat;

    begin();
    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        orphan = fork();
        if (orphan == 0)
            _exit(42);
        _exit(write(ends[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    ck_assert_int_eq(read(ends[0], &orphan, sizeof orphan),
                     (ssize_t)sizeof orphan);
    for (int left = 2; left > 0; left--)
        ck_assert_int_eq(waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOWAIT),
                         0);
    while (sv_relay_find(relay, orphan, 0, 0, &wstat, &reaped) !=
           SV_RELAY_FOUND) {
        reap_sweep();
        reap_round();
        ck_assert(!reap_is_childless() ||
                  atomic_load(&relay->head) == 2);
    }
    ck_assert_int_eq(WEXITSTATUS(wstat), 42);
}
END_TEST

int main(void)
{
    return UNIT_RUN("reap", a_named_child_is_reaped_and_relayed,
                    those_that_no_signal_named_are_swept,
                    a_sweep_says_up_to_when_all_is_reaped,
                    a_sweep_that_was_asked_for_rings_even_if_it_finds_nothing,
                    who_does_not_listen_is_not_woken,
                    what_a_dead_svscan_leaves_comes_after_a_quiet_sweep,
                    a_child_of_inits_own_is_not_relayed,
                    a_pid_that_is_not_dead_is_left_alone,
                    an_orphan_comes_to_us);
}
