/* SPDX-License-Identifier: ISC */
/* rotate.c - one case a step: the call, and the step after it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/clock.h"
#include "svlog/process.h"
#include "svlog/rotate.h"
#include "svlog/svlog.h"

bool rotate_is_exchanging(const struct logdir *logdir)
{
    return logdir->step != ROTATION_NONE && logdir->step <= ROTATION_MARK;
}

static bool is_finishing(const struct logdir *logdir)
{
    return logdir->step > ROTATION_MARK;
}

/* An empty current is never rotated, whatever the policy. */
uint64_t rotate_room(const struct logdir *logdir)
{
    uint64_t due = 1;

    if (rotate_is_exchanging(logdir))
        return 0;
    if (is_finishing(logdir))
        return UINT64_MAX;
    if (!logdir->is_asked &&
        logdir->policy.size > (uint64_t)logdir->policy.tolerance + due)
        due = logdir->policy.size - (uint64_t)logdir->policy.tolerance;
    return due > logdir->size ? due - logdir->size : 0;
}

bool rotate_is_due(const struct logdir *logdir, uint64_t bytes)
{
    return bytes >= rotate_room(logdir);
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

static enum rotation after_mark(const struct logdir *logdir)
{
    return logdir->policy.processor ? ROTATION_RUN : ROTATION_ARCHIVE;
}

/* What a processor made counts as older, by a nanosecond, than what it is made
 * of: so readers that have read the one pass over the other. */
static bool date_processed(const struct logdir *logdir)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
    struct stat st;

    if (fstatat(logdir->dir, "previous", &st, 0) < 0)
        return errno == ENOENT;
    times[1] = st.st_mtim;
    if (times[1].tv_nsec-- == 0) {
        times[1].tv_sec--;
        times[1].tv_nsec = SV_SECOND - 1;
    }
    return utimensat(logdir->dir, "processed", times, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Puts a file on the disk, and changes its mode if one is given. */
static bool sync_file(const struct logdir *logdir, const char *file,
                      mode_t mode)
{
    int fd = openat(logdir->dir, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bool done;

    if (fd < 0)
        return false;
    done = fsync(fd) == 0 && (!mode || fchmod(fd, mode) == 0);
    close(fd);
    return done;
}

/* Without a previous, which somebody may have removed, there is nothing that it
 * could make an archive of. */
static bool start_processor(struct logdir *logdir)
{
    logdir->processor = process_start(logdir);
    if (logdir->processor > 0)
        return step_to(logdir, true, ROTATION_WAIT);
    return step_to(logdir, errno == ENOENT, ROTATION_TRIM);
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
                       after_mark(d));
    case ROTATION_RUN:
        return start_processor(d);
    case ROTATION_WAIT:
        return true;
    case ROTATION_SYNC_PROCESSED:
        return step_to(d, date_processed(d) &&
                              sync_file(d, "processed", d->mode | S_IXUSR),
                       ROTATION_SYNC_STATE);
    case ROTATION_SYNC_STATE:
        return step_to(d, sync_file(d, "newstate", 0) ||
                              errno == ENOENT,
                       ROTATION_REMOVE);
    case ROTATION_REMOVE:
        return step_to(d, is_done_or_gone(unlinkat(d->dir, "previous", 0)),
                       ROTATION_STATE);
    case ROTATION_STATE:
        return step_to(d, is_done_or_gone(renameat(d->dir, "newstate", d->dir,
                                                   "state")),
                       ROTATION_KEEP);
    case ROTATION_KEEP:
        return step_to(d, logdir_archive(d, "processed", ".s"), ROTATION_TRIM);
    case ROTATION_ARCHIVE:
        return step_to(d, logdir_archive(d, "previous", ".s"), ROTATION_TRIM);
    case ROTATION_TRIM:
        return step_to(d, logdir_trim(d), ROTATION_NONE);
    }
    return true;
}

static const struct {
    const char *what;
    const char *file;
} doing[] = {
    [ROTATION_SYNC] = {"fsync", "/current"},
    [ROTATION_RENAME] = {"rename", "/current"},
    [ROTATION_OPEN] = {"create", "/current"},
    [ROTATION_MARK] = {"chmod", "/previous"},
    [ROTATION_RUN] = {"start the processor of", ""},
    [ROTATION_SYNC_PROCESSED] = {"fsync", "/processed"},
    [ROTATION_SYNC_STATE] = {"fsync", "/newstate"},
    [ROTATION_REMOVE] = {"remove", "/previous"},
    [ROTATION_STATE] = {"rename", "/newstate"},
    [ROTATION_KEEP] = {"archive", "/processed"},
    [ROTATION_ARCHIVE] = {"archive", "/previous"},
    [ROTATION_TRIM] = {"trim", ""},
};

enum { SAY_AGAIN = 60 }; /* seconds */

/* Returns the time at which to try again.  What fails again and again is said
 * once a minute: a full disk may last. */
static int64_t complain(const struct logdir *logdir, struct said *said,
                        const char *what, const char *file, int64_t now)
{
    char ms[SV_NUMBER_MAX];

    if (said->what != what || said->error != errno || now >= said->until) {
        *said = (struct said){what, errno, now + SAY_AGAIN * SV_SECOND};
        warn_sys("unable to ", what, " ", logdir->path, file, " (retrying in ",
                 sv_number(ms, logdir->policy.retry_ms), " ms)");
    }
    return now + logdir->policy.retry_ms * SV_MS;
}

void rotate_failed(struct logdir *logdir, const char *what, const char *file,
                   int64_t now)
{
    logdir->retry_at = complain(logdir, &logdir->said_retry, what, file, now);
}

void rotate_finish(struct logdir *logdir, int64_t now)
{
    if (now < logdir->finish_at)
        return;
    logdir->finish_at = 0;
    while (is_finishing(logdir) && logdir->step != ROTATION_WAIT)
        if (!take_step(logdir)) {
            logdir->finish_at = complain(logdir, &logdir->said_finish,
                                         doing[logdir->step].what,
                                         doing[logdir->step].file, now);
            return;
        }
}

void rotate_reap(struct logdir *logdir, int64_t now)
{
    char ms[SV_NUMBER_MAX];
    int status;

    if (logdir->step != ROTATION_WAIT ||
        waitpid(logdir->processor, &status, WNOHANG) != logdir->processor)
        return;
    logdir->step = status ? ROTATION_RUN : ROTATION_SYNC_PROCESSED;
    if (!status)
        return;
    warn("processor ", WIFSIGNALED(status) ? "crashed" : "failed", " in ",
         logdir->path, " (retrying in ",
         sv_number(ms, logdir->policy.retry_ms), " ms)");
    logdir->finish_at = now + logdir->policy.retry_ms * SV_MS;
}

void rotate_watch(struct logdir *logdir, int64_t now)
{
    if (!logdir->policy.period || !logdir->size)
        logdir->period_at = 0;
    else if (!logdir->period_at)
        logdir->period_at = now + logdir->policy.period * SV_SECOND;
}

void rotate_by_time(struct logdir *logdir, int64_t now)
{
    if (!logdir->period_at || now < logdir->period_at)
        return;
    logdir->is_asked = true;
    logdir->period_at = 0;
}

bool rotate(struct logdir *logdir, int64_t now)
{
    if (!rotate_is_due(logdir, 0)) {
        logdir->is_asked &= is_finishing(logdir);
        return true;
    }
    if (now < logdir->retry_at)
        return false;
    do {
        if (!take_step(logdir)) {
            rotate_failed(logdir, doing[logdir->step].what,
                          doing[logdir->step].file, now);
            return false;
        }
    } while (rotate_is_exchanging(logdir));
    logdir->is_asked = false;
    logdir->retry_at = 0;
    logdir->period_at = 0;
    rotate_finish(logdir, now);
    return true;
}
