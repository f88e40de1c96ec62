/* SPDX-License-Identifier: ISC */
/*
 * lint.c - one definition, read without running anything of it.
 *
 * known_files[] says what each file may be; what two files say together, and
 * what a kind cannot do without, follows in words.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/lint.h"
#include "svctl/names.h"
#include "svctl/rows.h"
#include "svctl/script.h"

enum form {
    ANY,     /* nothing is asked of it */
    PROGRAM, /* executable */
    COMMAND, /* executable, or a command line */
    MARK,    /* its presence counts */
    NUMBER,
    SIGNAL,
    WORDS,   /* text */
    FOLDER,  /* a directory */
    UNHEEDED, /* it is for a later version */
};

static const struct known {
    const char *name;
    enum form form;
    unsigned kinds;
    uint32_t least;
    uint32_t most; /* 0: what a number can be */
} known_files[] = {
    {"run", PROGRAM, LONGRUN, 0, 0},
    {"finish", PROGRAM, LONGRUN, 0, 0},
    {"check", PROGRAM, LONGRUN, 0, 0},
    {"up", COMMAND, ONESHOT, 0, 0},
    {"down", ANY, LONGRUN | ONESHOT, 0, 0},
    {"type", ANY, LONGRUN | ONESHOT | BUNDLE, 0, 0},
    {"notification-fd", NUMBER, LONGRUN, 1, 0},
    {"lock-fd", NUMBER, LONGRUN, 0, 0},
    {"timeout-kill", NUMBER, LONGRUN | ONESHOT, 0, 0},
    {"timeout-finish", NUMBER, LONGRUN, 0, 0},
    {"timeout-up", NUMBER, LONGRUN | ONESHOT, 0, 0},
    {"timeout-down", NUMBER, LONGRUN | ONESHOT, 0, 0},
    {"max-death-tally", NUMBER, LONGRUN, 0, 4096},
    {"restart-delay", NUMBER, LONGRUN, 10, 0},
    {"restart-delay-max", NUMBER, LONGRUN, 0, 0},
    {"max-restarts", NUMBER, LONGRUN, 0, 64},
    {"restart-window", NUMBER, LONGRUN, 0, 0},
    {"check-period", NUMBER, LONGRUN, 0, 0},
    {"check-timeout", NUMBER, LONGRUN, 0, 0},
    {"check-failures", NUMBER, LONGRUN, 0, 0},
    {"watchdog", NUMBER, LONGRUN, 0, 0},
    {"down-signal", SIGNAL, LONGRUN | ONESHOT, 0, 0},
    {"reload-signal", SIGNAL, LONGRUN | ONESHOT, 0, 0},
    {"flag-timeout-killpg", MARK, LONGRUN, 0, 0},
    {"flag-newpidns", MARK, LONGRUN, 0, 0},
    {"flag-essential", MARK, LONGRUN | ONESHOT | BUNDLE, 0, 0},
    {"flag-recommended", MARK, LONGRUN | ONESHOT | BUNDLE, 0, 0},
    {"flag-disabled", MARK, ONESHOT, 0, 0},
    {"flag-main", MARK, LONGRUN, 0, 0},
    {"notify-socket", MARK, LONGRUN, 0, 0},
    {"producer-for", WORDS, LONGRUN, 0, 0},
    {"consumer-for", WORDS, LONGRUN, 0, 0},
    {"pipeline-name", WORDS, LONGRUN, 0, 0},
    {"watch", UNHEEDED, LONGRUN, 0, 0},
    {"dependencies", WORDS, LONGRUN | ONESHOT, 0, 0},
    {"contents", WORDS, BUNDLE, 0, 0},
    {"dependencies.d", FOLDER, LONGRUN | ONESHOT, 0, 0},
    {"contents.d", FOLDER, BUNDLE, 0, 0},
    {"after.d", FOLDER, LONGRUN | ONESHOT, 0, 0},
    {"cgroup", UNHEEDED, LONGRUN, 0, 0},
    {"log", FOLDER, LONGRUN | ONESHOT, 0, 0},
    {"data", ANY, LONGRUN | ONESHOT, 0, 0},
    {"env", ANY, LONGRUN | ONESHOT, 0, 0},
    {"supervise", ANY, LONGRUN | ONESHOT, 0, 0},
    {"event", ANY, LONGRUN | ONESHOT, 0, 0},
};

enum { KNOWN = sizeof known_files / sizeof *known_files };

static void find(const struct lint *lint, enum severity severity,
                 const char *file, int line, const char *const *reason)
{
    const struct place place = {lint->path, file, line};

    finding(lint->findings, severity, &place, reason);
}

/* An error that keeps it from being started. */
static void bar(const struct lint *lint, const char *file, int line,
                const char *const *reason)
{
    find(lint, ERROR, file, line, reason);
    *lint->is_barred = true;
}

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* ---- values ------------------------------------------------------------- */

static void say_unreadable(const struct lint *lint, const char *file)
{
    find(lint, ERROR, file, 0,
         SV_STRINGS("unable to read it: ", strerror(errno)));
}

static void lint_number(const struct lint *lint, const struct known *known)
{
    char least[SV_NUMBER_MAX];
    char most[SV_NUMBER_MAX];
    uint32_t value = 0;
    enum sv_value got = sv_service_uint(lint->base, ".", known->name, &value);
    uint32_t limit = known->most ? known->most : UINT32_MAX;

    if (got == SV_UNREADABLE) {
        say_unreadable(lint, known->name);
        return;
    }
    if (got == SV_INVALID || value < known->least || value > limit)
        find(lint, ERROR, known->name, 1,
             SV_STRINGS("not a number from ", sv_number(least, known->least),
                        " to ", sv_number(most, limit),
                        ": it is ignored, and the default applies"));
    else if (strncmp(known->name, "timeout-", 8) == 0 && value > 0 &&
             value < 100)
        find(lint, WARNING, known->name, 1,
             SV_STRINGS(sv_number(least, value),
                        " milliseconds: were seconds meant?"));
}

static void lint_signal(const struct lint *lint, const struct known *known)
{
    int signal;
    enum sv_value got =
        sv_service_signal(lint->base, ".", known->name, &signal);

    if (got == SV_UNREADABLE)
        say_unreadable(lint, known->name);
    if (got == SV_INVALID)
        find(lint, ERROR, known->name, 1,
             SV_STRINGS("not a signal: write a name, such as TERM, or a "
                        "number"));
}

static void lint_words(const struct lint *lint, const struct known *known)
{
    char text[SV_VALUE_MAX];
    ssize_t size =
        sv_at_read(lint->base, ".", known->name, text, sizeof text);

    if (size < 0)
        say_unreadable(lint, known->name);
    if (size == 0)
        find(lint, WARNING, known->name, 0, SV_STRINGS("it is empty"));
}

/* ---- files -------------------------------------------------------------- */

static void lint_program(const struct lint *lint, const char *file,
                         bool may_be_text)
{
    const struct script script = {lint->root, lint->base, file};
    struct script_fault fault = {0};

    if (!script_fault(&script, may_be_text, &fault))
        return;
    find(lint, fault.is_grave ? ERROR : WARNING, file, fault.line,
         SV_STRINGS(fault.reason));
    if (fault.is_grave && (is(file, SV_RUN) || is(file, SV_UP)))
        *lint->is_barred = true;
}

static bool is_folder(const struct lint *lint, const char *name)
{
    struct stat st;

    return fstatat(lint->base, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void lint_folder(const struct lint *lint, const char *name)
{
    if (!is_folder(lint, name))
        find(lint, ERROR, name, 0,
             SV_STRINGS("is not a directory: it is ignored"));
}

static void lint_form(const struct lint *lint, const struct known *known)
{
    switch (known->form) {
    case PROGRAM:
        lint_program(lint, known->name, false);
        break;
    case COMMAND:
        lint_program(lint, known->name, true);
        break;
    case NUMBER:
        lint_number(lint, known);
        break;
    case SIGNAL:
        lint_signal(lint, known);
        break;
    case WORDS:
        lint_words(lint, known);
        break;
    case FOLDER:
        lint_folder(lint, known->name);
        break;
    case UNHEEDED:
        find(lint, WARNING, known->name, 0,
             SV_STRINGS("this version does not heed it: it has no effect"));
        break;
    case ANY:
    case MARK:
        break;
    }
}

static void lint_unknown(const struct lint *lint, const char *name)
{
    struct nearest nearest = nearest_to(name);
    char hint[HINT_MAX];

    for (size_t i = 0; i < KNOWN; i++)
        nearest_try(&nearest, known_files[i].name);
    if (nearest.found)
        find(lint, WARNING, name, 0,
             SV_STRINGS("nothing reads a file of this name",
                        nearest_hint(&nearest, hint)));
}

static void lint_entry(const struct lint *lint, const char *name)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const struct known *known = &known_files[i];

        if (!is(known->name, name))
            continue;
        if (known->kinds & 1U << lint->kind)
            lint_form(lint, known);
        else
            find(lint, WARNING, name, 0,
                 SV_STRINGS("a ", sv_kind_name(lint->kind),
                            " has no use for it: it is ignored"));
        return;
    }
    lint_unknown(lint, name);
}

static void lint_entries(const struct lint *lint)
{
    struct names names;

    if (!names_read(&names, lint->base, ".")) {
        bar(lint, NULL, 0, SV_STRINGS("unable to read it: ", strerror(errno)));
        return;
    }
    for (size_t i = 0; i < names.count; i++)
        lint_entry(lint, names.list[i]);
    names_free(&names);
}

/* ---- what files say together -------------------------------------------- */

static void say_no_kind(const struct lint *lint)
{
    char text[32] = "";
    char hint[HINT_MAX];
    struct nearest nearest;

    sv_at_read(lint->base, ".", SV_TYPE, text, sizeof text - 1);
    text[strcspn(text, " \t\r\n")] = 0;
    nearest = nearest_to(text);
    for (enum sv_kind kind = SV_LONGRUN; kind <= SV_BUNDLE; kind++)
        nearest_try(&nearest, sv_kind_name(kind));
    bar(lint, SV_TYPE, 1,
        SV_STRINGS("is none of longrun, oneshot and bundle",
                   nearest_hint(&nearest, hint)));
}

static enum sv_kind kind_of(const struct lint *lint)
{
    enum sv_kind kind;
    enum sv_value found = sv_service_kind(lint->base, ".", &kind);

    if (found == SV_UNREADABLE)
        say_unreadable(lint, SV_TYPE);
    if (found == SV_INVALID)
        say_no_kind(lint);
    return kind;
}

static bool has(const struct lint *lint, const char *file)
{
    struct stat st;

    return fstatat(lint->base, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void lint_needed(const struct lint *lint)
{
    if (lint->kind == SV_LONGRUN && !has(lint, SV_RUN))
        bar(lint, SV_RUN, 0,
            has(lint, SV_UP) ? SV_STRINGS("is missing; there is an up: write "
                                          "oneshot in type")
                             : SV_STRINGS("is missing: nothing is started"));
    if (lint->kind == SV_ONESHOT && !has(lint, SV_UP))
        bar(lint, SV_UP, 0, SV_STRINGS("is missing: a oneshot has one"));
    if (lint->kind == SV_BUNDLE && !has(lint, "contents.d") &&
        !has(lint, "contents"))
        bar(lint, "contents.d", 0,
            SV_STRINGS("is missing: a bundle is what is in there"));
}

static void lint_descriptors(const struct lint *lint)
{
    uint32_t one;
    uint32_t other;

    if (sv_service_uint(lint->base, ".", SV_NOTIFICATION_FD, &one) ==
            SV_FOUND &&
        sv_service_uint(lint->base, ".", SV_LOCK_FD, &other) == SV_FOUND &&
        one == other)
        bar(lint, SV_LOCK_FD, 1,
            SV_STRINGS("is the descriptor of notification-fd: the service is "
                       "not started; choose another"));
}

static void lint_delays(const struct lint *lint)
{
    uint32_t least = 1000;
    uint32_t most;

    sv_service_uint(lint->base, ".", SV_RESTART_DELAY, &least);
    if (sv_service_uint(lint->base, ".", SV_RESTART_DELAY_MAX, &most) ==
            SV_FOUND &&
        most <= least)
        find(lint, WARNING, SV_RESTART_DELAY_MAX, 1,
             SV_STRINGS("is not more than restart-delay: the delay never "
                        "grows"));
    if (has(lint, SV_RESTART_WINDOW) && !has(lint, SV_MAX_RESTARTS))
        find(lint, WARNING, SV_RESTART_WINDOW, 0,
             SV_STRINGS("has no effect without max-restarts"));
}

/* Who may write it decides what runs. */
static void lint_mode(const struct lint *lint)
{
    struct stat st;

    if (fstat(lint->base, &st) == 0 && st.st_mode & S_IWOTH &&
        !(st.st_mode & S_ISVTX))
        find(lint, WARNING, NULL, 0,
             SV_STRINGS("everybody may write in it, and so say what runs: "
                        "chmod o-w"));
}

/* Without a program in its log/run, svscan does not take the service up; one
 * that fails costs the log alone. */
static bool is_taken_up(int logger)
{
    struct stat st;

    return fstatat(logger, SV_RUN, &st, 0) == 0 &&
           sv_service_program(&st) == SV_PROGRAM_FINE;
}

static void lint_logger(const struct lint *lint)
{
    bool is_barred = false;
    char path[SV_PATH_MAX];
    struct lint logger = *lint;

    if (lint->is_logger || !is_folder(lint, SV_LOG))
        return;
    logger.base = openat(lint->base, SV_LOG, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (logger.base < 0) {
        say_unreadable(lint, SV_LOG);
        return;
    }
    logger.path = sv_at(path, lint->path, SV_LOG);
    logger.is_logger = true;
    logger.is_barred = &is_barred;
    lint_definition(&logger);
    if (is_barred && !is_taken_up(logger.base))
        *lint->is_barred = true;
    close(logger.base);
}

void lint_definition(struct lint *lint)
{
    lint->kind = kind_of(lint);
    lint_mode(lint);
    lint_needed(lint);
    lint_entries(lint);
    if (lint->kind == SV_LONGRUN) {
        lint_descriptors(lint);
        lint_delays(lint);
    }
    if (lint->kind != SV_BUNDLE)
        lint_logger(lint);
}
