/* SPDX-License-Identifier: ISC */
/*
 * alone.h - supervise(8), for which svscan is another name.
 *
 * As s6-supervise is used: a foreign scanner runs it for a service directory,
 * or a person does.  It is the same engine, which is most of either program.
 */
#ifndef SVSCAN_ALONE_H
#define SVSCAN_ALONE_H

#include <stdbool.h>

/* Is path, argv[0] of main(), one of supervise's two names? */
bool is_supervise(const char *path);

/* Is that program, with the arguments of main() and descriptors 0 to 2 open.
 * Returns what main() returns. */
int supervise(int argc, char *argv[]);

#endif
