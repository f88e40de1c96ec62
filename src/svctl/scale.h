/* SPDX-License-Identifier: ISC */
/*
 * scale.h - an axis of time with round marks, and times as people read them.
 */
#ifndef SVCTL_SCALE_H
#define SVCTL_SCALE_H

#include <stddef.h>
#include <stdint.h>

enum { SCALE_TEXT_MAX = 32 };

/* The round number of microseconds, two hundred or more, that divides total
 * (microseconds, not negative) into at most that many parts: 1, 2 or 5 with
 * zeros; of minutes and more, what a clock shows. */
int64_t scale_step(int64_t total, unsigned parts_max);

/* The label of the mark that is at that time: "0", "250 ms", "1.5 s",
 * "2m30s"; with as many places as marks at that step need. */
char *scale_mark(char buf[static SCALE_TEXT_MAX], int64_t at, int64_t step);

/* A time with three digits or so: "0.4 ms", "25 ms", "1.50 s", "12.3 s",
 * "2m07s". */
char *scale_time(char buf[static SCALE_TEXT_MAX], int64_t us);

#endif
