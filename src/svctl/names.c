/* SPDX-License-Identifier: ISC */
/*
 * names.c - the names in a directory, in the order of their bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svctl/keep.h"
#include "svctl/names.h"

static void add(struct names *names, const char *name)
{
    names->list = keep_room(names->list, names->count, &names->room,
                            sizeof *names->list);
    names->list[names->count++] = keep_text(name);
}

static int compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

bool names_read(struct names *names, int base, const char *dir)
{
    int fd = openat(base, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int error;

    *names = (struct names){0};
    if (!list) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    errno = 0;
    while ((entry = readdir(list)))
        if (*entry->d_name != '.')
            add(names, entry->d_name);
    error = errno;
    closedir(list);
    if (names->count)
        qsort(names->list, names->count, sizeof *names->list, compare);
    if (error)
        names_free(names);
    errno = error;
    return !error;
}

bool names_have(const struct names *names, const char *name)
{
    return names->count && bsearch(&name, names->list, names->count,
                                   sizeof *names->list, compare);
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct names){0};
}
