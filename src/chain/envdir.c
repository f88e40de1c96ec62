/* SPDX-License-Identifier: ISC */
/* envdir.c - an environment directory, read into the environment. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain/envdir.h"

enum { STEP = 4096 };

/* A file being read; grows, and is used again for the next one. */
struct text {
    char *bytes;
    size_t size;
    size_t room;
};

static bool has_room(struct text *text, size_t more)
{
    char *bytes;

    if (text->room - text->size > more)
        return true;
    bytes = realloc(text->bytes, text->room + more + 1);
    if (bytes == NULL)
        return false;
    text->bytes = bytes;
    text->room += more + 1;
    return true;
}

/* Reads to the end, or as much as may count. */
static bool slurp(int fd, struct text *text, const struct envdir_how *how)
{
    ssize_t n;

    text->size = 0;
    do {
        size_t want = how->is_unlimited ? STEP : ENVDIR_VALUE - text->size;

        if (!has_room(text, STEP))
            return false;
        n = read(fd, text->bytes + text->size, want);
        if (n > 0)
            text->size += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r'; /* s6 too */
}

size_t envdir_value(char *text, size_t size, const struct envdir_how *how)
{
    const char *newline = memchr(text, '\n', size);

    if (!how->is_verbatim && newline != NULL)
        size = (size_t)(newline - text);
    if (how->is_verbatim && !how->keeps_end && size > 0 &&
        text[size - 1] == '\n')
        size--;
    if (!how->is_verbatim && !how->keeps_end)
        while (size > 0 && is_blank(text[size - 1]))
            size--;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0')
            text[i] = how->nul;
    text[size] = '\0';
    return size;
}

static bool apply_file(int dir, const char *name, struct text *text,
                       const struct envdir_how *how)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    bool ok;
    int error;

    if (fd < 0) {
        if (errno == ENOENT)
            errno = EIDRM;
        return false;
    }
    ok = slurp(fd, text, how);
    error = errno;
    close(fd);
    errno = error;
    if (!ok)
        return false;
    if (text->size == 0)
        return unsetenv(name) == 0;
    envdir_value(text->bytes, text->size, how);
    return setenv(name, text->bytes, 1) == 0;
}

static bool apply_all(DIR *dir, struct text *text, const struct envdir_how *how)
{
    const struct dirent *entry;

    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0)
        if (entry->d_name[0] != '.' && strchr(entry->d_name, '=') == NULL &&
            !apply_file(dirfd(dir), entry->d_name, text, how))
            return false;
    return errno == 0;
}

bool envdir_apply(const char *path, const struct envdir_how *how)
{
    struct text text = {0};
    DIR *dir = opendir(path);
    bool ok;
    int error;

    if (dir == NULL)
        return false;
    ok = apply_all(dir, &text, how);
    error = errno;
    free(text.bytes);
    closedir(dir);
    errno = error;
    return ok;
}
