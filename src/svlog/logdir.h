/* SPDX-License-Identifier: ISC */
/*
 * logdir.h - a logdir: the file that is written, and what is around it.
 *
 *   current    what is written; its owner may execute it when, and only when,
 *              it was closed in order
 *   lock       write-locked for as long as somebody logs here
 *   state      what a processor remembers; empty without one
 *   previous, processed, newstate   between two steps of a rotation
 *   @LABEL.s   an archive: label of 24 hexadecimal digits, the time of
 *              archiving; .u if it was rescued after a crash
 *
 * Other names are nobody's business, so s6-log and svlog may take turns in one
 * logdir.  Source: s6 2.15.1, s6-log.  All is done below a descriptor of the
 * directory.
 */
#ifndef SVLOG_LOGDIR_H
#define SVLOG_LOGDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "svlog/script.h"

/* What stands before ".s" or ".u", and all of it. */
enum { ARCHIVE_LABEL = 25, ARCHIVE_NAME = 27 };

/* Where a rotation stands; rotate.h says what is done in each. */
enum rotation {
    ROTATION_NONE,
    ROTATION_SYNC,
    ROTATION_RENAME,
    ROTATION_OPEN,
    ROTATION_MARK,
    ROTATION_RUN,
    ROTATION_WAIT,
    ROTATION_SYNC_PROCESSED,
    ROTATION_SYNC_STATE,
    ROTATION_REMOVE,
    ROTATION_STATE,
    ROTATION_KEEP,
    ROTATION_ARCHIVE,
    ROTATION_TRIM,
};

/* A failure that has been said, and is not to be said again for a while. */
struct said {
    const char *what; /* NULL: none */
    int error;
    int64_t until; /* CLOCK_BOOTTIME ns */
};

struct logdir {
    const char *path; /* for messages */
    struct policy policy;
    dev_t dev;        /* of current */
    ino_t ino;        /* of current */
    uint64_t born;    /* of current: see sv/birth.h */
    uint64_t size;    /* of current */
    int64_t retry_at; /* CLOCK_BOOTTIME ns; 0: nothing has failed */
    int64_t finish_at; /* the same for what is done with previous */
    struct said said_retry;  /* of what retry_at is about */
    struct said said_finish; /* of what finish_at is about */
    int64_t period_at; /* the end of current's time, 0 while it is empty */
    pid_t processor;   /* ROTATION_WAIT: who runs */
    int dir;
    int lock;
    int current;
    mode_t mode; /* of a current that is open: 0666 less the umask */
    enum rotation step;
    bool is_asked; /* a rotation is wanted, however short current is */
};

/* A file as it was at an earlier time.  It is the same file if inode and birth
 * are; its device may have got another number meanwhile, as that of a container
 * does, and decides only where no birth is known. */
struct logdir_mark {
    uint64_t dev;
    uint64_t ino;
    uint64_t born;
    uint64_t size;
};

/* Makes the directory if need be, and takes its lock.  False with errno set,
 * and *failed the name that it is about ("" for the directory): EBUSY when
 * another process logs here.  One process must not lock a directory twice. */
bool logdir_lock(struct logdir *logdir, const char *path,
                 const struct policy *policy, const char **failed);

/* If the file that mark names is here, as current or under a name that it has
 * got since, cuts it to the size that it had; shorter, it is left alone. */
bool logdir_cut(struct logdir *logdir, const struct logdir_mark *mark);

/* Is current the file that mark names? */
bool logdir_is_at(const struct logdir *logdir, const struct logdir_mark *mark);

/* Opens current for appending.  If it was neither closed in order nor is one
 * of the count files of marks, nor what one of these was about to be exchanged
 * for, it becomes an archive first, and so does what an interrupted rotation
 * left behind, whoever interrupted it.  False as logdir_lock; EINVAL: current
 * is not a regular file. */
bool logdir_open(struct logdir *logdir, const struct logdir_mark *marks,
                 size_t count, const char **failed);

/* Opens, creating it if need be, the file current, and notes what it is.  A
 * current that was open is left alone if that fails, and closed if not. */
bool logdir_open_current(struct logdir *logdir);

/* Takes current to its end, wherever that is by now: somebody may have emptied
 * it by hand. */
bool logdir_seek_end(struct logdir *logdir);

/* Gives the file a name of an archive of now, ending in ".s" or ".u"; a file
 * that is empty is removed, one that does not exist is nothing to do. */
bool logdir_archive(struct logdir *logdir, const char *file,
                    const char *suffix);

/* Removes the oldest archives beyond what the policy keeps; what has not been
 * sent to a collector yet stays longer, and what is lost of it is noted. */
bool logdir_trim(struct logdir *logdir);

/* Puts current on the disk and marks it as closed in order.  It may be called
 * again if it has failed. */
bool logdir_close(struct logdir *logdir);

#endif
