/* SPDX-License-Identifier: ISC */
/*
 * svstat.c - s6-svstat: the state of a service, in words or field by field.
 *
 * Where nobody knows how run ended (our own wait status, see status.h) there is
 * neither an exit code nor a signal, and the words are "down (unknown)".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/control.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/status.h"

enum { FIELDS_MAX = 16 };

struct state {
    struct sv_status status;
    tain now;
    bool is_up;
    bool is_normally_up;
};

/* ---- how it ended ------------------------------------------------------- */

static bool has_ended(const struct state *state)
{
    return !state->is_up && !sv_status_is_new(&state->status) &&
           state->status.wstat != SV_WSTAT_UNKNOWN;
}

/* -1 where there is none. */
static int exit_code(const struct state *state)
{
    int wstat = state->status.wstat;

    return has_ended(state) && WIFEXITED(wstat) ? WEXITSTATUS(wstat) : -1;
}

static int signal_of_end(const struct state *state)
{
    int wstat = state->status.wstat;

    return has_ended(state) && WIFSIGNALED(wstat) ? WTERMSIG(wstat) : -1;
}

/* ---- fields ------------------------------------------------------------- */

static void put_bool(bool value)
{
    fputs(value ? "true" : "false", stdout);
}

static void put_stamp(const tain *stamp)
{
    char text[TAIN_PACK * 2 + 1];

    text[tain_fmt(text, stamp)] = '\0';
    printf("@%s", text);
}

static unsigned long long seconds_since(const struct state *state,
                                        const tain *stamp)
{
    tain passed;

    tain_sub(&passed, &state->now, stamp);
    return tai_sec(tain_secp(&passed));
}

static void put_up(const struct state *state)
{
    put_bool(state->is_up);
}

static void put_wantedup(const struct state *state)
{
    put_bool(state->status.flags & SV_STATUS_WANT_UP);
}

static void put_normallyup(const struct state *state)
{
    put_bool(state->is_normally_up);
}

static void put_ready(const struct state *state)
{
    put_bool(state->status.pid != 0 && state->status.flags & SV_STATUS_READY);
}

static void put_paused(const struct state *state)
{
    put_bool(state->status.pid != 0 && state->status.flags & SV_STATUS_PAUSED);
}

static void put_pid(const struct state *state)
{
    printf("%d", state->is_up ? (int)state->status.pid : -1);
}

static void put_exitcode(const struct state *state)
{
    printf("%d", exit_code(state));
}

static void put_signum(const struct state *state)
{
    printf("%d", signal_of_end(state));
}

static void put_signal(const struct state *state)
{
    int number = signal_of_end(state);

    if (number < 0)
        fputs("NA", stdout);
    else
        printf("SIG%s", sv_signal_name(number));
}

static void put_updownsince(const struct state *state)
{
    put_stamp(&state->status.stamp);
}

static void put_readysince(const struct state *state)
{
    put_stamp(&state->status.ready);
}

static void put_updownfor(const struct state *state)
{
    printf("%llu", seconds_since(state, &state->status.stamp));
}

static void put_readyfor(const struct state *state)
{
    printf("%llu", seconds_since(state, &state->status.ready));
}

struct field {
    const char *name;
    char letter; /* its option, or NUL */
    void (*put)(const struct state *state);
};

static const struct field fields[] = {
    { "up", 'u', put_up },
    { "wantedup", 'w', put_wantedup },
    { "normallyup", 'N', put_normallyup },
    { "ready", 'r', put_ready },
    { "paused", '\0', put_paused },
    { "pid", 'p', put_pid },
    { "pgid", 'g', put_pid }, /* run leads its group */
    { "exitcode", 'e', put_exitcode },
    { "signal", 's', put_signal },
    { "signum", '\0', put_signum },
    { "updownsince", '\0', put_updownsince },
    { "readysince", '\0', put_readysince },
    { "updownfor", 't', put_updownfor },
    { "readyfor", '\0', put_readyfor },
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

/* ---- what to show ------------------------------------------------------- */

struct shown {
    size_t n;
    const struct field *list[FIELDS_MAX];
    bool is_number; /* signals as numbers, in words */
};

static void show(struct shown *shown, const struct field *field)
{
    if (shown->n == FIELDS_MAX)
        sv_die(SV_EXIT_USAGE, "too many option fields");
    shown->list[shown->n++] = field;
}

static void show_letter(struct shown *shown, int letter)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (letter != '\0' && fields[i].letter == letter) {
            show(shown, &fields[i]);
            return;
        }
    face_usage();
}

static void show_name(struct shown *shown, const char *name)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0) {
            show(shown, &fields[i]);
            return;
        }
    sv_die(SV_EXIT_USAGE, "invalid option field: ", name);
}

/* Takes names apart at commas; one at the end is forgiven. */
static void show_names(struct shown *shown, char *names)
{
    while (*names != '\0') {
        char *name = names;
        size_t size = strcspn(names, ",");

        names += size + (names[size] == ',');
        name[size] = '\0';
        show_name(shown, name);
    }
}

/* ---- in words ----------------------------------------------------------- */

static void put_end(const struct state *state, bool is_number)
{
    int number = signal_of_end(state);

    if (state->status.wstat == SV_WSTAT_UNKNOWN)
        fputs("unknown", stdout);
    else if (number < 0)
        printf("exitcode %d", exit_code(state));
    else if (is_number)
        printf("signal %d", number);
    else
        printf("signal SIG%s", sv_signal_name(number));
}

static void put_words(const struct state *state, bool is_number)
{
    const struct sv_status *status = &state->status;
    bool is_wanted = status->flags & SV_STATUS_WANT_UP;
    bool is_new = sv_status_is_new(status);

    if (is_new) {
        fputs("down (not started yet) ", stdout);
    } else {
        if (state->is_up) {
            printf("up (pid %d pgid %d", (int)status->pid, (int)status->pid);
        } else {
            fputs("down (", stdout);
            put_end(state, is_number);
        }
        printf(") %llu seconds", seconds_since(state, &status->stamp));
    }
    if (state->is_up != state->is_normally_up)
        fputs(state->is_up ? ", normally down" : ", normally up", stdout);
    if (state->is_up && status->flags & SV_STATUS_PAUSED)
        fputs(", paused", stdout);
    if (state->is_up != is_wanted)
        fputs(is_wanted ? ", want up" : ", want down", stdout);
    if (status->flags & SV_STATUS_READY && !is_new)
        printf(", ready %llu seconds", seconds_since(state, &status->ready));
}

/* ---- reading ------------------------------------------------------------ */

static void demand_supervisor(const char *dir)
{
    char lock[SV_PATH_MAX];

    switch (sv_lock_held(AT_FDCWD, sv_at(lock, dir, SV_LOCK))) {
    case SV_HELD:
        return;
    case SV_NOT_HELD:
        sv_die(SV_EXIT_NO, "unable to read status for ", dir,
               ": s6-supervise not running");
    case SV_HELD_UNKNOWN:
        break;
    }
    sv_die_sys("unable to check ", dir);
}

/* The wall clock may have been set back since. */
static void not_in_future(tain *stamp, const tain *now)
{
    if (tain_less(now, stamp))
        *stamp = *now;
}

static void read_state(struct state *state, const char *dir)
{
    char down[SV_PATH_MAX];

    if (!sv_status_read(AT_FDCWD, dir, &state->status))
        sv_die_sys("unable to read status for ", dir);
    state->now = sv_stamp_now();
    not_in_future(&state->status.stamp, &state->now);
    not_in_future(&state->status.ready, &state->now);
    state->is_up = sv_status_is_up(&state->status);
    state->is_normally_up =
        faccessat(AT_FDCWD, sv_at(down, dir, SV_DOWN_FILE), F_OK, 0) < 0;
    if (state->is_normally_up && errno != ENOENT)
        sv_die_sys("unable to access ", down);
}

int s6_svstat(int argc, char *argv[])
{
    struct shown shown = { 0 };
    struct state state;

    for (int option; (option = getopt(argc, argv, "+no:uwNrpgest")) != -1;)
        if (option == 'n')
            shown.is_number = true;
        else if (option == 'o')
            show_names(&shown, optarg);
        else
            show_letter(&shown, option);
    if (optind >= argc)
        face_usage();
    demand_supervisor(argv[optind]);
    read_state(&state, argv[optind]);
    if (shown.n == 0)
        put_words(&state, shown.is_number);
    for (size_t i = 0; i < shown.n; i++) {
        if (i > 0)
            putchar(' ');
        shown.list[i]->put(&state);
    }
    putchar('\n');
    if (fflush(stdout) != 0)
        sv_die_sys("unable to write to stdout");
    return SV_EXIT_OK;
}
