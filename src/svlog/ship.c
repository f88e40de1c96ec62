/* SPDX-License-Identifier: ISC */
/*
 * ship.c - svlog ship: sends a logdir to a collector, and keeps account.
 *
 * What is sent goes through three stages: filled into the buffer, handed to the
 * kernel, and confirmed, when the collector has it for all that can be known.
 * The file .ship says what is confirmed.  A connection that breaks takes us
 * back to there, or further, where the collector's system may have
 * acknowledged what the collector had not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <skalibs/types.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "sv/ship.h"
#include "svlog/ship.h"
#include "svlog/shipfeed.h"
#include "svlog/shipframe.h"
#include "svlog/shipsocket.h"
#include "svlog/svlog.h"

#define USAGE                                                                  \
    "svlog ship [-d FD] [-q | -v] [--json] [-n SERVICE] [-H HOST] "            \
    "[-p FACILITY.SEVERITY] [-m BYTES] [-w BYTES] LOGDIR COLLECTOR"

enum {
    MESSAGE_LEAST = 480, /* what RFC 5424 has every collector take */
    MESSAGE_UDP = 2048,
    MESSAGE_STREAM = 8192,
    MESSAGE_MOST = 16384,
    OUT_SIZE = 65536 + FRAME_HEAD_MAX + FRAME_SWELL * MESSAGE_MOST,
    AGAIN = 262144, /* -w */
    MARKS = 1024,
    ROUNDS = 16,    /* of filling and sending, until signals are looked at */
    BACK_OFF_MS = 100,
    BACK_OFF_MOST_MS = 30000,
    CONNECT_MS = 10000,
    SETTLE_MS = 500, /* UDP: after that nobody will say that it was refused */
    STATE_MS = 50,   /* the state is written so often, at most */
    LOOK_MS = 50,    /* unconfirmed bytes are looked at so often, or ... */
    LOOK_MOST_MS = 1000, /* ... if that changes nothing, less and less */
};

/* How far it got. */
struct progress {
    struct sv_log_place at;
    uint64_t lines;
    uint64_t lost_lines; /* told to the collector */
    uint64_t lost_bytes;
};

/* What was handed to the kernel together. */
struct mark {
    struct progress after;
    uint64_t end;    /* bytes of the connection, with these */
    int64_t sent_at;
};

enum phase { PHASE_DOWN, PHASE_CONNECTING, PHASE_UP };

static struct {
    const char *path;
    const char *to;
    int dir;
    int signals;
    int inotify; /* -1: the directory is looked at once a second */
    struct collector collector;
    struct frame frame;
    size_t message; /* -m */
    size_t again;   /* -w */
    unsigned int notify_fd;

    struct feed feed;
    struct progress here;      /* with what is in the buffer */
    struct progress confirmed; /* as far as the collector has it */
    struct progress surely;    /* where to begin after a connection broke */
    struct mark marks[MARKS];
    size_t marks_count;
    size_t marks_confirmed; /* of these, which surely is not past yet */
    bool may_be_lost;       /* .lost is to be looked at */

    int fd;
    enum phase phase;
    uint64_t sent; /* bytes of the connection */
    bool is_full;  /* the kernel takes no more */
    bool is_proven; /* UDP: a first message has not been refused */
    char out[OUT_SIZE];
    size_t out_used;
    size_t out_sent;

    int64_t retry_at; /* of the connection: PHASE_DOWN, PHASE_CONNECTING */
    int64_t back_off_ms;
    int64_t look_at; /* 0: nothing is unconfirmed */
    int64_t look_ms;
    int64_t read_at; /* the log could not be read; 0: it could */
    bool must_begin; /* not even its place could be found */
    int64_t state_at; /* the state is to be written; 0: it is */
    int64_t state_written_at;
    bool state_failed;
    bool is_stopping;
    char problem[SV_SHIP_TEXT + 1];
} ship;

/* ---- the state ---------------------------------------------------------- */

static void note_state(void)
{
    int64_t at = ship.state_written_at + STATE_MS * SV_MS;

    if (!ship.state_at)
        ship.state_at = at;
}

static void write_state(void)
{
    struct sv_ship state = {.at = ship.confirmed.at,
                            .lines = ship.confirmed.lines,
                            .lost_lines = ship.confirmed.lost_lines,
                            .lost_bytes = ship.confirmed.lost_bytes};

    snprintf(state.to, sizeof state.to, "%s", ship.to);
    snprintf(state.problem, sizeof state.problem, "%s", ship.problem);
    ship.state_written_at = sv_boottime();
    ship.state_at = 0;
    if (sv_ship_write(ship.dir, &state)) {
        ship.state_failed = false;
        return;
    }
    if (!ship.state_failed)
        warn_sys("unable to write ", ship.path, "/" SV_SHIP
                 " (trying on; after a kill, lines will come twice)");
    ship.state_failed = true;
    ship.state_at = ship.state_written_at + SV_SECOND;
}

static void read_state(void)
{
    struct sv_ship state;

    if (!sv_ship_read(ship.dir, &state) && errno) {
        if (errno != EINVAL)
            sv_die_sys("unable to read ", ship.path, "/" SV_SHIP);
        warn("damaged: ", ship.path, "/" SV_SHIP
             " (beginning with the oldest line)");
    }
    ship.confirmed = (struct progress){state.at, state.lines, state.lost_lines,
                                       state.lost_bytes};
    ship.surely = ship.here = ship.confirmed;
    ship.may_be_lost = true;
}

/* ---- what is confirmed -------------------------------------------------- */

static void forget_first(size_t count)
{
    memmove(ship.marks, ship.marks + count,
            (ship.marks_count - count) * sizeof *ship.marks);
    ship.marks_count -= count;
    ship.marks_confirmed -= count;
}

/* Makes one of any two: what is confirmed later is none the worse. */
static void thin_out(void)
{
    size_t confirmed = 0;
    size_t n = 0;

    for (size_t i = 0; i + 1 < ship.marks_count; i += 2) {
        if (i + 1 < ship.marks_confirmed)
            confirmed = n + 1;
        ship.marks[n++] = ship.marks[i + 1];
    }
    ship.marks_count = n;
    ship.marks_confirmed = confirmed;
}

static void look_soon(void)
{
    ship.look_ms = LOOK_MS;
    ship.look_at = sv_boottime() + LOOK_MS * SV_MS;
}

static void add_mark(void)
{
    if (ship.marks_count == MARKS)
        thin_out();
    ship.marks[ship.marks_count++] =
        (struct mark){ship.here, ship.sent, sv_boottime()};
    look_soon();
}

static bool is_tcp(void)
{
    return ship.collector.is_stream && !ship.collector.is_unix;
}

static bool is_udp(void)
{
    return !ship.collector.is_stream && !ship.collector.is_unix;
}

/* Has the collector what ends there?  acked is how much of a stream arrived. */
static bool has_arrived(const struct mark *mark, uint64_t acked, int64_t now)
{
    if (is_udp())
        return now >= mark->sent_at + SETTLE_MS * SV_MS;
    return !ship.collector.is_stream || mark->end <= acked;
}

/* Where the collector's system may have acknowledged what it has not read, what
 * was confirmed last is remembered. */
static void move_surely(uint64_t acked)
{
    uint64_t again = is_tcp() ? ship.again : 0;
    size_t n = 0;

    while (n < ship.marks_confirmed && ship.marks[n].end + again <= acked)
        n++;
    if (n) {
        ship.surely = ship.marks[n - 1].after;
        forget_first(n);
    }
}

static void confirm(uint64_t acked)
{
    int64_t now = sv_boottime();
    size_t before = ship.marks_confirmed;

    while (ship.marks_confirmed < ship.marks_count &&
           has_arrived(ship.marks + ship.marks_confirmed, acked, now))
        ship.confirmed = ship.marks[ship.marks_confirmed++].after;
    if (ship.marks_confirmed != before) {
        ship.back_off_ms = BACK_OFF_MS;
        ship.is_proven = true;
        ship.look_ms = LOOK_MS;
        note_state();
    } else if (ship.look_ms < LOOK_MOST_MS) {
        ship.look_ms *= 2;
    }
    move_surely(ship.collector.is_stream ? acked : UINT64_MAX);
    ship.look_at = ship.marks_confirmed < ship.marks_count
                       ? now + ship.look_ms * SV_MS
                       : 0;
}

/* ---- the connection ----------------------------------------------------- */

/* Says it once, and not again while it stays the same. */
static void set_problem(const char *what, int error)
{
    char problem[SV_SHIP_TEXT + 1] = "";

    if (what || error)
        snprintf(problem, sizeof problem, "%s",
                 what ? what : strerror(error));
    if (strcmp(problem, ship.problem) == 0)
        return;
    memcpy(ship.problem, problem, sizeof problem);
    ship.state_at = ship.state_at ? ship.state_at : 1;
    if (*problem)
        warn(ship.to, ": ", problem, " (retrying; lines wait in ", ship.path,
             ")");
    else
        sv_info(ship.to, ": reached");
}

static void begin_feed(void)
{
    ship.read_at = 0;
    ship.must_begin = !feed_begin(&ship.feed, ship.dir, &ship.here.at);
    if (!ship.must_begin)
        return;
    warn_sys("unable to read ", ship.path, " (trying again)");
    ship.read_at = sv_boottime() + SV_SECOND;
}

static void read_again(void)
{
    ship.read_at = 0;
    if (ship.must_begin)
        begin_feed();
}

/* From there on everything is sent again. */
static void go_back_to(const struct progress *progress)
{
    ship.here = ship.confirmed = ship.surely = *progress;
    ship.marks_count = ship.marks_confirmed = 0;
    ship.out_used = ship.out_sent = 0;
    ship.look_at = 0;
    ship.may_be_lost = true;
    begin_feed();
    note_state();
}

static void disconnect(void)
{
    if (ship.fd >= 0)
        close(ship.fd);
    ship.fd = -1;
    ship.phase = PHASE_DOWN;
    ship.retry_at = sv_boottime() + ship.back_off_ms * SV_MS;
    ship.back_off_ms *= 2;
    if (ship.back_off_ms > BACK_OFF_MOST_MS)
        ship.back_off_ms = BACK_OFF_MOST_MS;
}

/* The collector has read what it acknowledged, if it closed in order. */
static void lose(bool in_order, int error)
{
    struct progress from = in_order ? ship.confirmed : ship.surely;

    disconnect();
    set_problem(in_order ? "closed the connection" : NULL, error);
    go_back_to(&from);
}

static void be_up(void)
{
    ship.phase = PHASE_UP;
    ship.sent = 0;
    ship.is_full = ship.is_proven = false;
    look_soon();
}

static void fail_to_connect(int error)
{
    disconnect();
    if (error == ENOENT && !ship.collector.is_unix)
        set_problem("no address, in digits or in /etc/hosts", 0);
    else
        set_problem(NULL, error);
}

static void connect_again(void)
{
    ship.fd = collector_connect(&ship.collector);
    if (ship.fd < 0) {
        fail_to_connect(errno);
        return;
    }
    ship.phase = PHASE_CONNECTING;
    ship.retry_at = sv_boottime() + CONNECT_MS * SV_MS;
    if (!is_tcp())
        be_up();
}

static void on_connected(void)
{
    int error = collector_error(ship.fd);

    if (error)
        fail_to_connect(error);
    else
        be_up();
}

/* How much has arrived is asked first: the answer counts only if the connection
 * was one still. */
static void look_at_connection(void)
{
    size_t waits = ship.collector.is_stream ? collector_waits(ship.fd) : 0;
    enum life life = collector_life(ship.fd);

    if (life == LIFE_BROKEN)
        lose(false, errno);
    else if (life == LIFE_CLOSED && ship.collector.is_stream)
        lose(true, 0);
    else
        confirm(ship.sent - (waits < ship.sent ? waits : ship.sent));
    if (ship.phase == PHASE_UP &&
        (is_udp() ? ship.is_proven : ship.marks_confirmed == ship.marks_count))
        set_problem(NULL, 0);
}

/* ---- sending ------------------------------------------------------------ */

/* Bytes of text that a message has room for. */
static size_t text_limit(void)
{
    size_t around = strlen(ship.frame.host) + strlen(ship.frame.service) + 64;

    return ship.message - (around < ship.message / 2 ? around
                                                     : ship.message / 2);
}

static bool fill_loss(void)
{
    struct sv_lost lost;
    uint64_t lines;
    uint64_t bytes;

    ship.may_be_lost = false;
    if (!sv_lost_read(ship.dir, &lost) || lost.bytes <= ship.here.lost_bytes)
        return false;
    lines = lost.lines - ship.here.lost_lines;
    bytes = lost.bytes - ship.here.lost_bytes;
    ship.out_used += frame_loss(ship.out + ship.out_used, &ship.frame,
                                sv_realtime(), lines, bytes);
    ship.here.lost_lines = lost.lines;
    ship.here.lost_bytes = lost.bytes;
    return true;
}

static bool fill_line(void)
{
    const char *text;
    size_t size;
    enum fed fed = feed_next(&ship.feed, text_limit(), &text, &size);

    if (fed == FED_FAILED) {
        warn_sys("unable to read ", ship.path, " (trying again)");
        ship.read_at = sv_boottime() + SV_SECOND;
    }
    ship.here.at = ship.feed.at;
    if (fed != FED_LINE && fed != FED_PIECE)
        return false;
    ship.out_used += frame_line(ship.out + ship.out_used, &ship.frame,
                                ship.feed.time, text, size);
    ship.here.lines += fed == FED_LINE;
    return true;
}

/* One message for a datagram, else as many as there are and fit.  UDP begins
 * with a single one, to see whether it is refused. */
static bool fill(void)
{
    size_t room = sizeof ship.out - FRAME_HEAD_MAX -
                  FRAME_SWELL * (size_t)MESSAGE_MOST;
    bool goes_on = true;

    if (ship.read_at || (is_udp() && !ship.is_proven && ship.marks_count))
        return false;
    while (goes_on && ship.out_used < room) {
        goes_on = (ship.may_be_lost && fill_loss()) || fill_line();
        if (!ship.collector.is_stream)
            break;
    }
    return ship.out_used > 0;
}

/* A datagram that is too long for the way: shorter ones, from here on. */
static bool make_shorter(void)
{
    struct progress from = ship.confirmed;
    char bytes[SV_NUMBER_MAX];

    if (ship.message <= MESSAGE_LEAST)
        return false;
    ship.message /= 2;
    if (ship.message < MESSAGE_LEAST)
        ship.message = MESSAGE_LEAST;
    warn(ship.to, ": a message was too long (going on with ",
         sv_number(bytes, (int64_t)ship.message), " bytes at most)");
    if (ship.marks_count)
        from = ship.marks[ship.marks_count - 1].after;
    /* What was sent before has been sent. */
    ship.out_used = ship.out_sent = 0;
    ship.here = from;
    begin_feed();
    return true;
}

/* False if that is all for now. */
static bool on_send_error(int error)
{
    if (error == EINTR)
        return true;
    if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
        ship.is_full = error == EAGAIN;
        if (!ship.is_full)
            look_soon();
        return false;
    }
    if (error == EMSGSIZE && make_shorter())
        return true;
    lose(false, error);
    return false;
}

/* Sends what is in the buffer.  False if that is all for now. */
static bool flush(void)
{
    while (ship.out_sent < ship.out_used) {
        ssize_t n = send(ship.fd, ship.out + ship.out_sent,
                         ship.out_used - ship.out_sent, MSG_NOSIGNAL);

        if (n < 0)
            return on_send_error(errno);
        ship.out_sent += (size_t)n;
        ship.sent += (uint64_t)n;
    }
    ship.out_used = ship.out_sent = 0;
    add_mark();
    return true;
}

/* With nothing on its way, the beginning of an empty file is as good a place as
 * the end of the one before, which may go, or be processed. */
static void be_at_new_file(void)
{
    if (ship.marks_confirmed < ship.marks_count ||
        sv_log_is_same(&ship.here.at.file, &ship.confirmed.at.file))
        return;
    ship.confirmed = ship.here;
    note_state();
}

/* True if there is more to do at once. */
static bool send_some(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (!ship.out_used && !fill()) {
            be_at_new_file();
            return false;
        }
        if (!flush())
            return false;
    }
    return true;
}

/* ---- the loop ----------------------------------------------------------- */

static void on_signals(void)
{
    struct signalfd_siginfo info;

    while (read(ship.signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGHUP) {
            ship.back_off_ms = BACK_OFF_MS;
            if (ship.phase == PHASE_DOWN)
                ship.retry_at = 0;
        } else {
            ship.is_stopping = true;
        }
}

static void drain_inotify(void)
{
    _Alignas(struct inotify_event) char buf[4096];

    while (read(ship.inotify, buf, sizeof buf) > 0)
        continue;
    ship.may_be_lost = true;
}

static void on_timers(void)
{
    int64_t now = sv_boottime();

    if (ship.phase == PHASE_DOWN && now >= ship.retry_at)
        connect_again();
    else if (ship.phase == PHASE_CONNECTING && now >= ship.retry_at)
        fail_to_connect(ETIMEDOUT);
    if (ship.read_at && now >= ship.read_at)
        read_again();
    if (ship.phase == PHASE_UP && ship.look_at && now >= ship.look_at)
        look_at_connection();
    if (ship.state_at && now >= ship.state_at)
        write_state();
}

static int64_t sooner(int64_t one, int64_t other)
{
    return other && other < one ? other : one;
}

/* For poll(). */
static int milliseconds_left(bool has_more)
{
    int64_t now = sv_boottime();
    int64_t next = INT64_MAX;

    if (has_more)
        return 0;
    if (ship.phase != PHASE_UP)
        next = ship.retry_at;
    if (ship.phase == PHASE_UP)
        next = sooner(next, ship.look_at);
    next = sooner(sooner(next, ship.state_at), ship.read_at);
    if (ship.inotify < 0)
        next = sooner(next, now + SV_SECOND);
    if (next == INT64_MAX)
        return -1;
    return next <= now ? 0 : (int)((next - now + SV_MS - 1) / SV_MS);
}

static void wait_for(bool has_more)
{
    bool wants_out = ship.phase == PHASE_CONNECTING || ship.is_full;
    struct pollfd fds[] = {
        {.fd = ship.signals, .events = POLLIN},
        {.fd = ship.inotify, .events = POLLIN},
        {.fd = ship.fd, .events = (short)(POLLIN | (wants_out ? POLLOUT : 0))},
    };

    if (poll(fds, sizeof fds / sizeof *fds, milliseconds_left(has_more)) < 0)
        return;
    if (fds[0].revents)
        on_signals();
    if (fds[1].revents)
        drain_inotify();
    if (fds[2].revents & POLLOUT)
        ship.is_full = false;
    if (fds[2].revents && ship.phase == PHASE_CONNECTING)
        on_connected();
    else if (fds[2].revents & ~POLLOUT && ship.phase == PHASE_UP)
        look_at_connection();
}

static void loop(void)
{
    while (!ship.is_stopping) {
        bool has_more = false;

        on_timers();
        if (ship.phase == PHASE_UP && !ship.is_full)
            has_more = send_some();
        if (has_more && ship.phase == PHASE_UP)
            look_at_connection();
        wait_for(has_more && ship.phase == PHASE_UP);
    }
    if (ship.phase == PHASE_UP)
        look_at_connection();
    write_state();
}

/* ---- the start ---------------------------------------------------------- */

static unsigned int read_number(const char *text)
{
    unsigned int value;

    if (!uint0_scan(text, &value))
        sv_die_usage(USAGE);
    return value;
}

static void set_message(const char *text)
{
    ship.message = read_number(text);
    if (ship.message < MESSAGE_LEAST || ship.message > MESSAGE_MOST)
        sv_die(SV_EXIT_USAGE, "a message has 480 to 16384 bytes, not ", text);
}

static void set_notify(const char *text)
{
    ship.notify_fd = read_number(text);
    if (ship.notify_fd < 3 || ship.notify_fd > INT32_MAX ||
        fcntl((int)ship.notify_fd, F_GETFD) < 0)
        sv_die(SV_EXIT_USAGE, "invalid notification fd: ", text);
}

static void set_priority(const char *text)
{
    if (!frame_priority(text, &ship.frame.priority))
        sv_die(SV_EXIT_USAGE, "not a facility and a severity: ", text,
               " (as daemon.info)");
}

static void read_options(int argc, char *argv[])
{
    static const struct option names[] = {
        {"notify", required_argument, NULL, 'd'},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"json", no_argument, NULL, 'j'},
        {"name", required_argument, NULL, 'n'},
        {"host", required_argument, NULL, 'H'},
        {"priority", required_argument, NULL, 'p'},
        {"message", required_argument, NULL, 'm'},
        {"window", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int letter;

    opterr = 0;
    while ((letter = getopt_long(argc, argv, "+d:qvn:H:p:m:w:", names,
                                 NULL)) >= 0)
        switch (letter) {
        case 'd': set_notify(optarg); break;
        case 'q': verbosity -= verbosity > 0; break;
        case 'v': verbosity++; break;
        case 'j': ship.frame.is_json = true; break;
        case 'n': frame_set_service(&ship.frame, optarg); break;
        case 'H': frame_set_host(&ship.frame, optarg); break;
        case 'p': set_priority(optarg); break;
        case 'm': set_message(optarg); break;
        case 'w': ship.again = read_number(optarg); break;
        case 'h': sv_print_and_exit("usage: " USAGE "\n");
        default: sv_die_usage(USAGE);
        }
    if (argc - optind != 2)
        sv_die_usage(USAGE);
}

/* A logdir is called by its service's name. */
static void name_service(const char *path)
{
    char name[FRAME_SERVICE_MAX + 1];
    size_t end = strlen(path);
    size_t from;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (from = end; from > 0 && path[from - 1] != '/';)
        from--;
    if (end - from > FRAME_SERVICE_MAX)
        end = from + FRAME_SERVICE_MAX;
    memcpy(name, path + from, end - from);
    name[end - from] = 0;
    frame_set_service(&ship.frame, name);
}

static void fill_in(const char *path, const char *to)
{
    struct utsname machine;

    ship.path = path;
    ship.to = to;
    if (!collector_parse(&ship.collector, to))
        sv_die(SV_EXIT_USAGE, "not a collector: ", to, " (udp:HOST:PORT, "
               "tcp:HOST:PORT, unix:PATH, unix-stream:PATH)");
    if (!*ship.frame.service)
        name_service(path);
    if (!*ship.frame.host)
        frame_set_host(&ship.frame,
                       uname(&machine) == 0 ? machine.nodename : "");
    ship.frame.is_counted = ship.collector.is_stream;
    if (!ship.message)
        ship.message = is_udp() ? MESSAGE_UDP : MESSAGE_STREAM;
}

/* Two of us would send everything twice.  The logger's lock is another. */
static void open_logdir(void)
{
    ship.dir = open(ship.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ship.dir < 0)
        sv_die_sys("unable to open ", ship.path);
    if (flock(ship.dir, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            errno = EBUSY;
        sv_die_sys("unable to lock ", ship.path);
    }
    read_state();
    ship.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (ship.inotify < 0 ||
        inotify_add_watch(ship.inotify, ship.path,
                          IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                              IN_ONLYDIR) < 0) {
        warn_sys("unable to watch ", ship.path, " (looking once a second)");
        if (ship.inotify >= 0)
            close(ship.inotify);
        ship.inotify = -1;
    }
}

static void catch_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    ship.signals = -1;
    if (sigprocmask(SIG_SETMASK, &set, NULL) == 0)
        ship.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (ship.signals < 0)
        sv_die_sys("unable to catch signals");
}

int ship_main(int argc, char *argv[])
{
    sv_program = "svlog ship";
    ship.again = AGAIN;
    ship.back_off_ms = BACK_OFF_MS;
    ship.fd = ship.feed.reader.fd = -1;
    ship.frame.priority = 3 << 3 | 6; /* daemon.info */
    read_options(argc, argv);
    fill_in(argv[optind], argv[optind + 1]);
    catch_signals();
    open_logdir();
    begin_feed();
    write_state();
    if (ship.notify_fd) {
        if (write((int)ship.notify_fd, "\n", 1) < 0)
            warn_sys("unable to notify readiness");
        close((int)ship.notify_fd);
    }
    loop();
    return SV_EXIT_OK;
}
