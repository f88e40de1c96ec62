/* SPDX-License-Identifier: ISC */
/*
 * chart.h - the boot as text, and as a picture.
 */
#ifndef SVCTL_CHART_H
#define SVCTL_CHART_H

#include <stdio.h>

#include "svctl/bars.h"
#include "svctl/show.h"

/* Where and when it was. */
struct occasion {
    const char *live;
    const char *host;
    int64_t began; /* CLOCK_REALTIME ns */
};

/* "5 of 7 services up in 1.53 s, 2 failed"; the chain of bars is marked. */
enum { CHART_SUM_MAX = 128 };
char *chart_sum(char buf[static CHART_SUM_MAX], const struct bars *bars);

/* The end of the axis, microseconds: there is room behind the last event if
 * some bar is to lead beyond it. */
int64_t chart_end(const struct bars *bars);

/* How many columns a name takes; what is not UTF-8 takes one a byte. */
size_t chart_width(const char *name);

/* A line for each service; look->width of 0 is 80 columns; is_utf8: the bars
 * may be of more than ASCII. */
void chart_print(FILE *to, const struct bars *bars,
                 const struct occasion *occasion, const struct look *look,
                 bool is_utf8);

/* SVG 1.1.  picture.c */
void chart_draw(FILE *to, const struct bars *bars,
                const struct occasion *occasion);

#endif
