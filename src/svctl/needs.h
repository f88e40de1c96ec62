/* SPDX-License-Identifier: ISC */
/*
 * needs.h - what definitions need of each other: names that are not there, and
 * cycles.
 *
 * A node is a definition; an edge leads from it to each that must be up before
 * it: those of dependencies.d/, and the one of producer-for.  A bundle is up
 * when all in its contents.d/ are, so that these are edges as well.  after.d/
 * asks for nothing, and is not looked at but for its names.
 *
 * Who needs a definition that cannot start cannot start either, and so on: each
 * such edge is found once.
 */
#ifndef SVCTL_NEEDS_H
#define SVCTL_NEEDS_H

#include "svctl/finding.h"
#include "svctl/names.h"

/* The definitions are those of names, directories below base, whose path in
 * words is path.  What is found of those that are not looked_at (NULL: look at
 * all) is not said.  barred tells, in the order of names, which of them cannot
 * start for themselves; it is then true of those whom others keep as well. */
void check_needs(struct findings *findings, int base, const char *path,
                 const struct names *names, const char *looked_at,
                 bool *barred);

#endif
