/* SPDX-License-Identifier: ISC */
/*
 * holds.h - the descriptors that init keeps while svscan is dead.
 *
 * A static table of SV_HOLDS_MAX slots, and a hash of their names, so that a
 * message costs the same whatever is held.  Memory is touched only as far as
 * it was ever used: 32 bytes a slot, and the 128 KiB of the hash.
 */
#ifndef INIT_HOLDS_H
#define INIT_HOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hold {
    uint64_t dev;
    uint64_t ino;
    int64_t tag;
    int32_t fd;
    uint8_t kind; /* enum sv_hold_kind; SV_KIND_NONE: the slot is free */
};

/* Keeps fd, which is then the table's, under the name (kind, dev, ino); one
 * that is held under that name already is closed.  False if the table is
 * full; fd is then still the caller's. */
bool holds_put(uint8_t kind, uint64_t dev, uint64_t ino, int64_t tag, int fd);

/* Closes what is held under the name; nothing if nothing is. */
void holds_drop(uint8_t kind, uint64_t dev, uint64_t ino);

/* The first hold in slot *at or after it, with *at moved behind it; NULL at the
 * end.  Starts at 0; what is put or dropped on the way moves nothing else. */
const struct hold *holds_next(size_t *at);

void holds_close_all(void);

size_t holds_count(void);

#endif
