/* SPDX-License-Identifier: ISC */
/*
 * fifodir.c - s6-mkfifodir, s6-cleanfifodir, s6-ftrig-notify: fifodirs by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "s6/face.h"
#include "sv/event.h"
#include "sv/say.h"

int s6_mkfifodir(int argc, char *argv[])
{
    gid_t group = SV_EVENT_PUBLIC;
    bool is_forced = false;

    for (int option; (option = getopt(argc, argv, "+fg:")) != -1;) {
        if (option == 'f')
            is_forced = true;
        else if (option != 'g' || gid0_scan(optarg, &group) == 0)
            face_usage();
    }
    if (optind >= argc)
        face_usage();
    if (!sv_fifodir_make(AT_FDCWD, argv[optind], group, is_forced))
        sv_die_sys("unable to create fifodir at ", argv[optind]);
    return SV_EXIT_OK;
}

/* As s6's, this and the next have no options: a word is what it stands for. */
int s6_cleanfifodir(int argc, char *argv[])
{
    if (argc < 2)
        face_usage();
    if (!sv_fifodir_notify(AT_FDCWD, argv[1], ""))
        sv_die_sys("unable to clean up fifodir at ", argv[1]);
    return SV_EXIT_OK;
}

int s6_ftrig_notify(int argc, char *argv[])
{
    if (argc < 3)
        face_usage();
    /* A subscriber may go between our open and our write. */
    signal(SIGPIPE, SIG_IGN);
    if (!sv_fifodir_notify(AT_FDCWD, argv[1], argv[2]))
        sv_die_sys("unable to notify ", argv[1]);
    return SV_EXIT_OK;
}
