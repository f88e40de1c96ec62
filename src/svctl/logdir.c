/* SPDX-License-Identifier: ISC */
/*
 * logdir.c - which directory does a logger write?
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/logdir.h"
#include "svctl/logdir.h"

/* One that is closed to us is taken for a logdir: whoever opens it says so. */
static bool has_current(const char *path)
{
    return sv_at_exists(AT_FDCWD, path, SV_LOG_CURRENT) || errno == EACCES;
}

/* Is the descriptor a file that only a logger has open?  Cuts its name off. */
static bool is_of_logdir(int fds, const char *number,
                         char path[static SV_PATH_MAX])
{
    char *slash;

    if (!sv_at_link(fds, number, path) || *path != '/')
        return false;
    slash = strrchr(path, '/');
    if (strcmp(slash, "/" SV_LOG_CURRENT) != 0 && strcmp(slash, "/lock") != 0)
        return false;
    *slash = 0;
    return has_current(path);
}

/* False with errno EACCES if there are files that may not be looked at. */
static bool logdir_of_process(pid_t pid, char path[static SV_PATH_MAX])
{
    char fds[32];
    const struct dirent *entry;
    bool found = false;
    bool is_closed = false;
    DIR *directory;

    snprintf(fds, sizeof fds, "/proc/%d/fd", (int)pid);
    directory = opendir(fds);
    if (!directory)
        return false;
    while (!found && (entry = readdir(directory))) {
        errno = 0;
        found = is_of_logdir(dirfd(directory), entry->d_name, path);
        /* Root may list them all, and look at none without CAP_SYS_PTRACE. */
        is_closed = is_closed || errno == EACCES;
    }
    closedir(directory);
    errno = is_closed ? EACCES : ENOENT;
    return found;
}

static void place(char path[static SV_PATH_MAX], const char *dir,
                  const char *word)
{
    sv_at(path, *word == '/' ? "." : dir, word);
}

bool logdir_in_text(char *text, const char *dir, char path[static SV_PATH_MAX])
{
    static const char spaces[] = " \t\r\n\"'";
    const char *found = NULL;
    char *rest;

    if (strncmp(text, "#!", 2) == 0)
        text += strcspn(text, "\n");
    for (char *word = strtok_r(text, spaces, &rest); word;
         word = strtok_r(NULL, spaces, &rest)) {
        if (*word != '/' && *word != '.')
            continue;
        place(path, dir, word);
        if (has_current(path))
            found = word;
    }
    if (found)
        place(path, dir, found);
    return found;
}

/* In parent/file, where a NUL is a blank. */
static bool logdir_in_file(const char *parent, const char *file,
                           const char *dir, char path[static SV_PATH_MAX])
{
    char text[SV_VALUE_MAX + 1];
    ssize_t n = sv_at_read(AT_FDCWD, parent, file, text, SV_VALUE_MAX);

    if (n < 0)
        return false;
    text[n] = 0;
    for (ssize_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = ' ';
    return logdir_in_text(text, dir, path);
}

bool logdir_find(pid_t pid, const char *dir, char path[static SV_PATH_MAX])
{
    char process[32];
    int error = ENOENT;

    if (pid) {
        if (logdir_of_process(pid, path))
            return true;
        error = errno;
        /* Its command line is for all to read, also where its files are not. */
        snprintf(process, sizeof process, "/proc/%d", (int)pid);
        if (logdir_in_file(process, "cmdline", dir, path))
            return true;
    }
    if (logdir_in_file(dir, SV_RUN, dir, path))
        return true;
    errno = error;
    return false;
}
