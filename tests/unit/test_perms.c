/* SPDX-License-Identifier: ISC */
/* Truths about who may do what with a service. */
#include "unit.h"

#include "sv/perms.h"

START_TEST(the_modes_are_s6s)
{
    ck_assert_uint_eq(sv_perms_mode(SV_PART_STATUS, SV_WHO_PUBLIC), 0711);
    ck_assert_uint_eq(sv_perms_mode(SV_PART_CONTROL, SV_WHO_GROUP), 0620);
    ck_assert_uint_eq(sv_perms_mode(SV_PART_EVENTS, SV_WHO_GROUP), 03730);
    ck_assert_uint_eq(sv_perms_mode(SV_PART_EVENTS, SV_WHO_PUBLIC), 01733);
}
END_TEST

START_TEST(whoever_has_a_mode_is_known_by_it)
{
    for (enum sv_part part = SV_PART_STATUS; part < SV_PARTS; part++)
        for (enum sv_who who = SV_WHO_OWNER; who < SV_WHO_ODD; who++) {
            mode_t mode = sv_perms_mode(part, who);

            if (mode != 0)
                ck_assert_int_eq(sv_perms_who(part, S_IFDIR | mode), who);
        }
}
END_TEST

START_TEST(other_modes_are_odd)
{
    ck_assert_int_eq(sv_perms_who(SV_PART_STATUS, 0755), SV_WHO_ODD);
    ck_assert_int_eq(sv_perms_who(SV_PART_STATUS, 02700), SV_WHO_ODD);
    ck_assert_int_eq(sv_perms_who(SV_PART_CONTROL, 0622), SV_WHO_ODD);
    ck_assert_int_eq(sv_perms_who(SV_PART_CONTROL, 0), SV_WHO_ODD);
    ck_assert_int_eq(sv_perms_who(SV_PART_EVENTS, 0), SV_WHO_ODD);
}
END_TEST

int main(void)
{
    return UNIT_RUN("perms", the_modes_are_s6s,
                    whoever_has_a_mode_is_known_by_it, other_modes_are_odd);
}
