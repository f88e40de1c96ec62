/* SPDX-License-Identifier: ISC */
/* Truths about definitions: when one is taken up, when it is lost, and what
 * the making and unmaking of its files does not do. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/loop.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/say.h"
#include "svscan/defs.h"

#include "unit.h"

enum { PATIENCE_MS = 10000, QUIET_MS = 250 };

static struct loop loop;
static struct defs defs;
static int live;
/* "+web " appeared, "-web " removed, "~web " changed */
static char heard[4096];
static const char *wanted;
static int64_t deadline;

static const char *in(const char *dir, const char *name)
{
    static char path[2][SV_PATH_MAX];
    static int turn;

    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s%s%s", unit_scratch, dir,
             *dir == '\0' || *name == '\0' ? "" : "/", name);
    return path[turn];
}

/* ---- hooks, and the loop until one of them is heard --------------------- */

static void hear(char sign, const char *name)
{
    size_t used = strlen(heard);

    snprintf(heard + used, sizeof heard - used, "%c%s ", sign, name);
}

static void on_appeared(void *context, const char *name)
{
    (void)context;
    hear('+', name);
}

static void on_removed(void *context, const char *name)
{
    (void)context;
    hear('-', name);
}

static void on_changed(void *context, const char *name)
{
    (void)context;
    hear('~', name);
}

static void on_gathered(void *context)
{
    (void)context;
    hear('*', "all");
}

static const struct defs_hooks hooks = { .appeared = on_appeared,
                                         .gathered = on_gathered,
                                         .removed = on_removed,
                                         .changed = on_changed };

static void put(const char *dir, const char *name, const char *text,
                mode_t mode);

/* Somebody is at work on it whenever the loop looks. */
static const char *busy;

static void check_end(struct loop *ours)
{
    if (busy != NULL)
        put(busy, "notes", "more\n", 0644);
    if (wanted != NULL && strstr(heard, wanted) != NULL)
        ours->stop = true;
    if (sv_boottime() >= deadline)
        ours->stop = true;
}

static void on_deadline(struct timer *timer)
{
    (void)timer;
}

static void run(const char *what, int64_t ms)
{
    struct timer timer = { 0 };

    wanted = what;
    deadline = sv_boottime() + ms * SV_MS;
    loop.stop = false;
    loop.after = check_end;
    loop_arm(&loop, &timer, deadline, on_deadline);
    check_end(&loop);
    loop_run(&loop);
    loop_disarm(&loop, &timer);
}

static void await(const char *what)
{
    run(what, PATIENCE_MS);
    ck_assert_msg(strstr(heard, what) != NULL, "no %s in %s", what, heard);
}

/* Long enough for whatever waits for quiet. */
static void pass_quiet_time(void)
{
    run(NULL, QUIET_MS);
}

static void forget_heard(void)
{
    heard[0] = '\0';
}

/* ---- the scene ---------------------------------------------------------- */

static void on_signal(struct loop *ours, int signal)
{
    (void)ours;
    (void)signal;
}

static void make_scene(void)
{
    static const int no_signals[] = { 0 };

    unit_make_scratch();
    umask(022);
    forget_heard();
    sv_program = "svscan";
    sv_say_fd = open(in("", "said"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
                     0600);
    ck_assert_int_eq(mkdir(in("defs", ""), 0755), 0);
    ck_assert_int_eq(mkdir(in("live", ""), 0755), 0);
    live = open(in("live", ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(loop_open(&loop, no_signals, on_signal));
    ck_assert(loop_reserve(&loop, 8));
}

static void drop_scene(void)
{
    if (defs.path != NULL)
        defs_close(&defs);
    loop_close(&loop);
    close(live);
    close(sv_say_fd);
    unit_drop_scratch();
}

static void start(void)
{
    ck_assert(defs_open(&defs, &loop, live, in("", "defs"), false, &hooks,
                        NULL));
}

static void start_again(void)
{
    defs_close(&defs);
    forget_heard();
    start();
}

static void put(const char *dir, const char *name, const char *text,
                mode_t mode)
{
    int fd = open(in(dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                  mode);

    ck_assert_int_ge(fd, 0);
    ck_assert(sv_write_all(fd, text, strlen(text)));
    close(fd);
}

static void make_definition(const char *name)
{
    char dir[64];

    snprintf(dir, sizeof dir, "defs/%s", name);
    ck_assert_int_eq(mkdir(in("defs", name), 0755), 0);
    put(dir, "run", "#!/bin/sh\nexec sleep 9\n", 0755);
}

static void remove_definition(const char *name)
{
    char dir[64];

    snprintf(dir, sizeof dir, "defs/%s", name);
    ck_assert_int_eq(unlink(in(dir, "run")), 0);
    ck_assert_int_eq(rmdir(in("defs", name)), 0);
}

static void have_web(void)
{
    make_definition("web");
    start();
    await("+web ");
    forget_heard();
}

static const char *text_of(const char *dir, const char *name)
{
    static char text[4096];
    ssize_t size = sv_at_read(AT_FDCWD, ".", in(dir, name), text,
                              sizeof text - 1);

    text[size < 0 ? 0 : size] = '\0';
    return text;
}

static int times_said(const char *what)
{
    int times = 0;

    for (const char *at = text_of("", "said"); (at = strstr(at, what)) != NULL;
         at++)
        times++;
    return times;
}

static bool stands(const char *dir, const char *name)
{
    struct stat st;

    return lstat(in(dir, name), &st) == 0;
}

/* ---- taken up ----------------------------------------------------------- */

START_TEST(a_quiet_definition_is_copied_before_open_returns)
{
    make_definition("web");
    pass_quiet_time();
    start();
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(stands("live/web", "run"));
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(a_definition_that_is_being_made_is_copied_when_it_is_quiet)
{
    make_definition("web");
    start();
    ck_assert(!defs_is_ours(&defs, "web"));
    await("+web ");
    ck_assert(stands("live/web", "run"));
}
END_TEST

START_TEST(where_nobody_else_is_all_are_quiet)
{
    make_definition("web");
    ck_assert(defs_open(&defs, &loop, live, in("", "defs"), true, &hooks,
                        NULL));
    ck_assert(stands("live/web", "run"));
    ck_assert(!defs_gather(&defs));
    make_definition("db");
    await("+db ");
}
END_TEST

START_TEST(definitions_that_are_all_quiet_are_not_gathered)
{
    make_definition("web");
    pass_quiet_time();
    start();
    ck_assert(!defs_gather(&defs));
}
END_TEST

START_TEST(nobody_appears_until_all_are_gathered)
{
    make_definition("old");
    pass_quiet_time();
    make_definition("web");
    make_definition("db");
    start();
    ck_assert(defs_gather(&defs));
    await("*all ");
    ck_assert(strchr(heard, '+') == NULL);
    ck_assert(stands("live/old", "run"));
    ck_assert(stands("live/web", "run"));
    ck_assert(stands("live/db", "run"));
    make_definition("later");
    await("+later ");
}
END_TEST

START_TEST(who_is_at_work_on_and_on_is_not_waited_for)
{
    make_definition("web");
    make_definition("db");
    start();
    ck_assert(defs_gather(&defs));
    busy = "defs/db";
    await("*all ");
    busy = NULL;
    ck_assert(stands("live/web", "run"));
    ck_assert(!stands("live/db", "run"));
    await("+db ");
}
END_TEST

START_TEST(a_dropped_directory_appears)
{
    start();
    make_definition("web");
    await("+web ");
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(!defs_is_changed(&defs, "web"));
    ck_assert_ptr_null(defs_note(&defs, "web"));
}
END_TEST

START_TEST(a_run_that_is_written_slowly_appears_whole)
{
    int fd;

    start();
    ck_assert_int_eq(mkdir(in("defs", "web"), 0755), 0);
    fd = open(in("defs/web", "run"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
              0754);
    pass_quiet_time();
    ck_assert(sv_write_all(fd, "#!/bin/sh\n", 10));
    pass_quiet_time();
    ck_assert(!defs_is_ours(&defs, "web"));
    ck_assert(sv_write_all(fd, "exit\n", 5));
    close(fd);
    await("+web ");
    ck_assert_str_eq(text_of("live/web", "run"), "#!/bin/sh\nexit\n");
}
END_TEST

START_TEST(a_directory_without_run_is_mentioned_once)
{
    start();
    ck_assert_int_eq(mkdir(in("defs", "web"), 0755), 0);
    await("~web ");
    put("defs/web", "finish", "", 0755);
    pass_quiet_time();
    ck_assert(defs_rescan(&defs));
    ck_assert_int_eq(times_said("warning: web: run is missing"), 1);
    put("defs/web", "run", "#!/bin/sh\n", 0755);
    await("+web ");
    ck_assert_ptr_null(defs_note(&defs, "web"));
}
END_TEST

START_TEST(a_run_that_is_not_executable_is_said_with_its_cure)
{
    char line[SV_PATH_MAX];

    start();
    make_definition("web");
    ck_assert_int_eq(chmod(in("defs/web", "run"), 0644), 0);
    await("~web ");
    snprintf(line, sizeof line,
             "svscan: warning: web: run is not executable: it is not started "
             "until it is (chmod +x %s)\n", in("defs/web", "run"));
    ck_assert_str_eq(text_of("", "said"), line);
    ck_assert_int_eq(chmod(in("defs/web", "run"), 0755), 0);
    await("+web ");
}
END_TEST

START_TEST(what_begins_with_a_dot_or_is_no_directory_is_ignored)
{
    start();
    make_definition(".web");
    put("defs", "README", "hello\n", 0644);
    make_definition("last");
    await("+last ");
    ck_assert_str_eq(heard, "+last ");
    ck_assert_str_eq(text_of("", "said"), "");
    ck_assert_int_eq(rename(in("defs", ".web"), in("defs", "web")), 0);
    await("+web ");
}
END_TEST

START_TEST(a_bad_name_is_said_once)
{
    const char *name;
    const char *note;

    start();
    make_definition("a\nb");
    await("~a\nb ");
    ck_assert(defs_rescan(&defs));
    ck_assert_int_eq(times_said("control character"), 1);
    ck_assert(!defs_is_ours(&defs, "a\nb"));
    ck_assert(defs_fault(&defs, 0, &name, &note));
    ck_assert_str_eq(name, "a\nb");
    ck_assert_str_eq(note, defs_note(&defs, name));
    ck_assert(!defs_fault(&defs, 1, &name, &note));
}
END_TEST

START_TEST(faults_are_found_in_any_order_and_when_some_have_gone)
{
    const char *name;
    const char *note;
    const char *first;

    start();
    make_definition("a\n");
    make_definition("b\n");
    make_definition("good");
    make_definition("c\n");
    ck_assert(defs_rescan(&defs));
    ck_assert(defs_fault(&defs, 0, &first, &note));
    ck_assert(defs_fault(&defs, 2, &name, &note));
    ck_assert_str_ne(name, first);
    ck_assert(!defs_fault(&defs, 3, &name, &note));
    ck_assert(defs_fault(&defs, 0, &name, &note));
    ck_assert_str_eq(name, first);
    remove_definition("a\n");
    remove_definition("b\n");
    ck_assert(defs_rescan(&defs));
    ck_assert(defs_fault(&defs, 0, &name, &note));
    ck_assert_str_eq(name, "c\n");
    ck_assert(!defs_fault(&defs, 1, &name, &note));
}
END_TEST

START_TEST(what_is_foreign_wins)
{
    ck_assert_int_eq(mkdir(in("live", "web"), 0755), 0);
    put("live/web", "run", "theirs", 0755);
    start();
    make_definition("web");
    await("~web ");
    ck_assert(!defs_is_ours(&defs, "web"));
    ck_assert_str_eq(text_of("live/web", "run"), "theirs");
    ck_assert_int_eq(unlink(in("live/web", "run")), 0);
    ck_assert_int_eq(rmdir(in("live", "web")), 0);
    ck_assert(defs_rescan(&defs));
    ck_assert(defs_is_ours(&defs, "web"));
}
END_TEST

START_TEST(a_definition_may_be_a_link_to_a_directory)
{
    ck_assert_int_eq(mkdir(in("", "pkg"), 0755), 0);
    put("pkg", "run", "#!/bin/sh\n", 0755);
    start();
    ck_assert_int_eq(symlink("../pkg", in("defs", "one")), 0);
    ck_assert_int_eq(symlink("../pkg", in("defs", "two")), 0);
    await("+one ");
    await("+two ");
    forget_heard();
    put("pkg", "run", "#!/bin/sh\nexit\n", 0755);
    await("~one ");
    await("~two ");
    ck_assert_int_eq(unlink(in("defs", "one")), 0);
    await("-one ");
    ck_assert(defs_refresh(&defs, "two"));
    forget_heard();
    put("pkg", "finish", "#!/bin/sh\n", 0755);
    await("~two ");
    ck_assert(defs_is_changed(&defs, "two"));
}
END_TEST

START_TEST(a_rescan_waits_for_nothing)
{
    start();
    make_definition("web");
    ck_assert(defs_rescan(&defs));
    ck_assert_str_eq(heard, "+web ");
    remove_definition("web");
    ck_assert(defs_rescan(&defs));
    ck_assert_str_eq(heard, "+web -web ");
}
END_TEST

/* ---- changed ------------------------------------------------------------ */

START_TEST(an_upgrade_that_deletes_and_recreates_removes_nothing)
{
    have_web();
    ck_assert_int_eq(unlink(in("defs/web", "run")), 0);
    pass_quiet_time();
    ck_assert(!defs_refresh(&defs, "web"));
    ck_assert(stands("live/web", "run"));
    put("defs/web", "run", "#!/bin/sh\nexec new\n", 0755);
    pass_quiet_time();
    pass_quiet_time();
    ck_assert(defs_is_changed(&defs, "web"));
    ck_assert_ptr_null(strchr(heard, '-'));
    ck_assert_str_ne(text_of("live/web", "run"), "#!/bin/sh\nexec new\n");
    ck_assert(defs_refresh(&defs, "web"));
    ck_assert(!defs_is_changed(&defs, "web"));
    ck_assert_str_eq(text_of("live/web", "run"), "#!/bin/sh\nexec new\n");
    ck_assert(!defs_refresh(&defs, "web"));
}
END_TEST

START_TEST(a_copy_is_not_renewed_while_somebody_is_at_work)
{
    have_web();
    put("defs/web", "run", "#!/bin/sh\nexec new\n", 0755);
    await("~web ");
    put("defs/web", "run", "#!/bin/sh\nexec newer\n", 0755);
    run(NULL, 20);
    ck_assert(!defs_refresh(&defs, "web"));
    pass_quiet_time();
    ck_assert(defs_refresh(&defs, "web"));
    ck_assert_str_eq(text_of("live/web", "run"), "#!/bin/sh\nexec newer\n");
}
END_TEST

START_TEST(work_that_was_not_heard_of_yet_puts_off_a_renewal)
{
    have_web();
    put("defs/web", "run", "#!/bin/sh\nexec new\n", 0755);
    await("~web ");
    put("defs/web", "half", "", 0644);
    ck_assert(!defs_refresh(&defs, "web"));
    ck_assert(!stands("live/web", "half"));
}
END_TEST

START_TEST(a_change_that_is_undone_is_no_change)
{
    have_web();
    put("defs/web", "finish", "#!/bin/sh\n", 0755);
    await("~web ");
    ck_assert(defs_is_changed(&defs, "web"));
    forget_heard();
    ck_assert_int_eq(unlink(in("defs/web", "finish")), 0);
    await("~web ");
    ck_assert(!defs_is_changed(&defs, "web"));
}
END_TEST

START_TEST(a_change_in_any_directory_of_it_is_seen)
{
    have_web();
    ck_assert_int_eq(mkdir(in("defs/web", "log"), 0755), 0);
    put("defs/web", "log/run", "#!/bin/sh\n", 0755);
    await("~web ");
    ck_assert(defs_refresh(&defs, "web"));
    ck_assert(stands("live/web", "log/run"));
    forget_heard();
    put("defs/web", "log/run", "#!/bin/sh\nexit\n", 0755);
    await("~web ");
}
END_TEST

START_TEST(the_down_of_a_definition_is_not_a_change)
{
    have_web();
    put("defs/web", "down", "", 0644);
    pass_quiet_time();
    ck_assert_str_eq(heard, "");
    ck_assert(!defs_is_changed(&defs, "web"));
}
END_TEST

START_TEST(a_renewal_that_failed_half_way_is_known_to_have)
{
    have_web();
    /* A directory with something foreign in it is in the way of a file. */
    ck_assert_int_eq(mkdir(in("live/web", "x"), 0755), 0);
    put("live/web", "x/theirs", "", 0644);
    put("defs/web", "x", "ours", 0644);
    await("~web ");
    forget_heard();
    ck_assert(!defs_refresh(&defs, "web"));
    ck_assert_ptr_nonnull(strstr(defs_note(&defs, "web"), "unable to copy x"));
    ck_assert_int_eq(unlink(in("live/web", "x/theirs")), 0);
    ck_assert(defs_rescan(&defs));
    ck_assert(!defs_is_changed(&defs, "web"));
    ck_assert_ptr_null(defs_note(&defs, "web"));
    ck_assert_str_eq(text_of("live/web", "x"), "ours");
}
END_TEST

START_TEST(lost_events_are_made_up_for)
{
    have_web();
    make_definition("db");
    put("defs/web", "finish", "#!/bin/sh\n", 0755);
    /* Nobody reads what happened: the watches begin anew. */
    notify_drop(&defs.notify, &defs.directory);
    defs.notify.overrun(&defs.notify);
    await("+db ");
    await("~web ");
}
END_TEST

START_TEST(a_rescan_makes_up_for_lost_events_too)
{
    char lost[4096];

    have_web();
    put("defs/web", "finish", "#!/bin/sh\n", 0755);
    ck_assert_int_gt(read(defs.notify.watch.fd, lost, sizeof lost), 0);
    ck_assert(defs_rescan(&defs));
    ck_assert(!defs_is_changed(&defs, "web"));
    defs.notify.overrun(&defs.notify);
    ck_assert(defs_rescan(&defs));
    ck_assert(defs_is_changed(&defs, "web"));
}
END_TEST

START_TEST(what_cannot_be_watched_is_polled)
{
    start();
    notify_drop(&defs.notify, &defs.directory);
    loop_unwatch(&loop, &defs.notify.watch);
    defs.notify.error = ENOSPC;
    make_definition("web");
    ck_assert(defs_rescan(&defs));
    forget_heard();
    ck_assert_int_eq(times_said("unable to watch"), 1);
    put("defs/web", "finish", "#!/bin/sh\n", 0755);
    make_definition("db");
    run("+db ", 6000);
    ck_assert_ptr_nonnull(strstr(heard, "+db "));
    await("~web ");
    ck_assert_int_eq(times_said("unable to watch"), 1);
}
END_TEST

/* ---- lost --------------------------------------------------------------- */

START_TEST(a_removed_directory_is_lost_and_then_forgotten)
{
    have_web();
    remove_definition("web");
    await("-web ");
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(defs_is_gone(&defs, "web"));
    ck_assert(stands("live/web", "run"));
    defs_forget(&defs, "web");
    ck_assert(!defs_is_ours(&defs, "web"));
    ck_assert(!stands("live", "web"));
    ck_assert(!stands("live/.svscan/copies", "web"));
}
END_TEST

START_TEST(a_directory_with_foreign_files_only_is_lost_after_a_second)
{
    have_web();
    put("defs/web", "down", "", 0644);
    ck_assert_int_eq(unlink(in("defs/web", "run")), 0);
    run("-web ", 700);
    ck_assert_ptr_null(strchr(heard, '-'));
    await("-web ");
    ck_assert_ptr_nonnull(strstr(defs_note(&defs, "web"), "its old copy"));
    defs_forget(&defs, "web");
    ck_assert_ptr_null(defs_note(&defs, "web"));
}
END_TEST

START_TEST(a_directory_that_lost_its_run_only_keeps_its_service)
{
    make_definition("web");
    put("defs/web", "finish", "#!/bin/sh\n", 0755);
    start();
    await("+web ");
    ck_assert_int_eq(unlink(in("defs/web", "run")), 0);
    run("-web ", 1500);
    ck_assert_ptr_null(strchr(heard, '-'));
    ck_assert(defs_rescan(&defs));
    ck_assert_ptr_null(strchr(heard, '-'));
    ck_assert_int_eq(times_said("its old copy is used"), 1);
}
END_TEST

START_TEST(what_comes_back_in_time_is_not_lost)
{
    have_web();
    remove_definition("web");
    run(NULL, 50);
    make_definition("web");
    pass_quiet_time();
    pass_quiet_time();
    ck_assert_ptr_null(strchr(heard, '-'));
    ck_assert(defs_is_changed(&defs, "web"));
}
END_TEST

START_TEST(what_comes_back_while_it_leaves_appears_anew)
{
    have_web();
    remove_definition("web");
    await("-web ");
    make_definition("web");
    pass_quiet_time();
    ck_assert_ptr_null(strchr(heard, '+'));
    defs_forget(&defs, "web");
    await("+web ");
    ck_assert(stands("live/web", "run"));
}
END_TEST

START_TEST(forgetting_what_is_not_gone_does_nothing)
{
    have_web();
    defs_forget(&defs, "web");
    defs_forget(&defs, "nobody");
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(stands("live/web", "run"));
}
END_TEST

/* ---- DEFS itself -------------------------------------------------------- */

START_TEST(a_directory_of_definitions_may_come_later)
{
    ck_assert_int_eq(rmdir(in("", "defs")), 0);
    start();
    ck_assert_int_eq(times_said("there is no directory"), 1);
    ck_assert(!defs_rescan(&defs));
    ck_assert_int_eq(mkdir(in("", "defs"), 0755), 0);
    make_definition("web");
    await("+web ");
    ck_assert_int_eq(times_said("there is no directory"), 1);
    make_definition("db");
    await("+db ");
}
END_TEST

START_TEST(definitions_that_are_all_away_are_not_lost)
{
    have_web();
    ck_assert_int_eq(rename(in("", "defs"), in("", "away")), 0);
    run("-web ", INT64_C(3) * QUIET_MS);
    ck_assert(!defs_rescan(&defs));
    ck_assert_str_eq(heard, "");
    ck_assert_int_eq(rename(in("", "away"), in("", "defs")), 0);
    make_definition("db");
    await("+db ");
    ck_assert_ptr_null(strchr(heard, '-'));
    ck_assert(!defs_is_changed(&defs, "web"));
}
END_TEST

START_TEST(a_set_of_definitions_may_take_the_place_of_another)
{
    have_web();
    make_definition("old");
    await("+old ");
    ck_assert_int_eq(rename(in("", "defs"), in("", "away")), 0);
    ck_assert_int_eq(mkdir(in("", "defs"), 0755), 0);
    make_definition("web");
    make_definition("new");
    await("+new ");
    await("-old ");
    await("~web ");
    ck_assert_ptr_null(strstr(heard, "-web "));
}
END_TEST

START_TEST(definitions_and_the_live_tree_must_be_two)
{
    struct defs other;

    ck_assert(!defs_open(&other, &loop, live, in("", "live"), false, &hooks,
                         NULL));
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* ---- the next svscan ---------------------------------------------------- */

static ino_t inode_of(const char *dir, const char *name)
{
    struct stat st;

    ck_assert_int_eq(stat(in(dir, name), &st), 0);
    return st.st_ino;
}

START_TEST(a_later_svscan_copies_only_what_has_changed)
{
    ino_t was;

    have_web();
    was = inode_of("live/web", "run");
    start_again();
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(!defs_is_changed(&defs, "web"));
    ck_assert_uint_eq(inode_of("live/web", "run"), was);
    defs_close(&defs);
    put("defs/web", "run", "#!/bin/sh\nexit\n", 0755);
    start();
    await("~web ");
    ck_assert(defs_is_changed(&defs, "web"));
    ck_assert_uint_eq(inode_of("live/web", "run"), was);
}
END_TEST

START_TEST(a_later_svscan_finds_what_has_gone)
{
    have_web();
    remove_definition("web");
    start_again();
    ck_assert(defs_is_ours(&defs, "web"));
    ck_assert(defs_is_gone(&defs, "web"));
    await("-web ");
    defs_forget(&defs, "web");
    ck_assert(!stands("live", "web"));
}
END_TEST

START_TEST(a_later_svscan_mends_a_copy_that_is_not_whole)
{
    struct mark mark;

    have_web();
    ck_assert(mark_read(&defs.copies, "web", &mark));
    memset(mark.text, '0', MARK_NAMES - 1);
    ck_assert(mark_remove(&defs.copies, "web"));
    ck_assert_int_eq(symlink(mark.text, in("live/.svscan/copies", "web")), 0);
    put("live/web", "run", "torn", 0755);
    pass_quiet_time();
    start_again();
    ck_assert_str_ne(text_of("live/web", "run"), "torn");
    ck_assert(mark_read(&defs.copies, "web", &mark));
    ck_assert_uint_ne(mark.signature, 0);
}
END_TEST

START_TEST(a_mark_without_a_copy_means_nothing)
{
    ck_assert_int_eq(mkdir(in("live", ".svscan"), 0700), 0);
    ck_assert_int_eq(mkdir(in("live/.svscan", "copies"), 0700), 0);
    ck_assert_int_eq(symlink("0:run", in("live/.svscan/copies", "gone")), 0);
    ck_assert_int_eq(symlink("0:run", in("live/.svscan/copies", "web")), 0);
    make_definition("web");
    pass_quiet_time();
    start();
    ck_assert(!defs_is_ours(&defs, "gone"));
    ck_assert(!stands("live/.svscan/copies", "gone"));
    ck_assert(defs_is_ours(&defs, "web"));
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, make_scene, drop_scene);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_taken_up(TCase *tcase)
{
    tcase_add_test(tcase, a_quiet_definition_is_copied_before_open_returns);
    tcase_add_test(tcase,
                   a_definition_that_is_being_made_is_copied_when_it_is_quiet);
    tcase_add_test(tcase, a_dropped_directory_appears);
    tcase_add_test(tcase, a_run_that_is_written_slowly_appears_whole);
    tcase_add_test(tcase, a_directory_without_run_is_mentioned_once);
    tcase_add_test(tcase, a_run_that_is_not_executable_is_said_with_its_cure);
    tcase_add_test(tcase,
                   what_begins_with_a_dot_or_is_no_directory_is_ignored);
    tcase_add_test(tcase, a_bad_name_is_said_once);
    tcase_add_test(tcase, faults_are_found_in_any_order_and_when_some_have_gone);
    tcase_add_test(tcase, what_is_foreign_wins);
    tcase_add_test(tcase, a_definition_may_be_a_link_to_a_directory);
    tcase_add_test(tcase, a_rescan_waits_for_nothing);
    tcase_add_test(tcase, where_nobody_else_is_all_are_quiet);
    tcase_add_test(tcase, definitions_that_are_all_quiet_are_not_gathered);
    tcase_add_test(tcase, nobody_appears_until_all_are_gathered);
    tcase_add_test(tcase, who_is_at_work_on_and_on_is_not_waited_for);
}

static void add_changed(TCase *tcase)
{
    tcase_add_test(tcase,
                   an_upgrade_that_deletes_and_recreates_removes_nothing);
    tcase_add_test(tcase, a_copy_is_not_renewed_while_somebody_is_at_work);
    tcase_add_test(tcase, work_that_was_not_heard_of_yet_puts_off_a_renewal);
    tcase_add_test(tcase, a_change_that_is_undone_is_no_change);
    tcase_add_test(tcase, a_change_in_any_directory_of_it_is_seen);
    tcase_add_test(tcase, the_down_of_a_definition_is_not_a_change);
    tcase_add_test(tcase, a_renewal_that_failed_half_way_is_known_to_have);
    tcase_add_test(tcase, lost_events_are_made_up_for);
    tcase_add_test(tcase, a_rescan_makes_up_for_lost_events_too);
    tcase_add_test(tcase, what_cannot_be_watched_is_polled);
}

static void add_lost(TCase *tcase)
{
    tcase_add_test(tcase, a_removed_directory_is_lost_and_then_forgotten);
    tcase_add_test(tcase,
                   a_directory_with_foreign_files_only_is_lost_after_a_second);
    tcase_add_test(tcase, a_directory_that_lost_its_run_only_keeps_its_service);
    tcase_add_test(tcase, what_comes_back_in_time_is_not_lost);
    tcase_add_test(tcase, what_comes_back_while_it_leaves_appears_anew);
    tcase_add_test(tcase, forgetting_what_is_not_gone_does_nothing);
    tcase_add_test(tcase, a_directory_of_definitions_may_come_later);
    tcase_add_test(tcase, definitions_that_are_all_away_are_not_lost);
    tcase_add_test(tcase, a_set_of_definitions_may_take_the_place_of_another);
    tcase_add_test(tcase, definitions_and_the_live_tree_must_be_two);
}

static void add_later(TCase *tcase)
{
    tcase_add_test(tcase, a_later_svscan_copies_only_what_has_changed);
    tcase_add_test(tcase, a_later_svscan_finds_what_has_gone);
    tcase_add_test(tcase, a_later_svscan_mends_a_copy_that_is_not_whole);
    tcase_add_test(tcase, a_mark_without_a_copy_means_nothing);
}

int main(void)
{
    Suite *suite = suite_create("defs");
    SRunner *runner;
    int failed;

    add_taken_up(add_case(suite, "taken up"));
    add_changed(add_case(suite, "changed"));
    add_lost(add_case(suite, "lost"));
    add_later(add_case(suite, "later"));
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
