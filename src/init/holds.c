/* SPDX-License-Identifier: ISC */
/*
 * holds.c - the table of holds: slots that never move, and a hash of names.
 *
 * The hash has open addressing with linear probing, and no tombstones: a
 * removal closes its gap, so that a table which has seen a million services
 * come and go probes no farther than a fresh one.
 */
#include <unistd.h>

#include "sv/hold.h"
#include "init/holds.h"

enum { CELLS = 65536 }; /* a power of two; at most 56% of it is full */

_Static_assert(SV_HOLDS_MAX < CELLS * 3 / 4, "probing must stay short");
_Static_assert(SV_HOLDS_MAX < UINT16_MAX, "a cell must hold any slot");

static struct hold slots[SV_HOLDS_MAX];
static uint16_t cells[CELLS]; /* slot + 1; 0: free */
static size_t used;           /* slots that were ever in use */
static size_t held;
static int32_t first_free = -1; /* a free slot has the next one in fd */

/* Inodes come in sequence, and there are few devices: every bit of the name has
 * to count. */
static size_t home_of(uint8_t kind, uint64_t dev, uint64_t ino)
{
    uint64_t h = ino + dev * UINT64_C(0x9e3779b97f4a7c15) + kind;

    h = (h ^ h >> 31) * UINT64_C(0xd6e8feb86659fd93);
    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(h >> 48);
}

static size_t home_of_slot(uint16_t cell)
{
    const struct hold *hold = &slots[cell - 1];

    return home_of(hold->kind, hold->dev, hold->ino);
}

/* The cell of the name, or the free one where it would go. */
static size_t find_cell(uint8_t kind, uint64_t dev, uint64_t ino)
{
    size_t i = home_of(kind, dev, ino);

    for (; cells[i] != 0; i = (i + 1) % CELLS) {
        const struct hold *hold = &slots[cells[i] - 1];

        if (hold->ino == ino && hold->dev == dev && hold->kind == kind)
            break;
    }
    return i;
}

static struct hold *take_slot(void)
{
    struct hold *hold = NULL;

    if (first_free != -1) {
        hold = &slots[first_free];
        first_free = hold->fd;
    } else if (used < SV_HOLDS_MAX) {
        hold = &slots[used++];
    }
    return hold;
}

bool holds_put(uint8_t kind, uint64_t dev, uint64_t ino, int64_t tag, int fd)
{
    size_t cell = find_cell(kind, dev, ino);
    struct hold *hold;

    if (cells[cell] != 0) {
        hold = &slots[cells[cell] - 1];
        close(hold->fd);
    } else {
        hold = take_slot();
        if (!hold)
            return false;
        cells[cell] = (uint16_t)(hold - slots + 1);
        held++;
    }
    *hold = (struct hold){
        .dev = dev, .ino = ino, .tag = tag, .fd = fd, .kind = kind};
    return true;
}

/* Empties the cell, and moves into the gap what could not be found behind it
 * any more: an entry whose home is not between the gap and itself. */
static void close_gap(size_t gap)
{
    for (size_t i = (gap + 1) % CELLS; cells[i] != 0; i = (i + 1) % CELLS) {
        size_t from_home = (i - home_of_slot(cells[i])) % CELLS;
        size_t from_gap = (i - gap) % CELLS;

        if (from_home < from_gap)
            continue;
        cells[gap] = cells[i];
        gap = i;
    }
    cells[gap] = 0;
}

void holds_drop(uint8_t kind, uint64_t dev, uint64_t ino)
{
    size_t cell = find_cell(kind, dev, ino);
    struct hold *hold;

    if (cells[cell] == 0)
        return;
    hold = &slots[cells[cell] - 1];
    close_gap(cell);
    close(hold->fd);
    *hold = (struct hold){.kind = SV_KIND_NONE, .fd = first_free};
    first_free = (int32_t)(hold - slots);
    held--;
}

const struct hold *holds_next(size_t *at)
{
    while (*at < used) {
        const struct hold *hold = &slots[(*at)++];

        if (hold->kind != SV_KIND_NONE)
            return hold;
    }
    return NULL;
}

void holds_close_all(void)
{
    const struct hold *hold;
    size_t at = 0;

    while ((hold = holds_next(&at)))
        holds_drop(hold->kind, hold->dev, hold->ino);
}

size_t holds_count(void)
{
    return held;
}
