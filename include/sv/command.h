/* SPDX-License-Identifier: ISC */
/*
 * command.h - the letters of supervise/control, one table for both ends.
 *
 * A command is a byte in a service's control fifo (s6's interface), the same
 * byte in a request on svscan's socket, and a word that a person types.
 * Source: contract 6.1.
 */
#ifndef SV_COMMAND_H
#define SV_COMMAND_H

#include <stddef.h>

enum sv_command_kind {
    SV_COMMAND_WANT,          /* changes what is wanted: see want */
    SV_COMMAND_SIGNAL,        /* sends signal to run */
    SV_COMMAND_SIGNAL_GROUP,  /* sends signal to run's process group */
    SV_COMMAND_DOWN_SIGNAL,   /* sends what down-signal says */
    SV_COMMAND_RELOAD_SIGNAL, /* sends what reload-signal says */
};

enum sv_want {
    SV_WANT_NOTHING,
    SV_WANT_IS_UP,   /* u: start it, and again when it dies */
    SV_WANT_IS_DOWN, /* d: stop it, and leave it down */
    SV_WANT_IS_ONCE, /* o: start it, and leave it down when it dies */
    SV_WANT_IS_STAY, /* O: leave it down when it dies */
    SV_WANT_IS_EXIT, /* x: leave supervision when it dies */
};

enum sv_down_file { SV_DOWN_KEEP, SV_DOWN_CREATE, SV_DOWN_REMOVE };

struct sv_command {
    char letter;
    const char *name; /* what svctl and help call it */
    enum sv_command_kind kind;
    enum sv_want want;
    enum sv_down_file down_file;
    int signal;
    const char *help;
};

extern const struct sv_command sv_commands[];
extern const size_t sv_commands_count;

/* NULL for a byte that means nothing (it is then ignored silently). */
const struct sv_command *sv_command_by_letter(char letter);
const struct sv_command *sv_command_by_name(const char *name);

/* The command that sends signal to run; NULL if none does. */
const struct sv_command *sv_command_by_signal(int signal);

#endif
