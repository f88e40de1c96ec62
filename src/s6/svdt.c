/* SPDX-License-Identifier: ISC */
/*
 * svdt.c - s6-svdt, s6-svdt-clear: the deaths of a service.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <skalibs/uint32.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/tally.h"

static void print_death(const struct sv_death *death, bool is_number)
{
    char stamp[TAIN_PACK * 2 + 2] = "@";

    stamp[1 + tain_fmt(stamp + 1, &death->stamp)] = '\0';
    if (death->signal == 0)
        printf("%s exitcode %u\n", stamp, death->code);
    else if (is_number)
        printf("%s signal %u\n", stamp, death->signal);
    else
        printf("%s signal SIG%s\n", stamp, sv_signal_name(death->signal));
}

/* A missing tally is an empty one, but only where there may be one. */
static bool has_been_supervised(const char *dir)
{
    char path[SV_PATH_MAX];

    return faccessat(AT_FDCWD, sv_at(path, dir, SV_SUPERVISE "/."), F_OK, 0) ==
           0;
}

int s6_svdt(int argc, char *argv[])
{
    static struct sv_death deaths[SV_TALLY_MAX];
    uint32_t max = SV_TALLY_MAX;
    bool is_number = false;
    size_t n;

    for (int option; (option = getopt(argc, argv, "+Ssn:")) != -1;)
        if (option == 's' || option == 'S')
            is_number = option == 's';
        else if (option != 'n' || uint320_scan(optarg, &max) == 0)
            face_usage();
    if (optind >= argc)
        face_usage();
    if (max == 0)
        return SV_EXIT_OK;
    if (max > SV_TALLY_MAX)
        max = SV_TALLY_MAX;
    if (!has_been_supervised(argv[optind]) ||
        !sv_tally_read(AT_FDCWD, argv[optind], deaths, max, &n))
        sv_die_sys("unable to read death tally for service ", argv[optind]);
    for (size_t i = 0; i < n; i++)
        print_death(&deaths[i], is_number);
    if (fflush(stdout) != 0)
        sv_die_sys("unable to write to stdout");
    return SV_EXIT_OK;
}

/* s6's has no options: what looks like one is a directory. */
int s6_svdt_clear(int argc, char *argv[])
{
    if (argc < 2)
        face_usage();
    if (!sv_at_replace(AT_FDCWD, argv[1], SV_TALLY, SV_TALLY_NEW, "", 0))
        sv_die_sys("unable to clear death tally for service ", argv[1]);
    return SV_EXIT_OK;
}
