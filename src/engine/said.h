/* SPDX-License-Identifier: ISC */
/*
 * said.h - what a service says of itself through its notify socket.
 *
 * A service with a file notify-socket gets a datagram socket, ".notify" in its
 * directory (supervise/ is closed to other users, and a service may have become
 * one), and its run the variable NOTIFY_SOCKET.  The socket is made at the first
 * start and lasts until the service leaves, or its next start without that file;
 * init holds it, so that a datagram outlives svscan.  It is looked at, acted
 * upon, and only then taken: what it leads to is on disk by then.
 *
 * Whose word counts: run's; and anybody's who is root, has a user id of run's, or
 * descends from it, if he has begun after run did, or is dead by now.
 *
 * What has to outlive svscan is in supervise/said, an image of struct said in the
 * machine's byte order, replaced before the datagram is taken.
 */
#ifndef ENGINE_SAID_H
#define ENGINE_SAID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/engine.h"
#include "sv/notify.h"

enum { SAID_RELOADING = 1 << 0, SAID_STOPPING = 1 << 1 };

struct said {
    uint32_t flags;
    uint32_t watchdog_ms; /* 0: it promises nothing */
    int64_t main_at;      /* CLOCK_BOOTTIME ns: it was named then, and lived */
    int32_t main_pid;     /* 0: run itself */
    char status[SV_NOTIFY_STATUS_MAX + 1];
};

#define SOCKET_VARIABLE "NOTIFY_SOCKET="
#define WATCHDOG_VARIABLE "WATCHDOG_USEC="

struct notify {
    struct service *service;
    struct watch socket;
    struct timer watchdog;
    unsigned told;
    struct said said;
    char socket_variable[sizeof SOCKET_VARIABLE
                         + sizeof((struct sockaddr_un *)0)->sun_path];
    char watchdog_variable[sizeof WATCHDOG_VARIABLE + 20];
};

/* ---- said.c -------------------------------------------------------------- */

/* Is what a file held, of so many bytes, such an image? */
bool said_is_whole(const struct said *said, size_t size);

/* Writes that file. */
void notify_save(const struct notify *notify);

/* ---- hear.c -------------------------------------------------------------- */

/* Hears the socket fd, its own from now on.  False with errno set, and fd
 * closed. */
bool notify_listen(struct notify *notify, int fd);

/* From now on it must say that it is alive, if it promised to. */
void notify_arm_watchdog(struct notify *notify);

/* ---- speaker.c ----------------------------------------------------------- */

/* Is what sender says the word of the service whose run this is?  Where both
 * are gone nobody can tell, and nothing is at stake but the order of two
 * events. */
bool speaker_counts(const struct sv_child *run, const struct ucred *sender);

/* Does the text of a /proc/PID/status have the id among its four of the user?
 * A text that is cut before the end of their line says of no user. */
bool speaker_has_id(const char *status, uid_t uid);

/* Is pid a descendant of the other, or the same? */
bool speaker_descends(pid_t pid, pid_t from);

#endif
