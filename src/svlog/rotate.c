/* SPDX-License-Identifier: ISC */
/* rotate.c - one case a step: the call, and the step after it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/clock.h"
#include "svlog/rotate.h"
#include "svlog/svlog.h"

bool rotate_is_due(const struct logdir *logdir, uint64_t bytes)
{
    uint64_t size = logdir->size + bytes;

    return logdir->step != ROTATION_NONE ||
           (size && (logdir->is_asked || size + logdir->policy.tolerance >=
                                             logdir->policy.size));
}

/* Somebody may have removed the file: then there is nothing to archive. */
static bool is_done_or_gone(int result)
{
    return result == 0 || errno == ENOENT;
}

static bool step_to(struct logdir *logdir, bool done, enum rotation next)
{
    if (done)
        logdir->step = next;
    return done;
}

/* Takes one step; false, with errno set, leaves the logdir in it. */
static bool take_step(struct logdir *d)
{
    switch (d->step) {
    case ROTATION_NONE:
        return step_to(d, true, ROTATION_SYNC);
    case ROTATION_SYNC:
        return step_to(d, fsync(d->current) == 0, ROTATION_RENAME);
    case ROTATION_RENAME:
        return step_to(d, is_done_or_gone(renameat(d->dir, "current", d->dir,
                                                   "previous")),
                       ROTATION_OPEN);
    case ROTATION_OPEN:
        return step_to(d, logdir_open_current(d), ROTATION_MARK);
    case ROTATION_MARK:
        return step_to(d, is_done_or_gone(fchmodat(d->dir, "previous",
                                                   d->mode | S_IXUSR, 0)),
                       ROTATION_ARCHIVE);
    case ROTATION_ARCHIVE:
        return step_to(d, logdir_archive(d, "previous", ".s"), ROTATION_TRIM);
    case ROTATION_TRIM:
        return step_to(d, logdir_trim(d), ROTATION_NONE);
    }
    return true;
}

static void complain(struct logdir *logdir, int64_t now)
{
    static const struct {
        const char *what;
        const char *file;
    } doing[] = {
        [ROTATION_SYNC] = {"fsync", "/current"},
        [ROTATION_RENAME] = {"rename", "/current"},
        [ROTATION_OPEN] = {"create", "/current"},
        [ROTATION_MARK] = {"chmod", "/previous"},
        [ROTATION_ARCHIVE] = {"archive", "/previous"},
        [ROTATION_TRIM] = {"trim", ""},
    };

    rotate_failed(logdir, doing[logdir->step].what, doing[logdir->step].file,
                  now);
}

void rotate_failed(struct logdir *logdir, const char *what, const char *file,
                   int64_t now)
{
    char ms[SV_NUMBER_MAX];

    warn_sys("unable to ", what, " ", logdir->path, file, " (retrying in ",
             sv_number(ms, logdir->policy.retry_ms), " ms)");
    logdir->retry_at = now + logdir->policy.retry_ms * SV_MS;
}

bool rotate(struct logdir *logdir, int64_t now)
{
    if (!rotate_is_due(logdir, 0)) {
        logdir->is_asked = false;
        return true;
    }
    if (now < logdir->retry_at)
        return false;
    do {
        if (!take_step(logdir)) {
            complain(logdir, now);
            return false;
        }
    } while (logdir->step != ROTATION_NONE);
    logdir->is_asked = false;
    logdir->retry_at = 0;
    return true;
}
