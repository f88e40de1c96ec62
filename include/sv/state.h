/* SPDX-License-Identifier: ISC */
/*
 * state.h - what a program hands to the one that it becomes.
 *
 * svscan and init exec the program on disk in their own place.  What it must
 * know and finds nowhere else goes through a sealed memfd whose number is in
 * the environment (SV_STATE_VARIABLE).  It begins with a struct sv_state; the
 * rest is the program's, in the machine's byte order: it never leaves it.
 *
 * There is one version of all the state that an older program leaves to a newer
 * one, the records of child.h included.  A program understands its own and all
 * before, and nothing later; so that whoever would become a program asks it
 * first: PROGRAM --can-take VERSION exits 0 if it will.
 */
#ifndef SV_STATE_H
#define SV_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SV_STATE_VARIABLE "SV_RESUME"
#define SV_STATE_QUESTION "--can-take"

enum { SV_STATE_VERSION = 4 };

struct sv_state {
    char magic[8];    /* whose it is: "svscan", "init" */
    uint32_t version; /* SV_STATE_VERSION */
    uint32_t size;    /* of the struct that begins with this one */
    int32_t pid;      /* the process, the same before and after */
    uint32_t spare;
};

/* Makes the memfd, close-on-exec.  -1 with errno set. */
int sv_state_make(const char *name);

/* Fills in the head of a state of so many bytes. */
void sv_state_begin(struct sv_state *state, const char *magic, size_t size);

/* Writes all of it, or says false with errno set. */
bool sv_state_write(int fd, const void *bytes, size_t size);

/* Nothing changes it any more; false with errno set. */
bool sv_state_seal(int fd);

/* Lets a descriptor go over an exec, or not; -1 is none. */
void sv_state_mark(int fd, bool survive);

/* The memfd that this program was given, now close-on-exec, and the variable
 * removed; -1 if there is none. */
int sv_state_given(void);

/* Reads the struct at the beginning, of so many bytes, and leaves the offset
 * behind it.  What an earlier version did not have is 0.  False with errno set:
 * EPROTONOSUPPORT, it is of a later version; EPROTO, it is not of this process,
 * or no state of that name. */
bool sv_state_read(int fd, const char *magic, struct sv_state *state,
                   size_t size);

/* Reads the next size bytes; false with errno set, EPROTO at the end. */
bool sv_state_read_more(int fd, void *bytes, size_t size);

/* Answers the question, asked with the version in text: returns the exit code,
 * having said why if it is not 0. */
int sv_state_can_take(const char *text);

#endif
