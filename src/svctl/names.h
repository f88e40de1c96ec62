/* SPDX-License-Identifier: ISC */
/*
 * names.h - the names in a directory, in the order of their bytes.
 */
#ifndef SVCTL_NAMES_H
#define SVCTL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
    char **list;
    size_t count;
    size_t room;
};

/* Those of dir, below base, but for names with a leading dot.  False with errno
 * set, and then there is nothing to free.  Exits with 111 where there is no
 * memory. */
bool names_read(struct names *names, int base, const char *dir);
bool names_have(const struct names *names, const char *name);
void names_free(struct names *names);

#endif
