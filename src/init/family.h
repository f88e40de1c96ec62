/* SPDX-License-Identifier: ISC */
/*
 * family.h - the descendants of a guardian, which alone it may hit.
 */
#ifndef INIT_FAMILY_H
#define INIT_FAMILY_H

#include <stddef.h>
#include <sys/types.h>

/* The parent that the text of a /proc/PID/stat names (n bytes); 0 if it names
 * none. */
pid_t family_parent(const char *stat, size_t n);

/* Sends the signals (0 ends them), in order, to every process below us that
 * /proc shows. */
void family_signal(const int *signals);

#endif
