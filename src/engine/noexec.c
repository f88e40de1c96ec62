/* SPDX-License-Identifier: ISC */
/*
 * noexec.c - programs of a service in a LIVE that is mounted noexec, as /run and
 * /dev/shm of a container often are.
 *
 * A script is run as the kernel would: by the interpreter of its first line.
 * Anything else is run from the definition, of which it is a copy.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/spawn.h"
#include "sv/at.h"
#include "sv/paths.h"

static const char blank[] = " \t";

bool noexec_is(int fd)
{
    struct statvfs fs;

    return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

/* Which of its words is a program of the service? */
static size_t own_word(const struct spawn *spawn)
{
    return spawn->program[0] == '/' && spawn->argv[1] != NULL ? 2 : 0;
}

static bool can_exec(const struct service *service, const char *path)
{
    return faccessat(service->base, path, X_OK, AT_EACCESS) == 0;
}

/* The words of the first line, as the kernel cuts it: the interpreter and, to
 * the end of the line, one argument.  How many they are; 0: it is no script. */
static size_t read_interpreter(const struct service *service, const char *path,
                               char line[static NOEXEC_LINE],
                               const char *words[static 2])
{
    ssize_t n = sv_at_read(service->base, ".", path, line, NOEXEC_LINE - 1);
    char *end;

    line[n > 0 ? n : 0] = '\0';
    if (strncmp(line, "#!", 2) != 0)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    for (end = line + strlen(line); strchr(blank, end[-1]) != NULL; end--)
        continue;
    *end = '\0';
    words[0] = line + 2 + strspn(line + 2, blank);
    end = line + (words[0] - line) + strcspn(words[0], blank);
    if (*end == '\0')
        return *words[0] != '\0';
    *end++ = '\0';
    words[1] = end + strspn(end, blank);
    return 2;
}

static bool find_definition(const struct service *service, const char *file,
                            char path[static SV_PATH_MAX])
{
    char dir[SV_PATH_MAX];
    const char *defs = service->engine->defs;

    return defs != NULL && service->base == service->engine->live
           && access(sv_at(path, sv_at(dir, defs, service->name), file), X_OK)
                  == 0;
}

const struct spawn *noexec_plan(const struct spawn *spawn, struct noexec *how)
{
    const struct service *service = spawn->service;
    size_t own = own_word(spawn), n;
    const char *file = own > 0 ? spawn->argv[own] : spawn->program;
    const char **to = how->argv;

    if (can_exec(service, sv_at(how->path, service->dir, file)))
        return spawn;
    for (size_t i = 0; i < own; i++)
        *to++ = spawn->argv[i];
    n = read_interpreter(service, how->path, how->line, to);
    to += n;
    if (n > 0)
        *to++ = file;
    else if (find_definition(service, file, how->path))
        *to++ = how->path;
    else
        return spawn;
    for (size_t i = own; i < NOEXEC_GIVEN && spawn->argv[i] != NULL; i++)
        *to++ = spawn->argv[i + 1];
    how->plan = *spawn;
    how->plan.argv = how->argv;
    if (own == 0)
        how->plan.program = how->argv[0];
    return &how->plan;
}
