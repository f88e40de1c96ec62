/* SPDX-License-Identifier: ISC */
/*
 * causes.h - a list of the ways in which a service may have died.
 *
 *   "1,100-111,SIGTERM,kill,SIG34": exit codes, ranges of them, signals by
 *   name or, after SIG, by number, with commas, semicolons or blanks between.
 *
 * A death by signal n is one with exit code 128 + n as well, as the tally has
 * it.  Source: s6-permafailon, contract 9.10.
 */
#ifndef SV_CAUSES_H
#define SV_CAUSES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "sv/tally.h"

struct sv_causes {
    bool codes[256];
    bool signals[_NSIG];
};

/* Reads a list; an empty one names nothing.  Returns NULL, or the fault in
 * words. */
const char *sv_causes_scan(struct sv_causes *causes, const char *list);

bool sv_causes_name(const struct sv_causes *causes,
                    const struct sv_death *death);

/* The death, of n (oldest first), that makes it count deaths named, at or
 * after the time since; NULL if there were fewer. */
const struct sv_death *sv_causes_reach(const struct sv_causes *causes,
                                       const struct sv_death *deaths, size_t n,
                                       const tain *since, size_t count);

#endif
