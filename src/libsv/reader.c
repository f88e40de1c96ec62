/* SPDX-License-Identifier: ISC */
/*
 * reader.c - reads a log on and on, over its rotations.
 *
 * Nothing is kept of the directory between two files: what is next is asked for
 * when the file at hand is at its end.  "current" is opened before the others
 * are listed, so that what becomes older meanwhile is not missed: it is current
 * still, for this time.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/reader.h"

static int64_t nanoseconds(const struct timespec *when)
{
    return when->tv_sec * SV_SECOND + when->tv_nsec;
}

void sv_log_begin(struct sv_log_reader *reader, int dir)
{
    *reader = (struct sv_log_reader){
        .dir = dir, .fd = -1, .at = {.changed = INT64_MIN}};
}

void sv_log_end(struct sv_log_reader *reader)
{
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
}

static void note_change(struct sv_log_reader *reader)
{
    struct stat st;

    if (fstat(reader->fd, &st) == 0)
        reader->at.changed = nanoseconds(&st.st_mtim);
}

/* Goes over to the file, which is the reader's from then on. */
static bool enter(struct sv_log_reader *reader, int fd, uint64_t offset)
{
    struct sv_log_id id;

    if (!sv_log_identify(fd, "", &id)) {
        close(fd);
        return false;
    }
    sv_log_end(reader);
    reader->fd = fd;
    reader->at.file = id;
    reader->at.offset = offset;
    reader->files++;
    note_change(reader);
    return true;
}

/* ---- what is next ------------------------------------------------------- */

/* What a processor made of a file bears the time of that file, less a
 * nanosecond: who has read the one passes over the other, and who only knows
 * that he was in it does not. */
static int64_t least_change(const struct sv_log_reader *reader)
{
    bool has_read_it = reader->fd >= 0 || reader->at.changed == INT64_MIN;

    return reader->at.changed - !has_read_it;
}

/* Where the files newer than the reader's begin: behind it, or, where it has
 * gone, at the first that was written later.  Of a list that is cut nobody can
 * tell whether it has gone: then there are none. */
static size_t find_newer(const struct sv_log_reader *reader,
                         const struct sv_log_files *files)
{
    bool may_be_gone = !files->is_cut || !reader->at.file.ino;
    size_t first = files->count;
    struct stat st;

    for (size_t i = files->count; i-- > 0;) {
        struct sv_log_id id;

        if (sv_log_identify_listed(files, i, &id) &&
            sv_log_is_same(&id, &reader->at.file))
            return i + 1;
        if (may_be_gone &&
            fstatat(files->dir, files->names[i], &st, 0) == 0 &&
            nanoseconds(&st.st_mtim) >= least_change(reader))
            first = i;
    }
    return first;
}

/* Opens the file after the reader's; current is open, or -1 where there is none,
 * and is what comes after the others.  -1 with errno set: EAGAIN, if names have
 * moved meanwhile. */
static int open_next(const struct sv_log_reader *reader, int current)
{
    struct sv_log_files files;
    size_t i;
    int fd = -1;

    if (!sv_log_list(&files, reader->dir, current))
        return -1;
    i = find_newer(reader, &files);
    errno = files.is_cut ? EAGAIN : ENOENT;
    if (i < files.count) {
        fd = sv_log_open_listed(&files, i);
        if (fd < 0 && (errno == ENOENT || errno == ESTALE))
            errno = EAGAIN;
    } else if (current >= 0 && !files.is_cut) {
        fd = fcntl(current, F_DUPFD_CLOEXEC, 0);
    }
    int error = errno;

    sv_log_free(&files);
    errno = error;
    return fd;
}

/* Goes over to the next file.  False with errno set: ENOENT, if there is none
 * yet. */
static bool go_on(struct sv_log_reader *reader)
{
    int next;

    do {
        int current = sv_log_open(reader->dir, SV_LOG_CURRENT);

        if (current < 0 && errno != ENOENT)
            return false;
        next = open_next(reader, current);
        if (current >= 0) {
            int error = errno;

            close(current);
            errno = error;
        }
    } while (next < 0 && errno == EAGAIN);
    return next >= 0 && enter(reader, next, 0);
}

/* ---- reading ------------------------------------------------------------ */

static ssize_t read_on(struct sv_log_reader *reader, char *buf, size_t size)
{
    ssize_t n = pread(reader->fd, buf, size, (off_t)reader->at.offset);

    if (n > 0)
        reader->at.offset += (uint64_t)n;
    return n;
}

static bool is_current(const struct sv_log_reader *reader)
{
    struct sv_log_id id;

    return sv_log_identify(reader->dir, SV_LOG_CURRENT, &id) &&
           sv_log_is_same(&id, &reader->at.file);
}

/* A current that has become shorter is that of a logger which was killed, and
 * will be as long again, with the same lines.  Only if nothing is left in it,
 * somebody has emptied it. */
static void look_if_emptied(struct sv_log_reader *reader)
{
    struct stat st;

    if (reader->at.offset && fstat(reader->fd, &st) == 0 && st.st_size == 0)
        reader->at.offset = 0;
}

/* Whether the file is current still is asked before its rest is read, else what
 * was written in between would be missed. */
ssize_t sv_log_read(struct sv_log_reader *reader, char *buf, size_t size)
{
    for (;;) {
        bool is_last;
        ssize_t n = 0;

        if (reader->fd >= 0 && (n = read_on(reader, buf, size)) != 0)
            return n;
        is_last = reader->fd >= 0 && is_current(reader);
        if (reader->fd >= 0 && (n = read_on(reader, buf, size)) != 0)
            return n;
        if (reader->fd >= 0)
            note_change(reader);
        if (is_last) {
            look_if_emptied(reader);
            return 0;
        }
        if (!go_on(reader))
            return errno == ENOENT ? 0 : -1;
    }
}

/* ---- where to begin ----------------------------------------------------- */

static bool list_all(struct sv_log_files *files, int dir, int current)
{
    while (sv_log_list(files, dir, current)) {
        if (!files->is_cut)
            return true;
        sv_log_free(files);
    }
    return false;
}

/* Goes to the file of the place, if it is listed. */
static bool enter_listed(struct sv_log_reader *reader,
                         const struct sv_log_files *files,
                         const struct sv_log_place *place)
{
    for (size_t i = files->count; i-- > 0;) {
        struct sv_log_id id;
        int fd;

        if (!sv_log_identify_listed(files, i, &id) ||
            !sv_log_is_same(&id, &place->file))
            continue;
        fd = sv_log_open_listed(files, i);
        return fd >= 0 && enter(reader, fd, place->offset);
    }
    errno = ENOENT;
    return false;
}

/* Goes to the file of the place, wherever it is by now.  False with errno
 * ENOENT: nowhere. */
static bool enter_file(struct sv_log_reader *reader,
                       const struct sv_log_place *place)
{
    int current = sv_log_open(reader->dir, SV_LOG_CURRENT);
    struct sv_log_files files;
    struct sv_log_id id;
    bool good;
    int error;

    if (current >= 0 && sv_log_identify(current, "", &id) &&
        sv_log_is_same(&id, &place->file))
        return enter(reader, current, place->offset);
    if (!list_all(&files, reader->dir, current)) {
        good = false;
        error = errno;
    } else {
        good = enter_listed(reader, &files, place);
        error = errno;
        sv_log_free(&files);
    }
    if (current >= 0)
        close(current);
    errno = error;
    return good;
}

bool sv_log_begin_at(struct sv_log_reader *reader, int dir,
                     const struct sv_log_place *place, bool *was_found)
{
    sv_log_begin(reader, dir);
    *was_found = true;
    if (!place->file.ino)
        return true;
    do
        *was_found = enter_file(reader, place);
    while (!*was_found && errno == ESTALE);
    if (*was_found)
        return true;
    reader->at = *place;
    return errno == ENOENT;
}

/* Goes to the last lines of the files that are listed; *lines is how many. */
static bool enter_tail(struct sv_log_reader *reader,
                       const struct sv_log_files *files, size_t *lines)
{
    for (size_t i = files->count; i-- > 0 && (*lines || reader->fd < 0);) {
        int fd = sv_log_open_listed(files, i);

        if (fd < 0) {
            if (errno != ENOENT && errno != ESTALE)
                return false;
            continue;
        }
        if (!enter(reader, fd, (uint64_t)sv_log_tail(fd, lines)))
            return false;
    }
    return true;
}

bool sv_log_begin_tail(struct sv_log_reader *reader, int dir, size_t lines)
{
    int current = sv_log_open(dir, SV_LOG_CURRENT);
    struct sv_log_files files;
    bool good;

    sv_log_begin(reader, dir);
    if (!list_all(&files, dir, current)) {
        if (current >= 0)
            close(current);
        return false;
    }
    good = current < 0 ||
           enter(reader, current, (uint64_t)sv_log_tail(current, &lines));
    good = good && enter_tail(reader, &files, &lines);
    sv_log_free(&files);
    return good;
}

bool sv_log_begin_since(struct sv_log_reader *reader, int dir,
                        int64_t realtime)
{
    int current = sv_log_open(dir, SV_LOG_CURRENT);
    struct sv_log_files files;
    bool good = true;
    size_t i = 0;
    int fd = -1;

    sv_log_begin(reader, dir);
    if (!list_all(&files, dir, current)) {
        if (current >= 0)
            close(current);
        return false;
    }
    while (i < files.count && sv_log_is_archive(files.names[i]) &&
           sv_log_archived_at(files.names[i]) < realtime)
        i++;
    for (; fd < 0 && i < files.count; i++)
        fd = sv_log_open_listed(&files, i);
    sv_log_free(&files);
    if (fd < 0) {
        fd = current;
        current = -1;
    }
    if (fd >= 0)
        good = enter(reader, fd, 0);
    if (current >= 0)
        close(current);
    return good;
}

/* ---- how much follows --------------------------------------------------- */

static uint64_t size_behind(int dir, const char *name, uint64_t offset)
{
    struct stat st;

    if (fstatat(dir, name, &st, *name ? 0 : AT_EMPTY_PATH) < 0 ||
        (uint64_t)st.st_size < offset)
        return 0;
    return (uint64_t)st.st_size - offset;
}

bool sv_log_measure(int dir, const struct sv_log_place *place, uint64_t *bytes)
{
    struct sv_log_reader reader;
    bool was_found;

    *bytes = 0;
    if (!sv_log_begin_at(&reader, dir, place, &was_found))
        return false;
    if (was_found && reader.fd >= 0)
        *bytes = size_behind(reader.fd, "", reader.at.offset);
    if (reader.fd >= 0 && is_current(&reader)) {
        sv_log_end(&reader);
        return true;
    }

    int current = sv_log_open(dir, SV_LOG_CURRENT);
    struct sv_log_files files;
    bool good = list_all(&files, dir, current);

    if (good) {
        for (size_t i = find_newer(&reader, &files); i < files.count; i++)
            *bytes += size_behind(dir, files.names[i], 0);
        sv_log_free(&files);
    }
    if (current >= 0) {
        *bytes += size_behind(current, "", 0);
        close(current);
    }
    sv_log_end(&reader);
    return good;
}
