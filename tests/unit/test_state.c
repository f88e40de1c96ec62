/* SPDX-License-Identifier: ISC */
/* test_state.c - what a program hands to the one that it becomes. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sv/say.h"
#include "sv/state.h"

struct old {
    struct sv_state state;
    int64_t first;
};

struct new {
    struct sv_state state;
    int64_t first;
    int64_t second; /* of a later version */
};

static int written(const struct sv_state *state, size_t size, bool sealed)
{
    int fd = sv_state_make("test");

    ck_assert_int_ge(fd, 0);
    ck_assert(sv_state_write(fd, state, size));
    ck_assert(sv_state_write(fd, "tail", 4));
    ck_assert(!sealed || sv_state_seal(fd));
    return fd;
}

static struct old some(void)
{
    struct old old = {.first = 7};

    sv_state_begin(&old.state, "test", sizeof old);
    return old;
}

START_TEST(it_comes_back_as_it_went_and_the_rest_follows)
{
    struct old old = some(), read;
    int fd = written(&old.state, sizeof old, true);
    char tail[4];

    ck_assert(sv_state_read(fd, "test", &read.state, sizeof read));
    ck_assert_int_eq(read.first, 7);
    ck_assert(sv_state_read_more(fd, tail, sizeof tail));
    ck_assert_mem_eq(tail, "tail", 4);
    ck_assert(!sv_state_read_more(fd, tail, 1));
    ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(what_an_older_one_did_not_say_is_zero)
{
    struct old old = some();
    struct new new;
    int fd = written(&old.state, sizeof old, true);
    char tail[4];

    memset(&new, 255, sizeof new);
    ck_assert(sv_state_read(fd, "test", &new.state, sizeof new));
    ck_assert_int_eq(new.first, 7);
    ck_assert_int_eq(new.second, 0);
    ck_assert(sv_state_read_more(fd, tail, sizeof tail));
    ck_assert_mem_eq(tail, "tail", 4);
}
END_TEST

START_TEST(what_a_longer_one_says_more_is_skipped)
{
    struct new new = {.first = 7, .second = 8};
    struct old old;
    char tail[4];

    sv_state_begin(&new.state, "test", sizeof new);

    int fd = written(&new.state, sizeof new, true);

    ck_assert(sv_state_read(fd, "test", &old.state, sizeof old));
    ck_assert_int_eq(old.first, 7);
    ck_assert(sv_state_read_more(fd, tail, sizeof tail));
    ck_assert_mem_eq(tail, "tail", 4);
}
END_TEST

START_TEST(a_later_version_is_refused_as_such)
{
    struct old old = some(), read;

    old.state.version = SV_STATE_VERSION + 1;

    int fd = written(&old.state, sizeof old, true);

    ck_assert(!sv_state_read(fd, "test", &read.state, sizeof read));
    ck_assert_int_eq(errno, EPROTONOSUPPORT);
}
END_TEST

static void expect_refusal(const struct old *old, const char *magic,
                           bool sealed)
{
    struct old read;
    int fd = written(&old->state, sizeof *old, sealed);

    ck_assert(!sv_state_read(fd, magic, &read.state, sizeof read));
    ck_assert_int_eq(errno, EPROTO);
    close(fd);
}

START_TEST(what_is_not_for_us_is_refused)
{
    struct old old = some();

    expect_refusal(&old, "other", true);
    expect_refusal(&old, "test", false);
    old.state.pid++;
    expect_refusal(&old, "test", true);
    old = some();
    old.state.size = sizeof old.state - 1;
    expect_refusal(&old, "test", true);
}
END_TEST

START_TEST(a_sealed_state_cannot_be_changed)
{
    struct old old = some();
    int fd = written(&old.state, sizeof old, true);

    ck_assert(!sv_state_write(fd, "x", 1));
    ck_assert_int_eq(ftruncate(fd, 0), -1);
}
END_TEST

START_TEST(its_number_is_found_once_and_the_environment_is_as_before)
{
    char number[SV_NUMBER_MAX];
    int fd = sv_state_make("test");

    ck_assert_int_eq(sv_state_given(), -1);
    setenv("BEFORE", "1", 1);
    setenv(SV_STATE_VARIABLE, sv_number(number, fd), 1);
    setenv("AFTER", "2", 1);
    fcntl(fd, F_SETFD, 0);
    ck_assert_int_eq(sv_state_given(), fd);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_ptr_null(getenv(SV_STATE_VARIABLE));
    ck_assert_str_eq(getenv("BEFORE"), "1");
    ck_assert_str_eq(getenv("AFTER"), "2");
    ck_assert_int_eq(sv_state_given(), -1);
}
END_TEST

START_TEST(a_number_that_is_none_is_forgotten)
{
    static const char *const bad[] = {"", "x", "3x", "-1", "99999", "1"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv(SV_STATE_VARIABLE, bad[i], 1);
        ck_assert_int_eq(sv_state_given(), -1);
        ck_assert_ptr_null(getenv(SV_STATE_VARIABLE));
    }
    ck_assert_int_eq(fcntl(1, F_GETFD), 0); /* it stays what it was */
}
END_TEST

START_TEST(who_is_asked_knows_its_own_version_and_those_before)
{
    char number[SV_NUMBER_MAX];

    ck_assert_int_eq(sv_state_can_take("0"), SV_EXIT_OK);
    sv_number(number, SV_STATE_VERSION);
    ck_assert_int_eq(sv_state_can_take(number), SV_EXIT_OK);
    sv_number(number, SV_STATE_VERSION + 1);
    ck_assert_int_eq(sv_state_can_take(number), SV_EXIT_NO);
    ck_assert_int_eq(sv_state_can_take("x"), SV_EXIT_USAGE);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "state",
        it_comes_back_as_it_went_and_the_rest_follows,
        what_an_older_one_did_not_say_is_zero,
        what_a_longer_one_says_more_is_skipped,
        a_later_version_is_refused_as_such, what_is_not_for_us_is_refused,
        a_sealed_state_cannot_be_changed,
        its_number_is_found_once_and_the_environment_is_as_before,
        a_number_that_is_none_is_forgotten,
        who_is_asked_knows_its_own_version_and_those_before);
}
