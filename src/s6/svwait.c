/* SPDX-License-Identifier: ISC */
/*
 * svwait.c - s6-svwait: waits until services are up, or down.
 */
#include <unistd.h>

#include "s6/face.h"
#include "s6/wait.h"

int s6_svwait(int argc, char *argv[])
{
    struct waiting waiting = { .goal.is_up = true, .deadline = INT64_MAX };
    struct sv_wait wait;

    for (int option; (option = getopt(argc, argv, "+uUdDrRaot:")) != -1;)
        waiting_option(&waiting, option, optarg);
    waiting_begin(&waiting, &wait, argv + optind, (size_t)(argc - optind));
    return waiting_code(waiting_end(&waiting, &wait));
}
