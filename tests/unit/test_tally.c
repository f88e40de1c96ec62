/* SPDX-License-Identifier: ISC */
/* Truths about the supervise/death_tally file. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "sv/status.h"
#include "sv/tally.h"

/* Written by a real s6-supervise, of a run that was killed by TERM. */
static const char killed[SV_TALLY_SIZE] = "\x40\x00\x00\x00\x6b\x03\x78\x81"
                                          "\x34\x89\xf5\xdd\x8f\x0f";

static struct sv_death deaths[SV_TALLY_MAX + 1];
static size_t count;

static struct sv_death death_at(uint64_t second, int wstat)
{
    tain stamp = {{TAI_MAGIC + second}, 5};

    return sv_death_of(&stamp, wstat);
}

static void add(uint64_t second, uint32_t max)
{
    struct sv_death death = death_at(second, 0x0300);

    ck_assert(sv_tally_add(service, ".", &death, max));
}

static void check_seconds(const char *digits)
{
    ck_assert(sv_tally_read(service, ".", deaths, SV_TALLY_MAX, &count));
    ck_assert_uint_eq(count, strlen(digits));
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(deaths[i].stamp.sec.x,
                          TAI_MAGIC + (uint64_t)(digits[i] - '0'));
}

START_TEST(what_s6_writes_is_understood_and_written_alike)
{
    struct sv_death death;
    char bytes[SV_TALLY_SIZE];

    ck_assert(sv_death_unpack(&death, killed));
    ck_assert_uint_eq(death.stamp.sec.x, 0x400000006b037881);
    ck_assert_uint_eq(death.stamp.nano, 0x3489f5dd);
    ck_assert_uint_eq(death.code, 143);
    ck_assert_uint_eq(death.signal, SIGTERM);
    sv_death_pack(bytes, &death);
    ck_assert_mem_eq(bytes, killed, sizeof bytes);
}
END_TEST

START_TEST(a_second_of_too_many_nanoseconds_is_refused)
{
    struct sv_death death = {.code = 7};
    char bytes[SV_TALLY_SIZE];

    memcpy(bytes, killed, sizeof bytes);
    bytes[8] = 0x3c;
    ck_assert(!sv_death_unpack(&death, bytes));
    ck_assert_uint_eq(death.code, 7);
}
END_TEST

START_TEST(a_wait_status_becomes_a_code_and_a_signal)
{
    static const struct {
        int wstat;
        uint8_t code;
        uint8_t signal;
    } known[] = {
        {0, 0, 0},
        {0x0300, 3, 0},
        {0xff00, 255, 0},
        {SIGTERM, 143, SIGTERM},
        {SIGSEGV | 0x80, 139, SIGSEGV},
        {64, 192, 64},
        {SV_WSTAT_UNKNOWN, 255, 0},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sv_death death = death_at(1, known[i].wstat);

        ck_assert_msg(death.code == known[i].code &&
                          death.signal == known[i].signal,
                      "wait status %x", (unsigned)known[i].wstat);
        ck_assert_uint_eq(death.stamp.sec.x, TAI_MAGIC + 1);
    }
}
END_TEST

START_TEST(a_missing_tally_is_empty_and_the_first_death_makes_it)
{
    check_seconds("");
    ck_assert(!is_there("supervise/death_tally"));
    add(1, SV_TALLY_DEFAULT);
    check_seconds("1");
    ck_assert_uint_eq(deaths[0].code, 3);
    ck_assert_uint_eq(deaths[0].stamp.nano, 5);
    ck_assert(!is_there("supervise/death_tally.new"));
}
END_TEST

START_TEST(the_newest_are_kept_oldest_first)
{
    for (uint64_t second = 1; second <= 5; second++)
        add(second, 3);
    check_seconds("345");
    add(6, 1);
    check_seconds("6");
    add(7, 3);
    check_seconds("67");
}
END_TEST

START_TEST(a_smaller_maximum_forgets_the_rest)
{
    for (uint64_t second = 1; second <= 5; second++)
        add(second, 5);
    add(6, 2);
    check_seconds("56");
}
END_TEST

START_TEST(a_death_is_not_counted_twice)
{
    add(1, 10);
    add(2, 10);
    add(2, 10);
    check_seconds("12");
}
END_TEST

START_TEST(a_maximum_of_none_writes_nothing)
{
    add(1, 0);
    ck_assert(!is_there("supervise/death_tally"));
    add(1, 1);
    add(2, 0);
    check_seconds("1");
}
END_TEST

START_TEST(no_maximum_is_greater_than_the_cap)
{
    static char bytes[SV_TALLY_MAX * SV_TALLY_SIZE];

    for (size_t i = 0; i < SV_TALLY_MAX; i++) {
        struct sv_death death = death_at(i, 0);

        sv_death_pack(bytes + i * SV_TALLY_SIZE, &death);
    }
    put_bytes("supervise/death_tally", bytes, sizeof bytes);
    add(SV_TALLY_MAX, UINT32_MAX);
    ck_assert(sv_tally_read(service, ".", deaths, SV_TALLY_MAX + 1, &count));
    ck_assert_uint_eq(count, SV_TALLY_MAX);
    ck_assert_uint_eq(deaths[0].stamp.sec.x, TAI_MAGIC + 1);
    ck_assert_uint_eq(deaths[count - 1].stamp.sec.x, TAI_MAGIC + SV_TALLY_MAX);
}
END_TEST

START_TEST(a_reader_gets_the_newest_that_it_has_room_for)
{
    for (uint64_t second = 1; second <= 5; second++)
        add(second, 10);
    ck_assert(sv_tally_read(service, ".", deaths, 2, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(deaths[0].stamp.sec.x, TAI_MAGIC + 4);
    ck_assert(sv_tally_read(service, ".", deaths, 0, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_malformed_tally_is_empty_and_begun_anew)
{
    put_text("supervise/death_tally", "13 bytes long");
    check_seconds("");
    add(1, 10);
    check_seconds("1");
    put_bytes("supervise/death_tally", "wrong nanosecs", SV_TALLY_SIZE);
    check_seconds("");
    add(2, 10);
    check_seconds("2");
}
END_TEST

START_TEST(what_is_no_file_cannot_be_read_or_added_to)
{
    struct sv_death death = death_at(1, 0);

    ck_assert_int_eq(mkfifoat(service, "supervise/death_tally", 0600), 0);
    ck_assert(!sv_tally_read(service, ".", deaths, 1, &count));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_uint_eq(count, 0);
    ck_assert(!sv_tally_add(service, ".", &death, 1));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(clearing_leaves_an_empty_tally_and_makes_none)
{
    ck_assert(sv_tally_clear(service, "."));
    ck_assert(!is_there("supervise/death_tally"));
    add(1, 10);
    ck_assert(sv_tally_clear(service, "."));
    check_seconds("");
    ck_assert(!sv_tally_clear(-1, "."));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(no_descriptor_is_left_open)
{
    int before = open_descriptors();

    add(1, 10);
    add(2, 10);
    check_seconds("12");
    put_text("supervise/death_tally", "malformed");
    check_seconds("");
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "tally", what_s6_writes_is_understood_and_written_alike,
        a_second_of_too_many_nanoseconds_is_refused,
        a_wait_status_becomes_a_code_and_a_signal,
        a_missing_tally_is_empty_and_the_first_death_makes_it,
        the_newest_are_kept_oldest_first, a_smaller_maximum_forgets_the_rest,
        a_death_is_not_counted_twice, a_maximum_of_none_writes_nothing,
        no_maximum_is_greater_than_the_cap,
        a_reader_gets_the_newest_that_it_has_room_for,
        a_malformed_tally_is_empty_and_begun_anew,
        what_is_no_file_cannot_be_read_or_added_to,
        clearing_leaves_an_empty_tally_and_makes_none,
        no_descriptor_is_left_open);
}
