/* SPDX-License-Identifier: ISC */
/*
 * keep.c - memory that grows with what is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sv/say.h"
#include "svctl/keep.h"

enum { ROOM_FIRST = 16 };

void *keep_or_die(void *memory)
{
    if (!memory)
        sv_die_sys("unable to keep what was told");
    return memory;
}

void *keep_room(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : ROOM_FIRST;
    return keep_or_die(reallocarray(list, *room, size));
}

char *keep_text(const char *text)
{
    return keep_or_die(strdup(text));
}
