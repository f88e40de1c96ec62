/* SPDX-License-Identifier: ISC */
/*
 * reader.h - reads a log on and on, over its rotations.
 *
 * A reader stands at a place: a file, known by what it is, and an offset.  Its
 * file may get other names while it is read; when all of it is read and it is no
 * longer current, the file after it is next.  So no byte is skipped or comes
 * twice, but:
 *
 *   - What was removed before it was read is passed over.
 *   - When a processor makes an archive out of a file, that is another file.  A
 *     reader that stood in the one goes on with it, and passes over the other;
 *     a place noted by one that is gone leads to the beginning of the other.
 *   - A current that somebody has emptied is read from its beginning.
 */
#ifndef SV_READER_H
#define SV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sv/logdir.h"

struct sv_log_place {
    struct sv_log_id file; /* ino 0: before the oldest there is */
    uint64_t offset;
    int64_t changed; /* realtime ns at which the file was last written, as far
                      * as is known: finds what follows if it is gone */
};

struct sv_log_reader {
    int dir; /* a descriptor of the logdir; not the reader's */
    int fd;  /* of the file that it stands in; -1: of none */
    struct sv_log_place at;
    uint64_t files; /* how often it went over to another one */
};

/* Each of these begins: with no file open, before the oldest. */
void sv_log_begin(struct sv_log_reader *reader, int dir);

/* ... at a place.  Without its file, before the first that was written later,
 * and *was_found is false.  False with errno set. */
bool sv_log_begin_at(struct sv_log_reader *reader, int dir,
                     const struct sv_log_place *place, bool *was_found);

/* ... so that no more than the last lines follow.  False with errno set. */
bool sv_log_begin_tail(struct sv_log_reader *reader, int dir, size_t lines);

/* ... in the oldest file that may have lines of that time, or later ones.
 * False with errno set. */
bool sv_log_begin_since(struct sv_log_reader *reader, int dir,
                        int64_t realtime);

/* Reads what follows, at most size bytes of one file.  0: nothing has been
 * written yet that was not read; a change in the directory will tell.  -1 with
 * errno set, and then it may be asked again. */
ssize_t sv_log_read(struct sv_log_reader *reader, char *buf, size_t size);

/* How many bytes follow the place, in its file and in all that are newer.  False
 * with errno set. */
bool sv_log_measure(int dir, const struct sv_log_place *place, uint64_t *bytes);

/* Closes what is open; the place stays. */
void sv_log_end(struct sv_log_reader *reader);

#endif
