/* SPDX-License-Identifier: ISC */
/*
 * ship.h - how far a logdir has been sent to a collector, and what of it was
 * removed before that: two small files in the logdir.
 *
 *   .ship   written by svlog ship, after whatever the collector has for sure
 *   .lost   written by the logger, before it removes an archive that has not
 *           been sent
 *
 * Each is lines of a name, a space, and a value, in a fixed order, and is
 * replaced at once.  sv-logdir(7) has the format.  Whoever ends shipping for
 * good removes .ship: the logger keeps what it says is unsent.
 */
#ifndef SV_SHIP_H
#define SV_SHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/reader.h"

#define SV_SHIP ".ship"
#define SV_SHIP_NEW ".ship.new"
#define SV_LOST ".lost"
#define SV_LOST_NEW ".lost.new"

enum {
    SV_SHIP_TEXT = 127, /* bytes of to, and of problem, without the NUL */
    SV_SHIP_SIZE = 1024, /* bytes of either file, at most */
};

/* What was removed unsent, since the logdir was made. */
struct sv_lost {
    uint64_t lines;
    uint64_t bytes;
    char last[SV_ARCHIVE_NAME + 1]; /* the archive that is counted last */
};

struct sv_ship {
    struct sv_log_place at; /* what is before it has been sent */
    uint64_t lines;         /* so many, since the logdir was made */
    uint64_t lost_lines;    /* of struct sv_lost, as the collector knows */
    uint64_t lost_bytes;
    char to[SV_SHIP_TEXT + 1];      /* the collector */
    char problem[SV_SHIP_TEXT + 1]; /* why it cannot be reached; "" if it is */
};

/* Writes the content of .ship and returns its size, at most SV_SHIP_SIZE.
 * Control characters of the texts become question marks. */
size_t sv_ship_pack(char buf[static SV_SHIP_SIZE], const struct sv_ship *ship);

/* Reads it.  False, and *ship as it was, if it is anything else. */
bool sv_ship_unpack(struct sv_ship *ship, const char *buf, size_t size);

/* The same for .lost. */
size_t sv_lost_pack(char buf[static SV_SHIP_SIZE], const struct sv_lost *lost);
bool sv_lost_unpack(struct sv_lost *lost, const char *buf, size_t size);

/* Read and replace the files, below a descriptor of the logdir.  Without the
 * file, or if it is not one, *ship or *lost is zero; false with errno set: 0,
 * if there is none; EINVAL, if it is damaged. */
bool sv_ship_read(int dir, struct sv_ship *ship);
bool sv_ship_write(int dir, const struct sv_ship *ship);
bool sv_lost_read(int dir, struct sv_lost *lost);
bool sv_lost_write(int dir, const struct sv_lost *lost);

/* How far behind it is: the bytes that are not sent, and the time of the first
 * line of these, INT64_MIN if there is none or it has no stamp.  False with
 * errno set. */
bool sv_ship_lag(int dir, const struct sv_ship *ship, uint64_t *bytes,
                 int64_t *since);

#endif
