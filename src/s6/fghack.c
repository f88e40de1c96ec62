/* SPDX-License-Identifier: ISC */
/*
 * fghack.c - s6-fghack: a program that goes into the background is waited for.
 */
#include <errno.h>
#include <sys/wait.h>

#include "chain/foreground.h"
#include "s6/face.h"
#include "sv/say.h"

enum { HAS_WRITTEN = 102, SIGNALLED = 128 };

/* No options, as s6's has none: what follows is the program, whatever it is. */
int s6_fghack(int argc, char *argv[])
{
    struct foreground end;
    const char *failed;

    if (argc < 2)
        face_usage();
    failed = foreground_run(&end, argv + 1);
    if (failed != NULL)
        sv_die_sys("unable to ", failed, " ", argv[1]);
    if (end.has_written)
        sv_die(HAS_WRITTEN, argv[1], " wrote on hackpipe");
    if (WIFSIGNALED(end.wstat))
        return SIGNALLED + WTERMSIG(end.wstat);
    return WEXITSTATUS(end.wstat);
}
