/* SPDX-License-Identifier: ISC */
/*
 * speaker.c - whose word counts, of those who write to a notify socket?
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/uint64.h>

#include "engine/said.h"
#include "sv/at.h"
#include "sv/child.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/say.h"

enum { ANCESTORS_MOST = 64, TICK_MS = 10 };

#define UID_LINE "\nUid:\t"

/* Does it live, and did it before the run at hand was started? */
static bool is_older(pid_t pid, const struct sv_child *run)
{
    return sv_child_is(pid, 0, run->t0 - TICK_MS * SV_MS);
}

static bool lives(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

bool speaker_has_id(const char *status, uid_t uid)
{
    const char *at = strstr(status, UID_LINE);
    bool has = false;

    if (at == NULL)
        return false;
    at += strlen(UID_LINE);
    for (int i = 0; i < 4; i++) { /* real, effective, saved, of files */
        uint64_t id;
        size_t digits = uint64_scan(at, &id);

        if (digits == 0 || at[digits] != (i < 3 ? '\t' : '\n'))
            return false;
        has = id == uid || has;
        at += digits + 1;
    }
    return has;
}

/* Is uid one of the user ids of the process?  A zombie has them still. */
static bool has_user(pid_t pid, uid_t uid)
{
    char dir[32], number[SV_NUMBER_MAX], text[1025];

    sv_join(dir, sizeof dir, SV_STRINGS("/proc/", sv_number(number, pid)));

    ssize_t n = sv_at_read(AT_FDCWD, dir, "status", text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';
    return speaker_has_id(text, uid);
}

bool speaker_descends(pid_t pid, pid_t from)
{
    for (int i = 0; i < ANCESTORS_MOST && pid > 1; i++) {
        if (pid == from)
            return true;
        pid = sv_child_parent(pid);
    }
    return false;
}

bool speaker_counts(const struct sv_child *run, const struct ucred *sender)
{
    if (sender->pid == run->pid)
        return true;
    if (is_older(sender->pid, run))
        return false;
    return sender->uid == 0 || sender->uid == geteuid()
           || has_user(run->pid, sender->uid)
           || speaker_descends(sender->pid, run->pid)
           || (!lives(run->pid) && !lives(sender->pid));
}
