/* SPDX-License-Identifier: ISC */
/*
 * main.c - process 1: starts svscan, reaps, relays, holds, and shuts down.
 *
 * One loop over two descriptors, signals and the line to svscan.  After the
 * comment that says so nothing in this program may end it but halt_leave().
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/hold.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/state.h"
#include "init/boot.h"
#include "init/foreground.h"
#include "init/halt.h"
#include "init/line.h"
#include "init/reap.h"
#include "init/settings.h"
#include "init/tree.h"
#include "init/upgrade.h"
#include "init/watchdog.h"

#define USAGE "init [-u] [-f DEFS] [LIVE] [-- main-program args...]"

static const char help[] =
    "usage: " USAGE "\n"
    "\n"
    "Starts svscan, reaps, and shuts down, as process 1 or as a guardian.\n"
    "\n"
    "  -u, --guardian          be a guardian: not process 1\n"
    "  -f, --definitions DEFS  where services are defined [" SV_DEFS_DIR "]\n"
    "  LIVE                    where they run [" SV_LIVE_DIR "]\n"
    "      --can-take VERSION  exit 0 if it knows that version of the state\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n";

enum {
    SIGNALS_MAX = 16, /* taken at once */
    MACHINE_STOP_MS = 60000,
    CONTAINER_STOP_MS = 8000,
    GRACE_MS = 3000,
    /* As every sender of them counts, whatever the C library keeps for
     * itself: musl's SIGRTMIN is 35. */
    RTMIN = 34,
};

/* What a signal asks for.  A container has no ctrl-alt-del, and a runtime may
 * send any of these; in a machine QUIT is a typing error. */
static const struct request {
    int signal;
    char what;
    bool at_once;
    bool in_machine;
} requests[] = {
    {SIGUSR1, SV_MACHINE_HALT, false, true},
    {SIGUSR2, SV_MACHINE_POWEROFF, false, true},
    {SIGTERM, SV_MACHINE_REBOOT, false, true},
    {SIGINT, SV_MACHINE_REBOOT, false, true},
    {SIGPWR, SV_MACHINE_POWEROFF, false, true},
    {SIGQUIT, SV_MACHINE_POWEROFF, false, false},
    {RTMIN + 3, SV_MACHINE_HALT, false, true},
    {RTMIN + 4, SV_MACHINE_POWEROFF, false, true},
    {RTMIN + 5, SV_MACHINE_REBOOT, false, true},
    {RTMIN + 13, SV_MACHINE_HALT, true, true},
    {RTMIN + 14, SV_MACHINE_POWEROFF, true, true},
    {RTMIN + 15, SV_MACHINE_REBOOT, true, true},
};

static struct settings settings = {.grace_ms = GRACE_MS};
static struct words words;

/* ---- what happens -------------------------------------------------------- */

static bool ended(pid_t pid, int wstat)
{
    return tree_ended(pid, wstat) || foreground_ended(pid, wstat) ||
           halt_ended(pid) || upgrade_ended(pid, wstat);
}

/* The program that we started, or a service with flag-main. */
static void main_ended(int wstat)
{
    halt_set_status(wstat);
    halt_ask(SV_MACHINE_POWEROFF, false);
}

static void given_up(void)
{
    halt_ask(SV_MACHINE_REBOOT, false);
}

static void up(void)
{
    char ms[SV_NUMBER_MAX];

    if (settings.verbose)
        sv_info("the tree is up, ms since the kernel began: ",
                sv_number(ms, sv_boottime() / SV_MS));
    if (halt_stop_ms() == -1)
        foreground_start();
}

static void machine(char what)
{
    if (what == SV_MACHINE_HALT || what == SV_MACHINE_POWEROFF ||
        what == SV_MACHINE_REBOOT)
        halt_ask(what, false);
}

/* Elsewhere than in a machine all but what systemd's tools send says: end. */
static char meant(const struct request *request)
{
    return place == PLACE_MACHINE || request->signal > RTMIN
               ? request->what
               : SV_MACHINE_POWEROFF;
}

static void on_signal(const struct signalfd_siginfo *info)
{
    if (info->ssi_signo == SIGCHLD) {
        reap_named((pid_t)info->ssi_pid);
        return;
    }
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct request *request = &requests[i];

        if ((int)info->ssi_signo == request->signal &&
            (request->in_machine || place != PLACE_MACHINE))
            halt_ask(meant(request), request->at_once);
    }
}

/* Once a round: each call costs as much as reaping, and what has come since
 * will be there in the next. */
static void on_signals(int signals)
{
    struct signalfd_siginfo info[SIGNALS_MAX];
    ssize_t got = read(signals, info, sizeof info);

    for (ssize_t i = 0; i < got / (ssize_t)sizeof *info; i++)
        on_signal(&info[i]);
}

/* ---- the loop ------------------------------------------------------------ */

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        sigaddset(&set, requests[i].signal);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until the first of all deadlines; no time at all means no limit.  Rounded up,
 * so as not to wake before it. */
static const struct timespec *time_left(struct timespec *left)
{
    int64_t due = earlier(earlier(tree_due(), line_due()),
                          earlier(reap_due(), halt_due()));
    int64_t ns;

    due = earlier(due, earlier(upgrade_due(), watchdog_due()));
    if (due == INT64_MAX)
        return NULL;
    ns = due - sv_boottime();
    if (ns < 0)
        ns = 0;
    left->tv_sec = ns / SV_SECOND;
    left->tv_nsec = ns % SV_SECOND;
    return left;
}

static void go_round(int signals)
{
    struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}};
    struct timespec left;

    tree_start_if_due();
    line_poll(&polls[1]);
    if (ppoll(polls, 2, time_left(&left), NULL) == -1)
        polls[0].revents = polls[1].revents = 0;
    if (polls[0].revents != 0)
        on_signals(signals);
    if (polls[1].revents != 0 || line_due() <= sv_boottime())
        line_ready();
    reap_round();
    halt_look();
    upgrade_look();
    watchdog_look();
}

/* ---- the beginning ------------------------------------------------------- */

static bool is_guardian;

static bool is_resumed; /* we were init before: nothing is said a second time */

static void ignore_word(const char *word)
{
    if (is_resumed)
        return;
    if (getpid() != 1)
        sv_die_usage(USAGE);
    sv_warn("ignored on the command line: ", word);
}

/* As process 1 of a machine neither may end us: the words came from the
 * kernel. */
static void answer_questions(void)
{
    if (place == PLACE_MACHINE)
        return;
    if (words.help)
        sv_print_and_exit(help);
    if (words.version)
        sv_print_and_exit("init (mere-init) " SV_VERSION "\n");
}

static bool join(char buf[static SV_PATH_MAX], const char *a, const char *b)
{
    size_t length = a ? strlen(a) : 0;

    if (length == 0 || a[0] != '/' || length + strlen(b) >= SV_PATH_MAX)
        return false;
    memcpy(buf, a, length);
    memcpy(buf + length, b, strlen(b) + 1);
    return true;
}

/* Where an ordinary user's tree is, if nothing else was said. */
static void find_user_directories(struct tree_plan *plan)
{
    static char defs[SV_PATH_MAX];
    static char live[SV_PATH_MAX];

    if (!plan->defs && !join(defs, getenv("XDG_CONFIG_HOME"), "/sv") &&
        !join(defs, getenv("HOME"), "/.config/sv"))
        sv_die(SV_EXIT_USAGE, "neither XDG_CONFIG_HOME nor HOME is set (say "
                              "where the definitions are: -f DEFS)");
    if (!plan->live && !join(live, getenv("XDG_RUNTIME_DIR"), "/sv"))
        sv_die(SV_EXIT_USAGE, "XDG_RUNTIME_DIR is not set (say where the tree "
                              "is to live: init -u LIVE)");
    plan->defs = plan->defs ? plan->defs : defs;
    plan->live = plan->live ? plan->live : live;
}

static const char *named_live(void)
{
    const char *live = getenv(SV_RUN_VARIABLE);

    return live && live[0] == '/' ? live : NULL;
}

/* A container of any user, or on a root that cannot be written to, has one of
 * these at least.  All that we start is told, and svctl knows them too. */
static const char *find_live(void)
{
    static char variables[][sizeof SV_RUN_VARIABLE "=" SV_LIVE_SHM] = {
        SV_RUN_VARIABLE "=" SV_LIVE_TMP, SV_RUN_VARIABLE "=" SV_LIVE_SHM};

    if (place == PLACE_MACHINE || boot_can_live(SV_LIVE_DIR))
        return SV_LIVE_DIR;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *live = variables[i] + sizeof SV_RUN_VARIABLE;

        if (!boot_can_live(live))
            continue;
        boot_set(variables[i]);
        return live;
    }
    return SV_LIVE_DIR;
}

static void plan_tree(struct tree_plan *plan)
{
    *plan = (struct tree_plan){.defs = words.defs, .live = words.live,
                               .crash = settings.crash, .given_up = given_up};
    if (!plan->live)
        plan->live = named_live();
    if (is_guardian && geteuid() != 0 && !boot_is_all())
        find_user_directories(plan);
    if (!plan->defs)
        plan->defs = SV_DEFS_DIR;
    if (!plan->live)
        plan->live = find_live();
}

static void read_words(char *const *argv)
{
    words_read(&words, argv, ignore_word);
    is_guardian = getpid() != 1;
    if (is_guardian && !words.guardian && !words.help && !words.version)
        sv_die(SV_EXIT_USAGE, "init is for process 1; elsewhere it is a "
                              "guardian: init -u");
}

static void begin_anew(void)
{
    boot_find_place(is_guardian);
    answer_questions();
    boot_prepare();
    boot_set_path();
    boot_raise_limit();
    settings.stop_ms =
        place == PLACE_CONTAINER ? CONTAINER_STOP_MS : MACHINE_STOP_MS;
    boot_read_settings(&settings);
}

static void begin(char *const *argv)
{
    static const struct line_calls calls = {
        .up = up, .machine = machine, .stopped = halt_stopped,
        .main_ended = main_ended, .upgrade = upgrade_ask, .stop_ms = halt_stop_ms};
    struct tree_plan plan;

    boot_begin(argv);
    is_resumed = upgrade_take(&settings);
    read_words(argv);
    if (!is_resumed)
        begin_anew();
    plan_tree(&plan);
    halt_begin(&settings);
    line_begin(&calls);
    reap_begin(ended);
    foreground_begin(words.main, main_ended);
    tree_begin(&plan);
    upgrade_begin(&settings);
    watchdog_begin(settings.watchdog_ms);
    upgrade_resume();
}

int main(int argc, char *argv[])
{
    int signals;

    sv_program = "init";
    if (getpid() != 1 && argc == 3 && strcmp(argv[1], SV_STATE_QUESTION) == 0)
        return sv_state_can_take(argv[2]);
    begin(argv);
    /* From here on we must not die: the kernel panics if we do.  Warn, wait,
     * and try again. */
    while ((signals = open_signals()) == -1) {
        sv_warn_sys("unable to take signals (trying again)");
        ppoll(NULL, 0, &(struct timespec){.tv_sec = 1}, NULL);
    }
    while (!halt_is_over() && !tree_was_refused())
        go_round(signals);
    if (!halt_is_over())
        return SV_EXIT_USAGE;
    halt_leave();
}
