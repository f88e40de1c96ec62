/* SPDX-License-Identifier: ISC */
/* Truths about live copies: what a copy is made of, and what it leaves alone
 * when it is renewed. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "svscan/copy.h"

#include "unit.h"

static struct copies copies;
static struct survey survey;
static int live;

static const char *in(const char *dir, const char *name)
{
    static char path[2][SV_PATH_MAX];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s/%s", unit_scratch, dir,
             name);
    return path[turn];
}

static void make_tree(void)
{
    unit_make_scratch();
    umask(022);
    ck_assert_int_eq(mkdir(in("defs", ""), 0755), 0);
    ck_assert_int_eq(mkdir(in("defs", "web"), 0755), 0);
    ck_assert_int_eq(mkdir(in("live", ""), 0755), 0);
    live = open(in("live", ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(copies_open(&copies, live));
}

static void drop_tree(void)
{
    copies_close(&copies);
    close(live);
    survey_free(&survey);
    unit_drop_scratch();
}

/* Writes a file of the definition, or with "live/web" of the copy. */
static void put(const char *dir, const char *name, const char *text,
                mode_t mode)
{
    int fd = open(in(dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                  0600);

    ck_assert_int_ge(fd, 0);
    ck_assert(sv_write_all(fd, text, strlen(text)));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void put_def(const char *name, const char *text)
{
    put("defs/web", name, text, 0755);
}

static void make_dir_of(const char *dir, const char *name)
{
    ck_assert_int_eq(mkdir(in(dir, name), 0755), 0);
}

static const char *text_of(const char *name)
{
    static char text[256];
    ssize_t size = sv_at_read(AT_FDCWD, ".", in("live/web", name), text,
                              sizeof text - 1);

    if (size < 0)
        return NULL;
    text[size] = '\0';
    return text;
}

static const char *target_of(const char *name)
{
    static char text[SV_PATH_MAX];
    ssize_t size = readlink(in("live/web", name), text, sizeof text - 1);

    if (size < 0)
        return NULL;
    text[size] = '\0';
    return text;
}

static bool exists(const char *name)
{
    struct stat st;

    return lstat(in("live/web", name), &st) == 0;
}

static void nothing(void *context, const char *path)
{
    (void)context;
    (void)path;
}

static int look(void)
{
    int fd = open(in("defs", "web"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert(survey_read(&survey, fd, nothing, NULL));
    return fd;
}

static enum copy_answer do_copy(enum copy_answer (*how)(struct copy *))
{
    char origin[SV_PATH_MAX];
    int fd = look();

    snprintf(origin, sizeof origin, "%s/defs/web", unit_scratch);

    struct copy copy = { .copies = &copies, .name = "web", .fd = fd,
                         .origin = origin, .survey = &survey };
    enum copy_answer answer = how(&copy);

    close(fd);
    return answer;
}

static void copy_first(void)
{
    ck_assert_int_eq(do_copy(copy_make), COPY_MADE);
}

static void renew(void)
{
    ck_assert_int_eq(do_copy(copy_renew), COPY_MADE);
}

static uint64_t signature(void)
{
    close(look());
    return survey.signature;
}

static bool stage_is_empty(void)
{
    return rmdir(in("live/.svscan", "stage")) == 0
           && mkdir(in("live/.svscan", "stage"), 0700) == 0;
}

/* ---- signatures --------------------------------------------------------- */

START_TEST(two_surveys_of_one_definition_are_the_same)
{
    put_def("run", "#!/bin/sh\n");
    ck_assert_uint_eq(signature(), signature());
    ck_assert_uint_ne(signature(), 0);
}
END_TEST

START_TEST(a_signature_tells_every_change)
{
    uint64_t was;

    put_def("run", "one");
    was = signature();
    put_def("run", "two!");
    ck_assert_uint_ne(was, signature());
    was = signature();
    ck_assert_int_eq(chmod(in("defs/web", "run"), 0700), 0);
    ck_assert_uint_ne(was, signature());
    was = signature();
    ck_assert_int_eq(rename(in("defs/web", "run"), in("defs/web", "nur")), 0);
    ck_assert_uint_ne(was, signature());
    was = signature();
    make_dir_of("defs/web", "log");
    ck_assert_uint_ne(was, signature());
}
END_TEST

START_TEST(what_is_not_copied_is_not_in_the_signature)
{
    uint64_t was;

    put_def("run", "one");
    make_dir_of("defs/web", "data");
    was = signature();
    put_def("down", "");
    put_def("data/page", "hello");
    make_dir_of("defs/web", "supervise");
    make_dir_of("defs/web", "event");
    ck_assert_uint_eq(was, signature());
}
END_TEST

/* ---- first copies ------------------------------------------------------- */

START_TEST(a_copy_holds_what_the_definition_holds)
{
    struct stat st;

    put_def("run", "#!/bin/sh\nexec web\n");
    put("defs/web", "notification-fd", "3\n", 0640);
    make_dir_of("defs/web", "log");
    put_def("log/run", "log");
    make_dir_of("defs/web", "dependencies.d");
    put_def("dependencies.d/db", "");
    ck_assert_int_eq(chmod(in("defs/web", "run"), 04755), 0);
    copy_first();
    ck_assert_str_eq(text_of("run"), "#!/bin/sh\nexec web\n");
    ck_assert_str_eq(text_of("log/run"), "log");
    ck_assert_str_eq(text_of("dependencies.d/db"), "");
    ck_assert_int_eq(stat(in("live/web", "run"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0755);
    ck_assert_int_eq(stat(in("live/web", "notification-fd"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert(stage_is_empty());
}
END_TEST

START_TEST(a_copy_is_marked_with_what_it_was_made_from)
{
    struct mark mark;

    put_def("run", "one");
    make_dir_of("defs/web", "log");
    put_def("log/run", "two");
    copy_first();
    ck_assert(mark_read(&copies, "web", &mark));
    ck_assert_uint_eq(mark.signature, signature());
    ck_assert_ptr_nonnull(strstr(mark.text + MARK_NAMES, "//log//run"));
}
END_TEST

enum { FOUND_MAX = 256 };

static bool gather(void *context, const char *path)
{
    char *found = context;
    size_t used = strlen(found);

    snprintf(found + used, FOUND_MAX - used, "%s ", path);
    return true;
}

START_TEST(a_mark_names_every_path)
{
    const char *list[] = { "run", "a", "a/b", "a/b/c", "a/b/d", "log",
                           "log/run" };
    char found[FOUND_MAX] = " ";
    struct mark mark;

    make_dir_of("defs/web", "a");
    make_dir_of("defs/web", "log");
    make_dir_of("defs/web", "a/b");
    put_def("run", "");
    put_def("log/run", "");
    put_def("a/b/c", "");
    put_def("a/b/d", "");
    copy_first();
    ck_assert(mark_read(&copies, "web", &mark));
    ck_assert(mark_each(&mark, gather, found));
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char word[32];

        snprintf(word, sizeof word, " %s ", list[i]);
        ck_assert_msg(strstr(found, word) != NULL, "%s is not in %s", list[i],
                      found);
    }
}
END_TEST

START_TEST(data_and_env_are_links_to_the_definition)
{
    put_def("run", "one");
    make_dir_of("defs/web", "data");
    make_dir_of("defs/web", "env");
    put_def("env/TZ", "UTC");
    copy_first();
    ck_assert_str_eq(target_of("data"), in("defs/web", "data"));
    ck_assert_str_eq(target_of("env"), in("defs/web", "env"));
    ck_assert_str_eq(text_of("env/TZ"), "UTC");
}
END_TEST

START_TEST(a_relative_link_becomes_absolute)
{
    char wanted[SV_PATH_MAX];

    make_dir_of("defs/web", "sub");
    ck_assert_int_eq(symlink("../common/run", in("defs/web", "run")), 0);
    ck_assert_int_eq(symlink("near", in("defs/web", "sub/far")), 0);
    ck_assert_int_eq(symlink("/bin/true", in("defs/web", "finish")), 0);
    copy_first();
    snprintf(wanted, sizeof wanted, "%s/defs/web/../common/run", unit_scratch);
    ck_assert_str_eq(target_of("run"), wanted);
    snprintf(wanted, sizeof wanted, "%s/defs/web/sub/near", unit_scratch);
    ck_assert_str_eq(target_of("sub/far"), wanted);
    ck_assert_str_eq(target_of("finish"), "/bin/true");
}
END_TEST

START_TEST(a_logger_that_is_a_link_is_copied_as_a_directory)
{
    struct stat st;

    put_def("run", "one");
    make_dir_of("defs", "common");
    put("defs/common", "run", "two", 0755);
    ck_assert_int_eq(symlink("../common", in("defs/web", "log")), 0);
    copy_first();
    ck_assert_int_eq(lstat(in("live/web", "log"), &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
    ck_assert_str_eq(text_of("log/run"), "two");
}
END_TEST

START_TEST(a_fifo_is_made_anew_and_a_socket_is_left_out)
{
    struct stat st;

    put_def("run", "one");
    ck_assert_int_eq(mkfifo(in("defs/web", "fifo"), 0600), 0);
    ck_assert_int_eq(mknod(in("defs/web", "sock"), S_IFSOCK | 0600, 0), 0);
    copy_first();
    ck_assert_int_eq(lstat(in("live/web", "fifo"), &st), 0);
    ck_assert(S_ISFIFO(st.st_mode));
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert(!exists("sock"));
    ck_assert_str_eq(survey.skipped, "sock");
}
END_TEST

START_TEST(the_state_of_a_supervisor_is_not_copied)
{
    put_def("run", "one");
    make_dir_of("defs/web", "supervise");
    make_dir_of("defs/web", "event");
    make_dir_of("defs/web", "sub");
    make_dir_of("defs/web", "sub/event");
    copy_first();
    ck_assert(!exists("supervise"));
    ck_assert(!exists("event"));
    ck_assert(exists("sub/event"));
}
END_TEST

START_TEST(a_name_that_is_taken_is_left_alone)
{
    struct mark mark;

    put_def("run", "one");
    make_dir_of("live", "web");
    put("live/web", "run", "theirs", 0755);
    ck_assert_int_eq(do_copy(copy_make), COPY_CLASH);
    ck_assert_str_eq(text_of("run"), "theirs");
    ck_assert(!mark_read(&copies, "web", &mark));
    ck_assert(stage_is_empty());
}
END_TEST

START_TEST(more_names_than_a_mark_holds_are_refused)
{
    put_def("run", "one");
    for (int i = 0; i < 100; i++) {
        char name[64];

        snprintf(name, sizeof name, "%050d", i);
        put_def(name, "");
    }
    ck_assert_int_eq(do_copy(copy_make), COPY_TOO_MANY);
    ck_assert(!exists("run"));
}
END_TEST

START_TEST(a_file_that_changes_meanwhile_is_not_copied)
{
    char origin[SV_PATH_MAX];
    int fd;

    put_def("run", "one");
    fd = look();
    put_def("run", "longer");
    snprintf(origin, sizeof origin, "%s/defs/web", unit_scratch);

    struct copy copy = { .copies = &copies, .name = "web", .fd = fd,
                         .origin = origin, .survey = &survey };

    ck_assert_int_eq(copy_make(&copy), COPY_CHANGING);
    ck_assert(!exists("run"));
    ck_assert(stage_is_empty());
    close(fd);
}
END_TEST

/* ---- renewing ----------------------------------------------------------- */

START_TEST(a_renewed_copy_holds_what_is_new_and_not_what_is_gone)
{
    put_def("run", "one");
    put_def("finish", "old");
    make_dir_of("defs/web", "dependencies.d");
    put_def("dependencies.d/db", "");
    copy_first();
    put_def("run", "two");
    put_def("timeout-kill", "100\n");
    ck_assert_int_eq(unlink(in("defs/web", "finish")), 0);
    ck_assert_int_eq(unlink(in("defs/web", "dependencies.d/db")), 0);
    ck_assert_int_eq(rmdir(in("defs/web", "dependencies.d")), 0);
    renew();
    ck_assert_str_eq(text_of("run"), "two");
    ck_assert_str_eq(text_of("timeout-kill"), "100\n");
    ck_assert(!exists("finish"));
    ck_assert(!exists("dependencies.d"));
    ck_assert(stage_is_empty());
}
END_TEST

START_TEST(what_is_not_from_the_definition_stays)
{
    put_def("run", "one");
    make_dir_of("defs/web", "conf");
    put_def("conf/ours", "ours");
    copy_first();
    make_dir_of("live/web", "supervise");
    put("live/web", "supervise/status", "status", 0644);
    put("live/web", "pid", "7", 0644);
    put("live/web", "conf/theirs", "theirs", 0644);
    put("live/web", "down", "", 0644);
    put_def("run", "two");
    ck_assert_int_eq(unlink(in("defs/web", "conf/ours")), 0);
    ck_assert_int_eq(rmdir(in("defs/web", "conf")), 0);
    renew();
    ck_assert_str_eq(text_of("supervise/status"), "status");
    ck_assert_str_eq(text_of("pid"), "7");
    ck_assert_str_eq(text_of("conf/theirs"), "theirs");
    ck_assert(!exists("conf/ours"));
    ck_assert(exists("down"));
}
END_TEST

START_TEST(down_counts_at_first_sight_only)
{
    put_def("run", "one");
    put_def("down", "");
    copy_first();
    ck_assert(exists("down"));
    ck_assert_int_eq(unlink(in("live/web", "down")), 0);
    put_def("run", "two");
    renew();
    ck_assert(!exists("down"));
}
END_TEST

START_TEST(the_down_of_a_new_logger_counts)
{
    put_def("run", "one");
    copy_first();
    make_dir_of("defs/web", "log");
    put_def("log/run", "log");
    put_def("log/down", "");
    renew();
    ck_assert(exists("log/down"));
    ck_assert_int_eq(unlink(in("live/web", "log/down")), 0);
    put_def("log/run", "log again");
    renew();
    ck_assert(!exists("log/down"));
}
END_TEST

START_TEST(a_fifo_stays_the_one_that_is_open)
{
    struct stat was;
    struct stat st;

    put_def("run", "one");
    ck_assert_int_eq(mkfifo(in("defs/web", "fifo"), 0600), 0);
    copy_first();
    ck_assert_int_eq(stat(in("live/web", "fifo"), &was), 0);
    ck_assert_int_eq(unlink(in("defs/web", "fifo")), 0);
    ck_assert_int_eq(mkfifo(in("defs/web", "fifo"), 0620), 0);
    renew();
    ck_assert_int_eq(stat(in("live/web", "fifo"), &st), 0);
    ck_assert_uint_eq(st.st_ino, was.st_ino);
    ck_assert_int_eq(chmod(in("defs/web", "fifo"), 0620), 0);
    renew();
    ck_assert_int_eq(stat(in("live/web", "fifo"), &st), 0);
    ck_assert_uint_eq(st.st_ino, was.st_ino);
    ck_assert_uint_eq(st.st_mode & 0777, 0620);
}
END_TEST

START_TEST(a_file_may_become_a_directory_and_back)
{
    put_def("run", "one");
    put_def("thing", "file");
    copy_first();
    ck_assert_int_eq(unlink(in("defs/web", "thing")), 0);
    make_dir_of("defs/web", "thing");
    put_def("thing/in", "deep");
    renew();
    ck_assert_str_eq(text_of("thing/in"), "deep");
    ck_assert_int_eq(unlink(in("defs/web", "thing/in")), 0);
    ck_assert_int_eq(rmdir(in("defs/web", "thing")), 0);
    put_def("thing", "file again");
    renew();
    ck_assert_str_eq(text_of("thing"), "file again");
}
END_TEST

START_TEST(no_link_in_the_copy_leads_astray)
{
    put_def("run", "one");
    make_dir_of("defs/web", "conf");
    put_def("conf/a", "ours");
    copy_first();
    make_dir_of("live", "elsewhere");
    ck_assert_int_eq(unlink(in("live/web", "conf/a")), 0);
    ck_assert_int_eq(rmdir(in("live/web", "conf")), 0);
    ck_assert_int_eq(symlink("../elsewhere", in("live/web", "conf")), 0);
    put_def("conf/a", "ours again");
    renew();
    ck_assert_int_lt(access(in("live/elsewhere", "a"), F_OK), 0);
    ck_assert_str_eq(text_of("conf/a"), "ours again");
}
END_TEST

START_TEST(what_was_left_half_way_is_done_again)
{
    struct mark mark;

    put_def("run", "one");
    put_def("finish", "f");
    copy_first();
    ck_assert(mark_read(&copies, "web", &mark));
    memset(mark.text, '0', MARK_NAMES - 1);
    ck_assert(mark_remove(&copies, "web"));
    ck_assert_int_eq(symlink(mark.text, in("live/.svscan/copies", "web")), 0);
    make_dir_of("live/.svscan/stage", "web");
    put("live/.svscan/stage/web", "run", "torn", 0755);
    copies_close(&copies);
    ck_assert(copies_open(&copies, live));
    ck_assert(stage_is_empty());
    copies_close(&copies);
    ck_assert(copies_open(&copies, live));
    ck_assert(mark_read(&copies, "web", &mark));
    ck_assert_uint_eq(mark.signature, 0);
    ck_assert_int_eq(unlink(in("defs/web", "finish")), 0);
    renew();
    ck_assert(!exists("finish"));
    ck_assert_str_eq(text_of("run"), "one");
}
END_TEST

START_TEST(what_is_not_a_mark_counts_as_not_whole)
{
    struct mark mark;

    ck_assert_int_eq(symlink("nonsense", in("live/.svscan/copies", "web")), 0);
    ck_assert(mark_read(&copies, "web", &mark));
    ck_assert_uint_eq(mark.signature, 0);
    ck_assert(mark_each(&mark, gather, (char[FOUND_MAX]){ "" }));
}
END_TEST

/* ---- the end ------------------------------------------------------------ */

START_TEST(a_copy_goes_with_everything_in_it)
{
    struct mark mark;

    put_def("run", "one");
    make_dir_of("defs/web", "data");
    put_def("data/page", "hello");
    copy_first();
    make_dir_of("live/web", "supervise");
    put("live/web", "supervise/status", "", 0400);
    ck_assert_int_eq(chmod(in("live/web", "supervise"), 0), 0);
    ck_assert(copy_remove(&copies, "web"));
    ck_assert_int_lt(access(in("live", "web"), F_OK), 0);
    ck_assert(!mark_read(&copies, "web", &mark));
    ck_assert_int_eq(access(in("defs/web", "data/page"), F_OK), 0);
    ck_assert(stage_is_empty());
}
END_TEST

START_TEST(what_took_the_place_of_a_copy_is_not_removed)
{
    put_def("run", "one");
    copy_first();
    ck_assert_int_eq(rename(in("live", "web"), in("live", "moved")), 0);
    ck_assert_int_eq(symlink("moved", in("live", "web")), 0);
    ck_assert(copy_remove(&copies, "web"));
    ck_assert_int_eq(access(in("live/web", "run"), F_OK), 0);
}
END_TEST

/* ---- complete? ---------------------------------------------------------- */

static const char *lack(void)
{
    int fd = look();
    struct lack found = survey_lack(&survey, fd);

    close(fd);
    return found.what;
}

START_TEST(a_definition_needs_a_run_that_can_be_executed)
{
    ck_assert_str_eq(lack(), "is missing");
    put_def("run", "");
    ck_assert_str_eq(lack(), "is empty");
    put("defs/web", "run", "#!/bin/sh\n", 0644);
    ck_assert_str_eq(lack(), "is not executable");
    put_def("run", "#!/bin/sh\n");
    ck_assert_ptr_null(lack());
    make_dir_of("defs/web", "log");
    ck_assert_str_eq(lack(), "is missing");
    put_def("log/run", "#!/bin/sh\n");
    ck_assert_ptr_null(lack());
}
END_TEST

START_TEST(a_run_that_is_being_written_is_not_complete)
{
    int fd;

    put_def("run", "#!/bin/sh\n");
    fd = open(in("defs/web", "run"), O_WRONLY | O_CLOEXEC);
    ck_assert_str_eq(lack(), "is open for writing");
    close(fd);
    ck_assert_ptr_null(lack());
}
END_TEST

START_TEST(a_fifo_for_a_run_stops_nobody)
{
    ck_assert_int_eq(mkfifo(in("defs/web", "run"), 0755), 0);
    ck_assert_str_eq(lack(), "is not a regular file");
}
END_TEST

START_TEST(each_type_needs_its_own)
{
    put_def("run", "#!/bin/sh\n");
    put_def("type", "longrun\n");
    ck_assert_ptr_null(lack());
    put_def("type", "oneshot\n");
    ck_assert_str_eq(lack(), "is missing");
    put_def("up", "");
    ck_assert_str_eq(lack(), "is empty");
    put_def("up", "echo hello\n");
    ck_assert_ptr_null(lack());
    put_def("type", "bundle");
    ck_assert_str_eq(lack(), "is missing");
    ck_assert_int_eq(mkdir(in("defs/web", "contents.d"), 0755), 0);
    ck_assert_ptr_null(lack());
}
END_TEST

START_TEST(a_type_that_nobody_knows_is_named)
{
    put_def("run", "#!/bin/sh\n");
    put_def("type", "sausage");
    ck_assert_ptr_nonnull(strstr(lack(), "none of"));
    put_def("type", "");
    ck_assert_ptr_nonnull(strstr(lack(), "none of"));
}
END_TEST

START_TEST(down_of_a_oneshot_is_copied_as_every_file_is)
{
    uint64_t without;

    put_def("up", "true\n");
    put_def("type", "oneshot\n");
    without = signature();
    put_def("flag-disabled", "");
    ck_assert_uint_eq(signature(), without);
    put_def("down", "true\n");
    ck_assert_uint_ne(signature(), without);
}
END_TEST

START_TEST(a_definition_of_more_than_16_mib_is_refused)
{
    put_def("run", "#!/bin/sh\n");
    put_def("big", "");
    ck_assert_int_eq(truncate(in("defs/web", "big"), SURVEY_BYTES_MAX), 0);
    ck_assert_ptr_nonnull(strstr(lack(), "16 MiB"));
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, make_tree, drop_tree);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_first(TCase *tcase)
{
    tcase_add_test(tcase, two_surveys_of_one_definition_are_the_same);
    tcase_add_test(tcase, a_signature_tells_every_change);
    tcase_add_test(tcase, what_is_not_copied_is_not_in_the_signature);
    tcase_add_test(tcase, a_copy_holds_what_the_definition_holds);
    tcase_add_test(tcase, a_copy_is_marked_with_what_it_was_made_from);
    tcase_add_test(tcase, a_mark_names_every_path);
    tcase_add_test(tcase, data_and_env_are_links_to_the_definition);
    tcase_add_test(tcase, a_relative_link_becomes_absolute);
    tcase_add_test(tcase, a_logger_that_is_a_link_is_copied_as_a_directory);
    tcase_add_test(tcase, a_fifo_is_made_anew_and_a_socket_is_left_out);
    tcase_add_test(tcase, the_state_of_a_supervisor_is_not_copied);
    tcase_add_test(tcase, a_name_that_is_taken_is_left_alone);
    tcase_add_test(tcase, more_names_than_a_mark_holds_are_refused);
    tcase_add_test(tcase, a_file_that_changes_meanwhile_is_not_copied);
}

static void add_renewing(TCase *tcase)
{
    tcase_add_test(tcase,
                   a_renewed_copy_holds_what_is_new_and_not_what_is_gone);
    tcase_add_test(tcase, what_is_not_from_the_definition_stays);
    tcase_add_test(tcase, down_counts_at_first_sight_only);
    tcase_add_test(tcase, the_down_of_a_new_logger_counts);
    tcase_add_test(tcase, a_fifo_stays_the_one_that_is_open);
    tcase_add_test(tcase, a_file_may_become_a_directory_and_back);
    tcase_add_test(tcase, no_link_in_the_copy_leads_astray);
    tcase_add_test(tcase, what_was_left_half_way_is_done_again);
    tcase_add_test(tcase, what_is_not_a_mark_counts_as_not_whole);
    tcase_add_test(tcase, a_copy_goes_with_everything_in_it);
    tcase_add_test(tcase, what_took_the_place_of_a_copy_is_not_removed);
}

static void add_lacks(TCase *tcase)
{
    tcase_add_test(tcase, a_definition_needs_a_run_that_can_be_executed);
    tcase_add_test(tcase, a_run_that_is_being_written_is_not_complete);
    tcase_add_test(tcase, a_fifo_for_a_run_stops_nobody);
    tcase_add_test(tcase, each_type_needs_its_own);
    tcase_add_test(tcase, a_type_that_nobody_knows_is_named);
    tcase_add_test(tcase, down_of_a_oneshot_is_copied_as_every_file_is);
    tcase_add_test(tcase, a_definition_of_more_than_16_mib_is_refused);
}

int main(void)
{
    Suite *suite = suite_create("copy");
    SRunner *runner;
    int failed;

    add_first(add_case(suite, "first copies"));
    add_renewing(add_case(suite, "renewing"));
    add_lacks(add_case(suite, "complete"));
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
