/* SPDX-License-Identifier: ISC */
/* Truths about the ring of exits: what is found in it, and what is not. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sv/relay.h"

static struct sv_relay *relay;
static int memory;

static void make_relay(void)
{
    relay = sv_relay_create(&memory);
    ck_assert_ptr_nonnull(relay);
}

static void drop_relay(void)
{
    munmap(relay, sizeof *relay);
    close(memory);
}

/* Asks for pid 7, started before 100, seen dead at 200. */
static enum sv_relay_answer ask(int *wstat, int64_t *reaped)
{
    return sv_relay_find(relay, 7, 100, 200, wstat, reaped);
}

START_TEST(the_other_side_sees_what_was_put)
{
    struct sv_relay *view = sv_relay_open(memory);
    int wstat = 0;
    int64_t reaped = 0;

    ck_assert_ptr_nonnull(view);
    sv_relay_put(relay, 7, 0x100, 150);
    ck_assert_int_eq(sv_relay_find(view, 7, 100, 200, &wstat, &reaped),
                     SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 0x100);
    ck_assert_int_eq(reaped, 150);
    munmap(view, sizeof *view);
}
END_TEST

START_TEST(an_entry_from_before_the_start_is_of_another_process)
{
    int wstat = 0;
    int64_t reaped = 0;

    sv_relay_put(relay, 7, 1, 50);
    sv_relay_put(relay, 7, 2, 100);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_NOT_YET);
    sv_relay_put(relay, 7, 3, 101);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 3);
}
END_TEST

START_TEST(the_first_entry_after_the_start_is_the_one)
{
    int wstat = 0;
    int64_t reaped = 0;

    sv_relay_put(relay, 7, 1, 150);
    sv_relay_put(relay, 7, 2, 160);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 1);
}
END_TEST

START_TEST(what_was_not_there_at_a_sweep_is_lost)
{
    int wstat = 42;
    int64_t reaped = 42;

    atomic_store(&relay->reaped_until, 199);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_NOT_YET);
    atomic_store(&relay->reaped_until, 200);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_LOST);
    ck_assert_int_eq(wstat, 42);
    ck_assert_int_eq(reaped, 42);
}
END_TEST

START_TEST(the_ring_remembers_all_entries_but_one)
{
    int wstat = 0;
    int64_t reaped = 0;

    sv_relay_put(relay, 7, 9, 150);
    for (int i = 0; i < SV_RELAY_ENTRIES - 2; i++)
        sv_relay_put(relay, 8, 0, 160);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 9);
    sv_relay_put(relay, 8, 0, 160);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_LOST);
}
END_TEST

START_TEST(once_entries_are_lost_another_of_that_pid_is_not_believed)
{
    int wstat = 42;
    int64_t reaped = 42;

    sv_relay_put(relay, 7, 9, 150);
    for (int i = 0; i < SV_RELAY_ENTRIES - 1; i++)
        sv_relay_put(relay, 8, 0, 160);
    sv_relay_put(relay, 7, 0x100, 170);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_LOST);
    ck_assert_int_eq(wstat, 42);
    /* ... unless nobody waited for any of those that are lost. */
    atomic_store(&relay->cursor, 1);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_LOST);
    atomic_store(&relay->cursor, 2);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 0x100);
}
END_TEST

START_TEST(init_moves_the_cursor_if_nobody_was_adopted)
{
    ck_assert_uint_eq(atomic_load(&relay->listening), 1);
    sv_relay_orphaned(relay, 5);
    ck_assert_uint_eq(atomic_load(&relay->cursor), 0);
    atomic_store(&relay->listening, 0);
    sv_relay_orphaned(relay, 5);
    ck_assert_uint_eq(atomic_load(&relay->cursor), 5);
    /* The next has to say first that it has adopted nobody. */
    sv_relay_orphaned(relay, 9);
    ck_assert_uint_eq(atomic_load(&relay->cursor), 5);
}
END_TEST

START_TEST(the_ring_goes_round_and_round)
{
    int wstat = 0;
    int64_t reaped = 0;

    for (int i = 0; i < 3 * SV_RELAY_ENTRIES; i++)
        sv_relay_put(relay, 8, 0, 150);
    atomic_store(&relay->cursor, 3 * SV_RELAY_ENTRIES);
    sv_relay_put(relay, 7, 11, 160);
    ck_assert_int_eq(ask(&wstat, &reaped), SV_RELAY_FOUND);
    ck_assert_int_eq(wstat, 11);
    ck_assert_uint_eq(atomic_load(&relay->head), 3 * SV_RELAY_ENTRIES + 1);
}
END_TEST

START_TEST(the_size_cannot_be_changed)
{
    ck_assert_int_eq(ftruncate(memory, 0), -1);
    ck_assert_int_eq(errno, EPERM);
    ck_assert_int_eq(ftruncate(memory, 2 * sizeof *relay), -1);
    ck_assert_int_ne(fcntl(memory, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(a_file_that_could_shrink_is_refused)
{
    int fd = memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(ftruncate(fd, sizeof *relay), 0);
    ck_assert_ptr_null(sv_relay_open(fd));
    ck_assert_int_eq(errno, EPROTO);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    ck_assert_ptr_null(sv_relay_open(fd)); /* it has no magic */
    ck_assert_int_eq(errno, EPROTO);
    close(fd);
}
END_TEST

START_TEST(what_is_no_memfd_is_refused)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    ck_assert_ptr_null(sv_relay_open(fd));
    ck_assert_int_eq(errno, EPROTO);
    close(fd);
    ck_assert_ptr_null(sv_relay_open(-1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relay");
    TCase *tcase = tcase_create("ring");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, make_relay, drop_relay);
    tcase_add_test(tcase, the_other_side_sees_what_was_put);
    tcase_add_test(tcase, an_entry_from_before_the_start_is_of_another_process);
    tcase_add_test(tcase, the_first_entry_after_the_start_is_the_one);
    tcase_add_test(tcase, what_was_not_there_at_a_sweep_is_lost);
    tcase_add_test(tcase, the_ring_remembers_all_entries_but_one);
    tcase_add_test(tcase,
                   once_entries_are_lost_another_of_that_pid_is_not_believed);
    tcase_add_test(tcase, init_moves_the_cursor_if_nobody_was_adopted);
    tcase_add_test(tcase, the_ring_goes_round_and_round);
    tcase_add_test(tcase, the_size_cannot_be_changed);
    tcase_add_test(tcase, a_file_that_could_shrink_is_refused);
    tcase_add_test(tcase, what_is_no_memfd_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
