/* SPDX-License-Identifier: ISC */
/* access.c - asks the kernel who a peer is, and files whom they let in. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "svscan/access.h"

enum { MAY_PASS = 01, MAY_WRITE = 02 };

bool access_peer(struct peer *peer, int fd)
{
    struct ucred is;
    socklen_t size = sizeof is;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &is, &size) < 0)
        return false;
    *peer = (struct peer){.fd = fd, .pid = is.pid, .uid = is.uid,
                          .gid = is.gid};
    return true;
}

bool access_is_master(const struct peer *peer)
{
    return peer->uid == 0 || peer->uid == geteuid();
}

/* His supplementary groups: *count of them, for the caller to free; NULL if
 * there are none, or they cannot be had. */
static gid_t *groups_of(const struct peer *peer, size_t *count)
{
    socklen_t size = 0;
    gid_t *groups;

    if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 ||
        errno != ERANGE)
        return NULL;
    groups = malloc(size);
    if (groups &&
        getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
        *count = size / sizeof *groups;
        return groups;
    }
    free(groups);
    return NULL;
}

static bool is_of_group(const struct peer *peer, gid_t gid)
{
    size_t count = 0;
    gid_t *groups;
    bool found = peer->gid == gid;

    if (found)
        return true;
    groups = groups_of(peer, &count);
    for (size_t i = 0; i < count && !found; i++)
        found = groups[i] == gid;
    free(groups);
    return found;
}

/* As the kernel would decide it: the first class that he is of counts. */
static bool allows(const struct peer *peer, const struct stat *st, mode_t what)
{
    unsigned shift = 0;

    if (peer->uid == st->st_uid)
        shift = 6;
    else if (is_of_group(peer, st->st_gid))
        shift = 3;
    return st->st_mode & what << shift;
}

bool access_may_write(const struct peer *peer, int base, const char *dir,
                      const char *file)
{
    char path[SV_PATH_MAX];
    struct stat around;
    struct stat st;

    return fstatat(base, dir, &around, 0) == 0 &&
           fstatat(base, sv_at(path, dir, file), &st, 0) == 0 &&
           allows(peer, &around, MAY_PASS) && allows(peer, &st, MAY_WRITE);
}
