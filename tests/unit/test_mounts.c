/* SPDX-License-Identifier: ISC */
/* Truths about reading the mount table. */
#include "unit.h"
#include "init/mounts.h"

static char text[1024];
static size_t size;
static struct mount_line line;

static void table(const char *lines)
{
    size = strlen(lines);
    memcpy(text, lines, size);
}

START_TEST(lines_come_from_the_last_to_the_first)
{
    table("/dev/vda / ext4 rw 0 0\nproc /proc proc rw,nosuid 0 0\n");
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.device, "proc");
    ck_assert_str_eq(line.path, "/proc");
    ck_assert_str_eq(line.type, "proc");
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.device, "/dev/vda");
    ck_assert_str_eq(line.path, "/");
    ck_assert_str_eq(line.type, "ext4");
    ck_assert(!mounts_take_last(text, &size, &line));
}
END_TEST

START_TEST(octal_escapes_are_decoded)
{
    table("a\\040b /mnt/x\\011y\\012z\\134\\043 ext\\0644 rw 0 0\n");
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.device, "a b");
    ck_assert_str_eq(line.path, "/mnt/x\ty\nz\\#");
    ck_assert_str_eq(line.type, "ext44");
}
END_TEST

START_TEST(what_is_no_escape_stays_as_it_is)
{
    table("a\\ /b\\04\\9\\400\\08x t\\0 rw 0 0\n");
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.device, "a\\");
    ck_assert_str_eq(line.path, "/b\\04\\9\\400\\08x");
    ck_assert_str_eq(line.type, "t\\0");
}
END_TEST

START_TEST(a_device_may_have_no_name)
{
    table(" /x tmpfs rw 0 0\n");
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.device, "");
    ck_assert_str_eq(line.path, "/x");
}
END_TEST

START_TEST(a_line_that_is_none_is_passed_over)
{
    table("a /b c rw 0 0\n\none\nonly two\na b c rw 0 0\ncut /x of");
    for (int i = 0; i < 5; i++) {
        ck_assert(mounts_take_last(text, &size, &line));
        ck_assert_ptr_null(line.device);
        ck_assert_ptr_null(line.path);
        ck_assert_ptr_null(line.type);
    }
    ck_assert(mounts_take_last(text, &size, &line));
    ck_assert_str_eq(line.path, "/b");
    ck_assert(!mounts_take_last(text, &size, &line));
}
END_TEST

START_TEST(only_what_keeps_something_is_real)
{
    ck_assert(mounts_is_real("ext4"));
    ck_assert(mounts_is_real("xfs"));
    ck_assert(mounts_is_real("nfs4"));
    ck_assert(mounts_is_real("fuse.sshfs"));
    ck_assert(!mounts_is_real("proc"));
    ck_assert(!mounts_is_real("devtmpfs"));
    ck_assert(!mounts_is_real("tmpfs"));
    ck_assert(!mounts_is_real("cgroup2"));
}
END_TEST

int main(void)
{
    return UNIT_RUN("mounts", lines_come_from_the_last_to_the_first,
                    octal_escapes_are_decoded, what_is_no_escape_stays_as_it_is,
                    a_device_may_have_no_name,
                    a_line_that_is_none_is_passed_over,
                    only_what_keeps_something_is_real);
}
