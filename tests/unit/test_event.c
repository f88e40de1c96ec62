/* SPDX-License-Identifier: ISC */
/* Truths about fifodirs. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "sv/event.h"

#define FIFO "event/ftrig1:@400000006b0378810000000a:aZ09_-"

static char heard[16];

static mode_t mode_of(const char *file)
{
    struct stat st;

    ck_assert_int_eq(fstatat(service, file, &st, AT_SYMLINK_NOFOLLOW), 0);
    return st.st_mode;
}

static int read_end(const char *fifo)
{
    int fd;

    ck_assert_int_eq(mkfifoat(service, fifo, 0622), 0);
    fd = openat(service, fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static const char *hear(int fd)
{
    ssize_t n = read(fd, heard, sizeof heard - 1);

    heard[n > 0 ? n : 0] = '\0';
    return heard;
}

/* ---- making ------------------------------------------------------------- */

START_TEST(a_new_fifodir_is_private_whatever_the_umask)
{
    struct stat st;

    umask(0777);
    ck_assert(sv_event_make(service, "."));
    ck_assert_uint_eq(mode_of("event"), S_IFDIR | 03730);
    ck_assert_int_eq(fstatat(service, "event", &st, 0), 0);
    ck_assert_uint_eq(st.st_gid, getegid());
}
END_TEST

START_TEST(a_fifodir_that_is_there_stays_as_it_is)
{
    ck_assert_int_eq(mkdirat(service, "event", 0711), 0);
    ck_assert(sv_event_make(service, "."));
    ck_assert_uint_eq(mode_of("event"), S_IFDIR | 0711);
}
END_TEST

START_TEST(a_link_to_a_directory_stays_as_it_is)
{
    ck_assert_int_eq(mkdirat(service, "elsewhere", 0711), 0);
    ck_assert_int_eq(symlinkat("elsewhere", service, "event"), 0);
    ck_assert(sv_event_make(service, "."));
    ck_assert(S_ISLNK(mode_of("event")));
    ck_assert_uint_eq(mode_of("elsewhere"), S_IFDIR | 0711);
}
END_TEST

START_TEST(a_dangling_link_gets_its_target)
{
    ck_assert_int_eq(mkdirat(service, "web", 0755), 0);
    ck_assert_int_eq(symlinkat("../there", service, "web/event"), 0);
    ck_assert(sv_event_make(service, "web"));
    ck_assert_uint_eq(mode_of("there"), S_IFDIR | 03730);
}
END_TEST

START_TEST(a_dangling_link_may_be_absolute)
{
    char target[sizeof unit_scratch + 16];

    snprintf(target, sizeof target, "%s/absolute", unit_scratch);
    ck_assert_int_eq(symlinkat(target, service, "event"), 0);
    ck_assert(sv_event_make(service, "."));
    ck_assert_uint_eq(mode_of("event/."), S_IFDIR | 03730);
}
END_TEST

START_TEST(a_link_into_nowhere_is_an_error)
{
    ck_assert_int_eq(symlinkat("no/where", service, "event"), 0);
    ck_assert(!sv_event_make(service, "."));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(something_else_of_that_name_is_an_error)
{
    put_text("event", "");
    ck_assert(!sv_event_make(service, "."));
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/* ---- fifodirs that belong to no service ---------------------------------- */

START_TEST(a_fifodir_is_for_everybody_or_for_a_group)
{
    ck_assert(sv_fifodir_make(service, "all", SV_EVENT_PUBLIC, false));
    ck_assert_uint_eq(mode_of("all"), S_IFDIR | 01733);
    ck_assert(sv_fifodir_make(service, "some", getegid(), false));
    ck_assert_uint_eq(mode_of("some"), S_IFDIR | 03730);
}
END_TEST

START_TEST(only_force_changes_a_fifodir)
{
    ck_assert(sv_fifodir_make(service, "all", SV_EVENT_PUBLIC, false));
    ck_assert(sv_fifodir_make(service, "all", getegid(), false));
    ck_assert_uint_eq(mode_of("all"), S_IFDIR | 01733);
    ck_assert(sv_fifodir_make(service, "all", getegid(), true));
    ck_assert_uint_eq(mode_of("all"), S_IFDIR | 03730);
}
END_TEST

START_TEST(a_file_is_no_fifodir)
{
    put_text("file", "");
    ck_assert(!sv_fifodir_make(service, "file", SV_EVENT_PUBLIC, true));
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/* ---- names -------------------------------------------------------------- */

START_TEST(a_subscriber_is_known_by_prefix_and_length)
{
    ck_assert(sv_event_is_name("ftrig1:@400000006b0378810000000a:aZ09_-"));
    ck_assert(!sv_event_is_name("ftrig1:@400000006b0378810000000a:aZ09_"));
    ck_assert(!sv_event_is_name("ftrig1:@400000006b0378810000000a:aZ09_-x"));
    ck_assert(!sv_event_is_name(".ftrig1:@400000006b0378810000000a:aZ09_"));
    ck_assert(!sv_event_is_name("ftrig2:@400000006b0378810000000a:aZ09_-"));
    ck_assert(!sv_event_is_name("ftrig1:"));
    ck_assert(!sv_event_is_name(""));
}
END_TEST

/* ---- telling ------------------------------------------------------------ */

START_TEST(every_subscriber_hears_every_byte)
{
    int first;
    int second;

    ck_assert(sv_event_make(service, "."));
    first = read_end(FIFO);
    second = read_end("event/ftrig1:@400000006b0378810000000b:aZ09_-");
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert(sv_event_notify(service, ".", "dD"));
    ck_assert_str_eq(hear(first), "udD");
    ck_assert_str_eq(hear(second), "udD");
}
END_TEST

START_TEST(many_subscribers_hear_it)
{
    enum { MANY = 300 };
    char fifo[64];
    int fds[MANY];

    ck_assert(sv_event_make(service, "."));
    for (int i = 0; i < MANY; i++) {
        snprintf(fifo, sizeof fifo, "event/ftrig1:@%024x:abcdef", (unsigned)i);
        fds[i] = read_end(fifo);
    }
    ck_assert(sv_event_notify(service, ".", "x"));
    for (int i = 0; i < MANY; i++)
        ck_assert_str_eq(hear(fds[i]), "x");
}
END_TEST

START_TEST(a_fifo_that_nobody_reads_is_unlinked)
{
    ck_assert(sv_event_make(service, "."));
    close(read_end(FIFO));
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert(!is_there(FIFO));
}
END_TEST

START_TEST(cleaning_unlinks_the_unread_and_tells_nobody)
{
    const char *other = "event/ftrig1:@400000006b0378810000000b:aZ09_-";
    int fd;

    ck_assert(sv_event_make(service, "."));
    close(read_end(FIFO));
    fd = read_end(other);
    ck_assert(sv_event_clean(service, "."));
    ck_assert(!is_there(FIFO));
    ck_assert(is_there(other));
    ck_assert_str_eq(hear(fd), "");
}
END_TEST

START_TEST(a_full_fifo_misses_the_event_and_stops_nobody)
{
    static const char filling[4096];
    int fd;
    int writer;

    ck_assert(sv_event_make(service, "."));
    fd = read_end(FIFO);
    writer = openat(service, FIFO, O_WRONLY | O_NONBLOCK);
    while (write(writer, filling, sizeof filling) > 0)
        ;
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert(is_there(FIFO));
    close(writer);
    close(fd);
}
END_TEST

START_TEST(no_other_name_is_touched)
{
    int fd;

    ck_assert(sv_event_make(service, "."));
    close(read_end("event/fifo"));
    close(read_end("event/.ftrig1:@400000006b0378810000000a:abcdef"));
    fd = read_end("event/ftrig1:@400000006b0378810000000a:abcde");
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert(is_there("event/fifo"));
    ck_assert(is_there("event/.ftrig1:@400000006b0378810000000a:abcdef"));
    ck_assert_str_eq(hear(fd), "");
}
END_TEST

START_TEST(what_only_looks_like_a_subscriber_is_not_written_to)
{
    char bytes[16];

    ck_assert(sv_event_make(service, "."));
    put_text("precious", "kept");
    put_text(FIFO, "kept");
    ck_assert_int_eq(symlinkat("../precious", service,
                               "event/ftrig1:@400000006b0378810000000b:aZ09_-"),
                     0);
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert_int_eq(get_bytes(FIFO, bytes, sizeof bytes), 4);
    ck_assert_mem_eq(bytes, "kept", 4);
    ck_assert_int_eq(get_bytes("precious", bytes, sizeof bytes), 4);
    ck_assert_mem_eq(bytes, "kept", 4);
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_an_error)
{
    ck_assert(!sv_event_notify(service, ".", "u"));
    ck_assert_int_eq(errno, ENOENT);
    put_text("event", "");
    ck_assert(!sv_event_notify(service, ".", "u"));
    ck_assert_int_eq(errno, ENOTDIR);
    ck_assert(!sv_event_clean(service, "."));
}
END_TEST

START_TEST(telling_leaves_no_descriptor_open)
{
    int before;

    ck_assert(sv_event_make(service, "."));
    read_end(FIFO);
    close(read_end("event/ftrig1:@400000006b0378810000000b:aZ09_-"));
    before = open_descriptors();
    ck_assert(sv_event_notify(service, ".", "u"));
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* ---- subscribing -------------------------------------------------------- */

START_TEST(who_subscribes_hears_until_it_unsubscribes)
{
    char name[SV_EVENT_NAME + 1];
    char fifo[64];
    int fd;

    ck_assert(sv_event_make(service, "."));
    umask(077);
    fd = sv_event_subscribe(service, ".", name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert(sv_event_is_name(name));
    snprintf(fifo, sizeof fifo, "event/%s", name);
    ck_assert_uint_eq(mode_of(fifo), S_IFIFO | 0622);

    ck_assert(sv_event_notify(service, ".", "d"));
    ck_assert_str_eq(hear(fd), "d");
    ck_assert_int_eq(read(fd, heard, 1), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert(sv_event_notify(service, ".", "D"));
    ck_assert_str_eq(hear(fd), "D");

    sv_event_unsubscribe(service, ".", name);
    ck_assert(!is_there(fifo));
    close(fd);
}
END_TEST

START_TEST(two_subscriptions_have_two_names)
{
    char first[SV_EVENT_NAME + 1];
    char second[SV_EVENT_NAME + 1];

    ck_assert(sv_event_make(service, "."));
    ck_assert_int_ge(sv_event_subscribe(service, ".", first), 0);
    ck_assert_int_ge(sv_event_subscribe(service, ".", second), 0);
    ck_assert_str_ne(first, second);
    ck_assert_str_ne(first + SV_EVENT_NAME - 6, second + SV_EVENT_NAME - 6);
}
END_TEST

START_TEST(nobody_subscribes_to_what_is_not_there)
{
    char name[SV_EVENT_NAME + 1];

    ck_assert_int_eq(sv_event_subscribe(service, ".", name), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    return UNIT_RUN_IN_SCRATCH(
        "event", a_new_fifodir_is_private_whatever_the_umask,
        a_fifodir_that_is_there_stays_as_it_is,
        a_link_to_a_directory_stays_as_it_is, a_dangling_link_gets_its_target,
        a_dangling_link_may_be_absolute, a_link_into_nowhere_is_an_error,
        something_else_of_that_name_is_an_error,
        a_fifodir_is_for_everybody_or_for_a_group,
        only_force_changes_a_fifodir, a_file_is_no_fifodir,
        a_subscriber_is_known_by_prefix_and_length,
        every_subscriber_hears_every_byte, many_subscribers_hear_it,
        a_fifo_that_nobody_reads_is_unlinked,
        cleaning_unlinks_the_unread_and_tells_nobody,
        a_full_fifo_misses_the_event_and_stops_nobody, no_other_name_is_touched,
        what_only_looks_like_a_subscriber_is_not_written_to,
        a_directory_that_cannot_be_read_is_an_error,
        telling_leaves_no_descriptor_open,
        who_subscribes_hears_until_it_unsubscribes,
        two_subscriptions_have_two_names,
        nobody_subscribes_to_what_is_not_there);
}
