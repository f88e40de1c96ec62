/* SPDX-License-Identifier: ISC */
/* usage.c - a command line that cannot be meant. */
#include "sv/say.h"
#include "svctl/svctl.h"

_Noreturn void die_of_usage(const char *what)
{
    sv_die(SV_EXIT_USAGE, what, "; svctl --help says more");
}
