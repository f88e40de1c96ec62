/* SPDX-License-Identifier: ISC */
/*
 * perms.c - who may see, command and hear a service.
 */
#include "sv/perms.h"

enum { PERMISSION_BITS = 07777 };

static const mode_t modes[SV_PARTS][SV_WHO_ODD] = {
    [SV_PART_STATUS] = { [SV_WHO_OWNER] = 0700,
                         [SV_WHO_GROUP] = 0710,
                         [SV_WHO_PUBLIC] = 0711 },
    [SV_PART_CONTROL] = { [SV_WHO_OWNER] = 0600, [SV_WHO_GROUP] = 0620 },
    [SV_PART_EVENTS] = { [SV_WHO_GROUP] = 03730, [SV_WHO_PUBLIC] = 01733 },
};

mode_t sv_perms_mode(enum sv_part part, enum sv_who who)
{
    return who == SV_WHO_ODD ? 0 : modes[part][who];
}

enum sv_who sv_perms_who(enum sv_part part, mode_t mode)
{
    mode &= PERMISSION_BITS;
    for (enum sv_who who = SV_WHO_OWNER; who < SV_WHO_ODD; who++)
        if (modes[part][who] != 0 && modes[part][who] == mode)
            return who;
    return SV_WHO_ODD;
}
