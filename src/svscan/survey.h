/* SPDX-License-Identifier: ISC */
/*
 * survey.h - what a definition holds, and whether it is complete.
 *
 * A survey lists everything that a live copy is made of, and has a signature:
 * a hash of the names, kinds, modes, owners, and of files also the sizes,
 * times and inode numbers.  Two surveys with one signature found the same
 * definition.
 *
 * Left out are supervise/ and event/ (a definition may have been supervised
 * itself once), and sockets and devices.  What is in data/ and env/ is not
 * copied, and not looked at.  The marker `down` (of a oneshot: flag-disabled) is
 * listed but not part of the signature: it counts when a service is first seen,
 * and never again.
 */
#ifndef SVSCAN_SURVEY_H
#define SVSCAN_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "sv/service.h"

enum {
    SURVEY_BYTES_MAX = 16 << 20, /* of all files of a copy */
    SURVEY_NAMES_MAX = 16384,    /* bytes of all names; a mark holds less */
};

enum survey_kind {
    SURVEY_DIR,
    SURVEY_FILE,
    SURVEY_LINK,     /* a symlink */
    SURVEY_FIFO,
    SURVEY_REFERENCE /* data, env: the copy has a symlink to it */
};

struct survey_entry {
    enum survey_kind kind;
    bool at_first_only; /* down of a longrun, log/down, flag-disabled */
    size_t path;        /* offset of its name in names */
    mode_t mode;        /* permissions, without setuid, setgid and sticky */
    bool is_theirs;     /* its owner or group is not what we would make */
    uid_t uid;
    gid_t gid;
    off_t size;
    ino_t ino;
    struct timespec mtime;
};

struct survey {
    struct survey_entry *entries; /* a directory before what is in it, and
                                     what is in it without a gap */
    size_t count;
    size_t room;
    char *names; /* relative paths, each with a final NUL */
    size_t names_size;
    size_t names_room;
    uid_t our_uid;
    gid_t our_gid;
    struct survey_entry self; /* the definition's own directory */
    uint64_t signature; /* never 0 */
    uint64_t bytes;
    int64_t changed;    /* CLOCK_REALTIME ns of the last change of an inode */
    bool has_log;
    enum sv_kind kind;
    enum sv_value kind_found; /* how we know that */
    bool is_cut;        /* there are more names than SURVEY_NAMES_MAX */
    char skipped[64];   /* a socket or device that is left out; "": none */
};

/* What a definition lacks, in words: "FILE WHAT: it is not started until it
 * UNTIL".  what NULL: nothing. */
struct lack {
    const char *file;
    const char *what;
    const char *until;
    bool is_mode; /* chmod +x would help */
};

/* Surveys the definition whose directory is open at fd.  reading is called
 * with the relative path of each directory ("" first) before it is read, so
 * that it can be watched from before that.  What vanishes meanwhile is left
 * out.  False with errno set. */
bool survey_read(struct survey *survey, int fd,
                 void (*reading)(void *context, const char *path),
                 void *context);

/* The relative path of an entry. */
const char *survey_path(const struct survey *survey,
                        const struct survey_entry *entry);

/* How many bytes of path name its directory: 3 of "log/run", 0 of "run". */
size_t survey_parent(const char *path);

/* What does the definition at fd, just surveyed, lack to be started?  It needs
 * a type that we know, if it has one, and a non-empty executable regular file
 * `run`, which nobody has open for writing (as far as the kernel tells us), in
 * log/ as well.  A oneshot needs such a file `up` instead, which need not be
 * executable; a bundle needs contents.d/. */
struct lack survey_lack(const struct survey *survey, int fd);

void survey_free(struct survey *survey);

#endif
