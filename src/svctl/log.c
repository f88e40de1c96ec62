/* SPDX-License-Identifier: ISC */
/*
 * log.c - svctl log: the end of a service's log, and what follows.
 *
 * svctl reads the logger's directory itself; svscan is asked for the logger's
 * pid only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/logdir.h"
#include "svctl/print.h"
#include "svctl/show.h"

enum { LINES_DEFAULT = 20 };

/* ---- which directory ---------------------------------------------------- */

static _Noreturn void die_of_no_logger(struct tree *tree, const char *name)
{
    struct sv_wire_row row;

    if (tree_look(tree, SV_CATCH_ALL, &row))
        sv_die(SV_EXIT_NO, name, " has no logger: what it writes is in the "
                                 "log of all that have none: svctl log "
                                 SV_CATCH_ALL);
    sv_die(SV_EXIT_NO, name, " has no logger: what it writes goes where "
                             "svscan's own messages go");
}

/* The logger of the service; of a logger, itself. */
static void find_logger(struct tree *tree, const char *name,
                        struct sv_wire_row *logger)
{
    char of_service[SV_NAME_MAX + sizeof "/" SV_LOG];

    stpcpy(stpcpy(of_service, name), "/" SV_LOG);
    if (!name_is_logger(name) && tree_look(tree, of_service, logger))
        return;
    if (!name_is_logger(name) && strcmp(name, SV_CATCH_ALL) != 0)
        die_of_no_logger(tree, name);
    if (!tree_look(tree, name, logger))
        sv_die(SV_EXIT_NO, name, " has just left supervision");
}

static void find_logdir(const struct call *call, char path[static SV_PATH_MAX])
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct sv_wire_row logger;
    struct rows rows = {0};
    char dir[SV_PATH_MAX];

    tree_choose(tree, call->args, false, &rows);
    if (rows.count != 1)
        sv_die(SV_EXIT_USAGE, call->args[0], " is more than one service");
    find_logger(tree, rows.rows[0].name, &logger);
    rows_free(&rows);
    tree_close(tree);
    if (logger.pid && logdir_of_process((pid_t)logger.pid, path))
        return;
    if (!logdir_of_script(sv_at(dir, call->live, logger.name), path))
        sv_die(SV_EXIT_NO, "unable to tell which directory ", logger.name,
               " writes: it has no file named current open, and the last "
               "path in its run script is no log directory");
}

/* ---- printing ----------------------------------------------------------- */

static int open_file(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static void print_rest(struct printer *printer, int fd)
{
    char buf[16384];
    ssize_t n;

    while ((n = read(fd, buf, sizeof buf)) > 0)
        print_bytes(printer, buf, (size_t)n);
    if (n < 0)
        sv_die_sys("unable to read a log");
}

static void print_file(struct printer *printer, int dir, const char *name,
                       off_t from)
{
    int fd = open_file(dir, name);

    if (fd < 0) /* rotated away since it was listed */
        return;
    if (lseek(fd, from, SEEK_SET) >= 0)
        print_rest(printer, fd);
    close(fd);
}

static off_t tail_of(int dir, const char *name, size_t *lines)
{
    int fd = open_file(dir, name);
    off_t from = 0;

    if (fd >= 0) {
        from = logdir_tail(fd, lines);
        close(fd);
    }
    return from;
}

/* Prints the last lines, and returns current, at what follows.  It is opened
 * before the directory is read: what is then rotated is current still. */
static int print_tail(struct printer *printer, int dir, size_t lines)
{
    int current = open_file(dir, LOGDIR_CURRENT);
    off_t from_current = current < 0 ? 0 : logdir_tail(current, &lines);
    off_t from = 0;
    struct stat previous;
    char **files;
    size_t n;
    size_t first;

    if (!logdir_files(dir, current, &files, &n, &previous))
        sv_die_sys("unable to list a log's directory");
    for (first = n; first > 0 && lines; first--)
        from = tail_of(dir, files[first - 1], &lines);
    for (size_t i = first; i < n; i++) {
        print_file(printer, dir, files[i], from);
        from = 0;
    }
    logdir_free(files, n);
    if (current >= 0 && lseek(current, from_current, SEEK_SET) >= 0)
        print_rest(printer, current);
    show_end();
    return current;
}

/* ---- following ---------------------------------------------------------- */

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_file(int dir, const char *name, const struct stat *old)
{
    struct stat st;

    return fstatat(dir, name, &st, 0) == 0 && is_same(&st, old);
}

static bool is_later(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
                                        : one->tv_nsec > other->tv_nsec;
}

/* The files of a log at a time.  Archives keep their names; "previous" is about
 * to lose it, to an archive's name, and may be another file by now. */
struct listing {
    int dir;
    char **files;
    size_t n;
    struct stat previous;
};

/* Opens the i-th file.  -1 with errno ENOENT: it has been removed; with ESTALE:
 * it was "previous", and its name has moved. */
static int open_listed(const struct listing *listing, size_t i)
{
    bool is_previous = strcmp(listing->files[i], LOGDIR_PREVIOUS) == 0;
    int fd = open_file(listing->dir, listing->files[i]);
    struct stat st;

    if (!is_previous)
        return fd;
    if (fd >= 0 && fstat(fd, &st) == 0 && is_same(&st, &listing->previous))
        return fd;
    if (fd >= 0)
        close(fd);
    errno = ESTALE;
    return -1;
}

/* Where the files newer than last begin: behind it, or, where it has been
 * removed, at the first that was written later. */
static size_t find_newer(const struct listing *listing, const struct stat *last)
{
    size_t first = listing->n;

    for (size_t i = listing->n; i-- > 0;) {
        struct stat st = listing->previous;

        if (strcmp(listing->files[i], LOGDIR_PREVIOUS) != 0 &&
            fstatat(listing->dir, listing->files[i], &st, 0) < 0)
            continue;
        if (is_same(&st, last))
            return i + 1;
        if (is_later(&st.st_mtim, &last->st_mtim))
            first = i;
    }
    return first;
}

/* Prints the i-th file, which is the last one from then on.  False if its name
 * has moved; one that has been removed is passed over. */
static bool print_listed(struct printer *printer, const struct listing *listing,
                         size_t i, struct stat *last)
{
    int fd = open_listed(listing, i);

    if (fd < 0)
        return errno != ESTALE;
    if (fstat(fd, last) < 0)
        sv_die_sys("unable to read a log");
    print_rest(printer, fd);
    close(fd);
    return true;
}

/* Prints the files between last and next, as far as the names hold. */
static bool print_some_between(struct printer *printer, int dir,
                               struct stat *last, int next)
{
    struct listing listing = {.dir = dir};
    bool is_whole = true;

    if (!logdir_files(dir, next, &listing.files, &listing.n, &listing.previous))
        sv_die_sys("unable to list a log's directory");
    for (size_t i = find_newer(&listing, last); is_whole && i < listing.n; i++)
        is_whole = print_listed(printer, &listing, i, last);
    logdir_free(listing.files, listing.n);
    return is_whole;
}

/* Prints the files between the one that was read last and next. */
static void print_between(struct printer *printer, int dir,
                          const struct stat *read_last, int next)
{
    struct stat last = *read_last;

    while (!print_some_between(printer, dir, &last, next))
        continue;
}

/* Prints what is new in current, and if it has been rotated, goes over to the
 * one that is current now.  Whether it has been is asked before its rest is
 * read, else what came between would be missed. */
static bool advance(struct printer *printer, int dir, int *current)
{
    struct stat st;
    bool is_last;
    int next;

    if (fstat(*current, &st) < 0)
        sv_die_sys("unable to read a log");
    is_last = is_file(dir, LOGDIR_CURRENT, &st);
    print_rest(printer, *current);
    if (is_last)
        return false;
    next = open_file(dir, LOGDIR_CURRENT);
    if (next < 0) /* it is about to be made: an event will tell */
        return false;
    print_between(printer, dir, &st, next);
    close(*current);
    *current = next;
    return true;
}

static int catch_up(struct printer *printer, int dir, int current)
{
    if (current < 0)
        current = open_file(dir, LOGDIR_CURRENT);
    while (current >= 0 && advance(printer, dir, &current))
        continue;
    show_end();
    return current;
}

static int watch_logdir(const char *path)
{
    int inotify = inotify_init1(IN_CLOEXEC);

    if (inotify < 0 ||
        inotify_add_watch(inotify, path,
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                              IN_DELETE_SELF | IN_ONLYDIR) < 0)
        sv_die_sys("unable to watch ", path);
    return inotify;
}

/* False when the directory is gone. */
static bool await_change(int inotify)
{
    _Alignas(struct inotify_event) char buf[4096];
    const struct inotify_event *event;
    ssize_t n = read(inotify, buf, sizeof buf);

    for (ssize_t i = 0; i < n; i += (ssize_t)(sizeof *event + event->len)) {
        event = (const void *)(buf + i);
        if (event->mask & IN_IGNORED)
            return false;
    }
    return n > 0 || errno == EINTR;
}

int verb_log(const struct call *call)
{
    size_t lines = call->lines < 0 ? LINES_DEFAULT : (size_t)call->lines;
    struct printer printer = {.to = stdout};
    char path[SV_PATH_MAX];
    int inotify = -1;
    int current;
    int dir;

    if (call->count != 1)
        die_of_usage("the log of which service? one name");
    find_logdir(call, path);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        sv_die_sys("unable to open ", path);
    if (call->follow)
        inotify = watch_logdir(path);
    current = print_tail(&printer, dir, lines);
    if (call->follow)
        do
            current = catch_up(&printer, dir, current);
        while (await_change(inotify));
    print_end(&printer);
    show_end();
    return SV_EXIT_OK;
}
