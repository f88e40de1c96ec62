/* SPDX-License-Identifier: ISC */
/*
 * shipped.c - what has been sent of a logdir may go.
 *
 * The two processes share two files only, each written by one of them; so
 * neither waits for the other.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/ship.h"
#include "svlog/shipped.h"

/* Is the place in current, or in what was current a moment ago? */
static bool is_in_new_file(int dir, const struct sv_log_id *file)
{
    struct sv_log_id id;

    return (sv_log_identify(dir, SV_LOG_CURRENT, &id) &&
            sv_log_is_same(&id, file)) ||
           (sv_log_identify(dir, SV_LOG_PREVIOUS, &id) &&
            sv_log_is_same(&id, file));
}

/* Is the place in an archive that is newer than this one? */
static bool is_in_newer(int dir, const char *archive,
                        const struct sv_log_id *file)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    struct sv_log_id id;
    bool found = false;

    if (!entries) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (!found && (entry = readdir(entries)))
        found = sv_log_is_archive(entry->d_name) &&
                strcmp(entry->d_name, archive) > 0 &&
                sv_log_identify(dir, entry->d_name, &id) &&
                sv_log_is_same(&id, file);
    closedir(entries);
    return found;
}

/* How many bytes of the archive, the oldest, have been sent: all of them, if the
 * place is in a file that is newer; none, if it is nowhere. */
static off_t sent_of(int dir, const char *archive, const struct sv_ship *ship,
                     off_t size)
{
    struct sv_log_id id;

    if (sv_log_identify(dir, archive, &id) &&
        sv_log_is_same(&id, &ship->at.file))
        return (off_t)ship->at.offset < size ? (off_t)ship->at.offset : size;
    return is_in_new_file(dir, &ship->at.file) ||
                   is_in_newer(dir, archive, &ship->at.file)
               ? size
               : 0;
}

/* A state that cannot be read is of somebody who ships, for all we know. */
static bool is_asked_for(int dir, struct sv_ship *ship)
{
    return sv_ship_read(dir, ship) || errno != 0;
}

bool shipped(int dir, const char *archive)
{
    struct sv_ship ship;
    struct stat st;

    if (!is_asked_for(dir, &ship) ||
        fstatat(dir, archive, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return true;
    return sent_of(dir, archive, &ship, st.st_size) == st.st_size;
}

/* Counts the lines of the file from there on. */
static uint64_t count_lines(int dir, const char *archive, off_t from)
{
    int fd = sv_log_open(dir, archive);
    uint64_t lines = 0;
    char buf[16384];
    ssize_t n;

    if (fd < 0)
        return 0;
    while ((n = pread(fd, buf, sizeof buf, from)) > 0) {
        from += n;
        for (ssize_t i = 0; i < n; i++)
            lines += buf[i] == '\n';
    }
    close(fd);
    return lines;
}

bool shipped_note_loss(int dir, const char *archive)
{
    struct sv_lost lost;
    struct sv_ship ship;
    struct stat st;
    off_t sent;

    if (!is_asked_for(dir, &ship) ||
        fstatat(dir, archive, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return true;
    if (!sv_lost_read(dir, &lost) && errno && errno != EINVAL)
        return false;
    if (strcmp(lost.last, archive) == 0)
        return true;
    sent = sent_of(dir, archive, &ship, st.st_size);
    lost.lines += count_lines(dir, archive, sent);
    lost.bytes += (uint64_t)(st.st_size - sent);
    memcpy(lost.last, archive, sizeof lost.last);
    return sv_lost_write(dir, &lost);
}
