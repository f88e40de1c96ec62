/* SPDX-License-Identifier: ISC */
/*
 * limit.h - resource limits, by the letters of s6-softlimit and by name.
 *
 * Source: setrlimit(2); contract 11.1.
 */
#ifndef CHAIN_LIMIT_H
#define CHAIN_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

enum limit_which { LIMIT_SOFT, LIMIT_HARD, LIMIT_BOTH };

struct limit_value {
    bool is_hard; /* "=": what the hard limit is */
    rlim_t value;
};

/* Reads "=" or a number; with "unlimited", where is_named, for no limit.  False
 * if the text is neither. */
bool limit_scan(struct limit_value *value, const char *text, bool is_named);

/* The resource (RLIMIT_...) of a name such as "nofile"; -1 if there is none. */
int limit_named(const char *name);

/* Sets a limit of this process.  A soft limit above the hard one is lowered to
 * it; a hard limit below the soft one lowers that too.  False with errno set. */
bool limit_set(int resource, enum limit_which which,
               const struct limit_value *value);

#endif
