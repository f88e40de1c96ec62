/* SPDX-License-Identifier: ISC */
/* Truths about the records of children. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "sv/child.h"
#include "sv/clock.h"
#include "sv/state.h"

enum { COUNT = 8, FORMAT_AT = 8, NAMESPACE_AT = 16, BOOT_AT = 24,
       FIRST_AT = 60 };

#define FILE_NAME "children"
#define FRESH "children.new"

static bool reopen(struct sv_children *children)
{
    return sv_children_open(children, service, FILE_NAME, FRESH, COUNT);
}

static struct sv_children opened(void)
{
    struct sv_children children;

    ck_assert(reopen(&children));
    return children;
}

/* As the death of a svscan leaves it: nothing is written back or undone. */
static void forget(struct sv_children *children)
{
    munmap(children->slots, children->count * sizeof *children->slots);
}

static ino_t inode(void)
{
    struct stat st;

    ck_assert_int_eq(fstatat(service, FILE_NAME, &st, 0), 0);
    return st.st_ino;
}

static void change(off_t at, int by)
{
    int fd = openat(service, FILE_NAME, O_RDWR);
    char byte;

    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte = (char)(byte + by);
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

START_TEST(a_slot_is_idle_and_empty_when_it_is_taken)
{
    struct sv_children children = opened();
    struct sv_child *child = sv_children_take(&children, 7, 9);

    ck_assert_ptr_ne(child, children.slots);
    ck_assert_int_eq(sv_child_state(child), SV_CHILD_IDLE);
    ck_assert_int_eq(sv_child_role(child), SV_ROLE_NONE);
    ck_assert_uint_eq(sv_child_flags(child), 0);
    ck_assert_uint_eq(child->dev, 7);
    ck_assert_uint_eq(child->ino, 9);
    ck_assert_int_eq(child->pid, 0);
    ck_assert_int_eq(child->deadline, 0);
}
END_TEST

START_TEST(what_is_noted_of_the_tree_is_there_for_the_next)
{
    struct sv_children children = opened();
    uint32_t restarts = 99;

    ck_assert_uint_eq(sv_children_tree(&children, &restarts), 0);
    ck_assert_uint_eq(restarts, 0);
    sv_children_set_tree(&children, SV_TREE_RUNS | SV_TREE_STOPS, 70000);
    forget(&children);
    children = opened();
    ck_assert_uint_eq(sv_children_tree(&children, &restarts),
                      SV_TREE_RUNS | SV_TREE_STOPS);
    ck_assert_uint_eq(restarts, SV_RESTARTS_MAX);
}
END_TEST

/* Version 1 had the number of slots there. */
START_TEST(of_the_tree_a_first_version_notes_nothing)
{
    struct sv_children children = opened();
    uint32_t restarts;

    sv_children_set_tree(&children, SV_TREE_STOPS, 5);
    forget(&children);
    change(FORMAT_AT, 1 - SV_STATE_VERSION);
    children = opened();
    ck_assert_uint_eq(sv_children_tree(&children, &restarts), 0);
    ck_assert_uint_eq(restarts, 0);
}
END_TEST

/* One bit had two meanings there, of which whoever reads it takes the one that
 * what is wanted leaves. */
START_TEST(of_a_third_version_an_unhealthy_one_may_be_to_stop)
{
    const unsigned both = SV_CHILD_UNHEALTHY | SV_CHILD_STOPS;

    for (int format = 2; format <= SV_STATE_VERSION; format++) {
        struct sv_children children = opened();

        for (int i = 1; i <= 3; i++)
            sv_child_become(sv_children_take(&children, 7, (uint64_t)i),
                            SV_CHILD_RUNNING, SV_ROLE_RUN,
                            i == 2 ? SV_CHILD_UNHEALTHY | SV_CHILD_LAST
                                   : SV_CHILD_LATE);
        forget(&children);
        change(FORMAT_AT, format - SV_STATE_VERSION);
        children = opened();
        ck_assert_uint_eq(sv_child_flags(&children.slots[1]), SV_CHILD_LATE);
        ck_assert_uint_eq(sv_child_flags(&children.slots[2]) & both,
                          format == 3 ? both : SV_CHILD_UNHEALTHY);
        ck_assert(sv_child_flags(&children.slots[2]) & SV_CHILD_LAST);
        ck_assert_int_eq(sv_child_state(&children.slots[2]), SV_CHILD_RUNNING);
        ck_assert_int_eq(sv_child_role(&children.slots[2]), SV_ROLE_RUN);
        forget(&children);
        ck_assert_int_eq(unlinkat(service, FILE_NAME, 0), 0);
    }
}
END_TEST

START_TEST(state_role_and_flags_are_one_word)
{
    struct sv_child child = { .pid = 1 };

    for (int state = 0; state < SV_CHILD_STATES; state++) {
        for (int role = 0; role < SV_ROLES; role++) {
            sv_child_become(&child, (enum sv_child_state)state,
                            (enum sv_child_role)role,
                            SV_CHILD_LAST | SV_CHILD_AWAITED);
            ck_assert_int_eq(sv_child_state(&child), state);
            ck_assert_int_eq(sv_child_role(&child), role);
            ck_assert_uint_eq(sv_child_flags(&child),
                              SV_CHILD_LAST | SV_CHILD_AWAITED);
        }
    }
}
END_TEST

START_TEST(there_are_as_many_slots_as_asked_for_less_the_header)
{
    struct sv_children children = opened();

    for (uint64_t i = 1; i < COUNT; i++)
        ck_assert_ptr_nonnull(sv_children_take(&children, 1, i));
    ck_assert_ptr_null(sv_children_take(&children, 1, COUNT));
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(a_slot_that_was_freed_is_taken_again)
{
    struct sv_children children = opened();
    struct sv_child *slots[COUNT];

    for (uint64_t i = 1; i < COUNT; i++)
        slots[i] = sv_children_take(&children, 1, i);
    slots[3]->pid = 99;
    sv_children_free(&children, slots[3]);
    ck_assert_int_eq(sv_child_state(slots[3]), SV_CHILD_FREE);
    ck_assert_ptr_eq(sv_children_take(&children, 2, 3), slots[3]);
    ck_assert_int_eq(slots[3]->pid, 0);
    ck_assert_ptr_null(sv_children_take(&children, 1, 9));
}
END_TEST

START_TEST(the_next_svscan_finds_what_was_not_free_in_a_file_of_its_own)
{
    struct sv_children children = opened();
    struct sv_child *first = sv_children_take(&children, 1, 1);
    struct sv_child *second = sv_children_take(&children, 1, 2);
    ino_t old = inode();

    sv_children_free(&children, first);
    second->pid = 42;
    second->deadline = 77;
    sv_child_become(second, SV_CHILD_RUNNING, SV_ROLE_RUN, SV_CHILD_AWAITED);

    struct sv_children next = opened();

    ck_assert_uint_eq(next.copied, 1);
    ck_assert_uint_ne(inode(), old);
    ck_assert_int_eq(next.slots[1].pid, 42);
    ck_assert_int_eq(next.slots[1].deadline, 77);
    ck_assert_uint_eq(next.slots[1].ino, 2);
    ck_assert_int_eq(sv_child_state(&next.slots[1]), SV_CHILD_RUNNING);
    ck_assert_uint_eq(sv_child_flags(&next.slots[1]), SV_CHILD_AWAITED);
    ck_assert(!is_there(FRESH));

    /* What a late child of the first writes is not seen any more. */
    second->pid = 43;
    ck_assert_int_eq(next.slots[1].pid, 42);
    ck_assert_ptr_eq(sv_children_take(&next, 1, 3), &next.slots[2]);
}
END_TEST

static void expect_forgotten(off_t spoilt)
{
    struct sv_children children = opened();

    sv_children_take(&children, 1, 1);
    forget(&children);
    change(spoilt, 1);
    children = opened();
    ck_assert_uint_eq(children.copied, 0);
    ck_assert_int_eq(sv_child_state(&children.slots[1]), SV_CHILD_FREE);
}

START_TEST(records_of_another_boot_are_void)
{
    expect_forgotten(BOOT_AT);
}
END_TEST

START_TEST(records_of_another_pid_namespace_are_void)
{
    expect_forgotten(NAMESPACE_AT);
}
END_TEST

START_TEST(records_of_a_namespace_that_had_another_process_1_are_void)
{
    expect_forgotten(FIRST_AT);
}
END_TEST

START_TEST(records_that_do_not_know_process_1_are_good)
{
    static const char unknown[4];
    struct sv_children children = opened();
    int fd = openat(service, FILE_NAME, O_RDWR);

    sv_children_take(&children, 1, 1);
    forget(&children);
    ck_assert_int_eq(pwrite(fd, unknown, sizeof unknown, FIRST_AT),
                     sizeof unknown);
    close(fd);
    ck_assert_uint_eq(opened().copied, 1);
}
END_TEST

START_TEST(a_file_that_is_not_ours_is_void)
{
    expect_forgotten(0);
    put_text(FILE_NAME, "short");
    ck_assert_uint_eq(opened().copied, 0);
}
END_TEST

START_TEST(records_of_a_later_version_are_refused_and_left_alone)
{
    struct sv_children children = opened(), later;

    sv_children_take(&children, 1, 1);
    forget(&children);
    change(FORMAT_AT, 1);

    ino_t old = inode();
    int before = open_descriptors();

    ck_assert(!reopen(&later));
    ck_assert_int_eq(errno, EPROTONOSUPPORT);
    ck_assert_uint_eq(inode(), old);
    ck_assert(!is_there(FRESH));
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(records_of_a_later_version_and_another_boot_are_void)
{
    struct sv_children children = opened();

    sv_children_take(&children, 1, 1);
    forget(&children);
    change(FORMAT_AT, 1);
    change(BOOT_AT, 1);
    ck_assert_uint_eq(opened().copied, 0);
}
END_TEST

START_TEST(records_of_an_earlier_version_are_read)
{
    struct sv_children children = opened();

    sv_children_take(&children, 1, 1);
    forget(&children);
    change(FORMAT_AT, -1);
    ck_assert_uint_eq(opened().copied, 1);
}
END_TEST

START_TEST(a_file_with_more_records_than_there_are_slots_is_refused)
{
    struct sv_children children = opened();

    for (uint64_t i = 1; i < COUNT; i++)
        sv_children_take(&children, 1, i);
    ck_assert(!sv_children_open(&children, service, FILE_NAME, FRESH, 4));
    ck_assert_int_eq(errno, EOVERFLOW);
    ck_assert(!is_there(FRESH));
}
END_TEST

START_TEST(a_file_without_room_to_grow_is_an_error_and_no_signal)
{
    const struct rlimit one_page = { 4096, 4096 };
    struct sv_children children;

    ck_assert(sv_children_open(&children, service, FILE_NAME, FRESH, 200));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &one_page), 0);
    for (uint64_t i = 1; i < 64; i++)
        ck_assert_ptr_nonnull(sv_children_take(&children, 1, i));
    ck_assert_ptr_null(sv_children_take(&children, 1, 64));
    ck_assert_int_eq(errno, EFBIG);
}
END_TEST

START_TEST(the_count_of_restarts_leaves_the_status_alone)
{
    struct sv_child child = { .wstat = sv_child_end(0xffff, 7) };

    ck_assert_int_eq(sv_child_wstat(&child), 0xffff);
    ck_assert_uint_eq(sv_child_restarts(&child), 7);
    child.wstat = sv_child_end(0x0f, 65536);
    ck_assert_int_eq(sv_child_wstat(&child), 0x0f);
    ck_assert_uint_eq(sv_child_restarts(&child), SV_RESTARTS_MAX);
}
END_TEST

START_TEST(a_file_that_was_cut_short_loses_what_is_missing_only)
{
    struct sv_children children = opened();

    sv_children_take(&children, 1, 1);
    sv_children_take(&children, 1, 2);
    forget(&children);

    int fd = openat(service, FILE_NAME, O_RDWR);

    ck_assert_int_eq(ftruncate(fd, 2 * sizeof(struct sv_child)), 0);
    close(fd);
    ck_assert_uint_eq(opened().copied, 1);
}
END_TEST

/* ---- is it still that process? ------------------------------------------- */

/* Its name would mislead whoever does not look for the last parenthesis. */
static pid_t start_child(int64_t *t0, int64_t *t1)
{
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    *t0 = sv_boottime();

    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_NAME, "a) R 1 1 (b");
        (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    *t1 = sv_boottime();
    return pid;
}

START_TEST(a_process_is_known_by_when_it_started)
{
    int64_t t0, t1;
    pid_t pid = start_child(&t0, &t1);

    ck_assert(sv_child_is(pid, t0, t1));
    ck_assert(!sv_child_is(pid, t0 - 10 * SV_SECOND, t0 - SV_SECOND));
    ck_assert_int_eq(errno, 0);
    ck_assert(!sv_child_is(pid, t1 + SV_SECOND, t1 + 10 * SV_SECOND));
    ck_assert_int_eq(errno, 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert(!sv_child_is(pid, t0, t1));
    ck_assert_int_eq(errno, 0);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "child", a_slot_is_idle_and_empty_when_it_is_taken,
        of_a_third_version_an_unhealthy_one_may_be_to_stop,
        state_role_and_flags_are_one_word,
        there_are_as_many_slots_as_asked_for_less_the_header,
        a_slot_that_was_freed_is_taken_again,
        the_next_svscan_finds_what_was_not_free_in_a_file_of_its_own,
        records_of_another_boot_are_void,
        records_of_another_pid_namespace_are_void,
        records_of_a_namespace_that_had_another_process_1_are_void,
        records_that_do_not_know_process_1_are_good,
        a_file_that_is_not_ours_is_void,
        records_of_a_later_version_are_refused_and_left_alone,
        records_of_a_later_version_and_another_boot_are_void,
        what_is_noted_of_the_tree_is_there_for_the_next,
        of_the_tree_a_first_version_notes_nothing,
        records_of_an_earlier_version_are_read,
        a_file_with_more_records_than_there_are_slots_is_refused,
        a_file_without_room_to_grow_is_an_error_and_no_signal,
        the_count_of_restarts_leaves_the_status_alone,
        a_file_that_was_cut_short_loses_what_is_missing_only,
        a_process_is_known_by_when_it_started);
}
