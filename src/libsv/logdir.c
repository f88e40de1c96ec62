/* SPDX-License-Identifier: ISC */
/* logdir.c - the files of a log, from old to new. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbtime.h>

#include "sv/birth.h"
#include "sv/clock.h"
#include "sv/logdir.h"

bool sv_log_is_same(const struct sv_log_id *one, const struct sv_log_id *other)
{
    return one->ino == other->ino && one->born == other->born &&
           (one->born || one->dev == other->dev);
}

bool sv_log_identify(int dir, const char *name, struct sv_log_id *id)
{
    struct stat st;

    if (fstatat(dir, name, &st, *name ? 0 : AT_EMPTY_PATH) < 0)
        return false;
    *id = (struct sv_log_id){.dev = st.st_dev,
                             .ino = st.st_ino,
                             .born = sv_birth_of(dir, name)};
    return true;
}

int sv_log_open(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

bool sv_log_is_archive(const char *name)
{
    return *name == '@' && strlen(name) == SV_ARCHIVE_NAME &&
           strspn(name + 1, "0123456789abcdef") == SV_ARCHIVE_LABEL - 1 &&
           (strcmp(name + SV_ARCHIVE_LABEL, ".s") == 0 ||
            strcmp(name + SV_ARCHIVE_LABEL, ".u") == 0);
}

int64_t sv_log_archived_at(const char *name)
{
    tain stamp;

    if (timestamp_scan(name, &stamp) != SV_ARCHIVE_LABEL)
        return INT64_MIN;
    return sv_stamp_to_realtime(&stamp);
}

/* ---- the list ----------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Appends a copy of name. */
static bool add(struct sv_log_files *files, const char *name)
{
    char **more = realloc(files->names, (files->count + 1) * sizeof *more);

    if (!more)
        return false;
    files->names = more;
    more[files->count] = strdup(name);
    if (!more[files->count])
        return false;
    files->count++;
    return true;
}

static void forget_from(struct sv_log_files *files, size_t first)
{
    while (files->count > first)
        free(files->names[--files->count]);
}

void sv_log_free(struct sv_log_files *files)
{
    forget_from(files, 0);
    free(files->names);
    files->names = NULL;
}

/* Calls each for every archive, until that is false with errno set. */
static bool walk(struct sv_log_files *files,
                 bool (*each)(struct sv_log_files *files, const char *name))
{
    int fd = openat(files->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int error;

    if (!directory) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while ((errno = 0, entry = readdir(directory)))
        if (sv_log_is_archive(entry->d_name) && !each(files, entry->d_name))
            break;
    error = errno;
    closedir(directory);
    errno = error;
    return error == 0;
}

static bool note_newest(struct sv_log_files *files, const char *name)
{
    if (strcmp(name, files->newest) > 0)
        memcpy(files->newest, name, sizeof files->newest);
    return true;
}

static bool add_settled(struct sv_log_files *files, const char *name)
{
    if (strcmp(name, files->newest) <= 0)
        return add(files, name);
    files->is_cut = true;
    return true;
}

/* The archives, sorted.  Of those that are made while a directory is read, any
 * may be missing, and a later one not.  So only those count which a first walk
 * could see, and what is older: the second has all of these. */
static bool list_archives(struct sv_log_files *files)
{
    if (!walk(files, add_settled))
        return false;
    if (files->count)
        qsort(files->names, files->count, sizeof *files->names, compare);
    return true;
}

static bool is_file(int dir, const char *name, const struct sv_log_id *id)
{
    struct sv_log_id other;

    return sv_log_identify(dir, name, &other) && sv_log_is_same(&other, id);
}

/* "previous" gets an archive's name and loses its own: where it was there
 * before the archives were listed and is neither among them nor there still,
 * the list lacks it, and *is_whole is false. */
static bool add_previous(struct sv_log_files *files, bool *is_whole)
{
    *is_whole = true;
    for (size_t i = files->count; i-- > 0;)
        if (is_file(files->dir, files->names[i], &files->previous))
            return true;
    *is_whole = is_file(files->dir, SV_LOG_PREVIOUS, &files->previous);
    return !*is_whole || add(files, SV_LOG_PREVIOUS);
}

bool sv_log_identify_listed(const struct sv_log_files *files, size_t i,
                            struct sv_log_id *id)
{
    if (strcmp(files->names[i], SV_LOG_PREVIOUS) != 0)
        return sv_log_identify(files->dir, files->names[i], id);
    *id = files->previous;
    return true;
}

static void forget_from_current(struct sv_log_files *files, int current)
{
    struct sv_log_id wanted;
    struct sv_log_id id;

    if (!sv_log_identify(current, "", &wanted) ||
        is_file(files->dir, SV_LOG_CURRENT, &wanted))
        return;
    for (size_t i = 0; i < files->count; i++)
        if (sv_log_identify_listed(files, i, &id) &&
            sv_log_is_same(&id, &wanted))
            forget_from(files, i);
}

/* As far as the names hold. */
static bool list_once(struct sv_log_files *files, bool *is_whole)
{
    int error;

    files->names = NULL;
    files->count = 0;
    files->newest[0] = 0;
    files->is_cut = false;
    if (!walk(files, note_newest))
        return false;
    *is_whole = !sv_log_identify(files->dir, SV_LOG_PREVIOUS, &files->previous);
    if (list_archives(files) &&
        (*is_whole || files->is_cut || add_previous(files, is_whole))) {
        *is_whole |= files->is_cut;
        return true;
    }
    error = errno;
    sv_log_free(files);
    errno = error;
    return false;
}

bool sv_log_list(struct sv_log_files *files, int dir, int current)
{
    bool is_whole;

    files->dir = dir;
    do {
        if (!list_once(files, &is_whole))
            return false;
        if (!is_whole)
            sv_log_free(files);
    } while (!is_whole);
    if (current >= 0)
        forget_from_current(files, current);
    return true;
}

int sv_log_open_listed(const struct sv_log_files *files, size_t i)
{
    int fd = sv_log_open(files->dir, files->names[i]);
    struct sv_log_id id;

    if (strcmp(files->names[i], SV_LOG_PREVIOUS) != 0)
        return fd;
    if (fd >= 0 && sv_log_identify(fd, "", &id) &&
        sv_log_is_same(&id, &files->previous))
        return fd;
    if (fd >= 0)
        close(fd);
    errno = ESTALE;
    return -1;
}

/* ---- the end of a file -------------------------------------------------- */

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

off_t sv_log_tail(int fd, size_t *lines)
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
