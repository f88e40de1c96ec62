/* SPDX-License-Identifier: ISC */
/*
 * tree.h - svscan's process: started, and started again when it dies.
 *
 * At once after each of the first three deaths that follow closely, then a
 * second after the last start.  One that has lived for a minute begins a new
 * count.
 */
#ifndef INIT_TREE_H
#define INIT_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/settings.h"

/* DEFS and LIVE, absolute; kept, not copied.  given_up() is called when crash
 * is CRASH_REBOOT and svscan has died ten times in a minute. */
struct tree_plan {
    const char *defs;
    const char *live;
    enum crash crash;
    void (*given_up)(void);
};

/* Makes LIVE, and starts svscan when the loop next looks. */
void tree_begin(const struct tree_plan *plan);

/* Was pid svscan, or the shell of sv.crash=shell?  Then takes note of its end,
 * and says how it ended. */
bool tree_ended(pid_t pid, int wstat);

/* Starts svscan if that is due. */
void tree_start_if_due(void);

/* When it is due (CLOCK_BOOTTIME ns); INT64_MAX while it lives. */
int64_t tree_due(void);

/* Is svscan dead, and cannot be run, or for the tenth time within a minute, or
 * while somebody looks into it?  Then there is no point in waiting for it. */
bool tree_is_hopeless(void);

/* Over an exec; tree_resume after tree_begin. */
enum { TREE_DEATHS = 10 };

struct tree_state {
    int32_t svscan;
    int32_t shell;
    int64_t due;
    int64_t started;
    int64_t said;
    int64_t deaths[TREE_DEATHS];
    uint32_t in_a_row;
    uint32_t death;
    uint32_t count;
    uint32_t spare;
};

void tree_save(struct tree_state *state);
void tree_resume(const struct tree_state *state);

/* svscan is not started again from now on. */
void tree_let_go(void);

/* Below a guardian: did svscan refuse to run (exit 100), before it ever said a
 * word?  Then it is not started again. */
bool tree_was_refused(void);

#endif
