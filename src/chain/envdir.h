/* SPDX-License-Identifier: ISC */
/*
 * envdir.h - an environment directory: a file a variable.
 *
 * A name that begins with a dot or has a '=' is passed over.  An empty file
 * unsets its variable.  Else the value is the first line without blanks at its
 * end, each NUL a newline.
 *
 * Source: contract 11.1, s6-envdir.
 */
#ifndef CHAIN_ENVDIR_H
#define CHAIN_ENVDIR_H

#include <stdbool.h>
#include <stddef.h>

/* What a value has at most, unless is_unlimited: 4096 bytes with its NUL. */
enum { ENVDIR_VALUE = 4095 };

struct envdir_how {
    bool is_verbatim;  /* the whole file, not its first line */
    bool keeps_end;    /* blanks at the end; verbatim: the last newline */
    bool is_unlimited; /* no limit of ENVDIR_VALUE */
    char nul;          /* what a NUL becomes */
};

/* Makes of the size bytes of a file the value of a variable, in place, and
 * returns its size.  There must be room for a NUL, which is written. */
size_t envdir_value(char *text, size_t size, const struct envdir_how *how);

/* Changes the environment as the directory says.  False with errno set;
 * some variables may have been changed by then.  A file that cannot be read is
 * a failure (EIDRM: it has gone since the directory was read). */
bool envdir_apply(const char *dir, const struct envdir_how *how);

#endif
