/* SPDX-License-Identifier: ISC */
/*
 * access.h - who may do what over the socket.
 *
 *   to look (LIST, WATCH, INFO)    whoever can connect: the socket's mode
 *   to command a service           whoever may write to its supervise/control
 *   to command the tree            whoever may write to .s6-svscan/control
 *
 * So who may command is said in one place for both ways, by mode and group of a
 * fifo, as s6-svperms(8) sets them; the directory that the fifo lies in must let
 * him pass as well.  root and the user that svscan runs as may do everything.
 */
#ifndef SVSCAN_ACCESS_H
#define SVSCAN_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Who is at the other end of a connected socket, as it was when he connected.
 * His groups are asked of the socket, when they count. */
struct peer {
    int fd;
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* Asks the socket fd, which stays the caller's; the peer counts while it is
 * open.  False with errno set. */
bool access_peer(struct peer *peer, int fd);

/* Is he root, or the user that we run as? */
bool access_is_master(const struct peer *peer);

/* May he pass the directory dir, below base, and write to file in it?  False if
 * that cannot be told. */
bool access_may_write(const struct peer *peer, int base, const char *dir,
                      const char *file);

#endif
