/* SPDX-License-Identifier: ISC */
/*
 * foreground.h - the main program, `init -- program args...`.
 *
 * It is started once, when the tree is first up; it has init's standard
 * descriptors and the terminal, if that is one; and its end is init's.
 */
#ifndef INIT_FOREGROUND_H
#define INIT_FOREGROUND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* argv is kept, not copied; NULL: there is no main program.  ended() is told
 * how it ended, as waitpid(2) does. */
void foreground_begin(char *const *argv, void (*ended)(int wstat));

/* The tree is up: starts it, if it never was. */
void foreground_start(void);

/* Asks it to go, and never starts it again. */
void foreground_stop(void);

/* Over an exec; foreground_resume after foreground_begin. */
struct foreground_state {
    int32_t runs; /* its pid; 0: it does not run */
    int32_t was_started;
};
void foreground_save(struct foreground_state *state);
void foreground_resume(const struct foreground_state *state);

/* Was pid the main program? */
bool foreground_ended(pid_t pid, int wstat);

#endif
