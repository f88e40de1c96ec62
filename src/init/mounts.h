/* SPDX-License-Identifier: ISC */
/*
 * mounts.h - reading /proc/self/mounts, and leaving the file systems clean.
 *
 * A line is "device path type options 0 0"; a space, tab, newline or backslash
 * in a field is written as a backslash and three octal digits.
 */
#ifndef INIT_MOUNTS_H
#define INIT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct mount_line {
    char *device;
    char *path;
    char *type;
};

/* Takes the last line off the *size bytes at text, which are changed: its
 * fields are decoded where they lie, and *size is what is left before it.
 * Returns false when nothing is left.  Of a line that is not as above all three
 * are NULL. */
bool mounts_take_last(char *text, size_t *size, struct mount_line *line);

/* Does a file system of this type keep anything that could be lost? */
bool mounts_is_real(const char *type);

/* Process 1 of a machine only, in a process of its own, since any of it may
 * wait for a dead disk for ever: sync, swap off, unmount in reverse, read-only
 * what is busy, and the root. */
void mounts_leave_clean(void);

#endif
