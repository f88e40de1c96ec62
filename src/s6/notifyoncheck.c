/* SPDX-License-Identifier: ISC */
/*
 * notifyoncheck.c - s6-notifyoncheck, for run scripts: a check says when the
 * service is ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <skalibs/uint32.h>

#include "chain/probe.h"
#include "chain/run.h"
#include "s6/face.h"
#include "sv/control.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"

enum { NO_FD = -1 };

static uint32_t number(const char *text)
{
    uint32_t value;

    if (uint320_scan(text, &value) == 0)
        face_usage();
    return value;
}

static int descriptor(const char *text)
{
    uint32_t value = number(text);

    if (value > INT_MAX)
        face_usage();
    return (int)value;
}

/* The one that the supervisor reads from. */
static int notification_fd(void)
{
    uint32_t value = 0;

    switch (sv_service_uint(AT_FDCWD, ".", SV_NOTIFICATION_FD, &value)) {
    case SV_FOUND: break;
    case SV_ABSENT: errno = ENOENT; /* fall through */
    case SV_UNREADABLE: sv_die_sys("unable to read ./" SV_NOTIFICATION_FD);
    case SV_INVALID: value = UINT32_MAX; break;
    }
    if (value > INT_MAX)
        sv_die(SV_EXIT_USAGE, "invalid ./" SV_NOTIFICATION_FD);
    return (int)value;
}

/* The words of -c; its text is taken apart by execlineb, as by s6's. */
static char *const *command_line(char *text)
{
    static char execlineb[] = "execlineb", options[] = "-Pc";
    static char *words[4] = { execlineb, options };

    words[2] = text;
    return words;
}

static void options(struct probe *probe, int argc, char *argv[])
{
    for (int option;
         (option = getopt(argc, argv, "+d3:s:T:t:w:n:c:")) != -1;)
        switch (option) {
        case 'd': probe->is_apart = true; break;
        case '3': probe->fd = descriptor(optarg); break;
        case 's': probe->first_ms = number(optarg); break;
        case 'T': probe->all_ms = number(optarg); break;
        case 't': probe->check_ms = number(optarg); break;
        case 'w': probe->between_ms = number(optarg); break;
        case 'n': probe->tries = number(optarg); break;
        case 'c': probe->check = command_line(optarg); break;
        default: face_usage();
        }
}

int s6_notifyoncheck(int argc, char *argv[])
{
    static char script[] = "./" SV_DATA "/check";
    static char *words[] = { script, NULL };
    struct probe probe = { .check = words, .fd = NO_FD, .first_ms = 10,
                           .between_ms = 1000, .tries = 7 };

    options(&probe, argc, argv);
    if (optind >= argc)
        face_usage();
    if (sv_lock_held(AT_FDCWD, SV_LOCK) != SV_HELD)
        sv_die(SV_EXIT_USAGE, "s6-supervise not running");
    if (probe.fd == NO_FD)
        probe.fd = notification_fd();
    if (fcntl(probe.fd, F_GETFD) < 0)
        sv_die_sys("notification-fd sanity check failed");
    if (!probe_start(&probe))
        return SV_EXIT_SYSTEM;
    /* Or the supervisor would wait for who does not know of it. */
    close(probe.fd);
    run_program(argv + optind);
}
