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

/* Does the name exist (whatever it is)?  An error other than ENOENT and ENOTDIR
 * is false with errno set; a plain no sets errno to 0. */
bool sv_at_exists(int base, const char *dir, const char *file);

/* Reads at most size bytes of a regular file that is opened O_NONBLOCK, so
 * that neither a fifo nor a device can stop us.  Returns the count, or -1 with
 * errno set (EINVAL: not a regular file). */
ssize_t sv_at_read(int base, const char *dir, const char *file, char *buf,
                   size_t size);

/* Replaces file by the size bytes of buf: writes the name fresh, then renames
 * it over file.  Mode 0666 less the umask.  False with errno set, and then
 * fresh is gone. */
bool sv_at_replace(int base, const char *dir, const char *file,
                   const char *fresh, const char *buf, size_t size);

/* Writes all size bytes, through interruptions.  False with errno set. */
bool sv_write_all(int fd, const char *buf, size_t size);

#endif
