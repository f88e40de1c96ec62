/* SPDX-License-Identifier: ISC */
/*
 * account.h - a user in words, to ids.
 */
#ifndef SVEXEC_ACCOUNT_H
#define SVEXEC_ACCOUNT_H

#include "chain/user.h"

/* Finds USER or USER:GROUP, and cuts the text at its colon.  A name has the
 * ids of its account and the groups that it is a member of; GROUP replaces its
 * own.  What is no name may be a number: a user in numbers has no other
 * groups, and must be given its group.  Dies if there is no such user. */
void account_find(struct user *user, char *text);

#endif
