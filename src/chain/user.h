/* SPDX-License-Identifier: ISC */
/*
 * user.h - accounts, ids and supplementary groups.
 *
 * An id is a decimal number that fits in 32 bits.  A list is ids with commas
 * between them; the empty list is empty text.  Names are looked up with the C
 * library: a static program reads /etc/passwd and /etc/group.
 *
 * Source: contract 11.1.
 */
#ifndef CHAIN_USER_H
#define CHAIN_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    USER_GROUPS_MAX = 1024,
    USER_ID_MAX = 11, /* ten digits, and a comma or a NUL */
    USER_LIST_MAX = USER_GROUPS_MAX * USER_ID_MAX,
};

struct user_groups {
    size_t count;
    gid_t gid[USER_GROUPS_MAX];
};

struct user {
    uid_t uid;
    gid_t gid;
    struct user_groups others; /* the supplementary groups, gid not among them */
};

enum user_found {
    USER_FOUND,
    USER_UNKNOWN,
    USER_FAILED, /* errno says why; E2BIG: more groups than fit */
};

/* The account of that name, into *user. */
enum user_found user_named(struct user *user, const char *name);

/* Its numbers alone; user->others becomes empty. */
enum user_found user_numbers(struct user *user, const char *name);

/* The number of the group of that name. */
enum user_found user_group_named(gid_t *gid, const char *name);

/* Reads an id that is the whole of the text, or the part of it before the stop
 * character.  Returns what follows the id (at the stop, or at the NUL), or NULL
 * if it is no id; *id is then left alone. */
const char *user_scan_id(const char *text, char stop, unsigned int *id);

/* Reads a list; false if the text is none, or has too many. */
bool user_scan_groups(struct user_groups *groups, const char *text);

/* Writes a list with a final NUL; returns buf. */
char *user_format_groups(char buf[static USER_LIST_MAX],
                         const struct user_groups *groups);

/* What is to be given up; a part that is absent stays as it is. */
struct user_change {
    const struct user_groups *groups; /* NULL: absent */
    gid_t gid;                        /* 0: absent, as s6 has it */
    uid_t uid;                        /* 0: absent */
};

/* Sets groups, gid and uid, in this order (the gid is the first of the groups,
 * as s6 has it, and so is one that stays), for each needs the privilege that
 * the last one gives up.  NULL if all is done, else the words for what could
 * not be done, with errno set. */
const char *user_become(const struct user_change *change);

/* Becomes that user wholly: groups, and real, effective and saved ids, 0 among
 * them.  Then looks whether it is so, and whether a user other than 0 has no
 * way back to user or group 0.  Who is that user already needs no privilege.
 * NULL if all is done, else the words for what could not be done, with errno
 * set; some of it may have been done then, so that nothing must be run. */
const char *user_turn_into(const struct user *user);

#endif
