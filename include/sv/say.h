/* SPDX-License-Identifier: ISC */
/*
 * say.h - messages and exit codes.
 *
 * Every message of the suite is one line, written by one write(2):
 *
 *   program: level: what failed, on what: why
 *
 * with the words that s6 uses, so that a mixed log reads alike.  Arguments
 * are strings, concatenated; a control character in one (a service may be
 * called "a\nb") comes out as \n or \xHH, so that a message stays one line.
 * Nothing here allocates.  A message longer than SV_SAY_MAX is cut, with
 * "..." as its end.
 */
#ifndef SV_SAY_H
#define SV_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SV_EXIT_OK = 0,
    SV_EXIT_NO = 1,         /* the answer is no */
    SV_EXIT_TIMEOUT = 99,
    SV_EXIT_USAGE = 100,    /* wrong usage: the caller's fault */
    SV_EXIT_BUG = 101,      /* ours */
    SV_EXIT_SYSTEM = 111,   /* the system refused */
    SV_EXIT_NOEXEC = 126,   /* a program could not be executed */
    SV_EXIT_NOTFOUND = 127, /* a program was not found */
    SV_EXIT_REBOOT = 133,   /* of a container's init: start it again; as
                               systemd's nspawn has it */
};

enum { SV_SAY_MAX = 2048, SV_NUMBER_MAX = 21 };

enum sv_level { SV_FATAL, SV_WARNING, SV_INFO };

/* The name at the head of each message; main() sets it first of all.  The
 * string is kept, not copied. */
extern const char *sv_program;

/* What a program was called by, without directories: where it points into
 * path, argv[0] of main(), or "" for none. */
const char *sv_called(const char *path);

/* Where messages go: 2 unless a program changes it.  It may be in non-blocking
 * mode, and a socket other than 2 is taken as if it were: what does not fit at
 * once is dropped and counted, and the next message that fits says how many
 * were. */
extern int sv_say_fd;

/* NULL, unless a program wants to know what it says: it is called with each
 * message, without program, level and newline, before that is written.  It must
 * say nothing itself. */
extern void (*sv_say_heard)(enum sv_level level, const char *text, size_t size);

/* Writes one message made of the strings of list, which ends with NULL.  With
 * a non-zero error, ": " and its strerror() text are appended.  Keeps errno. */
void sv_say(enum sv_level level, int error, const char *const *list);

/* As sv_say(SV_FATAL, ...), then exits with code. */
_Noreturn void sv_say_and_exit(int code, int error, const char *const *list);

#define SV_STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define sv_info(...) sv_say(SV_INFO, 0, SV_STRINGS(__VA_ARGS__))
#define sv_warn(...) sv_say(SV_WARNING, 0, SV_STRINGS(__VA_ARGS__))
#define sv_warn_sys(...) sv_say(SV_WARNING, errno, SV_STRINGS(__VA_ARGS__))
#define sv_die(code, ...) sv_say_and_exit(code, 0, SV_STRINGS(__VA_ARGS__))
#define sv_die_sys(...)                                                        \
    sv_say_and_exit(SV_EXIT_SYSTEM, errno, SV_STRINGS(__VA_ARGS__))

/* Writes "usage: " and text and a newline on descriptor 2, exits 100. */
_Noreturn void sv_die_usage(const char *text);

/* Writes text on descriptor 1 and exits 0, or 111 if it cannot be written. */
_Noreturn void sv_print_and_exit(const char *text);

/* Formats n in decimal with a final NUL; returns buf. */
char *sv_number(char buf[static SV_NUMBER_MAX], int64_t n);

#endif
