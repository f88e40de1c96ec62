/* SPDX-License-Identifier: ISC */
/*
 * birth.h - when a file was made: what tells it from a later one that has got
 * its inode number.
 */
#ifndef SV_BIRTH_H
#define SV_BIRTH_H

#include <stdint.h>

/* The time of birth of file, below the descriptor dir, in nanoseconds since
 * 1970; links are followed, and "" is dir itself.  0 where it cannot be known:
 * not every file system notes it (tmpfs does since Linux 6.0). */
uint64_t sv_birth_of(int dir, const char *file);

#endif
