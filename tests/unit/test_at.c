/* SPDX-License-Identifier: ISC */
/* Truths about files reached below a descriptor. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "sv/at.h"

static char path[SV_PATH_MAX];
static char buf[64];

START_TEST(a_path_is_directory_and_file)
{
    ck_assert_str_eq(sv_at(path, "web", "run"), "web/run");
    ck_assert_str_eq(sv_at(path, "/run/sv/web/log", "run"),
                     "/run/sv/web/log/run");
    ck_assert_str_eq(sv_at(path, ".", "run"), "run");
    ck_assert_ptr_eq(sv_at(path, ".", "run"), path);
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_empty_and_names_nothing)
{
    static char dir[SV_PATH_MAX];

    memset(dir, 'd', SV_PATH_MAX - 5);
    ck_assert_uint_eq(strlen(sv_at(path, dir, "run")), SV_PATH_MAX - 1);
    ck_assert_str_eq(path + SV_PATH_MAX - 6, "d/run");
    dir[SV_PATH_MAX - 5] = 'd';
    ck_assert_str_eq(sv_at(path, dir, "run"), "");
    ck_assert_str_eq(sv_at(path, ".", dir), dir);
    ck_assert(!sv_at_exists(service, dir, "run"));
    ck_assert_int_eq(errno, 0);
}
END_TEST

START_TEST(whatever_has_the_name_exists)
{
    put_text("down", "");
    ck_assert_int_eq(symlinkat("down", service, "link"), 0);
    ck_assert(sv_at_exists(service, ".", "down"));
    ck_assert(sv_at_exists(service, ".", "supervise"));
    ck_assert(sv_at_exists(service, ".", "link"));
}
END_TEST

START_TEST(what_is_not_there_is_a_plain_no)
{
    put_text("file", "");
    ck_assert_int_eq(symlinkat("nothing", service, "dangling"), 0);
    errno = EIO;
    ck_assert(!sv_at_exists(service, ".", "down"));
    ck_assert_int_eq(errno, 0);
    errno = EIO;
    ck_assert(!sv_at_exists(service, "file", "down"));
    ck_assert_int_eq(errno, 0);
    ck_assert(!sv_at_exists(service, ".", "dangling"));
    ck_assert_int_eq(errno, 0);
}
END_TEST

START_TEST(what_cannot_be_known_is_an_error)
{
    ck_assert_int_eq(symlinkat("loop", service, "loop"), 0);
    ck_assert(!sv_at_exists(service, ".", "loop"));
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(a_file_is_read_up_to_the_size)
{
    int before = open_descriptors();

    put_text("value", "1234567");
    ck_assert_int_eq(sv_at_read(service, ".", "value", buf, sizeof buf), 7);
    ck_assert_mem_eq(buf, "1234567", 7);
    buf[3] = 'x';
    ck_assert_int_eq(sv_at_read(service, ".", "value", buf, 3), 3);
    ck_assert_int_eq(buf[3], 'x');
    ck_assert_int_eq(sv_at_read(service, ".", "value", buf, 0), 0);
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(what_is_no_file_is_not_read_and_stops_nobody)
{
    int before = open_descriptors();

    ck_assert_int_eq(mkfifoat(service, "fifo", 0600), 0);
    ck_assert_int_eq(sv_at_read(service, ".", "fifo", buf, 1), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(sv_at_read(service, ".", "supervise", buf, 1), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(sv_at_read(AT_FDCWD, "/dev", "null", buf, 1), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(sv_at_read(service, ".", "nothing", buf, 1), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(an_open_file_has_a_size_and_does_not_outlive_exec)
{
    off_t size;
    int fd;

    put_text("value", "1234567");
    fd = sv_at_open(service, ".", "value", &size);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(size, 7);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}
END_TEST

static bool replace(const char *text)
{
    return sv_at_replace(service, ".", "value", "value.new", text,
                         strlen(text));
}

static void check_value(const char *text)
{
    ck_assert_int_eq(get_bytes("value", buf, sizeof buf),
                     (ssize_t)strlen(text));
    ck_assert_mem_eq(buf, text, strlen(text));
}

START_TEST(a_file_is_replaced_by_a_new_one)
{
    int before = open_descriptors();

    umask(027);
    ck_assert(replace("first"));
    check_value("first");

    struct stat old;
    struct stat new;

    ck_assert_int_eq(fstatat(service, "value", &old, 0), 0);
    ck_assert_int_eq(linkat(service, "value", service, "kept", 0), 0);
    ck_assert(replace("2nd"));
    check_value("2nd");
    ck_assert_int_eq(fstatat(service, "value", &new, 0), 0);
    ck_assert_uint_ne(old.st_ino, new.st_ino);
    ck_assert_uint_eq(new.st_mode, S_IFREG | 0640);
    ck_assert(!is_there("value.new"));
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(a_half_written_file_of_a_crash_is_no_obstacle)
{
    put_text("value.new", "a longer thing that was never finished");
    ck_assert(replace("short"));
    check_value("short");
}
END_TEST

START_TEST(what_cannot_be_replaced_leaves_nothing_new)
{
    ck_assert_int_eq(mkdirat(service, "value", 0700), 0);
    ck_assert(!replace("text"));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(!is_there("value.new"));
    ck_assert(!sv_at_replace(service, "nothing", "value", "new", "x", 1));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_fifo_in_the_place_of_the_new_file_stops_nobody)
{
    put_text("value", "old");
    ck_assert_int_eq(mkfifoat(service, "value.new", 0600), 0);
    ck_assert(!replace("text"));
    ck_assert_int_eq(errno, ENXIO);
    check_value("old");
    ck_assert(replace("text"));
    check_value("text");
}
END_TEST

START_TEST(a_link_in_the_place_of_the_new_file_is_not_followed)
{
    put_text("precious", "kept");
    ck_assert_int_eq(symlinkat("precious", service, "value.new"), 0);
    ck_assert(!replace("text"));
    ck_assert_int_eq(errno, ELOOP);
    ck_assert_int_eq(get_bytes("precious", buf, sizeof buf), 4);
    ck_assert(replace("text"));
}
END_TEST

START_TEST(a_directory_may_be_renamed_under_us)
{
    int fd;

    ck_assert_int_eq(mkdirat(service, "before", 0700), 0);
    fd = openat(service, "before", O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(renameat(service, "before", service, "after"), 0);
    ck_assert(sv_at_replace(fd, ".", "value", "value.new", "x", 1));
    ck_assert(is_there("after/value"));
    close(fd);
}
END_TEST

static void do_nothing(int signal)
{
    (void)signal;
}

START_TEST(a_write_is_whole_or_an_error)
{
    int fd = openat(service, "file", O_WRONLY | O_CREAT, 0600);

    ck_assert(sv_write_all(fd, "12345", 5));
    ck_assert(sv_write_all(fd, "", 0));
    ck_assert_int_eq(get_bytes("file", buf, sizeof buf), 5);
    close(fd);
    ck_assert(!sv_write_all(fd, "x", 1));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

/* Interrupted all the time, a write takes what there is room for. */
START_TEST(what_is_written_in_parts_is_written_in_order)
{
    static char sent[1000000];
    static char got[sizeof sent];
    size_t used = 0;
    ssize_t n;
    int ends[2];
    pid_t child;

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i % 251);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    child = fork();
    if (child == 0) {
        struct itimerval often = {{0, 100}, {0, 100}};

        signal(SIGALRM, do_nothing);
        setitimer(ITIMER_REAL, &often, NULL);
        _exit(sv_write_all(ends[1], sent, sizeof sent) ? 0 : 1);
    }
    close(ends[1]);
    while ((n = read(ends[0], got + used, sizeof got - used)) > 0)
        used += (size_t)n;
    ck_assert_uint_eq(used, sizeof sent);
    ck_assert_mem_eq(got, sent, sizeof sent);
    waitpid(child, NULL, 0);
}
END_TEST

START_TEST(a_link_says_where_it_points)
{
    char target[SV_PATH_MAX];

    ck_assert_int_eq(symlink("../data/x", "link"), 0);
    ck_assert(sv_at_link(AT_FDCWD, "link", target));
    ck_assert_str_eq(target, "../data/x");
    ck_assert(sv_at_pointed(AT_FDCWD, "web", "link", target));
    ck_assert_str_eq(target, "web/../data/x");
    ck_assert(sv_at_pointed(AT_FDCWD, ".", "link", target));
    ck_assert_str_eq(target, "../data/x");
    ck_assert_int_eq(symlink("/data", "whole"), 0);
    ck_assert(sv_at_pointed(AT_FDCWD, "web", "whole", target));
    ck_assert_str_eq(target, "/data");
}
END_TEST

START_TEST(what_is_no_link_points_nowhere)
{
    char target[SV_PATH_MAX];

    close(creat("plain", 0600));
    ck_assert(!sv_at_link(AT_FDCWD, "plain", target));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert(!sv_at_pointed(AT_FDCWD, ".", "absent", target));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_link_that_is_too_long_is_an_error)
{
    char text[SV_PATH_MAX], target[SV_PATH_MAX];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(symlink(text, "longest"), 0);
    ck_assert(sv_at_link(AT_FDCWD, "longest", target));
    ck_assert_str_eq(target, text);
    errno = 0;
    ck_assert(!sv_at_pointed(AT_FDCWD, "web", "longest", target));
    ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "at", a_path_is_directory_and_file,
        a_path_that_does_not_fit_is_empty_and_names_nothing,
        whatever_has_the_name_exists, what_is_not_there_is_a_plain_no,
        what_cannot_be_known_is_an_error, a_file_is_read_up_to_the_size,
        what_is_no_file_is_not_read_and_stops_nobody,
        an_open_file_has_a_size_and_does_not_outlive_exec,
        a_file_is_replaced_by_a_new_one,
        a_half_written_file_of_a_crash_is_no_obstacle,
        what_cannot_be_replaced_leaves_nothing_new,
        a_fifo_in_the_place_of_the_new_file_stops_nobody,
        a_link_in_the_place_of_the_new_file_is_not_followed,
        a_link_says_where_it_points, what_is_no_link_points_nowhere,
        a_link_that_is_too_long_is_an_error,
        a_directory_may_be_renamed_under_us, a_write_is_whole_or_an_error,
        what_is_written_in_parts_is_written_in_order);
}
