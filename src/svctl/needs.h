/* SPDX-License-Identifier: ISC */
/*
 * needs.h - what definitions need of each other: names that are not there, and
 * cycles.
 *
 * A node is a definition; an edge leads from it to each that must be up before
 * it: those of dependencies.d/, and the one of producer-for.  A bundle is up
 * when all in its contents.d/ are, so that these are edges as well.  after.d/
 * asks for nothing, and is not looked at but for its names.
 */
#ifndef SVCTL_NEEDS_H
#define SVCTL_NEEDS_H

#include "svctl/finding.h"
#include "svctl/names.h"

/* The definitions are those of names, directories below base, whose path in
 * words is path.  What is found of those that are not in looked_at (NULL: look
 * at all) is not said. */
void check_needs(struct findings *findings, int base, const char *path,
                 const struct names *names, const char *looked_at);

#endif
