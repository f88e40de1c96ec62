/* SPDX-License-Identifier: ISC */
/* Truths about ids and lists of them. */
#include "unit.h"

#include "chain/user.h"

START_TEST(an_id_fits_in_32_bits_and_ends_at_its_stop)
{
    unsigned int id = 7;

    ck_assert_str_eq(user_scan_id("12:34", ':', &id), ":34");
    ck_assert_uint_eq(id, 12);
    ck_assert_ptr_nonnull(user_scan_id("4294967295", ':', &id));
    ck_assert_ptr_null(user_scan_id("4294967296", ':', &id));
    ck_assert_ptr_null(user_scan_id("12x", ':', &id));
    ck_assert_ptr_null(user_scan_id("", ':', &id));
    ck_assert_uint_eq(id, 4294967295);
}
END_TEST

START_TEST(a_list_goes_there_and_back)
{
    static struct user_groups groups;
    static char text[USER_LIST_MAX];

    ck_assert(user_scan_groups(&groups, "4,5,60"));
    ck_assert_str_eq(user_format_groups(text, &groups), "4,5,60");
    ck_assert(user_scan_groups(&groups, ""));
    ck_assert_str_eq(user_format_groups(text, &groups), "");
    ck_assert(!user_scan_groups(&groups, "4,"));
    ck_assert(!user_scan_groups(&groups, "4,x"));
}
END_TEST

int main(void)
{
    return UNIT_RUN("user", an_id_fits_in_32_bits_and_ends_at_its_stop,
                    a_list_goes_there_and_back);
}
