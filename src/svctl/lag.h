/* SPDX-License-Identifier: ISC */
/*
 * lag.h - how far svlog ship is behind with what a logger writes.
 */
#ifndef SVCTL_LAG_H
#define SVCTL_LAG_H

#include <stdbool.h>
#include <stdint.h>

#include "sv/ship.h"
#include "sv/wire.h"

struct lag {
    struct sv_ship ship;
    uint64_t bytes;  /* that are not sent */
    int64_t seconds; /* since the first of them was logged; -1: not known */
};

/* Reads it from the files of the logdir.  False if the row is of no logger of
 * the tree in live, or of one whose log goes to no collector. */
bool lag_of(const char *live, const struct sv_wire_row *row, struct lag *lag);

#endif
