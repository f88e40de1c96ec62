/* SPDX-License-Identifier: ISC */
/*
 * status.h - the supervise/status file: 35 bytes, all integers big-endian.
 *
 *   offset  size  field
 *        0    12  stamp    TAI64N of the last start or death of run
 *       12    12  ready    TAI64N of the last readiness, or of the last
 *                          moment at which it could be started again
 *       24     8  pid      run's while up, finish's while finishing, 0 if none
 *       32     2  wstat    as waitpid(2) gave it, of the last ./run; 0xffff
 *                          where nobody knows it any more
 *       34     1  flags    SV_STATUS_* below
 *
 * Source: s6 2.11 to 2.12 and 2.14 on.  s6-svstat must read what we write.
 */
#ifndef SV_STATUS_H
#define SV_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <skalibs/tai.h>

enum { SV_STATUS_SIZE = 35 };

enum {
    SV_STATUS_PAUSED = 1 << 0,
    SV_STATUS_FINISHING = 1 << 1,
    SV_STATUS_WANT_UP = 1 << 2,
    SV_STATUS_READY = 1 << 3,
    SV_STATUS_FLAGS = (1 << 4) - 1,
};

enum { SV_WSTAT_UNKNOWN = 0xffff };

struct sv_status {
    tain stamp;
    tain ready;
    pid_t pid;
    uint16_t wstat;
    uint8_t flags;
};

/* Writes exactly SV_STATUS_SIZE bytes.  Cannot fail. */
void sv_status_pack(char buf[static SV_STATUS_SIZE],
                    const struct sv_status *status);

/* Reads SV_STATUS_SIZE bytes; returns false, and leaves *status alone, if they
 * could not have come from sv_status_pack (a flag we do not know, a time of
 * more than 999,999,999 ns, a pid that does not fit). */
bool sv_status_unpack(struct sv_status *status,
                      const char buf[static SV_STATUS_SIZE]);

/* Replaces the status file of a service atomically (write status.new, rename).
 * base and dir name the service directory: its files are reached as
 * openat(base, dir "/" file); dir is "." for base itself.  Returns false with
 * errno set; then the old file stands. */
bool sv_status_write(int base, const char *dir, const struct sv_status *status);

/* Reads the status file of a service.  Returns false with errno set; EPROTO
 * for a file that is too short or that sv_status_unpack refuses. */
bool sv_status_read(int base, const char *dir, struct sv_status *status);

/* Is run alive (and it is not finish that runs)? */
bool sv_status_is_up(const struct sv_status *status);

/* "not started yet": no process, not finishing, and the paused bit set. */
bool sv_status_is_new(const struct sv_status *status);

#endif
