/* SPDX-License-Identifier: ISC */
/*
 * wait.c - what s6-svwait, s6-svlisten, s6-svlisten1 and s6-svc -w share.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <skalibs/uint32.h>

#include "s6/face.h"
#include "s6/wait.h"
#include "sv/clock.h"
#include "sv/say.h"

/* An exit code has no room for more; 256 would say that all went well. */
enum { FAILURES_MAX = 255 };

bool waiting_until(struct waiting *waiting, const char *milliseconds)
{
    uint32_t number;

    if (uint320_scan(milliseconds, &number) == 0)
        return false;
    waiting->deadline = number > 0 ? sv_boottime() + number * SV_MS : INT64_MAX;
    return true;
}

void waiting_option(struct waiting *waiting, int option, const char *argument)
{
    if (sv_goal_of((char)option, &waiting->goal))
        return;
    if (option == 'a' || option == 'o')
        waiting->is_any = option == 'o';
    else if (option != 't' || !waiting_until(waiting, argument))
        face_usage();
}

void waiting_begin(struct waiting *waiting, struct sv_wait *wait,
                   char *const dirs[], size_t count)
{
    struct sv_waited *services = calloc(count + 1, sizeof *services);

    waiting->services = services;
    if (services == NULL ||
        !sv_wait_open(wait, &waiting->goal, waiting->is_any))
        sv_die_sys("unable to wait");
    for (size_t i = 0; i < count; i++) {
        if (!sv_wait_subscribe(wait, &services[i], AT_FDCWD, dirs[i])) {
            sv_wait_close(wait);
            sv_die_sys("unable to subscribe to events for ", dirs[i]);
        }
        if (!sv_wait_look(wait, &services[i])) {
            sv_wait_close(wait);
            sv_die_sys("unable to read status for ", dirs[i]);
        }
    }
}

size_t waiting_end(struct waiting *waiting, struct sv_wait *wait)
{
    enum sv_wait_end end = sv_wait_run(wait, waiting->deadline);
    int error = errno;

    sv_wait_close(wait);
    free(waiting->services);
    waiting->services = NULL;
    switch (end) {
    case SV_WAIT_DONE:
        break;
    case SV_WAIT_TIMEOUT:
        sv_die(SV_EXIT_TIMEOUT, "timed out");
    case SV_WAIT_SIGNAL:
        sv_die(SV_EXIT_SYSTEM, "told to end by a signal");
    case SV_WAIT_ERROR:
        errno = error;
        sv_die_sys("unable to wait");
    }
    return wait->failures;
}

int waiting_code(size_t failures)
{
    if (failures == 0)
        return SV_EXIT_OK;
    sv_say(SV_FATAL, 0, SV_STRINGS("some services reported permanent failure "
                                   "or their supervisor died"));
    return failures < FAILURES_MAX ? (int)failures : FAILURES_MAX;
}
