/* SPDX-License-Identifier: ISC */
/*
 * settings.h - what init was told: by its own command line, and by the kernel's.
 *
 *   init [-u] [-f DEFS] [LIVE] [-- main-program args...]
 *
 *   sv.stop=MS     limit for the stop of all services
 *   sv.grace=MS    between TERM and KILL for what is left then
 *   sv.watchdog=MS after which the watchdog device resets the machine
 *   sv.crash=WHAT  when svscan dies again and again: shell, reboot or retry
 *   sv.verbose     say on the console when the tree is up
 *
 * Pure: no system call, and no allocation; what is kept points into the words.
 */
#ifndef INIT_SETTINGS_H
#define INIT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum crash { CRASH_RETRY, CRASH_SHELL, CRASH_REBOOT };

enum { SETTING_MAX_MS = 24 * 60 * 60 * 1000, SETTING_WORD_MAX = 64 };

struct settings {
    int64_t stop_ms;
    int64_t grace_ms;
    int64_t watchdog_ms; /* 0: it is left alone */
    enum crash crash;
    bool verbose;
};

/* Takes the sv.* words of the kernel's command line (text, as /proc/cmdline has
 * it) up to a word "--", which begins init's own; all else of it, and of
 * settings, is left alone.  Each sv.* word that is not understood is handed to
 * unknown(), cut to SETTING_WORD_MAX with its NUL. */
void settings_from_kernel(struct settings *settings, const char *text,
                          void (*unknown)(const char *word));

struct words {
    bool guardian;       /* -u */
    bool help;
    bool version;
    const char *defs;    /* NULL: not said */
    const char *live;
    char *const *main;   /* the words after "--"; NULL: none */
};

/* Reads the words after argv[0].  Each that cannot be used, the kernel's
 * "single" or a path that does not begin with '/', is handed to ignored(). */
void words_read(struct words *words, char *const *argv,
                void (*ignored)(const char *word));

#endif
