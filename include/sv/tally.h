/* SPDX-License-Identifier: ISC */
/*
 * tally.h - the supervise/death_tally file: 14 bytes a death, oldest first.
 *
 *   offset  size  field
 *        0    12  stamp   TAI64N of the death
 *       12     1  code    exit code, or 128 + signal, or 255 if unknown
 *       13     1  signal  0 for an exit
 *
 * Source: s6's s6_dtally.  A size that is no multiple of 14 means an empty
 * tally; so does a missing file.
 */
#ifndef SV_TALLY_H
#define SV_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <skalibs/tai.h>

enum { SV_TALLY_SIZE = 14, SV_TALLY_MAX = 4096, SV_TALLY_DEFAULT = 100 };

struct sv_death {
    tain stamp;
    uint8_t code;
    uint8_t signal;
};

/* Writes exactly SV_TALLY_SIZE bytes.  Cannot fail. */
void sv_death_pack(char buf[static SV_TALLY_SIZE],
                   const struct sv_death *death);

/* Reads SV_TALLY_SIZE bytes; returns false, and leaves *death alone, for a time
 * of more than 999,999,999 ns. */
bool sv_death_unpack(struct sv_death *death,
                     const char buf[static SV_TALLY_SIZE]);

/* The death that a wait status (as waitpid(2) gives it, or SV_WSTAT_UNKNOWN)
 * means, at stamp. */
struct sv_death sv_death_of(const tain *stamp, int wstat);

/* Appends *death to the tally of the service at base, dir (as in status.h) and
 * keeps the newest max records (0: writes nothing).  A death whose stamp equals
 * that of the newest record is there already and is not added again, so that
 * the call may be repeated after a crash.  Atomic.  False with errno set. */
bool sv_tally_add(int base, const char *dir, const struct sv_death *death,
                  uint32_t max);

/* Reads the newest records, at most max, into deaths, oldest first; sets *n.
 * A missing or malformed file is n = 0.  False with errno set if it cannot be
 * read. */
bool sv_tally_read(int base, const char *dir, struct sv_death *deaths,
                   size_t max, size_t *n);

/* Empties the tally: afterwards there is no file, or an empty one.  A missing
 * file stays missing (memory counts: the tally appears with the first
 * death). */
bool sv_tally_clear(int base, const char *dir);

#endif
