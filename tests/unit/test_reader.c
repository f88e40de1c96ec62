/* SPDX-License-Identifier: ISC */
/* Truths about reading a log over its rotations. */
#include "unit.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/wait.h>

#include "sv/reader.h"

#define A "@400000006553f1250ee6b280.s"
#define B "@400000006553f1250ee6b281.s"
#define C "@400000006553f1250ee6b282.s"

static struct sv_log_reader reader;

/* What is read, as far as there is something; at most portion bytes at once. */
static const char *all_that_follows(size_t portion)
{
    static char buf[1000];
    size_t used = 0;
    ssize_t n;

    while ((n = sv_log_read(&reader, buf + used, portion)) > 0)
        used += (size_t)n;
    ck_assert_int_eq(n, 0);
    buf[used] = 0;
    return buf;
}

static void rename_to(const char *from, const char *to)
{
    ck_assert_int_eq(renameat(service, from, service, to), 0);
}

static void remove_it(const char *file)
{
    ck_assert_int_eq(unlinkat(service, file, 0), 0);
}

static void append(const char *file, const char *text)
{
    int fd = openat(service, file, O_WRONLY | O_APPEND);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* The time of the last change, in seconds: the tests are too fast for it. */
static void date(const char *file, time_t seconds, long nanoseconds)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {seconds, nanoseconds}};

    ck_assert_int_eq(utimensat(service, file, times, 0), 0);
}

START_TEST(files_are_read_from_old_to_new_and_then_what_is_new)
{
    put_text(A, "1\n");
    put_text(B, "2\n");
    put_text("previous", "3\n");
    put_text("current", "4\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(1), "1\n2\n3\n4\n");
    append("current", "5\n");
    ck_assert_str_eq(all_that_follows(1), "5\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(a_log_that_is_not_there_yet_is_waited_for)
{
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "");
    put_text("current", "1\n");
    ck_assert_str_eq(all_that_follows(9), "1\n");
    sv_log_end(&reader);
}
END_TEST

/* Between any two steps of a rotation: nothing is missed or comes twice. */
START_TEST(a_rotation_is_followed_whenever_it_is_looked_at)
{
    for (unsigned int looks = 0; looks < 32; looks++) {
        put_text("current", "1\n");
        sv_log_begin(&reader, service);
        ck_assert_str_eq(all_that_follows(9), "1\n");
        append("current", "2\n");
        char got[100] = "";
#define LOOK(bit)                                                              \
    do {                                                                       \
        if (looks & (1U << (bit)))                                             \
            strcat(got, all_that_follows(9));                                  \
    } while (0)
        LOOK(0);
        rename_to("current", "previous");
        LOOK(1);
        put_text("current", "");
        LOOK(2);
        append("current", "3\n");
        ck_assert_int_eq(linkat(service, "previous", service, A, 0), 0);
        LOOK(3);
        remove_it("previous");
        LOOK(4);
        strcat(got, all_that_follows(9));
        ck_assert_str_eq(got, "2\n3\n");
        sv_log_end(&reader);
        remove_it("current");
        remove_it(A);
    }
}
END_TEST

START_TEST(what_is_behind_by_several_rotations_catches_up)
{
    put_text("current", "1\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n");
    append("current", "2\n");
    rename_to("current", A);
    put_text(B, "3\n");
    put_text("previous", "4\n");
    put_text("current", "5\n");
    ck_assert_str_eq(all_that_follows(9), "2\n3\n4\n5\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(a_file_that_is_removed_is_read_to_its_end_and_what_is_older_never)
{
    put_text("current", "1\n2\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n2\n");
    append("current", "3\n");
    date("current", 100, 0);
    remove_it("current");
    put_text(A, "old\n");
    date(A, 99, 0);
    put_text(B, "4\n");
    date(B, 101, 0);
    put_text("current", "5\n");
    ck_assert_str_eq(all_that_follows(9), "3\n4\n5\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(what_a_processor_made_of_a_file_is_not_read_after_it)
{
    put_text("current", "1\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n");
    append("current", "2\n");
    date("current", 100, 0);
    remove_it("current");
    put_text(A, "made of it\n");
    date(A, 99, 999999999);
    put_text(B, "3\n");
    date(B, 100, 500);
    put_text("current", "4\n");
    ck_assert_str_eq(all_that_follows(9), "2\n3\n4\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(a_place_is_found_under_any_name)
{
    struct sv_log_place place;
    bool was_found;

    put_text("current", "1\n2\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n2\n");
    place = reader.at;
    sv_log_end(&reader);
    place.offset = 2;
    rename_to("current", A);
    put_text("current", "3\n");
    ck_assert(sv_log_begin_at(&reader, service, &place, &was_found));
    ck_assert(was_found);
    ck_assert_str_eq(all_that_follows(9), "2\n3\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(a_place_that_is_gone_leads_to_what_was_written_since)
{
    struct sv_log_place place = {.file = {1, 1, 1}, .offset = 7,
                                 .changed = INT64_C(100000000000)};
    bool was_found;

    put_text(A, "old\n");
    date(A, 99, 0);
    put_text(B, "made of it\n");
    date(B, 99, 999999999);
    put_text(C, "2\n");
    date(C, 101, 0);
    put_text("current", "3\n");
    ck_assert(sv_log_begin_at(&reader, service, &place, &was_found));
    ck_assert(!was_found);
    ck_assert_str_eq(all_that_follows(9), "made of it\n2\n3\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(a_current_that_is_shorter_for_a_while_is_read_once)
{
    put_text("current", "1\n2\n");
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n2\n");
    put_text("current", "1\n");
    ck_assert_str_eq(all_that_follows(9), "");
    append("current", "2\n3\n");
    ck_assert_str_eq(all_that_follows(9), "3\n");
    put_text("current", "");
    ck_assert_str_eq(all_that_follows(9), "");
    append("current", "4\n");
    ck_assert_str_eq(all_that_follows(9), "4\n");
    sv_log_end(&reader);
}
END_TEST

static void expect_tail(size_t lines, const char *text)
{
    ck_assert(sv_log_begin_tail(&reader, service, lines));
    ck_assert_str_eq(all_that_follows(9), text);
    sv_log_end(&reader);
}

START_TEST(a_tail_reaches_over_files)
{
    put_text(A, "1\n2\n");
    put_text(B, "3\n");
    expect_tail(0, "");
    expect_tail(2, "2\n3\n");
    put_text("current", "4\n5\n");
    expect_tail(0, "");
    expect_tail(1, "5\n");
    expect_tail(3, "3\n4\n5\n");
    expect_tail(4, "2\n3\n4\n5\n");
    expect_tail(100, "1\n2\n3\n4\n5\n");
}
END_TEST

START_TEST(since_begins_with_the_first_archive_that_is_not_older)
{
    put_text(A, "1\n");
    put_text(B, "2\n");
    put_text("current", "3\n");
    ck_assert(sv_log_begin_since(&reader, service, sv_log_archived_at(B)));
    ck_assert_str_eq(all_that_follows(9), "2\n3\n");
    sv_log_end(&reader);
    ck_assert(sv_log_begin_since(&reader, service, sv_log_archived_at(C)));
    ck_assert_str_eq(all_that_follows(9), "3\n");
    sv_log_end(&reader);
}
END_TEST

START_TEST(what_follows_is_measured_in_bytes)
{
    uint64_t bytes;

    put_text(A, "1\n2\n");
    put_text(B, "3\n");
    put_text("current", "4\n5\n");
    ck_assert(sv_log_begin_tail(&reader, service, 4));
    ck_assert(sv_log_measure(service, &reader.at, &bytes));
    ck_assert_uint_eq(bytes, 8);
    ck_assert_str_eq(all_that_follows(9), "2\n3\n4\n5\n");
    ck_assert(sv_log_measure(service, &reader.at, &bytes));
    ck_assert_uint_eq(bytes, 0);
    sv_log_end(&reader);
}
END_TEST

/* Rotates as fast as it can, in a process of its own. */
static void rotate_at_full_speed(int rotations)
{
    char line[32];
    char name[40];

    for (int i = 0; i < rotations; i++) {
        snprintf(line, sizeof line, "%d\n", i);
        put_text("current", line);
        rename_to("current", "previous");
        snprintf(name, sizeof name, "@4000000065000000%08x.s", (unsigned)i);
        ck_assert_int_eq(linkat(service, "previous", service, name, 0), 0);
        remove_it("previous");
    }
    put_text("current", "end\n");
}

/* A listing that misses an archive and has a later one would skip a file. */
START_TEST(rotations_during_a_listing_are_followed)
{
    enum { ROTATIONS = 100 };
    char want[32];
    char got[32];
    int wanted = 0;
    size_t used = 0;
    pid_t pid = fork();

    if (pid == 0) {
        rotate_at_full_speed(ROTATIONS);
        _exit(0);
    }
    ck_assert_int_gt(pid, 0);
    sv_log_begin(&reader, service);
    while (wanted < ROTATIONS) {
        ssize_t n = sv_log_read(&reader, got + used, 1);

        ck_assert_int_ge(n, 0);
        used += (size_t)n;
        if (!n || got[used - 1] != '\n')
            continue;
        got[used] = 0;
        used = 0;
        snprintf(want, sizeof want, "%d\n", wanted++);
        ck_assert_str_eq(got, want);
    }
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_str_eq(all_that_follows(9), "end\n");
    sv_log_end(&reader);
}
END_TEST

static void (*after_a_walk)(void);

/* In the place of the C library's: something happens as a walk over the directory
 * ends, once. */
int closedir(DIR *directory)
{
    void *symbol = dlsym(RTLD_NEXT, "closedir");
    void (*happens)(void) = after_a_walk;
    int (*real)(DIR *);

    memcpy(&real, &symbol, sizeof real);
    after_a_walk = NULL;
    if (happens != NULL)
        happens();
    return real(directory);
}

static void previous_becomes_b(void)
{
    ck_assert_int_eq(linkat(service, "previous", service, B, 0), 0);
    remove_it("previous");
}

/* The list is cut before the reader's own file, and an older one was changed at
 * the same time: files of one tick of the clock are told apart by names alone. */
START_TEST(a_name_that_comes_between_two_walks_leads_to_no_older_file)
{
    put_text(A, "1\n");
    date(A, 100, 0);
    put_text("current", "2\n");
    date("current", 100, 0);
    sv_log_begin(&reader, service);
    ck_assert_str_eq(all_that_follows(9), "1\n2\n");
    rename_to("current", "previous");
    put_text("current", "3\n");
    after_a_walk = previous_becomes_b;
    ck_assert_str_eq(all_that_follows(9), "3\n");
    ck_assert(after_a_walk == NULL);
    sv_log_end(&reader);
}
END_TEST

START_TEST(no_descriptor_leaks)
{
    int before = open_descriptors();
    struct sv_log_place gone = {.file = {1, 1, 1}};
    bool was_found;
    uint64_t bytes;

    put_text(A, "1\n");
    put_text("current", "2\n");
    for (size_t lines = 0; lines < 4; lines++) {
        ck_assert(sv_log_begin_tail(&reader, service, lines));
        all_that_follows(9);
        sv_log_end(&reader);
    }
    ck_assert(sv_log_begin_at(&reader, service, &gone, &was_found));
    sv_log_end(&reader);
    ck_assert(sv_log_measure(service, &gone, &bytes));
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "reader",
        files_are_read_from_old_to_new_and_then_what_is_new,
        a_log_that_is_not_there_yet_is_waited_for,
        a_rotation_is_followed_whenever_it_is_looked_at,
        what_is_behind_by_several_rotations_catches_up,
        a_file_that_is_removed_is_read_to_its_end_and_what_is_older_never,
        what_a_processor_made_of_a_file_is_not_read_after_it,
        a_place_is_found_under_any_name,
        a_place_that_is_gone_leads_to_what_was_written_since,
        a_current_that_is_shorter_for_a_while_is_read_once,
        a_tail_reaches_over_files,
        since_begins_with_the_first_archive_that_is_not_older,
        what_follows_is_measured_in_bytes,
        rotations_during_a_listing_are_followed,
        a_name_that_comes_between_two_walks_leads_to_no_older_file,
        no_descriptor_leaks);
}
