/* SPDX-License-Identifier: ISC */
/* Truths about the state of what is shipped. */
#include "unit.h"

#include <errno.h>

#include "sv/ship.h"

#define ARCHIVE "@400000006553f1250ee6b280.s"

static const struct sv_ship state = {
    .at = {.file = {1, 2, 3}, .offset = 4, .changed = -5},
    .lines = UINT64_MAX, .lost_lines = 7, .lost_bytes = 8,
    .to = "tcp:host", .problem = "none"};

START_TEST(what_is_written_is_read)
{
    struct sv_ship ship;
    char one[SV_SHIP_SIZE];
    char other[SV_SHIP_SIZE];
    size_t size;

    ck_assert(!sv_ship_read(service, &ship));
    ck_assert_int_eq(errno, 0);
    ck_assert(sv_ship_write(service, &state));
    ck_assert(sv_ship_read(service, &ship));
    size = sv_ship_pack(one, &state);
    ck_assert_uint_eq(sv_ship_pack(other, &ship), size);
    ck_assert_mem_eq(one, other, size);
    ck_assert(!is_there(SV_SHIP_NEW));
}
END_TEST

START_TEST(a_part_of_it_is_nothing)
{
    struct sv_ship ship;
    char buf[SV_SHIP_SIZE];
    size_t size = sv_ship_pack(buf, &state);

    for (size_t i = 0; i < size; i++)
        ck_assert(!sv_ship_unpack(&ship, buf, i));
    ck_assert(sv_ship_unpack(&ship, buf, size));
    put_text(SV_SHIP, "ship 2\n");
    ck_assert(!sv_ship_read(service, &ship));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(a_loss_is_kept)
{
    struct sv_lost lost = {.lines = 3, .bytes = 4, .last = ARCHIVE};

    ck_assert(sv_lost_write(service, &lost));
    memset(&lost, 0, sizeof lost);
    ck_assert(sv_lost_read(service, &lost));
    ck_assert_uint_eq(lost.lines, 3);
    ck_assert_uint_eq(lost.bytes, 4);
    ck_assert_str_eq(lost.last, ARCHIVE);
}
END_TEST

START_TEST(the_lag_is_what_follows_and_since_when)
{
    struct sv_ship ship = {.at.changed = INT64_MIN};
    uint64_t bytes;
    int64_t since;

    put_text("current", "@400000006553f1250ee6b280 one\n");
    ck_assert(sv_ship_lag(service, &ship, &bytes, &since));
    ck_assert_uint_eq(bytes, 30);
    ck_assert_int_eq(since, INT64_C(1700000000250000000));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("ship",
                               what_is_written_is_read,
                               a_part_of_it_is_nothing,
                               a_loss_is_kept,
                               the_lag_is_what_follows_and_since_when);
}
