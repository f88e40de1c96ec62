/* SPDX-License-Identifier: ISC */
/*
 * main.c - svlog: lines from standard input to logs.
 *
 * One rule orders everything: what is worked next is worked when all that came
 * before it is written and the ledger says so (advance(), below).  So at each
 * instant the in-flight file and the logdirs together hold every line once,
 * and a svlog that is killed is as good as one that has stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <skalibs/types.h>

#include "sv/clock.h"
#include "svlog/input.h"
#include "svlog/line.h"
#include "svlog/logdir.h"
#include "svlog/output.h"
#include "svlog/rotate.h"
#include "svlog/script.h"
#include "svlog/straight.h"
#include "svlog/svlog.h"

#define USAGE                                                                  \
    "svlog [-d FD] [-q | -v] [-b] [-p] [-l BYTES] [-t MS] [--] directive..."

/* As in s6-log: a shorter limit would leave no room for a stamp. */
enum { LIMIT_LEAST = 48, NOTIFY_LEAST = 3 };

unsigned int verbosity = 1;

static struct {
    unsigned int notify;  /* -d; 0: none */
    bool may_not_gather;  /* -b: take nothing while output waits */
    bool is_protected;    /* -p: TERM is ignored */
    uint64_t limit;       /* -l */
    unsigned int last_ms; /* -t */
} options = {.last_ms = 2000};

static struct script script;
static struct output outputs[SCRIPT_ACTIONS_MAX];
static struct logdir logdirs[SCRIPT_ACTIONS_MAX];
static size_t logdirs_count;
static struct input input;
static struct lines lines;
static int signals;

static bool is_plain;        /* lines may go straight to the logdir */
static bool is_ahead;        /* some did, of which the ledger does not know */
static uint64_t looked_upto; /* current has been looked at so far */

static bool is_stopping;      /* TERM or HUP came */
static size_t still_to_take;  /* then: what was waiting in the pipe */
static int64_t last_line_at;  /* then: when to give up on the line's end */
static int64_t take_again_at; /* the in-flight file refused bytes until then */

/* --- the work ------------------------------------------------------------- */

static bool flush_outputs(int64_t now)
{
    bool done = true;

    for (size_t i = 0; i < script.count; i++)
        done &= output_flush(outputs + i, now);
    return done;
}

static void mark_logdirs(struct ledger *ledger)
{
    ledger->marks = logdirs_count;
    for (size_t i = 0; i < logdirs_count; i++)
        ledger->mark[i] = (struct logdir_mark){
            logdirs[i].dev, logdirs[i].ino, logdirs[i].size};
}

/* All output is written: says so in the ledger. */
static bool settle(int64_t now)
{
    if (!logdirs_count)
        return true;
    if (logdirs[0].retry_at)
        return false;
    mark_logdirs(&input.inflight.ledger);
    input.inflight.ledger.column = lines.column;
    if (!input_settle(&input)) {
        rotate_failed(logdirs, "write to", "/" INFLIGHT, now);
        return false;
    }
    is_ahead = false;
    return true;
}

/* Looks at what has gone straight to current. */
static bool catch_up(int64_t now)
{
    if (!is_ahead)
        return true;
    if (logdirs[0].retry_at)
        return false;
    if (!straight_look(logdirs, looked_upto, &lines, input.window)) {
        rotate_failed(logdirs, "look at", "/current", now);
        return false;
    }
    looked_upto = logdirs[0].size;
    return true;
}

/* Between lines only, so that an archive ends with a line. */
static bool rotate_logdirs(int64_t now)
{
    bool done = true;

    for (size_t i = 0; i < logdirs_count; i++)
        if (lines.column == 0 || logdirs[i].step != ROTATION_NONE)
            done &= rotate(logdirs + i, now);
    return done;
}

/* Is there room for more of this slice, and no rotation due? */
static bool may_go_on(void)
{
    size_t left = (size_t)(lines.end - lines.at);

    for (size_t i = 0; i < script.count; i++) {
        const struct output *output = outputs + i;

        if (!output_has_room(output, left))
            return false;
        if (output->logdir && lines.column == 0 &&
            rotate_is_due(output->logdir, output->size))
            return false;
    }
    return true;
}

static bool may_go_straight(void)
{
    return is_plain && !is_stopping && input.source != SOURCE_OTHER &&
           straight_room(logdirs) > 0;
}

static enum rest what_follows(void)
{
    if (input.has_ended && !input.passing && input_is_in_window(&input))
        return REST_NONE;
    /* What waits in flight for the end of its line keeps what comes after it
     * from going straight. */
    if (input.held == WINDOW || may_go_straight())
        return REST_PIECES;
    return REST_COMES;
}

static void stamp_outputs(void)
{
    int64_t now = sv_realtime();

    for (size_t i = 0; i < script.count; i++)
        output_stamp(outputs + i, now);
}

/* Works lines of the window, up to where an output is full or a rotation due.
 * All lines of a slice bear one stamp.  False if there was no line. */
static bool work_slice(void)
{
    struct piece piece;
    bool has_worked = false;

    lines_begin(&lines, input.window, input.held, what_follows());
    while (may_go_on() && lines_next(&lines, &piece)) {
        if (!has_worked)
            stamp_outputs();
        has_worked = true;
        for (size_t i = 0; i < script.count; i++)
            output_put(outputs + i, &piece);
    }
    input_drop(&input, (size_t)(lines.at - input.window));
    return has_worked;
}

static bool fill_window(int64_t now)
{
    if (input_fill(&input))
        return true;
    rotate_failed(logdirs, "read", "/" INFLIGHT, now);
    return false;
}

/* Clears the timers that are over.  What has failed is tried again then; until
 * then nothing is worked. */
static void expire_timers(int64_t now)
{
    for (size_t i = 0; i < logdirs_count; i++)
        if (logdirs[i].retry_at <= now)
            logdirs[i].retry_at = 0;
    if (take_again_at <= now)
        take_again_at = 0;
}

/* Works what has been taken, as far as it goes; true if all output of it is
 * written.  A rotation changes the marks, hence settles again. */
static bool advance(void)
{
    int64_t now = sv_boottime();

    expire_timers(now);
    do {
        if (!flush_outputs(now) || !catch_up(now) || !settle(now) ||
            !rotate_logdirs(now) || !settle(now) || !fill_window(now))
            return false;
    } while (work_slice());
    return true;
}

/* --- the end -------------------------------------------------------------- */

static void stop(void)
{
    int waiting = 0;

    if (is_stopping)
        return;
    is_stopping = true;
    if (ioctl(input.fd, FIONREAD, &waiting) == 0 && waiting > 0 &&
        input.source != SOURCE_FILE)
        still_to_take = (size_t)waiting;
    if (options.last_ms)
        last_line_at = sv_boottime() + options.last_ms * SV_MS;
}

/* How much may be taken now.  After TERM: what was there, then a byte at a time
 * to the end of the line, for what comes after it may be somebody else's. */
static size_t appetite(void)
{
    if (!is_stopping)
        return WINDOW;
    if (still_to_take)
        return still_to_take;
    if (last_line_at && sv_boottime() >= last_line_at)
        return 0;
    return input_is_inside_line(&input, lines.column) ? 1 : 0;
}

static bool has_worked_all(bool is_written)
{
    return input.has_ended && is_written && !input.passing && !input.held &&
           input_is_in_window(&input) && lines.column == 0;
}

static bool close_logdirs(void)
{
    int64_t now = sv_boottime();

    for (size_t i = 0; i < logdirs_count; i++)
        if (logdirs[i].retry_at || !logdir_close(logdirs + i)) {
            if (!logdirs[i].retry_at)
                rotate_failed(logdirs + i, "close", "/current", now);
            return false;
        }
    if (logdirs_count && !inflight_empty(&input.inflight))
        warn_sys("unable to empty ", logdirs->path, "/" INFLIGHT);
    return true;
}

/* --- the loop ------------------------------------------------------------- */

static void on_signals(void)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
        switch (info.ssi_signo) {
        case SIGALRM:
            for (size_t i = 0; i < logdirs_count; i++)
                logdirs[i].is_asked = true;
            break;
        case SIGTERM:
            if (!options.is_protected)
                stop();
            break;
        case SIGHUP: stop(); break;
        default: break;
        }
}

/* Straight if that can be.  If it will be, after a rotation, then not more than
 * gets there, since what is in flight has to be written first. */
static enum taken take_somehow(size_t size, bool is_written)
{
    uint64_t before = input.total;
    enum taken taken;

    if (!is_written || !may_go_straight() || !input_can_go_straight(&input))
        return input_take(&input, is_plain && size > STRAIGHT_LEAST
                                      ? STRAIGHT_LEAST
                                      : size);
    taken = straight_take(&input, logdirs, size);
    if (taken == TAKEN_SOME) {
        looked_upto = logdirs[0].size - (input.total - before);
        is_ahead = true;
    }
    return taken;
}

static void take(size_t size, bool is_written)
{
    uint64_t before = input.total;
    enum taken taken = take_somehow(size, is_written);

    if (taken == TAKEN_FAILED) {
        rotate_failed(logdirs, "write to", "", sv_boottime());
        take_again_at = logdirs[0].retry_at;
    }
    if (taken == TAKEN_NOTHING)
        still_to_take = 0;
    else if (still_to_take)
        still_to_take -= (size_t)(input.total - before);
}

/* The time until the next timer, for poll(). */
static int milliseconds_left(void)
{
    int64_t next = INT64_MAX;
    int64_t left;

    for (size_t i = 0; i < logdirs_count; i++)
        if (logdirs[i].retry_at && logdirs[i].retry_at < next)
            next = logdirs[i].retry_at;
    if (take_again_at && take_again_at < next)
        next = take_again_at;
    if (last_line_at && !input.has_ended && last_line_at < next)
        next = last_line_at;
    if (next == INT64_MAX)
        return -1;
    left = (next - sv_boottime() + SV_MS - 1) / SV_MS;
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static bool wants_input(bool is_written)
{
    return !input.has_ended && !take_again_at && !is_ahead &&
           input_has_room(&input) && (is_written || !options.may_not_gather);
}

static bool stdout_waits(void)
{
    for (size_t i = 0; i < script.count; i++)
        if (!outputs[i].logdir && output_waits(outputs + i))
            return true;
    return false;
}

static void wait_and_take(bool is_written)
{
    size_t size = appetite();
    bool wants = wants_input(is_written);
    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = wants && size ? input.fd : -1, .events = POLLIN},
        {.fd = stdout_waits() ? STDOUT_FILENO : -1, .events = POLLOUT},
    };

    if (!size && !input.has_ended) {
        input.has_ended = true;
        return;
    }
    if (poll(fds, sizeof fds / sizeof *fds, milliseconds_left()) <= 0)
        return;
    if (fds[0].revents)
        on_signals();
    if (fds[1].revents)
        take(size, is_written);
}

static void run(void)
{
    bool is_written = advance();

    while (!has_worked_all(is_written) || !close_logdirs()) {
        wait_and_take(is_written);
        is_written = advance();
    }
}

/* --- the beginning -------------------------------------------------------- */

static unsigned int read_number(const char *text)
{
    unsigned int value;

    if (!uint0_scan(text, &value))
        sv_die_usage(USAGE);
    return value;
}

static void set_limit(const char *text)
{
    options.limit = read_number(text);
    if (options.limit && options.limit < LIMIT_LEAST)
        options.limit = LIMIT_LEAST;
}

static void set_notify(const char *text)
{
    options.notify = read_number(text);
    if (options.notify < NOTIFY_LEAST)
        sv_die(SV_EXIT_USAGE, "notification fd must be 3 or more");
    if (options.notify > INT32_MAX || fcntl((int)options.notify, F_GETFD) < 0)
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
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int letter;

    opterr = 0;
    while ((letter = getopt_long(argc, argv, "+d:qvbpl:t:", names, NULL)) >= 0)
        switch (letter) {
        case 'd': set_notify(optarg); break;
        case 'q': verbosity -= verbosity > 0; break;
        case 'v': verbosity++; break;
        case 'b': options.may_not_gather = true; break;
        case 'p': options.is_protected = true; break;
        case 'l': set_limit(optarg); break;
        case 't': options.last_ms = read_number(optarg); break;
        case 'h': sv_print_and_exit("usage: " USAGE "\n");
        case 'V': sv_print_and_exit("svlog (mere-init) " SV_VERSION "\n");
        default: sv_die_usage(USAGE);
        }
    if (optind == argc)
        sv_die_usage(USAGE);
}

static void read_script(const char *const *words)
{
    struct complaint complaint;

    if (!script_parse(&script, words, &complaint))
        sv_die(SV_EXIT_USAGE, complaint.text, complaint.directive);
    if (script.unused)
        warn("directives after the last action are not used: ", script.unused);
}

static _Noreturn void die_logdir(const char *what, const struct logdir *logdir,
                                 const char *file)
{
    sv_die_sys("unable to ", what, " ", logdir->path, file);
}

static void lock_logdirs(void)
{
    const char *failed;

    for (size_t i = 0; i < script.count; i++) {
        const struct action *action = script.actions + i;
        struct logdir *logdir = logdirs + logdirs_count;

        if (!action->logdir)
            continue;
        if (!logdir_lock(logdir, action->logdir, &action->policy, &failed))
            die_logdir(*failed ? "lock" : "open", logdir, failed);
        logdirs_count++;
    }
}

/* Undoes what an earlier svlog had written of the work that is left. */
static void cut_logdirs(const struct ledger *ledger)
{
    for (size_t i = 0; i < logdirs_count; i++)
        for (uint64_t j = 0; j < ledger->marks; j++)
            if (!logdir_cut(logdirs + i, ledger->mark + j))
                die_logdir("recover", logdirs + i, "");
}

/* The in-flight file first: it says how the logdirs were left. */
static void open_logdirs(void)
{
    const struct ledger *ledger = &input.inflight.ledger;
    const char *failed;

    if (!logdirs_count)
        return;
    if (!inflight_open(&input.inflight, logdirs->dir))
        die_logdir("open", logdirs, "/" INFLIGHT);
    if (inflight_left(&input.inflight))
        cut_logdirs(ledger);
    for (size_t i = 0; i < logdirs_count; i++)
        if (!logdir_open(logdirs + i, ledger->mark, ledger->marks, &failed))
            die_logdir("open", logdirs + i, failed);
    lines.column = ledger->column;
    is_plain = straight_suits(&script, lines.limit);
    /* The last svlog was killed when lines had gone straight to current. */
    looked_upto = ledger->mark[0].size;
    is_ahead = ledger->marks && !inflight_left(&input.inflight) &&
               logdirs[0].dev == ledger->mark[0].dev &&
               logdirs[0].ino == ledger->mark[0].ino &&
               logdirs[0].size > looked_upto;
}

static void open_outputs(void)
{
    struct output *to_stdout = NULL;
    struct logdir *logdir = logdirs;

    for (size_t i = 0; i < script.count; i++) {
        const struct action *action = script.actions + i;
        struct output *into = outputs + i;

        if (!action->logdir && to_stdout)
            into = to_stdout;
        if (!action->logdir)
            to_stdout = into;
        if (!output_open(outputs + i, action, action->logdir ? logdir++ : NULL,
                         into, WINDOW))
            sv_die_sys("unable to make room for output");
    }
}

static void catch_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGALRM);
    signal(SIGPIPE, SIG_IGN);
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
    if (!options.notify)
        return;
    if (write((int)options.notify, "\n", 1) < 0)
        warn_sys("unable to notify readiness");
    close((int)options.notify);
}

int main(int argc, char *argv[])
{
    sv_program = "svlog";
    read_options(argc, argv);
    read_script((const char *const *)argv + optind);
    if (!input_open(&input, STDIN_FILENO))
        sv_die_sys("unable to use standard input");
    keep_standard_descriptors();
    catch_signals();
    lines.limit = options.limit;
    lock_logdirs();
    open_logdirs();
    open_outputs();
    notify();
    /* From here on nothing ends us but an end of the input: what fails is
     * tried again, while what is in flight waits. */
    run();
    return SV_EXIT_OK;
}
