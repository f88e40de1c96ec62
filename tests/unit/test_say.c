/* SPDX-License-Identifier: ISC */
/* Truths about messages. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sv/say.h"

static char heard[4 * SV_SAY_MAX];
static int ear;

/* A socket keeps each write apart, so that what one read gets was one write. */
static void listen_to_messages(void)
{
    int ends[2];
    int kind = SOCK_SEQPACKET | SOCK_NONBLOCK;

    ck_assert_int_eq(socketpair(AF_UNIX, kind, 0, ends), 0);
    ear = ends[0];
    sv_say_fd = ends[1];
    sv_program = "test";
}

static const char *next_message(void)
{
    ssize_t n = read(ear, heard, sizeof heard - 1);

    ck_assert_int_ge(n, 0);
    heard[n] = '\0';
    return heard;
}

static void listen_to_pipe(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    ear = ends[0];
    sv_say_fd = ends[1];
    sv_program = "test";
}

/* Says something that is lost. */
static void mute_once(void)
{
    int fd = sv_say_fd;

    sv_say_fd = -1;
    sv_warn("unheard");
    sv_say_fd = fd;
}

START_TEST(a_program_is_called_by_the_last_of_a_path)
{
    ck_assert_str_eq(sv_called("/usr/bin/s6-svc"), "s6-svc");
    ck_assert_str_eq(sv_called("s6-svc"), "s6-svc");
    ck_assert_str_eq(sv_called("bin/"), "");
    ck_assert_str_eq(sv_called(NULL), "");
}
END_TEST

START_TEST(a_message_is_program_level_and_words)
{
    listen_to_messages();
    sv_warn("unable to ", "do", " it");
    ck_assert_str_eq(next_message(), "test: warning: unable to do it\n");
    sv_info("all is well");
    ck_assert_str_eq(next_message(), "test: info: all is well\n");
    sv_say(SV_FATAL, 0, SV_STRINGS("no"));
    ck_assert_str_eq(next_message(), "test: fatal: no\n");
}
END_TEST

START_TEST(an_error_is_explained_and_kept)
{
    listen_to_messages();
    errno = ENOENT;
    sv_warn_sys("unable to open ", "run");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(
        next_message(),
        "test: warning: unable to open run: No such file or directory\n");
}
END_TEST

START_TEST(errno_survives_a_message_that_is_lost)
{
    sv_say_fd = -1;
    errno = ENOENT;
    sv_warn("nobody hears this");
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_control_character_is_shown_not_sent)
{
    listen_to_messages();
    sv_info("a\nb", "\x1b[2J", "\x7f", "\t");
    ck_assert_str_eq(next_message(), "test: info: a\\nb\\x1b[2J\\x7f\\x09\n");
    sv_program = "te\nst";
    sv_info("caf\xc3\xa9");
    ck_assert_str_eq(next_message(), "te\\nst: info: caf\xc3\xa9\n");
}
END_TEST

START_TEST(a_message_of_the_greatest_length_is_whole)
{
    static char words[SV_SAY_MAX];
    size_t size = SV_SAY_MAX - strlen("test: info: \n");

    listen_to_messages();
    memset(words, 'w', size);
    sv_info(words);
    ck_assert_uint_eq(strlen(next_message()), SV_SAY_MAX);
    ck_assert_str_eq(heard + SV_SAY_MAX - 4, "www\n");
}
END_TEST

START_TEST(a_longer_message_is_cut_and_says_so)
{
    static char words[2 * SV_SAY_MAX];

    listen_to_messages();
    for (size_t size = SV_SAY_MAX - strlen("test: info: \n") + 1;
         size < sizeof words; size += 500) {
        memset(words, 'w', size);
        sv_info(words);
        ck_assert_uint_eq(strlen(next_message()), SV_SAY_MAX);
        ck_assert_str_eq(heard + SV_SAY_MAX - 6, "ww...\n");
    }
}
END_TEST

START_TEST(what_does_not_fit_is_dropped_and_owned_up_to)
{
    static const char filling[4096 - 8];

    listen_to_pipe();
    ck_assert_int_eq(write(sv_say_fd, filling, sizeof filling), sizeof filling);
    sv_warn("one");
    sv_warn("two");
    ck_assert_int_eq(read(ear, heard, sizeof heard), sizeof filling);
    sv_info("three");
    ck_assert_str_eq(next_message(),
                     "test: warning: messages that could not be written: 2\n"
                     "test: info: three\n");
    sv_info("four");
    ck_assert_str_eq(next_message(), "test: info: four\n");
}
END_TEST

START_TEST(a_full_socket_is_not_waited_for)
{
    static const char filling[4096];
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    sv_say_fd = ends[1];
    while (send(ends[1], filling, sizeof filling, MSG_DONTWAIT) > 0)
        continue;
    sv_warn("unheard");
    while (recv(ends[0], heard, sizeof heard, MSG_DONTWAIT) > 0)
        continue;
    sv_program = "test";
    sv_info("heard");
    ear = ends[0];
    ck_assert_str_eq(next_message(),
                     "test: warning: messages that could not be written: 1\n"
                     "test: info: heard\n");
}
END_TEST

START_TEST(a_lost_message_is_owned_up_to_in_the_same_write)
{
    listen_to_messages();
    mute_once();
    sv_info("heard");
    ck_assert_str_eq(next_message(),
                     "test: warning: messages that could not be written: 1\n"
                     "test: info: heard\n");
}
END_TEST

START_TEST(a_line_that_was_torn_is_not_continued)
{
    struct rlimit limit = {10, RLIM_INFINITY};
    ssize_t n;

    sv_program = "test";
    sv_say_fd = openat(service, "log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    sv_info("torn");
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    sv_info("whole");
    mute_once();
    sv_info("whole, too");
    n = get_bytes("log", heard, sizeof heard - 1);
    ck_assert_int_gt(n, 0);
    heard[n] = '\0';
    ck_assert_str_eq(heard,
                     "test: info\n"
                     "test: warning: messages that could not be written: 1\n"
                     "test: info: whole\n"
                     "test: warning: messages that could not be written: 1\n"
                     "test: info: whole, too\n");
}
END_TEST

START_TEST(a_number_is_decimal)
{
    char buf[SV_NUMBER_MAX];

    ck_assert_str_eq(sv_number(buf, 0), "0");
    ck_assert_str_eq(sv_number(buf, -1), "-1");
    ck_assert_str_eq(sv_number(buf, INT64_MAX), "9223372036854775807");
    ck_assert_str_eq(sv_number(buf, INT64_MIN), "-9223372036854775808");
    ck_assert_ptr_eq(sv_number(buf, 7), buf);
}
END_TEST

/* ---- leaving: in a child, whose descriptor fd is a pipe to us ------------ */

static void die(void)
{
    sv_die(SV_EXIT_TIMEOUT, "late");
}

static void die_of_an_error(void)
{
    errno = EACCES;
    sv_die_sys("unable to lock");
}

static void die_of_usage(void)
{
    sv_die_usage("test [-x]");
}

static void print(void)
{
    sv_print_and_exit("one\ntwo\n");
}

static void print_to_nobody(void)
{
    dup2(open("/dev/full", O_WRONLY), 1);
    sv_print_and_exit("one\n");
}

static const char *all_that_is_said(int fd)
{
    size_t used = 0;
    ssize_t n;

    while ((n = read(fd, heard + used, sizeof heard - used - 1)) > 0)
        used += (size_t)n;
    heard[used] = '\0';
    return heard;
}

static void check_leaving(void (*leave)(void), int fd, int code,
                          const char *words)
{
    int ends[2];
    int status;
    pid_t child;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        sv_program = "test";
        dup2(ends[1], fd);
        leave();
        _exit(255);
    }
    close(ends[1]);
    ck_assert_str_eq(all_that_is_said(ends[0]), words);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), code);
}

START_TEST(who_dies_says_why_and_exits_with_the_code)
{
    check_leaving(die, 2, SV_EXIT_TIMEOUT, "test: fatal: late\n");
    check_leaving(die_of_an_error, 2, SV_EXIT_SYSTEM,
                  "test: fatal: unable to lock: Permission denied\n");
}
END_TEST

START_TEST(wrong_usage_is_told_the_right_one)
{
    check_leaving(die_of_usage, 2, SV_EXIT_USAGE, "usage: test [-x]\n");
}
END_TEST

START_TEST(what_is_printed_is_a_success_only_if_it_was_written)
{
    check_leaving(print, 1, SV_EXIT_OK, "one\ntwo\n");
    check_leaving(print_to_nobody, 2, SV_EXIT_SYSTEM,
                  "test: fatal: unable to write to standard output: "
                  "No space left on device\n");
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "say", a_program_is_called_by_the_last_of_a_path,
        a_message_is_program_level_and_words,
        an_error_is_explained_and_kept, errno_survives_a_message_that_is_lost,
        a_control_character_is_shown_not_sent,
        a_message_of_the_greatest_length_is_whole,
        a_longer_message_is_cut_and_says_so,
        what_does_not_fit_is_dropped_and_owned_up_to,
        a_full_socket_is_not_waited_for,
        a_lost_message_is_owned_up_to_in_the_same_write,
        a_line_that_was_torn_is_not_continued, a_number_is_decimal,
        who_dies_says_why_and_exits_with_the_code,
        wrong_usage_is_told_the_right_one,
        what_is_printed_is_a_success_only_if_it_was_written);
}
