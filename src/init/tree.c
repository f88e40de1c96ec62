/* SPDX-License-Identifier: ISC */
/*
 * tree.c - svscan's process, and what to do when it dies again and again.
 *
 * Services run on meanwhile, and what svscan must know survives it: so a start
 * is always right, and only how often is a question.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "init/boot.h"
#include "init/line.h"
#include "init/reap.h"
#include "init/tree.h"

enum {
    LINE_FD = 3,        /* svscan's -R */
    FREE_RESTARTS = 3,  /* without a pause */
    DEATHS = TREE_DEATHS, /* so many in a minute are a crash loop */
};

static const int64_t pause_ns = SV_SECOND;
static const int64_t long_ns = 60 * SV_SECOND;

static struct tree_plan plan;
static pid_t svscan;
static pid_t shell;
static int64_t due = INT64_MAX;
static int64_t started;
static unsigned in_a_row;        /* deaths that followed closely */
static int64_t deaths[DEATHS];   /* when, in a ring */
static unsigned death;           /* the oldest of them */
static int64_t said;             /* when that it does not live was last said */
static bool refused;
static bool let_go;
static uint32_t count;           /* of all deaths */
static int *unable;              /* why the last start was none, or 0; the
                                    child's as well; NULL: nobody can tell */
static int64_t unable_since;     /* 0: it can be run */
static int unable_said;          /* the errno that was last said */

/* ---- starting ------------------------------------------------------------ */

static void make_directory(const char *path)
{
    mode_t mode = place == PLACE_GUARDIAN ? 0700 : 0755;

    if (mkdir(path, mode) == -1 && errno != EEXIST)
        sv_warn_sys("unable to make ", path);
}

static void redirect(int from, int to)
{
    if (from == to)
        fcntl(from, F_SETFD, 0);
    else
        dup2(from, to);
}

static _Noreturn void become_svscan(int line)
{
    const char *const argv[] = {"svscan", "-f", plan.defs, "-R",
                                "3",      plan.live, NULL};
    int null;

    _Static_assert(LINE_FD == 3, "-R says so");
    setsid();
    redirect(line, LINE_FD);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null != -1)
        dup2(null, 0);
    boot_restore();
    boot_exec_sibling("svscan", argv);
    if (unable)
        *unable = errno;
    else
        sv_warn_sys("unable to run svscan");
    _exit(errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC);
}

static void start(void)
{
    int line = line_open();

    started = sv_boottime();
    due = started + pause_ns;
    if (line == -1) {
        sv_warn_sys("unable to make a line to svscan (trying again in 1 s)");
        return;
    }
    if (unable)
        *unable = 0;
    svscan = _Fork();
    if (svscan == 0)
        become_svscan(line);
    close(line);
    if (svscan != -1) {
        due = INT64_MAX;
        return;
    }
    svscan = 0;
    sv_warn_sys("unable to start svscan (trying again in 1 s)");
}

void tree_begin(const struct tree_plan *what)
{
    void *page = mmap(NULL, sizeof *unable, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    unable = page != MAP_FAILED ? page : NULL;
    plan = *what;
    make_directory(plan.live);
    due = 0;
}

void tree_start_if_due(void)
{
    if (due <= sv_boottime())
        start();
}

int64_t tree_due(void)
{
    return due;
}

void tree_save(struct tree_state *state)
{
    *state = (struct tree_state){.svscan = svscan, .shell = shell, .due = due,
                                 .started = started, .said = said,
                                 .in_a_row = in_a_row, .death = death,
                                 .count = count};
    memcpy(state->deaths, deaths, sizeof deaths);
}

void tree_resume(const struct tree_state *state)
{
    svscan = state->svscan;
    shell = state->shell;
    due = state->due;
    started = state->started;
    said = state->said;
    in_a_row = state->in_a_row;
    death = state->death % DEATHS;
    count = state->count;
    memcpy(deaths, state->deaths, sizeof deaths);
}

void tree_let_go(void)
{
    let_go = true;
    due = INT64_MAX;
}

/* ---- crash loops --------------------------------------------------------- */

/* Ten times within a minute. */
static bool dies_too_often(void)
{
    int64_t oldest = deaths[death];

    return oldest != 0 && sv_boottime() - oldest <= long_ns;
}

bool tree_is_hopeless(void)
{
    return svscan == 0
           && (shell != 0 || unable_since != 0 || dies_too_often());
}

/* Whoever was hung up while he edited a line has left it raw. */
static void make_sane(int console)
{
    struct termios mode;

    if (tcgetattr(console, &mode) == -1)
        return;
    mode.c_iflag |= BRKINT | ICRNL;
    mode.c_oflag |= OPOST | ONLCR;
    mode.c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK;
    tcsetattr(console, TCSANOW, &mode);
}

/* A getty's shell runs on, without a svscan: two that read one terminal would
 * get some lines each.  What is open as /dev/console, as the output of services
 * is, is not hung up. */
static int take_console(void)
{
    int console = boot_open_console();

    if (console == -1)
        return -1;
    ioctl(console, TIOCVHANGUP);
    close(console);
    console = boot_open_console();
    ioctl(console, TIOCSCTTY, 0);
    make_sane(console);
    return console;
}

static _Noreturn void become_shell(void)
{
    static const char *const argv[] = {"-sh", NULL};
    int console;

    setsid();
    console = take_console();
    for (int fd = 0; fd < 3 && console != -1; fd++)
        dup2(console, fd);
    boot_restore();
    boot_exec("/bin/sh", argv);
    sv_warn_sys("unable to run /bin/sh");
    _exit(SV_EXIT_NOTFOUND);
}

/* svscan is not tried again while somebody is at work in there: the console is
 * theirs. */
static void offer_shell(void)
{
    shell = _Fork();
    if (shell == 0)
        become_shell();
    if (shell != -1) {
        due = INT64_MAX;
        return;
    }
    shell = 0;
    sv_warn_sys("unable to start a shell");
}

static void shell_ended(void)
{
    shell = 0;
    in_a_row = 0;
    memset(deaths, 0, sizeof deaths);
    if (!let_go)
        due = 0;
}

static void despair(void)
{
    if (plan.crash == CRASH_SHELL)
        offer_shell();
    else if (plan.crash == CRASH_REBOOT)
        plan.given_up();
}

/* ---- deaths -------------------------------------------------------------- */

/* "exited 1", in two parts. */
static const char *how(int wstat, char number[static SV_NUMBER_MAX])
{
    bool exited = WIFEXITED(wstat);

    sv_number(number, exited ? WEXITSTATUS(wstat) : WTERMSIG(wstat));
    return exited ? "exited " : "was killed by signal ";
}

static void say_death(int wstat)
{
    char number[SV_NUMBER_MAX], nth[SV_NUMBER_MAX];
    const char *verb = how(wstat, number);

    sv_warn("svscan ", verb, number, " (death ", sv_number(nth, count),
            due == started ? "; starting it again)"
                           : "; starting it again, once a second)");
}

/* What goes on and on is worth a line a minute. */
static bool is_time_to_say(int64_t now)
{
    if (said != 0 && now - said < long_ns)
        return false;
    said = now;
    return true;
}

static void say_often(int64_t now, int wstat)
{
    static const char *const remedy[] = {
        [CRASH_RETRY] = " (trying on, once a second; the services run on)",
        [CRASH_SHELL] = " (a shell on the console, and then again)",
        [CRASH_REBOOT] = " (rebooting)",
    };

    char number[SV_NUMBER_MAX];
    const char *verb = how(wstat, number);

    if (is_time_to_say(now))
        sv_warn("svscan has died 10 times in a minute", remedy[plan.crash],
                ": at last it ", verb, number);
}

static void say_unable(int64_t now)
{
    char seconds[SV_NUMBER_MAX];

    if (unable_since == 0)
        unable_since = now;
    if (unable_said != *unable) {
        unable_said = *unable;
        said = 0;
    }
    if (is_time_to_say(now))
        sv_warn("unable to run svscan: ", strerror(*unable),
                " (the services run on; trying once a second, for ",
                sv_number(seconds, (now - unable_since) / SV_SECOND), " s now)");
}

static void say(int64_t now, int wstat)
{
    if (unable && *unable != 0) {
        say_unable(now);
        return;
    }
    unable_since = 0;
    unable_said = 0;
    if (dies_too_often())
        say_often(now, wstat);
    else
        say_death(wstat);
}

static void start_again(int64_t now, int wstat)
{
    if (now - started >= long_ns)
        in_a_row = 0;
    deaths[death] = now;
    death = (death + 1) % DEATHS;
    due = ++in_a_row <= FREE_RESTARTS ? started : started + pause_ns;
    count++;
    say(now, wstat);
    if (dies_too_often())
        despair();
}

static void svscan_died(int wstat)
{
    svscan = 0;
    refused = place == PLACE_GUARDIAN && WIFEXITED(wstat) &&
              WEXITSTATUS(wstat) == SV_EXIT_USAGE && !line_has_heard();
    line_close();
    reap_orphaned();
    if (refused)
        sv_warn("svscan has refused to run (leaving)");
    else if (!let_go)
        start_again(sv_boottime(), wstat);
}

bool tree_ended(pid_t pid, int wstat)
{
    if (pid == svscan && svscan != 0)
        svscan_died(wstat);
    else if (pid == shell && shell != 0)
        shell_ended();
    else
        return false;
    return true;
}

bool tree_was_refused(void)
{
    return refused;
}
