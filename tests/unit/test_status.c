/* SPDX-License-Identifier: ISC */
/* Truths about the supervise/status file. */
#include "unit.h"

#include <errno.h>
#include <limits.h>

#include "sv/status.h"

/* Written by a real s6-supervise; what s6-svstat says of it is "up (pid
 * 17818), paused, ready". */
static const char paused[SV_STATUS_SIZE] =
    "\x40\x00\x00\x00\x6b\x03\x78\xb0\x25\xe2\x7b\x74"
    "\x40\x00\x00\x00\x6b\x03\x78\xb0\x31\xf0\xd8\xd1"
    "\x00\x00\x00\x00\x00\x00\x45\x9a"
    "\x00\x09"
    "\x0d";

static struct sv_status meaning_of(const char *bytes)
{
    struct sv_status status;

    ck_assert(sv_status_unpack(&status, bytes));
    return status;
}

START_TEST(what_s6_writes_is_understood)
{
    struct sv_status status = meaning_of(paused);

    ck_assert_uint_eq(status.stamp.sec.x, 0x400000006b0378b0);
    ck_assert_uint_eq(status.stamp.nano, 0x25e27b74);
    ck_assert_uint_eq(status.ready.sec.x, 0x400000006b0378b0);
    ck_assert_uint_eq(status.ready.nano, 0x31f0d8d1);
    ck_assert_int_eq(status.pid, 17818);
    ck_assert_uint_eq(status.wstat, 9);
    ck_assert_uint_eq(status.flags,
                      SV_STATUS_PAUSED | SV_STATUS_WANT_UP | SV_STATUS_READY);
}
END_TEST

START_TEST(what_is_understood_is_written_as_s6_does)
{
    struct sv_status status = meaning_of(paused);
    char bytes[SV_STATUS_SIZE];

    sv_status_pack(bytes, &status);
    ck_assert_mem_eq(bytes, paused, sizeof bytes);
}
END_TEST

/* Changes one byte of a good status, and sees that it is refused and that
 * nothing is changed by it. */
static void check_refused(size_t at, int byte)
{
    struct sv_status before = meaning_of(paused);
    struct sv_status status = before;
    char bytes[SV_STATUS_SIZE];

    memcpy(bytes, paused, sizeof bytes);
    bytes[at] = (char)byte;
    ck_assert_msg(!sv_status_unpack(&status, bytes), "byte %zu was %d", at,
                  byte);
    ck_assert_mem_eq(&status, &before, sizeof status);
}

START_TEST(an_unknown_flag_is_refused)
{
    for (int bit = 4; bit < 8; bit++)
        check_refused(34, 1 << bit);
}
END_TEST

START_TEST(a_second_of_too_many_nanoseconds_is_refused)
{
    check_refused(8, 0x3c);
    check_refused(20, 0x3c);
}
END_TEST

START_TEST(a_pid_that_does_not_fit_is_refused)
{
    check_refused(24, 1);
    check_refused(27, 1);
    check_refused(28, 0x80);
}
END_TEST

START_TEST(the_largest_values_go_there_and_back)
{
    struct sv_status status = {.stamp = {{UINT64_MAX}, 999999999},
                               .ready = {{0}, 999999999},
                               .pid = INT_MAX,
                               .wstat = SV_WSTAT_UNKNOWN,
                               .flags = SV_STATUS_FLAGS};
    char bytes[SV_STATUS_SIZE];
    char again[SV_STATUS_SIZE];

    sv_status_pack(bytes, &status);
    status = meaning_of(bytes);
    sv_status_pack(again, &status);
    ck_assert_mem_eq(bytes, again, sizeof bytes);
    ck_assert_int_eq(status.pid, INT_MAX);
    ck_assert_uint_eq(status.wstat, 0xffff);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    struct sv_status status = meaning_of(paused);
    struct sv_status read = {0};
    char bytes[64];

    ck_assert(sv_status_write(service, ".", &status));
    ck_assert_int_eq(get_bytes("supervise/status", bytes, sizeof bytes),
                     SV_STATUS_SIZE);
    ck_assert_mem_eq(bytes, paused, SV_STATUS_SIZE);
    ck_assert(sv_status_read(service, ".", &read));
    ck_assert_int_eq(read.pid, 17818);
    ck_assert(!is_there("supervise/status.new"));
}
END_TEST

START_TEST(a_service_below_the_descriptor_has_its_own)
{
    struct sv_status status = meaning_of(paused);

    ck_assert_int_eq(mkdirat(service, "web", 0755), 0);
    ck_assert_int_eq(mkdirat(service, "web/supervise", 0755), 0);
    ck_assert(sv_status_write(service, "web", &status));
    ck_assert(is_there("web/supervise/status"));
    ck_assert(!is_there("supervise/status"));
    ck_assert(sv_status_read(service, "web", &status));
}
END_TEST

START_TEST(a_missing_file_is_no_entry)
{
    struct sv_status status;

    ck_assert(!sv_status_read(service, ".", &status));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_short_file_is_refused)
{
    struct sv_status status;

    put_bytes("supervise/status", paused, SV_STATUS_SIZE - 1);
    ck_assert(!sv_status_read(service, ".", &status));
    ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(a_longer_file_is_read_as_far_as_we_know_it)
{
    struct sv_status status;
    char bytes[SV_STATUS_SIZE + 1] = {0};

    memcpy(bytes, paused, SV_STATUS_SIZE);
    put_bytes("supervise/status", bytes, sizeof bytes);
    ck_assert(sv_status_read(service, ".", &status));
    ck_assert_int_eq(status.pid, 17818);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file)
{
    struct sv_status status = meaning_of(paused);
    struct sv_status read;

    ck_assert(sv_status_write(service, ".", &status));
    ck_assert_int_eq(mkdirat(service, "supervise/status.new", 0700), 0);
    status.pid = 1;
    ck_assert(!sv_status_write(service, ".", &status));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(sv_status_read(service, ".", &read));
    ck_assert_int_eq(read.pid, 17818);
}
END_TEST

START_TEST(up_means_that_run_lives)
{
    struct sv_status status = {.pid = 7};

    ck_assert(sv_status_is_up(&status));
    status.flags = SV_STATUS_FINISHING;
    ck_assert(!sv_status_is_up(&status));
    status = (struct sv_status){.flags = SV_STATUS_READY};
    ck_assert(!sv_status_is_up(&status));
}
END_TEST

START_TEST(new_means_paused_without_a_process)
{
    struct sv_status status = {.flags = SV_STATUS_PAUSED | SV_STATUS_READY};

    ck_assert(sv_status_is_new(&status));
    status.pid = 7;
    ck_assert(!sv_status_is_new(&status));
    status.pid = 0;
    status.flags |= SV_STATUS_FINISHING;
    ck_assert(!sv_status_is_new(&status));
    status.flags = SV_STATUS_READY;
    ck_assert(!sv_status_is_new(&status));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "status", what_s6_writes_is_understood,
        what_is_understood_is_written_as_s6_does, an_unknown_flag_is_refused,
        a_second_of_too_many_nanoseconds_is_refused,
        a_pid_that_does_not_fit_is_refused,
        the_largest_values_go_there_and_back, what_is_written_is_read_again,
        a_service_below_the_descriptor_has_its_own, a_missing_file_is_no_entry,
        a_short_file_is_refused, a_longer_file_is_read_as_far_as_we_know_it,
        a_failed_write_leaves_the_old_file, up_means_that_run_lives,
        new_means_paused_without_a_process);
}
