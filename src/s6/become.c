/* SPDX-License-Identifier: ISC */
/*
 * become.c - a face that ends as another program.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "s6/become.h"
#include "sv/say.h"

_Noreturn void become(char *argv[])
{
    if (argv[0] == NULL)
        exit(SV_EXIT_OK);
    execvp(argv[0], argv);
    sv_say_and_exit(errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC, errno,
                    SV_STRINGS("unable to exec ", argv[0]));
}
