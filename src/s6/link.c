/* SPDX-License-Identifier: ISC */
/*
 * link.c - s6-svlink, s6-svunlink: a service in a scan directory, by a symlink.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "s6/face.h"
#include "s6/link.h"
#include "s6/wait.h"
#include "sv/at.h"
#include "sv/control.h"
#include "sv/say.h"
#include "sv/service.h"

/* A service and its logger, if it has one. */
enum { PAIR = 2 };

struct pair {
    int count;
    char dirs[PAIR][SV_PATH_MAX];
    struct sv_waited waited[PAIR];
};

static void find_pair(struct pair *pair, const char *dir)
{
    pair->count = 1;
    sv_at(pair->dirs[0], ".", dir);
    sv_at(pair->dirs[1], dir, SV_LOG);
    if (sv_at_exists(AT_FDCWD, dir, SV_LOG))
        pair->count = PAIR;
}

static int64_t take_time(const char *milliseconds)
{
    struct waiting waiting;

    if (!waiting_until(&waiting, milliseconds))
        face_usage();
    return waiting.deadline;
}

static bool is_supervised(const char *dir)
{
    char lock[SV_PATH_MAX];

    return sv_lock_held(AT_FDCWD, sv_at(lock, dir, SV_LOCK)) == SV_HELD;
}

bool scanner_runs(const char *scandir)
{
    char lock[SV_PATH_MAX];

    if (access(sv_at(lock, scandir, SV_TREE_LOCK), F_OK) < 0)
        sv_die_sys("unable to open ", scandir, "/" SV_TREE_LOCK);
    switch (sv_lock_held(AT_FDCWD, lock)) {
    case SV_HELD: return true;
    case SV_NOT_HELD: return false;
    case SV_HELD_UNKNOWN: break;
    }
    sv_die_sys("unable to check ", lock);
}

static enum sv_sent tell_scanner(const char *scandir, const char *letters)
{
    char control[SV_PATH_MAX];

    signal(SIGPIPE, SIG_IGN);
    return sv_control_send(AT_FDCWD, sv_at(control, scandir, SV_TREE_CONTROL),
                           letters, strlen(letters));
}

/* ---- linking ------------------------------------------------------------ */

void linking_options(struct linking *linking, int argc, char *argv[])
{
    *linking = (struct linking){ .deadline = INT64_MAX };
    for (int option; (option = getopt(argc, argv, "+dDfPt:")) != -1;)
        switch (option) {
        case 'd': linking->is_down = true; linking->stays_down = false; break;
        case 'D': linking->stays_down = true; linking->is_down = false; break;
        case 'f': linking->is_forced = true; break;
        case 'P': linking->is_public = true; break;
        case 't': linking->deadline = take_time(optarg); break;
        default: face_usage();
        }
}

static void check_run(const char *dir)
{
    char run[SV_PATH_MAX];

    if (access(sv_at(run, dir, SV_RUN), F_OK) < 0)
        sv_die_sys("unable to stat ", dir, "/" SV_RUN);
    if (!sv_service_executable(AT_FDCWD, dir, SV_RUN))
        sv_die(SV_EXIT_USAGE, run, " is not executable");
}

static void put_down(const char *dir)
{
    char down[SV_PATH_MAX];
    int fd = open(sv_at(down, dir, SV_DOWN_FILE),
                  O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        sv_die_sys("unable to create ", down);
    close(fd);
}

static void remove_down(const struct pair *pair)
{
    char down[SV_PATH_MAX];

    for (int i = 0; i < pair->count; i++)
        if (unlink(sv_at(down, pair->dirs[i], SV_DOWN_FILE)) < 0 &&
            errno != ENOENT)
            sv_warn_sys("unable to remove ", down);
}

static void prepare(const struct linking *linking, const char *dir)
{
    char event[SV_PATH_MAX];

    if (linking->is_down || linking->stays_down)
        put_down(dir);
    if (!sv_fifodir_make(AT_FDCWD, sv_at(event, dir, SV_EVENT),
                         linking->is_public ? SV_EVENT_PUBLIC : getegid(),
                         linking->is_forced))
        sv_die_sys("unable to create fifodir at ", event);
}

static void subscribe(struct sv_wait *wait, struct pair *pair,
                      const char *letters)
{
    const struct sv_goal goal = { .letters = letters };

    if (!sv_wait_open(wait, &goal, false))
        sv_die_sys("unable to wait");
    for (int i = 0; i < pair->count; i++) {
        if (sv_wait_subscribe(wait, &pair->waited[i], AT_FDCWD, pair->dirs[i]))
            continue;
        sv_wait_close(wait);
        sv_die_sys("unable to subscribe to events for ", pair->dirs[i]);
    }
}

/* Says what went wrong, if anything has. */
static int code_of(enum sv_wait_end end, const char *scandir)
{
    switch (end) {
    case SV_WAIT_DONE: return SV_EXIT_OK;
    case SV_WAIT_TIMEOUT:
        sv_say(SV_FATAL, ETIMEDOUT,
               SV_STRINGS("unable to wait for a supervisor below ", scandir));
        return SV_EXIT_TIMEOUT;
    case SV_WAIT_SIGNAL:
    case SV_WAIT_ERROR: break;
    }
    sv_say(SV_FATAL, errno, SV_STRINGS("unable to wait for a supervisor"));
    return SV_EXIT_SYSTEM;
}

/* The link is made: has the scanner take it up. */
static int await_supervisor(const struct linking *linking,
                            struct sv_wait *wait, const char *scandir,
                            const char *link)
{
    int code;

    if (tell_scanner(scandir, "a") != SV_SENT) {
        sv_say(SV_FATAL, errno, SV_STRINGS("unable to control ", scandir));
        code = SV_EXIT_SYSTEM;
    } else {
        code = code_of(sv_wait_run(wait, linking->deadline), scandir);
    }
    if (code != SV_EXIT_OK) {
        unlink(link);
        tell_scanner(scandir, "an");
    }
    return code;
}

int link_service(const struct linking *linking, const char *scandir,
                 const char *dir, const char *name, const char *target)
{
    char link[SV_PATH_MAX];
    struct sv_wait wait;
    struct pair pair;
    bool is_there = is_supervised(dir);
    int code = SV_EXIT_OK;

    find_pair(&pair, dir);
    for (int i = 0; i < pair.count; i++)
        check_run(pair.dirs[i]);
    sv_at(link, scandir, name);
    if (is_there) {
        sv_warn("supervisor already running on ", dir);
    } else {
        for (int i = 0; i < pair.count; i++)
            prepare(linking, pair.dirs[i]);
        subscribe(&wait, &pair, "s");
    }
    if (symlink(target, link) < 0 && !(is_there && errno == EEXIST)) {
        sv_say(SV_FATAL, errno,
               SV_STRINGS("unable to link servicedir ", dir, " into scandir ",
                          scandir, " with name ", name));
        code = SV_EXIT_SYSTEM;
    } else if (!is_there) {
        code = await_supervisor(linking, &wait, scandir, link);
    }
    if (!is_there) {
        if (linking->is_down || (linking->stays_down && code != SV_EXIT_OK))
            remove_down(&pair);
        sv_wait_close(&wait);
    }
    return code;
}

int s6_svlink(int argc, char *argv[])
{
    char real[PATH_MAX];
    char name[SV_PATH_MAX];
    struct linking linking;

    linking_options(&linking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    if (argc > 2) {
        sv_at(name, ".", argv[2]);
    } else {
        sv_at(name, ".", argv[1]);
        for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
            name[n - 1] = '\0';
        if (strrchr(name, '/') != NULL)
            memmove(name, strrchr(name, '/') + 1,
                    strlen(strrchr(name, '/')));
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        sv_die(SV_EXIT_USAGE, "invalid name");
    if (!scanner_runs(argv[0]))
        sv_die(SV_EXIT_NO, "s6-svscan not running on ", argv[0]);
    check_run(argv[1]);
    if (realpath(argv[1], real) == NULL)
        sv_die_sys("unable to find the real path of ", argv[1]);
    return link_service(&linking, argv[0], argv[1], name, real);
}

/* ---- unlinking ---------------------------------------------------------- */

void unlinking_options(struct unlinking *unlinking, int argc, char *argv[])
{
    *unlinking = (struct unlinking){ .is_waited_for = true,
                                     .deadline = INT64_MAX };
    for (int option; (option = getopt(argc, argv, "+Xt:")) != -1;)
        switch (option) {
        case 'X': unlinking->is_waited_for = false; break;
        case 't': unlinking->deadline = take_time(optarg); break;
        default: face_usage();
        }
}

/* Whoever is not supervised will not say that it goes. */
static void drop_absent(struct pair *pair)
{
    if (pair->count == PAIR && !is_supervised(pair->dirs[1]))
        pair->count = 1;
}

void unlink_service(const struct unlinking *unlinking, const char *scandir,
                    const char *name)
{
    char link[SV_PATH_MAX];
    char real[PATH_MAX];
    struct sv_wait wait;
    struct pair pair;
    struct stat st;
    bool waits;

    if (lstat(sv_at(link, scandir, name), &st) < 0) {
        if (errno == ENOENT)
            return;
        sv_die_sys("unable to stat ", link);
    }
    if (!S_ISLNK(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTDIR;
        sv_die_sys("unable to prepare unlinking of service ", name,
                   " in scandir ", scandir);
    }
    waits = unlinking->is_waited_for && is_supervised(link) &&
            realpath(link, real) != NULL;
    if (waits) {
        find_pair(&pair, real);
        drop_absent(&pair);
        subscribe(&wait, &pair, "x");
    }
    if (unlink(link) < 0) {
        int error = errno;

        if (waits)
            sv_wait_close(&wait);
        errno = error;
        sv_die_sys("unable to unlink ", link);
    }
    if (tell_scanner(scandir, "an") == SV_SENT && waits)
        sv_wait_run(&wait, unlinking->deadline);
    if (waits)
        sv_wait_close(&wait);
}

int s6_svunlink(int argc, char *argv[])
{
    struct unlinking unlinking;

    unlinking_options(&unlinking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    if (argv[1][0] == '\0' || argv[1][0] == '.' || strchr(argv[1], '/') != NULL)
        sv_die(SV_EXIT_USAGE, "invalid service name");
    unlink_service(&unlinking, argv[0], argv[1]);
    return SV_EXIT_OK;
}
