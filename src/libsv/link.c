/* SPDX-License-Identifier: ISC */
/*
 * link.c - a service in a scan directory, by a symlink: put there, taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/control.h"
#include "sv/link.h"
#include "sv/wait.h"

/* A service and its logger, if it has one. */
enum { PAIR = 2 };

struct pair {
    int count;
    char dirs[PAIR][SV_PATH_MAX];
    struct sv_waited waited[PAIR];
};

static void find_pair(struct pair *pair, const char *dir)
{
    pair->count = 1;
    sv_at(pair->dirs[0], ".", dir);
    sv_at(pair->dirs[1], dir, SV_LOG);
    if (sv_at_exists(AT_FDCWD, dir, SV_LOG))
        pair->count = PAIR;
}

static bool is_supervised(const char *dir)
{
    char lock[SV_PATH_MAX];

    return sv_lock_held(AT_FDCWD, sv_at(lock, dir, SV_LOCK)) == SV_HELD;
}

static bool tell_scanner(const char *scandir, const char *letters)
{
    char control[SV_PATH_MAX];

    return sv_control_send(AT_FDCWD, sv_at(control, scandir, SV_TREE_CONTROL),
                           letters, strlen(letters)) == SV_SENT;
}

/* Begins a wait for one of the letters.  False with errno set, and then there
 * is no wait. */
static bool subscribe(struct sv_wait *wait, struct pair *pair,
                      const char *letters)
{
    const struct sv_goal goal = { .letters = letters };

    if (!sv_wait_open(wait, &goal, false))
        return false;
    for (int i = 0; i < pair->count; i++) {
        if (sv_wait_subscribe(wait, &pair->waited[i], AT_FDCWD, pair->dirs[i]))
            continue;
        sv_wait_close(wait);
        return false;
    }
    return true;
}

/* ---- linking ------------------------------------------------------------ */

static bool put_down(const char *dir)
{
    char down[SV_PATH_MAX];
    int fd = open(sv_at(down, dir, SV_DOWN_FILE),
                  O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static bool prepare(const struct sv_linking *linking, const char *dir)
{
    char event[SV_PATH_MAX];

    if ((linking->is_down || linking->stays_down) && !put_down(dir))
        return false;
    return sv_fifodir_make(AT_FDCWD, sv_at(event, dir, SV_EVENT),
                           linking->is_public ? SV_EVENT_PUBLIC : getegid(),
                           linking->is_forced);
}

static bool prepare_all(const struct sv_linking *linking, struct pair *pair,
                        struct sv_wait *wait)
{
    static const char started[] = { SV_EVENT_STARTED, '\0' };

    for (int i = 0; i < pair->count; i++)
        if (!prepare(linking, pair->dirs[i]))
            return false;
    return subscribe(wait, pair, started);
}

/* Returns what has come of it all; keeps the errno of a failure. */
static enum sv_linked take_down_files_away(const struct sv_linking *linking,
                                           const struct pair *pair,
                                           enum sv_linked end)
{
    char down[SV_PATH_MAX];
    int error = errno;

    if (!linking->is_down && !(linking->stays_down && end != SV_LINKED))
        return end;
    for (int i = 0; i < pair->count; i++)
        if (unlink(sv_at(down, pair->dirs[i], SV_DOWN_FILE)) < 0 &&
            errno != ENOENT && end == SV_LINKED) {
            error = errno;
            end = SV_LINKED_DOWN;
        }
    errno = error;
    return end;
}

static enum sv_linked tell_and_wait(const struct sv_linking *linking,
                                    struct sv_wait *wait)
{
    if (!tell_scanner(linking->scandir, "a"))
        return SV_LINK_UNTOLD;
    switch (sv_wait_run(wait, linking->deadline)) {
    case SV_WAIT_DONE: return SV_LINKED;
    case SV_WAIT_TIMEOUT: errno = ETIMEDOUT; return SV_LINK_TIMEOUT;
    case SV_WAIT_SIGNAL: errno = EINTR; break;
    case SV_WAIT_ERROR: break;
    }
    return SV_LINK_UNHEARD;
}

static enum sv_linked link_and_wait(const struct sv_linking *linking,
                                    struct sv_wait *wait, const char *link)
{
    enum sv_linked end;

    if (symlink(linking->target, link) < 0)
        return SV_LINK_UNMADE;
    end = tell_and_wait(linking, wait);
    if (end != SV_LINKED) {
        int error = errno;

        unlink(link);
        tell_scanner(linking->scandir, "an");
        errno = error;
    }
    return end;
}

enum sv_linked sv_link(const struct sv_linking *linking)
{
    char link[SV_PATH_MAX];
    enum sv_linked end;
    struct sv_wait wait;
    struct pair pair;

    sv_at(link, linking->scandir, linking->name);
    if (is_supervised(linking->dir))
        return symlink(linking->target, link) == 0 || errno == EEXIST
                   ? SV_LINKED_BEFORE
                   : SV_LINK_UNMADE;
    find_pair(&pair, linking->dir);
    if (!prepare_all(linking, &pair, &wait))
        return take_down_files_away(linking, &pair, SV_LINK_UNPREPARED);
    end = link_and_wait(linking, &wait, link);
    end = take_down_files_away(linking, &pair, end);
    /* Last: a signal that was held back ends us here. */
    sv_wait_close(&wait);
    return end;
}

/* ---- unlinking ---------------------------------------------------------- */

/* Is the link there, and is it one?  A plain no sets errno to 0. */
static bool is_link(const char *link)
{
    struct stat st;

    if (lstat(link, &st) < 0) {
        if (errno == ENOENT)
            errno = 0;
        return false;
    }
    if (S_ISLNK(st.st_mode))
        return true;
    errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTDIR;
    return false;
}

/* Whoever is not supervised will not say that it goes. */
static void drop_absent(struct pair *pair)
{
    if (pair->count == PAIR && !is_supervised(pair->dirs[1]))
        pair->count = 1;
}

bool sv_unlink(const struct sv_unlinking *unlinking)
{
    static const char left[] = { SV_EVENT_LEFT, '\0' };
    char link[SV_PATH_MAX];
    char real[PATH_MAX];
    struct sv_wait wait;
    struct pair pair;
    bool waits, is_gone;

    if (!is_link(sv_at(link, unlinking->scandir, unlinking->name)))
        return errno == 0;
    waits = unlinking->is_waited_for && is_supervised(link) &&
            realpath(link, real) != NULL;
    if (waits) {
        find_pair(&pair, real);
        drop_absent(&pair);
        if (!subscribe(&wait, &pair, left))
            return false;
    }
    is_gone = unlink(link) == 0;
    if (is_gone && tell_scanner(unlinking->scandir, "an") && waits)
        sv_wait_run(&wait, unlinking->deadline);
    if (waits)
        sv_wait_close(&wait);
    return is_gone;
}
