/* SPDX-License-Identifier: ISC */
/*
 * bars.h - the boot of a tree, a bar for each service, from sv/boot.h's file.
 */
#ifndef SVCTL_BARS_H
#define SVCTL_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are microseconds since the tree began. */
enum { BAR_NEVER = -1 };

struct bar {
    char *name;
    int64_t started; /* BAR_NEVER: not in that boot; and so of the others */
    int64_t up;
    int64_t failed; /* if up as well, it failed before or after that */
    struct bar *after; /* who made it wait longest; NULL: nobody */
    bool is_in_chain;        /* of those that took longest, one after another */
};

enum bar_state { BAR_WAITS, BAR_STARTS, BAR_UP, BAR_FAILED, BAR_STATES };

struct bars {
    struct bar *bars; /* by the time of their start */
    size_t count;
    size_t room;
    int64_t began;     /* CLOCK_BOOTTIME */
    bool is_over;      /* else somebody is on the way up */
    int64_t total;     /* when the last of them was up, or failed */
    size_t counts[BAR_STATES];
    const struct bar *last; /* that came up; NULL: none did */
    struct bar **by_name;
};

/* Reads the size bytes of the file.  False: they do not say when the tree
 * began.  Exits with 111 where there is no memory. */
bool bars_read(struct bars *bars, const char *text, size_t size);
void bars_free(struct bars *bars);

/* What became of it. */
enum bar_state bar_state(const struct bar *bar);
/* "waiting", "starting", "up", "failed". */
const char *bar_word(enum bar_state state);

/* How long it took from its start until it was up, or else failed; BAR_NEVER:
 * neither, or no time, as of who is up when started. */
int64_t bar_took(const struct bar *bar);

/* The service needs the other, or comes after it.  False: there is no such
 * other, which may be a bundle. */
bool bars_link(struct bars *bars, const char *name, const char *other);
/* All links are known: sets last, and marks those that one after the other took
 * longest: whom the last waited for, whom that one waited for, and so on. */
void bars_mark_chain(struct bars *bars);

#endif
