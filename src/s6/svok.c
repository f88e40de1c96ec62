/* SPDX-License-Identifier: ISC */
/*
 * svok.c - s6-svok: is a service directory supervised?
 */
#include <errno.h>
#include <fcntl.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/control.h"
#include "sv/say.h"

/* s6's has no options: what looks like one is a directory. */
int s6_svok(int argc, char *argv[])
{
    char lock[SV_PATH_MAX];

    if (argc < 2)
        face_usage();
    sv_at(lock, argv[1], SV_LOCK);
    switch (sv_lock_held(AT_FDCWD, lock)) {
    case SV_HELD: return SV_EXIT_OK;
    case SV_NOT_HELD: return SV_EXIT_NO;
    case SV_HELD_UNKNOWN: break;
    }
    sv_die_sys("unable to check ", lock);
}
