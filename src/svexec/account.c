/* SPDX-License-Identifier: ISC */
/*
 * account.c - a user in words, to ids.
 */
#include <errno.h>
#include <string.h>

#include "svexec/account.h"
#include "sv/say.h"

/* The number that means "leave it as it is" to the system calls is nobody's. */
static bool scan_id(const char *text, unsigned int *id)
{
    return user_scan_id(text, '\0', id) != NULL && *id != (unsigned int)-1;
}

static void find_user(struct user *user, const char *name, bool has_group)
{
    enum user_found found = user_named(user, name);

    if (found == USER_FAILED)
        sv_die_sys("unable to look up user ", name);
    if (found == USER_FOUND)
        return;
    if (!scan_id(name, &user->uid))
        sv_die(SV_EXIT_USAGE, "unknown user: ", name);
    if (!has_group)
        sv_die(SV_EXIT_USAGE, "a user in numbers needs a group, ", name,
               ":GID");
    user->others.count = 0;
}

static void find_group(struct user *user, const char *name)
{
    enum user_found found = user_group_named(&user->gid, name);

    if (found == USER_FAILED)
        sv_die_sys("unable to look up group ", name);
    if (found == USER_UNKNOWN && !scan_id(name, &user->gid))
        sv_die(SV_EXIT_USAGE, "unknown group: ", name);
}

void account_find(struct user *user, char *text)
{
    char *colon = strchr(text, ':');

    if (colon != NULL)
        *colon = '\0';
    find_user(user, text, colon != NULL);
    if (colon != NULL)
        find_group(user, colon + 1);
}
