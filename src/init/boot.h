/* SPDX-License-Identifier: ISC */
/*
 * boot.h - what init finds when it starts, and what it makes of it.
 */
#ifndef INIT_BOOT_H
#define INIT_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/settings.h"

/* Where init is, which decides whom it may hit and how it ends. */
enum place {
    PLACE_MACHINE,   /* process 1 of the kernel: mounts, reboots, never exits */
    PLACE_CONTAINER, /* process 1 of a pid namespace: kills all in it, exits */
    PLACE_GUARDIAN,  /* not process 1: reaches its descendants only, exits */
};

extern enum place place;

/* Keeps argv.  Blocks every signal (all are taken through a signalfd, and what
 * init starts gets back what init was given), makes sure that 0, 1 and 2 are
 * open, and notes what of them was not. */
void boot_begin(char *const *argv);

/* Sets place, as process 1 (having mounted /proc, if it is not there) or as a
 * guardian. */
void boot_find_place(bool guardian);

/* Mounts what is missing, opens the console, claims ctrl-alt-del, becomes a
 * session's leader or a subreaper: what the place asks for. */
void boot_prepare(void);

/* Reads what the kernel's command line says to init; in a machine only, since
 * elsewhere it was said to somebody else's. */
void boot_read_settings(struct settings *settings);

/* Gives init's environment a PATH, if it has none, for all that it starts. */
void boot_set_path(void);

/* Adds a variable (NAME=value, which is kept) to init's environment. */
void boot_set(char *variable);

/* Is this what a container was made to run, perhaps below an init of another
 * make?  Then it is for all, whatever user it was given. */
bool boot_is_all(void);

/* Can a tree live at path?  Makes the directory, if it is not there. */
bool boot_can_live(const char *path);

/* Raises init's limit of descriptors so far that every hold has one. */
void boot_raise_limit(void);

/* In a child, before exec: signal mask and limit of descriptors as they were
 * given to init. */
void boot_restore(void);

/* In a child, last of all: execs path, or the program called name that lies
 * beside init or else on the system's path.  Returns only if it could not,
 * with errno set. */
void boot_exec(const char *path, const char *const *argv);
void boot_exec_sibling(const char *name, const char *const *argv);

/* Over an exec of init itself: what it was given, which is what its children
 * get.  boot_resume after boot_begin. */
struct boot_state {
    int32_t place;
    uint32_t is_all;
    uint64_t mask; /* of signals: bit 0 is signal 1 */
    uint64_t files_soft;
    uint64_t files_hard;
};
void boot_save(struct boot_state *state);
void boot_resume(const struct boot_state *state);

/* Execs path with the words that init was called with, and memory as what
 * sv/state.h is about.  Returns only if it could not, with errno set. */
void boot_exec_resumed(const char *path, int memory);

/* Opens /dev/console for reading and writing; -1 with errno set. */
int boot_open_console(void);

#endif
