/* SPDX-License-Identifier: ISC */
/* join.c - texts put together from strings. */
#include <errno.h>
#include <string.h>

#include "sv/join.h"

bool sv_join(char *buf, size_t size, const char *const *list)
{
    size_t room = size - 1;
    bool fits = true;

    for (; *list != NULL; list++) {
        size_t length = strnlen(*list, room + 1);

        if (length > room) {
            length = room;
            fits = false;
        }
        memcpy(buf, *list, length);
        buf += length;
        room -= length;
    }
    *buf = '\0';
    if (!fits)
        errno = ENAMETOOLONG;
    return fits;
}
