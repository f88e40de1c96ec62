/* SPDX-License-Identifier: ISC */
/* Truths about linking services into a scan directory. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "sv/clock.h"
#include "sv/event.h"
#include "sv/link.h"
#include "sv/paths.h"

#define WEB "web"
#define LOG WEB "/" SV_LOG
#define LINK "tree/www"

enum { SHORT_MS = 20, LONG_S = 20 };

/* The scanner's end of its fifo; the current directory is the scratch one. */
static int control;

static void begin(void)
{
    ck_assert_int_eq(fchdir(service), 0);
    ck_assert_int_eq(mkdir("tree", 0755), 0);
    ck_assert_int_eq(mkdir("tree/" SV_TREE_S6, 0755), 0);
    ck_assert_int_eq(mkfifo("tree/" SV_TREE_CONTROL, 0600), 0);
    ck_assert_int_eq(mkdir(WEB, 0755), 0);
    ck_assert_int_eq(mkdir(LOG, 0755), 0);
    control = open("tree/" SV_TREE_CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(control, 0);
    signal(SIGPIPE, SIG_IGN);
}

static struct sv_linking to_link(int64_t ns)
{
    return (struct sv_linking){ .scandir = "tree",
                                .dir = WEB,
                                .name = "www",
                                .target = "../" WEB,
                                .deadline = sv_boottime() + ns };
}

static bool is_told(const char *letters)
{
    char heard[16] = "";
    ssize_t n = read(control, heard, sizeof heard - 1);

    return n == (ssize_t)strlen(letters) && strcmp(heard, letters) == 0;
}

static int subscribers(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += strncmp(entry->d_name, "ftrig1", 6) == 0;
    closedir(dir);
    return n;
}

/* A scanner that has both supervised as soon as it is told to look; exits 0 if
 * that was all, and the link was there by then. */
static pid_t play_scanner(void)
{
    pid_t pid = fork();
    char letter;

    if (pid != 0)
        return pid;
    fcntl(control, F_SETFL, 0);
    if (read(control, &letter, 1) != 1 || letter != 'a' || !is_there(LINK))
        _exit(1);
    sv_event_notify(AT_FDCWD, LOG, "s");
    sv_event_notify(AT_FDCWD, WEB, "su");
    _exit(0);
}

START_TEST(who_is_not_taken_up_in_time_is_as_before)
{
    begin();

    struct sv_linking linking = to_link(SHORT_MS * SV_MS);

    linking.stays_down = true;
    ck_assert_int_eq(sv_link(&linking), SV_LINK_TIMEOUT);
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert(!is_there(LINK));
    ck_assert(is_told("aan"));
    ck_assert(!is_there(WEB "/" SV_DOWN_FILE));
    ck_assert(!is_there(LOG "/" SV_DOWN_FILE));
    ck_assert_int_eq(subscribers(WEB "/" SV_EVENT), 0);
    ck_assert_int_eq(subscribers(LOG "/" SV_EVENT), 0);
}
END_TEST

START_TEST(nothing_is_linked_where_nobody_scans)
{
    begin();

    struct sv_linking linking = to_link(LONG_S * SV_SECOND);

    close(control);
    linking.is_down = true;
    ck_assert_int_eq(sv_link(&linking), SV_LINK_UNTOLD);
    ck_assert(!is_there(LINK));
    ck_assert(!is_there(WEB "/" SV_DOWN_FILE));
}
END_TEST

START_TEST(a_name_that_is_taken_stays_what_it_is)
{
    begin();

    struct sv_linking linking = to_link(LONG_S * SV_SECOND);

    ck_assert_int_eq(mkdir(LINK, 0755), 0);
    ck_assert_int_eq(sv_link(&linking), SV_LINK_UNMADE);
    ck_assert_int_eq(errno, EEXIST);
    ck_assert(is_there(LINK));
    ck_assert(!is_told("a"));
}
END_TEST

START_TEST(who_is_taken_up_stays_linked)
{
    begin();

    struct sv_linking linking = to_link(LONG_S * SV_SECOND);
    pid_t scanner = play_scanner();
    int status;

    linking.stays_down = true;
    linking.is_public = true;
    ck_assert_int_eq(sv_link(&linking), SV_LINKED);
    ck_assert_int_eq(waitpid(scanner, &status, 0), scanner);
    ck_assert_int_eq(status, 0);
    ck_assert(is_there(LINK));
    ck_assert(is_there(WEB "/" SV_DOWN_FILE));
    ck_assert(is_there(LOG "/" SV_DOWN_FILE));
    ck_assert_int_eq(subscribers(WEB "/" SV_EVENT), 0);
}
END_TEST

START_TEST(down_for_once_leaves_no_file)
{
    begin();

    struct sv_linking linking = to_link(LONG_S * SV_SECOND);
    pid_t scanner = play_scanner();

    linking.is_down = true;
    ck_assert_int_eq(sv_link(&linking), SV_LINKED);
    waitpid(scanner, NULL, 0);
    ck_assert(is_there(LINK));
    ck_assert(!is_there(WEB "/" SV_DOWN_FILE));
    ck_assert(!is_there(LOG "/" SV_DOWN_FILE));
}
END_TEST

START_TEST(a_link_is_removed_and_the_scanner_told)
{
    begin();

    struct sv_unlinking unlinking = { .scandir = "tree", .name = "www",
                                      .is_waited_for = true,
                                      .deadline = INT64_MAX };

    ck_assert(sv_unlink(&unlinking)); /* there is none */
    ck_assert_int_eq(symlink("../" WEB, LINK), 0);
    ck_assert(sv_unlink(&unlinking));
    ck_assert(!is_there(LINK));
    ck_assert(is_told("an"));
    ck_assert_int_eq(mkdir(LINK, 0755), 0);
    ck_assert(!sv_unlink(&unlinking));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(is_there(LINK));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("link", who_is_not_taken_up_in_time_is_as_before,
                               nothing_is_linked_where_nobody_scans,
                               a_name_that_is_taken_stays_what_it_is,
                               who_is_taken_up_stays_linked,
                               down_for_once_leaves_no_file,
                               a_link_is_removed_and_the_scanner_told);
}
