/* SPDX-License-Identifier: ISC */
/*
 * log.c - svctl log: the end of services' logs, and what follows.
 *
 * svctl reads the loggers' directories itself; svscan is asked for the loggers'
 * pids only.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/uint32.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/dated.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/logdir.h"
#include "svctl/print.h"
#include "svctl/show.h"
#include "svctl/source.h"

enum { LINES_DEFAULT = 20 };

static struct source *sources;
static size_t sources_count;
static int inotify = -1;
static bool is_terminal; /* stdout */

/* ---- which directories -------------------------------------------------- */

static _Noreturn void die_of_no_logger(struct tree *tree, const char *name)
{
    struct sv_wire_row row;

    if (tree_look(tree, SV_CATCH_ALL, &row))
        sv_die(SV_EXIT_NO, name, " has no logger: what it writes is in the "
                                 "log of all that have none: svctl log "
                                 SV_CATCH_ALL);
    sv_die(SV_EXIT_NO, name, " has no logger: what it writes goes where "
                             "svscan's own messages go (a log/run in its "
                             "definition makes one)");
}

static bool has_logger(const char *name)
{
    return name_is_logger(name) || strcmp(name, SV_CATCH_ALL) == 0;
}

/* The logger of the service; of a logger, itself. */
static bool find_logger(struct tree *tree, const char *name,
                        struct sv_wire_row *logger)
{
    char of_service[SV_NAME_MAX + sizeof "/" SV_LOG];

    stpcpy(stpcpy(of_service, name), "/" SV_LOG);
    return tree_look(tree, has_logger(name) ? name : of_service, logger);
}

static bool find_logdir(const struct call *call,
                        const struct sv_wire_row *logger,
                        char path[static SV_PATH_MAX])
{
    char dir[SV_PATH_MAX];

    return logdir_find((pid_t)logger->pid,
                       sv_at(dir, call->live, logger->name), path);
}

static _Noreturn void die_of_no_logdir(const char *logger)
{
    sv_die(SV_EXIT_NO, "unable to tell which directory ", logger, " writes: ",
           errno == EACCES ? "which files it has open is not ours to see"
                           : "it has no file named current open",
           ", and neither its command line nor its run script names one");
}

/* "web" for its logger "web/log". */
static void name_service(char service[static SV_NAME_MAX + 1],
                         const char *logger)
{
    snprintf(service, SV_NAME_MAX + 1, "%s", logger);
    if (name_is_logger(service))
        *strrchr(service, '/') = 0;
}

static void watch_logdir(const char *path)
{
    if (inotify >= 0 &&
        inotify_add_watch(inotify, path,
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                              IN_DELETE_SELF | IN_ONLYDIR) < 0)
        sv_die_sys("unable to watch ", path);
}

/* Of one that is named, whatever is wrong is fatal; of all, one that has no log
 * is none of them. */
static void add_source(const struct call *call, struct tree *tree,
                       const char *name)
{
    struct sv_wire_row logger;
    char service[SV_NAME_MAX + 1];
    char path[SV_PATH_MAX];

    if (!find_logger(tree, name, &logger)) {
        if (call->all)
            return;
        if (!has_logger(name))
            die_of_no_logger(tree, name);
        sv_die(SV_EXIT_NO, name, " has just left supervision");
    }
    if (!find_logdir(call, &logger, path)) {
        if (call->all)
            return;
        die_of_no_logdir(logger.name);
    }
    name_service(service, logger.name);
    watch_logdir(path);
    if (!source_open(sources + sources_count, service, path))
        sv_die_sys("unable to open ", path);
    sources_count++;
}

/* Two descriptors a log. */
static void raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void find_sources(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct rows rows = {0};

    tree_choose(tree, call->args, call->all, &rows);
    sources = keep_or_die(calloc(rows.count + 1, sizeof *sources));
    raise_limit();
    for (size_t i = 0; i < rows.count; i++)
        add_source(call, tree, rows.rows[i].name);
    rows_free(&rows);
    tree_close(tree);
}

/* ---- from when ---------------------------------------------------------- */

/* "90", "10m", "2h", "3d" or "1w": so long ago. */
static bool read_ago(const char *text, int64_t *realtime)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    uint32_t n;
    size_t digits = uint32_scan(text, &n);
    const char *end = text + digits;
    const char *unit;

    if (!digits || n > INT_MAX / 2)
        return false;
    unit = *end ? strchr(units, *end) : units;
    if (!unit || (*end && end[1]))
        return false;
    *realtime = sv_realtime() - n * seconds[unit - units] * SV_SECOND;
    return true;
}

static int64_t since_of(const char *text)
{
    int64_t realtime;

    if (!read_ago(text, &realtime) && !sv_dated_text(text, &realtime))
        sv_die(SV_EXIT_USAGE, "not a time: ", text, " (10m, 2h, 3d, "
                              "2026-11-26, \"2026-11-26 10:00\", "
                              "2026-11-26T10:00:00Z)");
    return realtime;
}

static void begin(const struct call *call, long lines)
{
    int64_t since = call->since ? since_of(call->since) : 0;

    for (size_t i = 0; i < sources_count; i++)
        if (!(call->since
                  ? source_begin_since(sources + i, since)
                  : source_begin_tail(sources + i, (size_t)lines)))
            sv_die_sys("unable to read the log of ", sources[i].service);
}

/* ---- printing ----------------------------------------------------------- */

static void print(const struct call *call, const struct source *source)
{
    const char *line = source->bytes + source->from;

    if (call->json) {
        struct json *json = json_line();

        print_line_json(json, source->service, line, source->size);
        json_end(json);
        return;
    }
    (is_terminal ? print_line_clean : print_line)(
        stdout, call->all || sources_count > 1 ? source->service : NULL, line,
        source->size);
}

/* To what is followed, a line belongs when it is whole. */
static void step(const struct call *call, struct source *source)
{
    if (!source_next(source) && !call->follow)
        source_rest(source);
}

/* All lines that there are, as many as skip passed over. */
static void print_all(const struct call *call, size_t skip)
{
    struct source *source;

    for (size_t i = 0; i < sources_count; i++)
        step(call, sources + i);
    while ((source = source_oldest(sources, sources_count))) {
        if (!skip)
            print(call, source);
        skip -= skip > 0;
        step(call, source);
    }
}

static size_t count_lines(void)
{
    size_t count = 0;

    for (size_t i = 0; i < sources_count; i++) {
        while (source_next(sources + i))
            count++;
        if (!source_rewind(sources + i))
            sv_die_sys("unable to read the log of ", sources[i].service);
    }
    return count;
}

/* The last lines of all together are known when they have been counted. */
static void print_end(const struct call *call, long lines)
{
    size_t count = 0;

    if (lines >= 0 && (call->since || sources_count > 1))
        count = count_lines();
    print_all(call, count > (size_t)lines ? count - (size_t)lines : 0);
    show_end();
}

/* ---- following ---------------------------------------------------------- */

/* False when a directory is gone. */
static bool await_change(void)
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
    long lines = call->lines < 0 && !call->since ? LINES_DEFAULT : call->lines;

    if (!call->count && !call->all)
        die_of_usage("the log of which service? a name, or -a for all");
    is_terminal = isatty(1);
    if (call->follow) {
        inotify = inotify_init1(IN_CLOEXEC);
        if (inotify < 0)
            sv_die_sys("unable to watch logs");
    }
    find_sources(call);
    begin(call, lines);
    print_end(call, lines);
    while (call->follow && await_change()) {
        print_all(call, 0);
        show_end();
    }
    for (size_t i = 0; i < sources_count; i++)
        source_close(sources + i);
    free(sources);
    return SV_EXIT_OK;
}
