/* SPDX-License-Identifier: ISC */
/* Truths about whose word counts at a notify socket. */
#include "unit.h"

#include "engine/said.h"

#define HEAD "Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nPPid:\t1\n"
#define WHOLE HEAD "Uid:\t1000\t1001\t1002\t1003\nGid:\t7\t7\t7\t7\n"

START_TEST(each_of_the_four_ids_is_the_users)
{
    for (uid_t uid = 1000; uid < 1004; uid++)
        ck_assert(speaker_has_id(WHOLE, uid));
    ck_assert(!speaker_has_id(WHOLE, 0));
    ck_assert(!speaker_has_id(WHOLE, 7));
    ck_assert(!speaker_has_id(WHOLE, 1004));
    ck_assert(speaker_has_id(HEAD "Uid:\t0\t5\t5\t5\n", 0));
}
END_TEST

/* Wherever the text ends: what is missing is not root, and what is left of a
 * number is not somebody else. */
START_TEST(a_line_that_is_cut_says_of_no_user)
{
    static const uid_t ids[] = {0, 1, 10, 100, 1000, 1001, 1003};
    size_t whole = strlen(HEAD "Uid:\t1000\t1001\t1002\t1003\n");
    char text[sizeof WHOLE];

    for (size_t size = 0; size < whole; size++) {
        snprintf(text, sizeof text, "%.*s", (int)size, WHOLE);
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            ck_assert(!speaker_has_id(text, ids[i]));
    }
}
END_TEST

START_TEST(a_line_of_other_words_says_of_no_user)
{
    ck_assert(!speaker_has_id("", 0));
    ck_assert(!speaker_has_id(HEAD "Uid:\t\t\t\t\n", 0));
    ck_assert(!speaker_has_id(HEAD "Uid:\t0 0 0 0\n", 0));
    ck_assert(!speaker_has_id(HEAD "Uid:\t0\tx\t0\t0\n", 0));
}
END_TEST

int main(void)
{
    return UNIT_RUN("speaker", each_of_the_four_ids_is_the_users,
                    a_line_that_is_cut_says_of_no_user,
                    a_line_of_other_words_says_of_no_user);
}
