/* SPDX-License-Identifier: ISC */
/*
 * service.h - a service directory's files, read and checked.
 *
 * Nothing is cached: each file is read again at the moment when it counts, as
 * s6 does.  A file that holds something wrong is treated as absent, and the
 * caller is told, so that it can warn by name.
 *
 * Source: s6's servicedir; formats in contract 1.3 (unsigned integers), 1.4
 * (signals).
 */
#ifndef SV_SERVICE_H
#define SV_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

enum sv_value {
    SV_ABSENT,     /* no such file: the default applies */
    SV_FOUND,
    SV_INVALID,    /* not what the file may hold: the default applies */
    SV_UNREADABLE, /* errno says why: the default applies */
};

/* An unsigned integer: the text before the first newline, of which at most 11
 * bytes are read, is one or more digits and nothing else, at most 2^32 - 1.
 * *value is set on SV_FOUND only. */
enum sv_value sv_service_uint(int base, const char *dir, const char *file,
                              uint32_t *value);

/* A signal, by name (with or without SIG, any case) or number: the first 15
 * bytes, cut at a newline. */
enum sv_value sv_service_signal(int base, const char *dir, const char *file,
                                int *signal);

/* The number of a signal from its name or number as above; 0 if unknown. */
int sv_signal_number(const char *text);

/* "TERM" for SIGTERM; "???" for a number without a name.  Static. */
const char *sv_signal_name(int number);

/* What a service directory is, as s6-rc's source format has it. */
enum sv_kind {
    SV_LONGRUN, /* run runs for as long as it is up */
    SV_ONESHOT, /* up runs once to bring it up, and down to bring it down */
    SV_BUNDLE,  /* a name for others */
};

/* The kind of a service directory, by its file type; SV_ABSENT: there is none,
 * and it is a longrun.  *kind is SV_LONGRUN on anything but SV_FOUND. */
enum sv_value sv_service_kind(int base, const char *dir, enum sv_kind *kind);

/* "longrun", "oneshot", "bundle". */
const char *sv_kind_name(enum sv_kind kind);

/* Is name fit to be a service's name: not empty, no leading dot, at most
 * SV_NAME_MAX bytes, no slash, no control character?  NULL if so, else the
 * reason in words. */
const char *sv_service_name_fault(const char *name);

/* What keeps a file from being a program, going by its stat(2) alone, which is
 * the same whoever asks and however its file system is mounted. */
struct stat;
enum sv_program {
    SV_PROGRAM_FINE,
    SV_PROGRAM_IRREGULAR, /* is not a regular file */
    SV_PROGRAM_EMPTY,
    SV_PROGRAM_INERT,     /* nobody may execute it */
};
enum sv_program sv_service_program(const struct stat *st);

/* That in words, "is empty"; NULL for SV_PROGRAM_FINE.  Static. */
const char *sv_program_fault(enum sv_program program);

/* Is there an executable file of that name (access(2), X_OK, effective ids)?
 * False sets errno: ENOENT, EACCES, ...  Where the file system of base is
 * mounted noexec, and so nothing is executable by its name, the mode counts:
 * whoever starts it has other ways (engine/noexec.c). */
bool sv_service_executable(int base, const char *dir, const char *file);

#endif
