/* SPDX-License-Identifier: ISC */
/* Truths about telling a supervisor. */
#include "unit.h"

#include <errno.h>
#include <signal.h>

#include "sv/control.h"
#include "sv/paths.h"

static enum sv_told tell(const char *dir)
{
    errno = 0;
    return sv_control_tell(service, dir, SV_CONTROL, "du", 2);
}

START_TEST(letters_reach_who_listens)
{
    char heard[8];
    int fd;

    ck_assert_int_eq(mkfifoat(service, SV_CONTROL, 0600), 0);
    fd = openat(service, SV_CONTROL, O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(tell("."), SV_TOLD);
    ck_assert_int_eq(read(fd, heard, sizeof heard), 2);
    ck_assert_mem_eq(heard, "du", 2);
    ck_assert_int_eq(sv_control_tell(service, ".", SV_CONTROL, "", 0), SV_TOLD);
    close(fd);
    ck_assert_int_eq(tell("."), SV_TOLD_NOBODY);
}
END_TEST

START_TEST(nobody_listens_where_nobody_ever_did)
{
    ck_assert_int_eq(mkdirat(service, "web", 0755), 0);
    ck_assert_int_eq(tell("web"), SV_TOLD_NOBODY);
}
END_TEST

START_TEST(what_is_no_service_is_a_failure)
{
    ck_assert_int_eq(tell("none"), SV_TOLD_FAILED);
    ck_assert_int_eq(errno, ENOENT);
    put_text("file", "");
    ck_assert_int_eq(tell("file"), SV_TOLD_FAILED);
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert_int_eq(symlinkat("loop", service, "loop"), 0);
    ck_assert_int_eq(tell("loop"), SV_TOLD_FAILED);
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(a_supervise_without_a_fifo_is_broken)
{
    ck_assert_int_eq(tell("."), SV_TOLD_BROKEN);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(mkdirat(service, SV_CONTROL, 0755), 0);
    ck_assert_int_eq(tell("."), SV_TOLD_BROKEN);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(mkdirat(service, "web", 0755), 0);
    put_text("web/supervise", "");
    ck_assert_int_eq(tell("web"), SV_TOLD_BROKEN);
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    return UNIT_RUN_IN_SCRATCH(
        "control", letters_reach_who_listens,
        nobody_listens_where_nobody_ever_did, what_is_no_service_is_a_failure,
        a_supervise_without_a_fifo_is_broken);
}
