/* SPDX-License-Identifier: ISC */
/*
 * link.h - what s6-svlink and s6-instance-create, s6-svunlink and
 * s6-instance-delete share: a service in a scan directory, by a symlink.
 */
#ifndef S6_LINK_H
#define S6_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct linking {
    bool is_down;      /* -d: started down, this once */
    bool stays_down;   /* -D: with a down file */
    bool is_forced;    /* -f: event/ gets its mode anew */
    bool is_public;    /* -P */
    int64_t deadline;  /* of sv_boottime() */
};

/* Takes the options named by letters, of "+dDfPt:"; others are a usage error. */
void linking_options(struct linking *linking, int argc, char *argv[]);

/* Is a scanner there?  Exits where that cannot be found out. */
bool scanner_runs(const char *scandir);

/* Links dir into scandir under name, with that target, and waits until it is
 * supervised.  Returns the exit code; what failed has been said and undone. */
int link_service(const struct linking *linking, const char *scandir,
                 const char *dir, const char *name, const char *target);

struct unlinking {
    bool is_waited_for; /* not -X */
    int64_t deadline;
};

void unlinking_options(struct unlinking *unlinking, int argc, char *argv[]);

/* Removes the link and waits until supervision has ended.  Exits 111 for what
 * is no link. */
void unlink_service(const struct unlinking *unlinking, const char *scandir,
                    const char *name);

#endif
