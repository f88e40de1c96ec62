/* SPDX-License-Identifier: ISC */
/*
 * logdir.c - the directory that a logger writes: where it is, and its files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "svctl/logdir.h"

/* ---- where it is -------------------------------------------------------- */

static bool has_current(const char *path)
{
    return sv_at_exists(AT_FDCWD, path, LOGDIR_CURRENT);
}

/* Is the descriptor a file that only a logger has open?  Cuts its name off. */
static bool is_of_logdir(int fds, const char *number,
                         char path[static SV_PATH_MAX])
{
    ssize_t n = readlinkat(fds, number, path, SV_PATH_MAX - 1);
    char *slash;

    if (n <= 0 || *path != '/')
        return false;
    path[n] = 0;
    slash = strrchr(path, '/');
    if (strcmp(slash, "/" LOGDIR_CURRENT) != 0 && strcmp(slash, "/lock") != 0)
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

/* ---- its files ---------------------------------------------------------- */

static bool is_archive(const char *name)
{
    return strlen(name) == LOGDIR_NAME && *name == '@' &&
           strspn(name + 1, "0123456789abcdef") == 24 &&
           (strcmp(name + 25, ".s") == 0 || strcmp(name + 25, ".u") == 0);
}

static int compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Appends a copy of name. */
static char **add(char **files, size_t *n, const char *name)
{
    char **more = realloc(files, (*n + 1) * sizeof *files);

    if (!more || !(more[*n] = strdup(name)))
        sv_die_sys("unable to keep the names of a log's files");
    ++*n;
    return more;
}

static void forget_from(char **files, size_t *n, size_t first)
{
    while (*n > first)
        free(files[--*n]);
}

void logdir_free(char **files, size_t n)
{
    forget_from(files, &n, 0);
    free(files);
}

/* Has the open file this name, too? */
static bool is_file(int dir, const char *name, const struct stat *open_file)
{
    struct stat st;

    return fstatat(dir, name, &st, 0) == 0 &&
           st.st_dev == open_file->st_dev && st.st_ino == open_file->st_ino;
}

/* The archives, sorted.  False with errno set. */
static bool list_archives(int dir, char ***files, size_t *n)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    *files = NULL;
    *n = 0;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while ((entry = readdir(directory)))
        if (is_archive(entry->d_name))
            *files = add(*files, n, entry->d_name);
    closedir(directory);
    if (*n)
        qsort(*files, *n, sizeof **files, compare);
    return true;
}

/* "previous" gets an archive's name and loses its own: where it was there
 * before the archives were listed and is neither among them nor there still,
 * the list lacks it. */
static bool add_previous(int dir, const struct stat *previous, char ***files,
                         size_t *n)
{
    for (size_t i = *n; i-- > 0;)
        if (is_file(dir, (*files)[i], previous))
            return true;
    if (!is_file(dir, LOGDIR_PREVIOUS, previous))
        return false;
    *files = add(*files, n, LOGDIR_PREVIOUS);
    return true;
}

/* "previous" may be another file by now, and is
 * known by what it was. */
static bool is_listed(int dir, const char *name, const struct stat *previous,
                      const struct stat *wanted)
{
    if (strcmp(name, LOGDIR_PREVIOUS) != 0)
        return is_file(dir, name, wanted);
    return previous->st_dev == wanted->st_dev &&
           previous->st_ino == wanted->st_ino;
}

bool logdir_files(int dir, int current, char ***files, size_t *n,
                  struct stat *previous)
{
    struct stat st;
    bool has_previous;

    for (;;) {
        has_previous = fstatat(dir, LOGDIR_PREVIOUS, previous, 0) == 0;
        if (!list_archives(dir, files, n))
            return false;
        if (!has_previous || add_previous(dir, previous, files, n))
            break;
        logdir_free(*files, *n);
    }
    if (current >= 0 && fstat(current, &st) == 0)
        for (size_t i = 0; i < *n; i++)
            if (is_listed(dir, (*files)[i], previous, &st))
                forget_from(*files, n, i);
    return true;
}

/* The start of the lines-th line from the end of buf, counting those that end
 * in it; *lines is what is left to count.  NULL: it is before buf. */
static const char *count_back(const char *buf, const char *end, size_t *lines)
{
    while (end > buf) {
        const char *newline = memrchr(buf, '\n', (size_t)(end - buf));

        if (!newline)
            return NULL;
        if (!--*lines)
            return newline + 1;
        end = newline;
    }
    return NULL;
}

off_t logdir_tail(int fd, size_t *lines)
{
    char buf[8192];
    struct stat st;
    off_t end;

    if (!*lines || fstat(fd, &st) < 0 || st.st_size == 0)
        return *lines ? 0 : lseek(fd, 0, SEEK_END);
    /* The newline of the last line does not begin another. */
    end = st.st_size - 1;
    while (end > 0) {
        size_t size = end < (off_t)sizeof buf ? (size_t)end : sizeof buf;
        ssize_t n = pread(fd, buf, size, end - (off_t)size);
        const char *start;

        if (n < (ssize_t)size)
            return end;
        start = count_back(buf, buf + size, lines);
        end -= (off_t)size;
        if (start)
            return end + (start - buf);
    }
    --*lines; /* the first line of the file */
    return 0;
}
