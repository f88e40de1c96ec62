/* SPDX-License-Identifier: ISC */
/*
 * link.h - what s6-svlink and s6-instance-create, s6-svunlink and
 * s6-instance-delete share: options and messages.
 */
#ifndef S6_LINK_H
#define S6_LINK_H

#include <stdbool.h>

#include "sv/link.h"

/* Takes the options named by letters, of "+dDfPt:"; others are a usage error. */
void linking_options(struct sv_linking *linking, int argc, char *argv[]);
void unlinking_options(struct sv_unlinking *unlinking, int argc, char *argv[]);

/* Is a scanner there?  Exits where that cannot be found out. */
bool scanner_runs(const char *scandir);

/* Checks that dir and its logger can be run, links, waits.  Returns the exit
 * code; what failed has been said. */
int link_service(const struct sv_linking *linking);

/* Exits 111 for what is no link. */
void unlink_service(const struct sv_unlinking *unlinking);

#endif
