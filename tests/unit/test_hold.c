/* SPDX-License-Identifier: ISC */
/* Truths about the line between init and svscan. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sv/hold.h"

static int line[2];

static void make_line(void)
{
    int made = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line);

    ck_assert_int_eq(made, 0);
}

static void drop_line(void)
{
    close(line[0]);
    close(line[1]);
}

static const struct sv_hold letter = {
    .op = SV_HOLD_HOLD, .kind = SV_KIND_LOG_FIFO, .dev = 5, .ino = 6,
    .tag = -7, .arg = 8};

static ino_t inode(int fd)
{
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    return st.st_ino;
}

/* The number that the next descriptor will have: one that leaks changes it. */
static int next_descriptor(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

START_TEST(a_message_arrives_as_it_was_sent)
{
    struct sv_hold got;
    int fds[2];

    ck_assert(sv_hold_send(line[0], &letter, NULL, 0));
    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_GOT);
    ck_assert_int_eq(got.version, SV_HOLD_VERSION);
    ck_assert_int_eq(got.op, SV_HOLD_HOLD);
    ck_assert_int_eq(got.kind, SV_KIND_LOG_FIFO);
    ck_assert_uint_eq(got.dev, 5);
    ck_assert_uint_eq(got.ino, 6);
    ck_assert_int_eq(got.tag, -7);
    ck_assert_int_eq(got.arg, 8);
    ck_assert_int_eq(fds[0], -1);
    ck_assert_int_eq(fds[1], -1);
}
END_TEST

START_TEST(descriptors_travel_along_in_order)
{
    struct sv_hold got;
    int pipe_ends[2];
    int fds[2];

    ck_assert_int_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
    ck_assert(sv_hold_send(line[0], &letter, (int[]){pipe_ends[0], line[0]}, 2));
    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_GOT);
    ck_assert_uint_eq(inode(fds[0]), inode(pipe_ends[0]));
    ck_assert_uint_eq(inode(fds[1]), inode(line[0]));
    ck_assert_int_ne(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
    ck_assert(sv_hold_send(line[0], &letter, pipe_ends, 1));
    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_GOT);
    ck_assert_int_ne(fds[0], -1);
    ck_assert_int_eq(fds[1], -1);
}
END_TEST

START_TEST(more_than_two_descriptors_are_not_sent)
{
    ck_assert(!sv_hold_send(line[0], &letter, (int[]){0, 0, 0}, 3));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(an_empty_line_has_nothing)
{
    struct sv_hold got;
    int fds[2];

    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_NOTHING);
}
END_TEST

START_TEST(a_dead_end_is_closed_and_kills_nobody)
{
    struct sv_hold got;
    int fds[2];

    close(line[0]);
    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_CLOSED);
    ck_assert(!sv_hold_send(line[1], &letter, NULL, 0));
    ck_assert_int_eq(errno, EPIPE);
    line[0] = dup(0);
}
END_TEST

START_TEST(a_full_line_says_so_and_waits_for_nobody)
{
    int sent = 0;

    while (sv_hold_send(line[0], &letter, NULL, 0))
        sent++;
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_gt(sent, 100);
}
END_TEST

/* Sends size bytes with a descriptor; what comes of it? */
static enum sv_hold_got receive_raw(const void *bytes, size_t size)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                            .cmsg_len = CMSG_LEN(sizeof(int))}};
    char copy[256];
    struct iovec part = {copy, size};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    struct sv_hold got;
    int fds[2];

    memcpy(copy, bytes, size);
    memcpy(CMSG_DATA(&control.header), &line[0], sizeof(int));
    ck_assert_int_eq(sendmsg(line[0], &packet, 0), (ssize_t)size);
    return sv_hold_receive(line[1], &got, fds);
}

START_TEST(what_is_not_a_message_of_ours_is_bad_and_leaks_nothing)
{
    int before = next_descriptor();
    char longer[65] = {SV_HOLD_VERSION, SV_HOLD_HOLD};
    struct sv_hold later = letter;

    later.version = SV_HOLD_VERSION + 1;
    ck_assert_int_eq(receive_raw(longer, 65), SV_HOLD_BAD);
    ck_assert_int_eq(receive_raw(longer, 63), SV_HOLD_BAD);
    ck_assert_int_eq(receive_raw(longer, 1), SV_HOLD_BAD);
    ck_assert_int_eq(receive_raw(&later, sizeof later), SV_HOLD_BAD);
    ck_assert_int_eq(next_descriptor(), before);
    ck_assert(sv_hold_send(line[0], &letter, NULL, 0));
}
END_TEST

START_TEST(a_descriptor_above_the_limit_is_missing_but_the_message_is_not)
{
    struct rlimit old, low;
    struct sv_hold got;
    int fds[2];

    ck_assert(sv_hold_send(line[0], &letter, line, 1));
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = (rlim_t)next_descriptor();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    ck_assert_int_eq(sv_hold_receive(line[1], &got, fds), SV_HOLD_GOT);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    ck_assert_int_eq(fds[0], -1);
    ck_assert_uint_eq(got.ino, 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hold");
    TCase *tcase = tcase_create("line");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, make_line, drop_line);
    tcase_add_test(tcase, a_message_arrives_as_it_was_sent);
    tcase_add_test(tcase, descriptors_travel_along_in_order);
    tcase_add_test(tcase, more_than_two_descriptors_are_not_sent);
    tcase_add_test(tcase, an_empty_line_has_nothing);
    tcase_add_test(tcase, a_dead_end_is_closed_and_kills_nobody);
    tcase_add_test(tcase, a_full_line_says_so_and_waits_for_nobody);
    tcase_add_test(tcase,
                   what_is_not_a_message_of_ours_is_bad_and_leaks_nothing);
    tcase_add_test(
        tcase, a_descriptor_above_the_limit_is_missing_but_the_message_is_not);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
