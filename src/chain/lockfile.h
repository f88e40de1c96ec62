/* SPDX-License-Identifier: ISC */
/*
 * lockfile.h - a lock on a file that the next program holds by a descriptor.
 *
 * A record lock belongs to the process: it ends with it, whoever has inherited
 * the descriptor, and with any close of the file by it.  A lock of the open
 * file description moves with dup2 and lasts until the last copy is closed.
 * Whoever asks with F_GETLK sees both.
 *
 * Source: contract 1.6 and 0.4 (D3).
 */
#ifndef CHAIN_LOCKFILE_H
#define CHAIN_LOCKFILE_H

#include <stdbool.h>

enum { LOCKFILE_WAITS = -1 };

struct lockfile {
    bool is_shared;
    bool is_description; /* a lock of the description, not of the process */
    int wait_ms; /* 0: do not wait; LOCKFILE_WAITS: as long as it takes */
};

/* Opens the file for a shared lock, which who may only read it can have, or for
 * one that excludes others, and creates it (0666 less the umask).  Returns the
 * descriptor, not close-on-exec, or -1 with errno set (ENXIO: a fifo). */
int lockfile_open(const char *path, bool is_shared);

/* Takes the lock.  False with errno set: ETIMEDOUT when the time is up, EAGAIN
 * or EACCES when it does not wait.  Uses SIGALRM, and puts it back. */
bool lockfile_take(int fd, const struct lockfile *how);

#endif
