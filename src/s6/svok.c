/* SPDX-License-Identifier: ISC */
/*
 * svok.c - s6-svok: is a service directory supervised?
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/control.h"
#include "sv/say.h"

int s6_svok(int argc, char *argv[])
{
    char lock[SV_PATH_MAX];

    if (getopt(argc, argv, "+") != -1 || optind >= argc)
        face_usage();
    sv_at(lock, argv[optind], SV_LOCK);
    switch (sv_lock_held(AT_FDCWD, lock)) {
    case SV_HELD: return SV_EXIT_OK;
    case SV_NOT_HELD: return SV_EXIT_NO;
    case SV_HELD_UNKNOWN: break;
    }
    sv_die_sys("unable to check ", lock);
}
