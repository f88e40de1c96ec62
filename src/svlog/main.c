/* SPDX-License-Identifier: ISC */
/*
 * main.c - svlog: lines from standard input to logs.
 *
 * Reads the command line, opens what it names, as a killed svlog may have left
 * it, and hands over to loop.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/types.h>

#include "sv/clock.h"
#include "sv/paths.h"
#include "svlog/logger.h"
#include "svlog/ship.h"
#include "svlog/straight.h"
#include "svlog/svlog.h"

#define USAGE                                                                  \
    "[-d FD] [-q | -v] [-b] [-p] [-l BYTES] [-t MS] [--json] [--] "            \
    "directive..."

/* As in s6-log: a shorter limit would leave no room for a stamp. */
enum { LIMIT_LEAST = 48, NOTIFY_LEAST = 3, LAST_MS = 2000 };

enum { S6_LOG_LIMIT = 8192 };

unsigned int verbosity = 1;

static const char *usage = "svlog " USAGE;

static unsigned int notify_fd; /* -d; 0: none */
static int signals;

static unsigned int read_number(const char *text)
{
    unsigned int value;

    if (!uint0_scan(text, &value))
        sv_die_usage(usage);
    return value;
}

static void set_limit(const char *text)
{
    logger.lines.limit = read_number(text);
    if (logger.lines.limit && logger.lines.limit < LIMIT_LEAST)
        logger.lines.limit = LIMIT_LEAST;
}

static void set_notify(const char *text)
{
    notify_fd = read_number(text);
    if (notify_fd < NOTIFY_LEAST)
        sv_die(SV_EXIT_USAGE, "notification fd must be 3 or more");
    if (notify_fd > INT32_MAX || fcntl((int)notify_fd, F_GETFD) < 0)
        sv_die(SV_EXIT_USAGE, "invalid notification fd: ", text);
}

static void read_options(int argc, char *argv[])
{
    static const struct option names[] = {
        {"notify", required_argument, NULL, 'd'},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"block", no_argument, NULL, 'b'},
        {"protect", no_argument, NULL, 'p'},
        {"limit", required_argument, NULL, 'l'},
        {"last-line", required_argument, NULL, 't'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    static char json[] = ":json";
    bool is_json = false;
    int letter;

    logger.selected = UINT64_MAX;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "+d:qvbpl:t:", names, NULL)) >= 0)
        switch (letter) {
        case 'd': set_notify(optarg); break;
        case 'q': verbosity -= verbosity > 0; break;
        case 'v': verbosity++; break;
        case 'b': logger.may_not_gather = true; break;
        case 'p': logger.is_protected = true; break;
        case 'l': set_limit(optarg); break;
        case 't': logger.last_ms = read_number(optarg); break;
        case 'j': is_json = true; break;
        case 'h': sv_print_and_exit("usage: svlog " USAGE "\n");
        case 'V': sv_print_and_exit("svlog (mere-init) " SV_VERSION "\n");
        default: sv_die_usage(usage);
        }
    if (optind == argc)
        sv_die_usage(usage);
    /* In the place of a word that has been read. */
    if (is_json)
        argv[--optind] = json;
}

static void read_script(const char *const *words)
{
    struct complaint complaint;

    if (!script_parse(&logger.script, words, &complaint))
        sv_die(SV_EXIT_USAGE, complaint.text, complaint.directive,
               complaint.rest);
    if (logger.script.unused)
        warn("ignoring extraneous non-action directives: ",
             logger.script.unused);
}

/* The name of the service whose logger we are: of the directory that we run in,
 * as a supervisor starts us, "web" of .../web/log and of .../web.  NULL if there
 * is none. */
static const char *own_name(void)
{
    static char path[SV_PATH_MAX];
    char *slash;

    if (!getcwd(path, sizeof path))
        return NULL;
    slash = strrchr(path, '/');
    if (slash && slash != path && strcmp(slash + 1, SV_LOG) == 0) {
        *slash = 0;
        slash = strrchr(path, '/');
    }
    return slash && slash[1] ? slash + 1 : NULL;
}

/* What the script leaves to us. */
static void complete_actions(void)
{
    for (size_t i = 0; i < logger.script.count; i++) {
        struct action *action = logger.script.actions + i;

        if (action->is_named && !action->name)
            action->name = own_name();
        if (action->to == TO_LOGDIR || action->to == TO_STDOUT)
            logger.notices |= UINT64_C(1) << i;
    }
}

static _Noreturn void die_logdir(const char *what, const struct logdir *logdir,
                                 const char *file)
{
    sv_die_sys("unable to ", what, " ", logdir->path, file);
}

/* A logdir that several actions name is one, kept as the first says. */
static struct logdir *find_logdir(const char *path)
{
    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (!strcmp(logger.logdirs[i].path, path))
            return logger.logdirs + i;
    return NULL;
}

/* Does an earlier logdir have another path to the same directory?  Its lock, of
 * this very process, would not say so. */
static bool is_known(const struct logdir *logdir)
{
    struct stat st;
    struct stat other;

    for (const struct logdir *d = logger.logdirs; d < logdir; d++)
        if (fstat(logdir->dir, &st) == 0 && fstat(d->dir, &other) == 0 &&
            st.st_dev == other.st_dev && st.st_ino == other.st_ino)
            return true;
    return false;
}

static void lock_logdirs(void)
{
    const char *failed;

    for (size_t i = 0; i < logger.script.count; i++) {
        const struct action *action = logger.script.actions + i;
        struct logdir *logdir = logger.logdirs + logger.logdirs_count;

        if (action->to != TO_LOGDIR || find_logdir(action->path))
            continue;
        if (!logdir_lock(logdir, action->path, &action->policy, &failed))
            die_logdir(*failed ? "lock" : "open", logdir, failed);
        if (is_known(logdir)) {
            errno = EBUSY;
            die_logdir("lock", logdir, "/lock");
        }
        logger.logdirs_count++;
    }
}

/* Undoes what an earlier svlog had written of the work that is left. */
static void cut_logdirs(const struct ledger *ledger)
{
    for (size_t i = 0; i < logger.logdirs_count; i++)
        for (uint64_t j = 0; j < ledger->marks; j++)
            if (!logdir_cut(logger.logdirs + i, ledger->mark + j))
                die_logdir("recover", logger.logdirs + i, "");
}

/* The logdir of the in-flight file is the first.  A svlog that was killed may
 * have had a script that began with another one: what it has left comes before
 * what is in the pipe, so then that one is the first. */
static void put_first_in_flight_first(void)
{
    struct logdir *first = logger.logdirs;

    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (inflight_waits(logger.logdirs[i].dir)) {
            struct logdir other = *first;

            *first = logger.logdirs[i];
            logger.logdirs[i] = other;
            return;
        }
}

static void open_inflight(void)
{
    char aside[INFLIGHT_ASIDE];

    put_first_in_flight_first();
    if (!inflight_open(&logger.input.inflight, logger.logdirs->dir, aside))
        die_logdir("open", logger.logdirs, "/" INFLIGHT);
    if (aside[0])
        warn("damaged: ", logger.logdirs->path, "/", INFLIGHT, " (kept as ",
             aside, "; its lines may be in the log or not)");
}

/* The in-flight file first: it says how the logdirs were left. */
static void open_logdirs(void)
{
    const struct ledger *ledger = &logger.input.inflight.ledger;
    const char *failed;

    if (!logger.logdirs_count)
        return;
    open_inflight();
    if (inflight_left(&logger.input.inflight))
        cut_logdirs(ledger);
    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (!logdir_open(logger.logdirs + i, ledger->mark, ledger->marks,
                         &failed))
            die_logdir("open", logger.logdirs + i, failed);
    logger.lines.column = ledger->column;
    if (ledger->column)
        logger.selected = ~ledger->left_out;
    logger.script.rate.dropped = ledger->dropped;
    logger.script.rate.since = sv_boottime();
    logger.is_plain = straight_suits(&logger.script, logger.lines.limit);
    /* The last svlog was killed when lines had gone straight to current. */
    logger.looked_upto = ledger->mark[0].size;
    logger.is_ahead = ledger->marks &&
                      !inflight_left(&logger.input.inflight) &&
                      logdir_is_at(logger.logdirs, ledger->mark) &&
                      logger.logdirs[0].size > logger.looked_upto;
}

/* The first output to the same place, or the output itself. */
static struct output *first_to(const struct action *action,
                               const struct logdir *logdir,
                               struct output *output)
{
    for (struct output *other = logger.outputs; other < output; other++)
        if (other->action->to == action->to && other->logdir == logdir &&
            action->to != TO_STATUS)
            return other->into;
    return output;
}

/* Two actions would write a line that comes in pieces to one place piece by
 * piece in turn.  So there no line is longer than what comes in one. */
static void limit_lines(void)
{
    if (!logger.lines.limit || logger.lines.limit >= WINDOW)
        logger.lines.limit = WINDOW - 1;
}

static void open_outputs(void)
{
    for (size_t i = 0; i < logger.script.count; i++) {
        const struct action *action = logger.script.actions + i;
        struct output *output = logger.outputs + i;
        struct logdir *logdir =
            action->to == TO_LOGDIR ? find_logdir(action->path) : NULL;

        if (!output_open(output, action, logdir,
                         first_to(action, logdir, output), WINDOW))
            sv_die_sys("unable to make room for output");
        if (output->into != output)
            limit_lines();
        logger.lines.whole_characters |= action->is_json;
    }
}

static void catch_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGALRM);
    sigaddset(&set, SIGCHLD);
    signal(SIGPIPE, SIG_IGN);
    /* Whoever started us may have ignored it, and then nobody would say how a
     * processor has ended. */
    signal(SIGCHLD, SIG_DFL);
    signals = -1;
    if (sigprocmask(SIG_SETMASK, &set, NULL) == 0)
        signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        sv_die_sys("unable to catch signals");
}

/* A file that is opened must not get the number of standard output. */
static void keep_standard_descriptors(void)
{
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            sv_die_sys("unable to open /dev/null");
}

static void notify(void)
{
    if (!notify_fd)
        return;
    if (write((int)notify_fd, "\n", 1) < 0)
        warn_sys("unable to notify readiness");
    close((int)notify_fd);
}

/* By s6-log's name, what s6-log does where nothing else is said. */
static void take_name(const char *path)
{
    sv_program = "svlog";
    if (strcmp(sv_called(path), "s6-log") != 0)
        return;
    sv_program = "s6-log";
    usage = "s6-log " USAGE;
    logger.lines.limit = S6_LOG_LIMIT;
}

int main(int argc, char *argv[])
{
    take_name(argv[0]);
    if (argc > 1 && strcmp(argv[1], "ship") == 0 &&
        strcmp(sv_program, "svlog") == 0)
        return ship_main(argc - 1, argv + 1);
    logger.last_ms = LAST_MS;
    read_options(argc, argv);
    read_script((const char *const *)argv + optind);
    complete_actions();
    if (!input_open(&logger.input, STDIN_FILENO))
        sv_die_sys("unable to use standard input");
    keep_standard_descriptors();
    catch_signals();
    lock_logdirs();
    open_logdirs();
    open_outputs();
    notify();
    input_make_roomy(&logger.input);
    /* From here on nothing ends us but an end of the input: what fails is
     * tried again, while what is in flight waits. */
    loop(signals);
    return SV_EXIT_OK;
}
