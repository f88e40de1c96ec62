/* SPDX-License-Identifier: ISC */
/*
 * link.h - a service in a scan directory, by a symlink: put there, taken away.
 *
 * Who links subscribes to the service's events first and tells the scanner
 * then, so that the supervisor's first word is heard.  A service with a log
 * directory is two, and both are waited for.  What fails is undone.
 *
 * Paths are as open(2) has them.  Source: contract 9.9.
 */
#ifndef SV_LINK_H
#define SV_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct sv_linking {
    const char *scandir;
    const char *dir;    /* the service directory */
    const char *name;   /* of the link in scandir */
    const char *target; /* its text */
    bool is_down;       /* not started now, though it may be later */
    bool stays_down;    /* the same, and the down files stay */
    bool is_forced;     /* event directories get their mode anew */
    bool is_public;     /* that mode lets everybody listen */
    int64_t deadline;   /* of sv_boottime(), INT64_MAX for never */
};

enum sv_linked {
    SV_LINKED,
    SV_LINKED_BEFORE,   /* it had a supervisor: there is a link, no more */
    SV_LINKED_DOWN,     /* a down file could not be removed: errno says why */
    /* All others set errno, and neither the link nor a down file of ours
     * stays. */
    SV_LINK_UNPREPARED, /* down files, event directories, subscriptions */
    SV_LINK_UNMADE,     /* the link itself */
    SV_LINK_UNTOLD,     /* nobody reads the scanner's commands */
    SV_LINK_TIMEOUT,
    SV_LINK_UNHEARD,    /* waiting failed */
};

/* Links a service and waits until it is supervised.  After a failure the
 * scanner is told to look again and to let go.  A signal that ends the process
 * does so after all was undone.  SIGPIPE must be ignored. */
enum sv_linked sv_link(const struct sv_linking *linking);

struct sv_unlinking {
    const char *scandir;
    const char *name;
    bool is_waited_for;
    int64_t deadline;
};

/* Removes the link, if there is one, and tells the scanner; waits until
 * supervision has ended or the time is out, which is no failure.  False with
 * errno set if it is no link (EISDIR, ENOTDIR), cannot be removed, or the
 * service cannot be listened to; then it is still there.  SIGPIPE as above. */
bool sv_unlink(const struct sv_unlinking *unlinking);

#endif
