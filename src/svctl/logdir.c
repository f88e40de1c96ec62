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

bool logdir_of_process(pid_t pid, char path[static SV_PATH_MAX])
{
    char fds[32];
    const struct dirent *entry;
    bool found = false;
    DIR *directory;

    snprintf(fds, sizeof fds, "/proc/%d/fd", (int)pid);
    directory = opendir(fds);
    if (!directory)
        return false;
    while (!found && (entry = readdir(directory)))
        found = is_of_logdir(dirfd(directory), entry->d_name, path);
    closedir(directory);
    return found;
}

char *logdir_in_text(char *text)
{
    static const char spaces[] = " \t\r\n\"'";
    char *found = NULL;
    char *rest;

    if (strncmp(text, "#!", 2) == 0)
        text += strcspn(text, "\n");
    for (char *word = strtok_r(text, spaces, &rest); word;
         word = strtok_r(NULL, spaces, &rest))
        if (*word == '/' || *word == '.')
            found = word;
    return found;
}

bool logdir_of_script(const char *dir, char path[static SV_PATH_MAX])
{
    char text[SV_VALUE_MAX + 1];
    ssize_t n = sv_at_read(AT_FDCWD, dir, SV_RUN, text, SV_VALUE_MAX);
    const char *word;

    if (n < 0)
        return false;
    text[n] = 0;
    word = logdir_in_text(text);
    if (!word)
        return false;
    return snprintf(path, SV_PATH_MAX, "%s%s%s", *word == '/' ? "" : dir,
                    *word == '/' ? "" : "/", word) < SV_PATH_MAX &&
           has_current(path);
}
