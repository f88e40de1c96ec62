/* SPDX-License-Identifier: ISC */
/* user.c - accounts, ids and supplementary groups. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/setgroups.h>
#include <skalibs/types.h>

#include "chain/user.h"

_Static_assert(sizeof(uid_t) == sizeof(unsigned int), "ids have 32 bits");

/* What getpwnam and its kin say of a name that does not exist differs: POSIX
 * wants errno 0, and its manual page lists what else has been seen. */
static enum user_found not_found(void)
{
    switch (errno) {
    case 0:
    case ENOENT:
    case ESRCH:
    case EBADF:
    case EPERM: return USER_UNKNOWN;
    default: return USER_FAILED;
    }
}

static bool has_member(const struct group *group, const char *name)
{
    for (char *const *member = group->gr_mem; *member != NULL; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

static enum user_found find_groups(struct user *user, const char *name)
{
    struct user_groups *others = &user->others;
    const struct group *group;
    enum user_found found = USER_FOUND;

    setgrent();
    for (errno = 0; (group = getgrent()) != NULL; errno = 0) {
        if (group->gr_gid == user->gid || !has_member(group, name))
            continue;
        if (others->count == USER_GROUPS_MAX) {
            errno = E2BIG;
            break;
        }
        others->gid[others->count++] = group->gr_gid;
    }
    if (not_found() == USER_FAILED)
        found = USER_FAILED;

    int error = errno;

    endgrent();
    errno = error;
    return found;
}

enum user_found user_numbers(struct user *user, const char *name)
{
    const struct passwd *account;

    errno = 0;
    account = getpwnam(name);
    if (account == NULL)
        return not_found();
    user->uid = account->pw_uid;
    user->gid = account->pw_gid;
    user->others.count = 0;
    return USER_FOUND;
}

enum user_found user_named(struct user *user, const char *name)
{
    enum user_found found = user_numbers(user, name);

    return found == USER_FOUND ? find_groups(user, name) : found;
}

enum user_found user_group_named(gid_t *gid, const char *name)
{
    const struct group *group;

    errno = 0;
    group = getgrnam(name);
    if (group == NULL)
        return not_found();
    *gid = group->gr_gid;
    return USER_FOUND;
}

const char *user_scan_id(const char *text, char stop, unsigned int *id)
{
    unsigned int value;
    size_t digits = uint_scan(text, &value);

    if (digits == 0 || (text[digits] != '\0' && text[digits] != stop))
        return NULL;
    *id = value;
    return text + digits;
}

bool user_scan_groups(struct user_groups *groups, const char *text)
{
    groups->count = 0;
    while (*text != '\0') {
        unsigned int id;

        text = user_scan_id(text, ',', &id);
        if (text == NULL || groups->count == USER_GROUPS_MAX)
            return false;
        groups->gid[groups->count++] = id;
        if (*text == ',' && *++text == '\0')
            return false;
    }
    return true;
}

char *user_format_groups(char buf[static USER_LIST_MAX],
                         const struct user_groups *groups)
{
    char *at = buf;

    for (size_t i = 0; i < groups->count; i++) {
        if (i > 0)
            *at++ = ',';
        at += uint_fmt(at, groups->gid[i]);
    }
    *at = '\0';
    return buf;
}

const char *user_become(const struct user_change *change)
{
    const struct user_groups *groups = change->groups;
    gid_t own = change->gid != 0 ? change->gid : getegid();

    if (groups != NULL &&
        setgroups_and_gid(own, groups->count, groups->gid) < 0)
        return "set supplementary group list";
    if (change->gid != 0 && setgid(change->gid) < 0)
        return "setgid";
    if (change->uid != 0 && setuid(change->uid) < 0)
        return "setuid";
    return NULL;
}

static bool has_group(const struct user_groups *groups, gid_t gid)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->gid[i] == gid)
            return true;
    return false;
}

/* The user's own group may be in the list too, for nothing follows from it. */
static bool is_within(const struct user_groups *groups, const struct user *user,
                      const struct user_groups *others)
{
    for (size_t i = 0; i < groups->count; i++)
        if (groups->gid[i] != user->gid && !has_group(others, groups->gid[i]))
            return false;
    return true;
}

static bool is_in_groups_of(const struct user *user)
{
    static struct user_groups now;
    int count = getgroups(USER_GROUPS_MAX, now.gid);

    if (count < 0)
        return false;
    now.count = (size_t)count;
    return is_within(&now, user, &user->others) &&
           is_within(&user->others, user, &now);
}

static bool is_wholly(const struct user *user)
{
    uid_t uid[3];
    gid_t gid[3];

    if (getresuid(uid, uid + 1, uid + 2) < 0 ||
        getresgid(gid, gid + 1, gid + 2) < 0)
        return false;
    for (int i = 0; i < 3; i++)
        if (uid[i] != user->uid || gid[i] != user->gid)
            return false;
    return is_in_groups_of(user);
}

/* Who keeps capabilities (PR_SET_KEEPCAPS, or ambient ones) can go back. */
static bool can_go_back(const struct user *user)
{
    if (user->uid == 0)
        return false; /* root is where it wanted to be */
    return (user->gid != 0 && setresgid((gid_t)-1, 0, (gid_t)-1) == 0) ||
           setresuid((uid_t)-1, 0, (uid_t)-1) == 0;
}

const char *user_turn_into(const struct user *user)
{
    const struct user_groups *others = &user->others;

    if (!is_wholly(user)) {
        if (setgroups(others->count, others->gid) < 0)
            return "set supplementary group list";
        if (setresgid(user->gid, user->gid, user->gid) < 0)
            return "setgid";
        if (setresuid(user->uid, user->uid, user->uid) < 0)
            return "setuid";
    }
    if (is_wholly(user) && !can_go_back(user))
        return NULL;
    errno = EPERM;
    return "give up every other id";
}
