/* SPDX-License-Identifier: ISC */
/*
 * value.c - what a service directory says, read when it counts.
 *
 * A wrong value is a note of the service, and the default applies.
 */
#include <errno.h>
#include <string.h>

#include "engine/act.h"
#include "sv/at.h"
#include "sv/say.h"
#include "sv/service.h"

static void note_unreadable(struct service *service, const char *file)
{
    service_note(service,
                 SV_STRINGS(file, ": unable to read it (going on without it): ",
                            strerror(errno)));
}

uint32_t service_number(struct service *service, const char *file,
                        uint32_t otherwise)
{
    uint32_t value = otherwise;
    enum sv_value got =
        sv_service_uint(service->base, service->dir, file, &value);

    if (got == SV_INVALID)
        service_note(service, SV_STRINGS(file, ": not a number from 0 to"
                                               " 4294967295: ignored"));
    if (got == SV_UNREADABLE)
        note_unreadable(service, file);
    return got == SV_FOUND ? value : otherwise;
}

int service_signal(struct service *service, const char *file, int otherwise)
{
    int signal = otherwise;
    enum sv_value got =
        sv_service_signal(service->base, service->dir, file, &signal);

    if (got == SV_INVALID)
        service_note(service, SV_STRINGS(file, ": not a signal: SIG",
                                         sv_signal_name(otherwise),
                                         " is sent instead"));
    if (got == SV_UNREADABLE)
        note_unreadable(service, file);
    return got == SV_FOUND ? signal : otherwise;
}

bool service_has(struct service *service, const char *file)
{
    bool has = sv_at_exists(service->base, service->dir, file);

    if (!has && errno != 0)
        note_unreadable(service, file);
    return has;
}
