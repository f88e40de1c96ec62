/* SPDX-License-Identifier: ISC */
/*
 * family.h - whom init may hit: as a guardian its descendants alone.
 */
#ifndef INIT_FAMILY_H
#define INIT_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The parent that the text of a /proc/PID/stat names (n bytes); 0 if it names
 * none. */
pid_t family_parent(const char *stat, size_t n);

/* Does a descriptor that /proc shows as path, n bytes, lead to the fifo that a
 * logger reads? */
bool family_is_log_fifo(const char *path, size_t n);

enum family {
    FAMILY_ALL,
    FAMILY_WRITERS, /* all but loggers, which end when nobody writes any more */
};

/* Sends the signals (0 ends them), in order, to every process that /proc shows
 * and that is ours: below a guardian, anywhere in the world of a process 1.
 * False if /proc shows no process at all: it is not mounted. */
bool family_signal(enum family whom, const int *signals);

#endif
