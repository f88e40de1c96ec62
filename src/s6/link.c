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
#include <unistd.h>

#include "s6/face.h"
#include "s6/link.h"
#include "s6/wait.h"
#include "sv/at.h"
#include "sv/control.h"
#include "sv/say.h"
#include "sv/service.h"

static int64_t take_time(const char *milliseconds)
{
    struct waiting waiting;

    if (!waiting_until(&waiting, milliseconds))
        face_usage();
    return waiting.deadline;
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

/* ---- linking ------------------------------------------------------------ */

void linking_options(struct sv_linking *linking, int argc, char *argv[])
{
    *linking = (struct sv_linking){ .deadline = INT64_MAX };
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

static int fail(int code, const char *what, const char *on)
{
    sv_say(SV_FATAL, errno, SV_STRINGS("unable to ", what, on));
    return code;
}

int link_service(const struct sv_linking *linking)
{
    char log[SV_PATH_MAX];

    check_run(linking->dir);
    if (sv_at_exists(AT_FDCWD, linking->dir, SV_LOG))
        check_run(sv_at(log, linking->dir, SV_LOG));
    signal(SIGPIPE, SIG_IGN);
    switch (sv_link(linking)) {
    case SV_LINKED:
        return SV_EXIT_OK;
    case SV_LINKED_BEFORE:
        sv_warn("supervisor already running on ", linking->dir);
        return SV_EXIT_OK;
    case SV_LINKED_DOWN:
        sv_warn_sys("unable to remove ", linking->dir, "/" SV_DOWN_FILE);
        return SV_EXIT_OK;
    case SV_LINK_UNPREPARED:
        return fail(SV_EXIT_SYSTEM, "prepare servicedir ", linking->dir);
    case SV_LINK_UNMADE:
        return fail(SV_EXIT_SYSTEM, "make a link to servicedir ",
                    linking->dir);
    case SV_LINK_UNTOLD:
        return fail(SV_EXIT_SYSTEM, "control ", linking->scandir);
    case SV_LINK_TIMEOUT:
        return fail(SV_EXIT_TIMEOUT, "wait for a supervisor on ",
                    linking->dir);
    case SV_LINK_UNHEARD:
        break;
    }
    return fail(SV_EXIT_SYSTEM, "wait for a supervisor on ", linking->dir);
}

/* The last part of a path, slashes at its end not counted. */
static void last_part(char name[static SV_PATH_MAX], const char *path)
{
    size_t end = strlen(path), begin;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
        ;
    if (end - begin >= SV_PATH_MAX)
        end = begin;
    memcpy(name, path + begin, end - begin);
    name[end - begin] = '\0';
}

int s6_svlink(int argc, char *argv[])
{
    char real[PATH_MAX];
    char name[SV_PATH_MAX];
    struct sv_linking linking;

    linking_options(&linking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    if (argc > 2)
        sv_at(name, ".", argv[2]);
    else
        last_part(name, argv[1]);
    if (argv[0][0] == '\0')
        sv_die(SV_EXIT_USAGE, "invalid scandir");
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        sv_die(SV_EXIT_USAGE, "invalid name");
    if (!scanner_runs(argv[0]))
        sv_die(SV_EXIT_NO, "s6-svscan not running on ", argv[0]);
    check_run(argv[1]);
    if (realpath(argv[1], real) == NULL)
        sv_die_sys("unable to find the real path of ", argv[1]);
    linking.scandir = argv[0];
    linking.dir = argv[1];
    linking.name = name;
    linking.target = real;
    return link_service(&linking);
}

/* ---- unlinking ---------------------------------------------------------- */

void unlinking_options(struct sv_unlinking *unlinking, int argc, char *argv[])
{
    *unlinking = (struct sv_unlinking){ .is_waited_for = true,
                                        .deadline = INT64_MAX };
    for (int option; (option = getopt(argc, argv, "+Xt:")) != -1;)
        switch (option) {
        case 'X': unlinking->is_waited_for = false; break;
        case 't': unlinking->deadline = take_time(optarg); break;
        default: face_usage();
        }
}

void unlink_service(const struct sv_unlinking *unlinking)
{
    signal(SIGPIPE, SIG_IGN);
    if (!sv_unlink(unlinking))
        sv_die_sys("unable to unlink ", unlinking->name, " in scandir ",
                   unlinking->scandir);
}

int s6_svunlink(int argc, char *argv[])
{
    struct sv_unlinking unlinking;

    unlinking_options(&unlinking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    if (argv[1][0] == '\0' || argv[1][0] == '.' || strchr(argv[1], '/') != NULL)
        sv_die(SV_EXIT_USAGE, "invalid service name");
    unlinking.scandir = argv[0];
    unlinking.name = argv[1];
    unlink_service(&unlinking);
    return SV_EXIT_OK;
}
