/* SPDX-License-Identifier: ISC */
/*
 * enable.h - is a service to be up from the start?
 */
#ifndef SVCTL_ENABLE_H
#define SVCTL_ENABLE_H

#include <stdbool.h>

#include "svctl/ask.h"

/* Does the definition of that name, below the directory definitions, say so? */
bool is_enabled(int definitions, const char *name);

/* Has it say so, or not; a file that is there already is good enough.  False,
 * having said why, if that cannot be. */
bool enable_one(int definitions, const char *name, bool enabled);

/* The directory that the tree is kept from, its path and a descriptor of it;
 * exits, having said why, if there is none. */
void find_definitions(struct tree *tree, char path[static SV_WIRE_FACT_MAX + 1]);
int open_definitions(struct tree *tree);

#endif
