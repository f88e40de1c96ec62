/* SPDX-License-Identifier: ISC */
/*
 * logdir.h - the files of a logdir, for those who read it.
 *
 * From old to new: archives "@TAI64N.s" or ".u", "previous" while a rotation
 * goes on, "current".  Each of them may get another name, or go, at any time; so
 * a file is known by what it is.  sv-logdir(7) has all of the format.
 */
#ifndef SV_LOGDIR_H
#define SV_LOGDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What stands before ".s" or ".u", and all of it. */
enum { SV_ARCHIVE_LABEL = 25, SV_ARCHIVE_NAME = 27 };

#define SV_LOG_CURRENT "current"
#define SV_LOG_PREVIOUS "previous"

/* A file.  Its device may have got another number since it was noted, as that
 * of a container does, and decides only where no birth is known. */
struct sv_log_id {
    uint64_t dev;
    uint64_t ino;
    uint64_t born; /* see birth.h */
};

bool sv_log_is_same(const struct sv_log_id *one, const struct sv_log_id *other);

/* What the file below dir is; "" is dir itself.  False with errno set. */
bool sv_log_identify(int dir, const char *name, struct sv_log_id *id);

/* Opens a file of a logdir for reading, so that nothing can stop us.  -1 with
 * errno set; EINVAL: it is no regular file. */
int sv_log_open(int dir, const char *name);

bool sv_log_is_archive(const char *name);

/* When the archive was made, in nanoseconds since 1970; names that no clock of
 * ours makes come out as INT64_MIN or INT64_MAX. */
int64_t sv_log_archived_at(const char *name);

struct sv_log_files {
    int dir;
    char **names;
    size_t count;
    struct sv_log_id previous;
    bool is_cut; /* newer ones were made meanwhile: they are missing at the end,
                  * as is "previous"; to be listed again, if they matter */
    char newest[SV_ARCHIVE_NAME + 1]; /* that the list may have */
};

/* The files of the directory that are older than the open file current (or all,
 * if that is -1), from old to new.  During a rotation a file may have two names
 * or a new one: it is listed once, and current never.  An archive keeps its
 * name; "previous", which is always the newest, means the file files->previous
 * only: another may have got that name since.  False with errno set, and then
 * there is nothing to free. */
bool sv_log_list(struct sv_log_files *files, int dir, int current);
void sv_log_free(struct sv_log_files *files);

/* Opens the i-th, as sv_log_open.  -1 with ENOENT: it has been removed; with
 * ESTALE: it was "previous", and its name has moved. */
int sv_log_open_listed(const struct sv_log_files *files, size_t i);

/* What the i-th is.  False if its name has gone. */
bool sv_log_identify_listed(const struct sv_log_files *files, size_t i,
                            struct sv_log_id *id);

/* Where the last *lines lines of the file begin.  *lines becomes how many more
 * there should have been, which are in the file before. */
off_t sv_log_tail(int fd, size_t *lines);

#endif
