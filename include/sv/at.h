/* SPDX-License-Identifier: ISC */
/*
 * at.h - files of a service directory, reached below a descriptor.
 *
 * Everywhere in the suite a service directory is the pair (base, dir): base is
 * a descriptor of a directory (or AT_FDCWD), dir a path relative to it, "." for
 * base itself.  So that a directory may be renamed under us, and a tree may lie
 * deeper than a socket address or PATH_MAX could name.
 */
#ifndef SV_AT_H
#define SV_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sv/paths.h"

/* Writes dir "/" file, or file alone where dir is ".", into buf and returns
 * buf; what would not fit becomes the empty string, which every system call
 * answers with ENOENT. */
char *sv_at(char buf[static SV_PATH_MAX], const char *dir, const char *file);

/* Does the name exist, whatever it is?  As access(2) sees it: a symlink to
 * nothing does not.  An error other than ENOENT and ENOTDIR is false with errno
 * set; a plain no sets errno to 0. */
bool sv_at_exists(int base, const char *dir, const char *file);

/* Is fd the file that path, below base, leads to? */
bool sv_at_is(int fd, int base, const char *path);

/* Reads where the symlink path, below base, points, as it is written there.
 * False with errno set: EINVAL if it is none, ENAMETOOLONG. */
bool sv_at_link(int base, const char *path, char target[static SV_PATH_MAX]);

/* The same, for one that lies in dir, as a path below base; it need not
 * exist. */
bool sv_at_pointed(int base, const char *dir, const char *path,
                   char target[static SV_PATH_MAX]);

/* Opens a regular file for reading, close-on-exec and O_NONBLOCK, so that
 * neither a fifo nor a device can stop us, and sets *size to its size.  Returns
 * the descriptor, or -1 with errno set (EINVAL: not a regular file). */
int sv_at_open(int base, const char *dir, const char *file, off_t *size);

/* Reads at most size bytes of a file, from its beginning, opened as above.
 * Returns the count, or -1 with errno set. */
ssize_t sv_at_read(int base, const char *dir, const char *file, char *buf,
                   size_t size);

/* Replaces file by the size bytes of buf: writes the name fresh, then renames
 * it over file.  Mode 0666 less the umask.  False with errno set, and then
 * fresh is gone. */
bool sv_at_replace(int base, const char *dir, const char *file,
                   const char *fresh, const char *buf, size_t size);

/* Gives the file name below base, or base itself where name is "", to that
 * owner; a symlink is not followed.  Who may not give it away keeps it, and so
 * does who is in a user namespace that does not know the owner.  False with
 * errno set for anything else. */
bool sv_at_give(int base, const char *name, uid_t uid, gid_t gid);

/* Tells of each name in an open directory, "." and ".." too, that has not been
 * read yet.  Nothing is allocated.  False with errno set: not of all. */
bool sv_at_names(int dir, void (*tell)(void *context, const char *name),
                 void *context);

/* Writes all size bytes, through interruptions.  False with errno set. */
bool sv_write_all(int fd, const char *buf, size_t size);

#endif
