/* SPDX-License-Identifier: ISC */
/*
 * main.c - svctl, the control program: its verbs, and its command line.
 *
 * A verb is a row of verbs[]: what a person types, what it may be given, what
 * --help prints, and the function.  ask.c talks to svscan.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/svctl.h"

static const struct verb {
    const char *name;
    const char *args;    /* as the usage says */
    const char *options; /* the letters of options[] that it heeds */
    const char *help;
    int (*function)(const struct call *call);
} verbs[] = {
    {"status", "[NAME...]", "aj", "what the services do", verb_status},
    {"start", "NAME...", "ajw", "start, and wait until ready", verb_start},
    {"stop", "NAME...", "ajw", "stop, and wait until down", verb_stop},
    {"restart", "NAME...", "ajw", "stop, start, and wait until ready",
     verb_restart},
    {"once", "NAME...", "ajw", "start, and leave down when it dies",
     verb_once},
    {"reload", "NAME...", "aw", "send the signal of reload-signal",
     verb_reload},
    {"pause", "NAME...", "aw", "send SIGSTOP", verb_pause},
    {"cont", "NAME...", "aw", "send SIGCONT", verb_cont},
    {"signal", "SIG NAME...", "aw", "send a signal", verb_signal},
    {"wait", "[up|ready|down] NAME...", "aj", "wait until ready, up or down",
     verb_wait},
    {"events", "", "j", "show what happens, as it happens", verb_events},
    {"log", "NAME...", "afnsj", "the end of its log, with -f what follows",
     verb_log},
    {"rescan", "", "", "look for new and removed services now", verb_rescan},
    {"upgrade", "[svscan | init]", "", "go on as the version that is on disk",
     verb_upgrade},
    {"poweroff", "", "", "stop everything, and power off", verb_poweroff},
    {"reboot", "", "", "stop everything, and boot again", verb_reboot},
    {"halt", "", "", "stop everything, and halt", verb_halt},
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static const struct option options[] = {
    {"run", required_argument, NULL, 'r'},
    {"timeout", required_argument, NULL, 't'},
    {"all", no_argument, NULL, 'a'},
    {"follow", no_argument, NULL, 'f'},
    {"lines", required_argument, NULL, 'n'},
    {"since", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"no-wait", no_argument, NULL, 'w'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "svctl [-r LIVE] [-t SECONDS] [--json] [--no-wait] VERB [ARGS...]";

_Noreturn void die_of_usage(const char *what)
{
    sv_die(SV_EXIT_USAGE, what, "; svctl --help says more");
}

static int help(void)
{
    printf("usage: %s\n\n", usage);
    for (size_t i = 0; i < VERBS; i++) {
        char words[40];

        snprintf(words, sizeof words, "%s %s", verbs[i].name, verbs[i].args);
        printf("  %-30s %s\n", words, verbs[i].help);
    }
    puts("\n"
         "  -r, --run LIVE          the tree; else $SV_RUN, else " SV_LIVE_DIR
         "\n"
         "  -t, --timeout SECONDS   wait no longer\n"
         "  -a, --all               all services but loggers\n"
         "      --json              for programs\n"
         "      --no-wait           ask only\n"
         "  -f, --follow            log: and what follows\n"
         "  -n, --lines N           log: so many lines\n"
         "      --since TIME        log: all since then, or so long ago (10m)\n"
         "\n"
         "A NAME may be a pattern, such as 'web*'.  svctl(8) says more.");
    return fflush(stdout) == EOF ? SV_EXIT_SYSTEM : SV_EXIT_OK;
}

static const struct verb *verb_named(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    sv_die(SV_EXIT_USAGE, "no such verb: ", name, "; svctl --help lists them");
}

/* ---- the command line --------------------------------------------------- */

/* SECONDS may have a fraction: "0.5". */
static int64_t milliseconds(const char *text)
{
    int64_t ms = 0;
    int64_t digit = 1000;
    const char *at = text;

    for (; *at >= '0' && *at <= '9' && ms < INT_MAX; at++)
        ms = 10 * ms + digit * (*at - '0');
    if (*at == '.' && at[1])
        for (at++; *at >= '0' && *at <= '9'; at++)
            ms += (digit /= 10) * (*at - '0');
    if (at == text || *at)
        sv_die(SV_EXIT_USAGE, "not a number of seconds: ", text);
    return ms;
}

static long count_of(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end || n < 0)
        sv_die(SV_EXIT_USAGE, "not a number of lines: ", text);
    return n;
}

/* The machine's. */
static const char *common_live(void)
{
    const char *named = getenv("SV_RUN");

    return named && *named ? named : SV_LIVE_DIR;
}

/* A tree of his own for an ordinary user. */
static const char *default_live(void)
{
    static char path[SV_PATH_MAX];
    const char *named = getenv("SV_RUN");
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (geteuid() == 0 || (named && *named))
        return common_live();
    if (!runtime || !*runtime || strlen(runtime) + sizeof "/sv" > sizeof path)
        sv_die(SV_EXIT_USAGE, "which tree? -r or SV_RUN names it; "
                              "XDG_RUNTIME_DIR does not");
    stpcpy(stpcpy(path, runtime), "/sv");
    return path;
}

/* Takes one option; says which letter it was in used. */
static void take_option(struct call *call, int letter, const char *used)
{
    switch (letter) {
    case 'r':
        call->live = optarg;
        break;
    case 't':
        call->timeout_ms = milliseconds(optarg);
        break;
    case 'a':
        call->all = true;
        break;
    case 'f':
        call->follow = true;
        break;
    case 'n':
        call->lines = count_of(optarg);
        break;
    case 's':
        call->since = optarg;
        break;
    case 'j':
        call->json = true;
        break;
    case 'w':
        call->no_wait = true;
        break;
    case 'h':
        exit(help());
    case 'V':
        sv_print_and_exit("svctl " SV_VERSION "\n");
    default:
        sv_die_usage(used);
    }
}

static void check_options(const struct verb *verb, const struct call *call)
{
    const struct {
        char letter;
        bool is_given;
        const char *name;
    } given[] = {
        {'a', call->all, "-a"},          {'f', call->follow, "-f"},
        {'n', call->lines >= 0, "-n"},   {'s', call->since, "--since"},
        {'j', call->json, "--json"},     {'w', call->no_wait, "--no-wait"},
    };

    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].is_given && !strchr(verb->options, given[i].letter))
            sv_die(SV_EXIT_USAGE, verb->name, " does not know ",
                   given[i].name);
    if (!*verb->args && call->count)
        sv_die(SV_EXIT_USAGE, verb->name, " takes no names");
}

static void read_command_line(struct call *call, int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "r:t:afn:hV", options, NULL)) >= 0)
        take_option(call, letter, usage);
    call->args = argv + optind;
    call->count = (size_t)(argc - optind);
}

/* ---- the names that it is called by ------------------------------------- */

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Called poweroff, reboot or halt: that verb, and no words. */
static int called_by_verb(const char *name, struct call *call)
{
    if (call->count)
        sv_die(SV_EXIT_USAGE, name, " takes no words");
    return verb_named(name)->function(call);
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* As another program, with that program's words, which are no options here. */
static int be_called(const char *name, struct call *call, int argc, char **argv)
{
    static const char *const ends[] = {"poweroff", "reboot", "halt", NULL};

    call->args = argv + 1;
    call->count = argc > 1 ? (size_t)argc - 1 : 0;
    call->live = common_live();
    if (is_one_of(name, ends))
        return called_by_verb(name, call);
    if (strcmp(name, "shutdown") == 0)
        return called_shutdown(call);
    return called_telinit(call);
}

int main(int argc, char *argv[])
{
    static const char *const others[] = {"poweroff", "reboot",  "halt",
                                         "shutdown", "telinit", NULL};
    struct call call = {.timeout_ms = NO_TIMEOUT, .lines = -1};
    const char *name = argc > 0 ? last_of(argv[0]) : "svctl";
    const struct verb *verb;

    sv_program = is_one_of(name, others) ? name : "svctl";
    if (sv_program == name)
        return be_called(name, &call, argc, argv);
    read_command_line(&call, argc, argv);
    if (!call.count)
        sv_die_usage(usage);
    verb = verb_named(*call.args++);
    call.count--;
    check_options(verb, &call);
    if (!call.live)
        call.live = default_live();
    return verb->function(&call);
}
