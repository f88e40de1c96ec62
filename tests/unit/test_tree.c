/* SPDX-License-Identifier: ISC */
/* Truths about copying and removing directories. */
#include "unit.h"

#include <errno.h>

#include "sv/tree.h"

static mode_t mode_of(const char *file)
{
    struct stat st;

    ck_assert_int_eq(fstatat(service, file, &st, AT_SYMLINK_NOFOLLOW), 0);
    return st.st_mode;
}

static void make_template(void)
{
    ck_assert_int_eq(mkdirat(service, "t", 0750), 0);
    ck_assert_int_eq(mkdirat(service, "t/log", 0500), 0);
    put_text("t/run", "#!/bin/sh\n");
    ck_assert_int_eq(fchmodat(service, "t/run", 0755, 0), 0);
    ck_assert_int_eq(symlinkat("no/where", service, "t/link"), 0);
    ck_assert_int_eq(mkfifoat(service, "t/fifo", 0622), 0);
}

START_TEST(a_copy_has_what_the_first_has)
{
    char target[16];

    make_template();
    ck_assert(sv_tree_copy(service, "t", "u"));
    ck_assert_uint_eq(mode_of("u"), S_IFDIR | 0750);
    ck_assert_uint_eq(mode_of("u/log"), S_IFDIR | 0500);
    ck_assert_uint_eq(mode_of("u/run"), S_IFREG | 0755);
    ck_assert(S_ISFIFO(mode_of("u/fifo")));
    ck_assert_int_eq(readlinkat(service, "u/link", target, sizeof target), 8);
}
END_TEST

START_TEST(nothing_is_copied_over)
{
    make_template();
    ck_assert_int_eq(mkdirat(service, "u", 0700), 0);
    ck_assert(!sv_tree_copy(service, "t", "u"));
    ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(all_is_removed_and_no_link_is_followed)
{
    make_template();
    put_text("kept", "");
    ck_assert_int_eq(symlinkat("../kept", service, "t/other"), 0);
    ck_assert(sv_tree_remove(service, "t"));
    ck_assert_int_lt(faccessat(service, "t", F_OK, 0), 0);
    ck_assert_int_eq(faccessat(service, "kept", F_OK, 0), 0);
    ck_assert(sv_tree_remove(service, "t"));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("tree", a_copy_has_what_the_first_has,
                               nothing_is_copied_over,
                               all_is_removed_and_no_link_is_followed);
}
