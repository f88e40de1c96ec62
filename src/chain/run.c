/* SPDX-License-Identifier: ISC */
/* run.c - exec, and what a shell would have said of its failure. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <skalibs/exec.h>

#include "chain/run.h"
#include "sv/say.h"

_Noreturn void run_program(char *const argv[])
{
    if (argv[0] == NULL)
        exit(SV_EXIT_OK);
    /* Not execvp(3), which hands a file that is no program to a shell. */
    exec((const char *const *)argv);

    int code = errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC;

    sv_say_and_exit(code, errno, SV_STRINGS("unable to exec ", argv[0]));
}
