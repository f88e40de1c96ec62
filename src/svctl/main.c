/* SPDX-License-Identifier: ISC */
/*
 * main.c - svctl, the control program: its command line.
 *
 * The verbs and options are rows of verbs.c; ask.c talks to svscan.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/uint32.h>

#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/rows.h"
#include "svctl/show.h"
#include "svctl/verbs.h"

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
    uint32_t n;

    if (!uint320_scan(text, &n))
        sv_die(SV_EXIT_USAGE, "not a number of lines: ", text);
    return n;
}

/* Is the tree there one of whoever asks, or for root that of process 1?  Where
 * all may write, anybody can have made the directory. */
static bool is_lived_in(const char *path)
{
    struct stat dir, first;

    if (lstat(path, &dir) < 0 || !S_ISDIR(dir.st_mode))
        return false;
    return dir.st_uid == geteuid() ||
           (geteuid() == 0 && stat("/proc/1", &first) == 0 &&
            dir.st_uid == first.st_uid);
}

/* Where init lets a tree live if nobody says; NULL if it is nowhere. */
static const char *found_live(void)
{
    static const char *const places[] = {SV_LIVE_DIR, SV_LIVE_TMP, SV_LIVE_SHM};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (is_lived_in(places[i]))
            return places[i];
    return NULL;
}

/* The machine's, or the container's. */
static const char *common_live(void)
{
    const char *named = getenv(SV_RUN_VARIABLE);

    if (!named || !*named)
        named = found_live();
    return named ? named : SV_LIVE_DIR;
}

/* A tree of his own for an ordinary user; NULL if nothing says where. */
static const char *default_live(void)
{
    static char path[SV_PATH_MAX];
    const char *named = getenv(SV_RUN_VARIABLE);
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (geteuid() == 0 || (named && *named))
        return common_live();
    if (!runtime || !*runtime)
        return found_live();
    if (strlen(runtime) + sizeof "/sv" > sizeof path)
        return NULL;
    stpcpy(stpcpy(path, runtime), "/sv");
    return path;
}

const char *default_defs(void)
{
    static char path[SV_PATH_MAX];
    const char *config = getenv("XDG_CONFIG_HOME");

    if (geteuid() == 0)
        return SV_DEFS_DIR;
    if (!config || !*config || strlen(config) + sizeof "/sv" > sizeof path)
        sv_die(SV_EXIT_USAGE, "which definitions? XDG_CONFIG_HOME does not "
                              "say; name the directory");
    stpcpy(stpcpy(path, config), "/sv");
    return path;
}

static void take_need(struct call *call, const char *name)
{
    if (call->needs_count == NEEDS_MAX)
        sv_die(SV_EXIT_USAGE, "too many names that are needed; the rest can be "
                              "files in dependencies.d");
    call->needs[call->needs_count++] = name;
}

static const struct verb_option *option_of(int letter)
{
    const struct verb_option *option = verb_options;

    while (option->name && option->letter != (char)letter)
        option++;
    return option;
}

static _Noreturn void die_of_unknown(const char *word)
{
    struct nearest nearest = nearest_to(word + strspn(word, "-"));
    char hint[HINT_MAX];

    for (const struct verb_option *option = verb_options; option->name;
         option++)
        nearest_try(&nearest, option->name);
    sv_die(SV_EXIT_USAGE, "no such option: ", word,
           nearest_hint(&nearest, hint), "; svctl --help lists them");
}

/* What getopt_long(3) cannot take: optopt is its letter, or 0 for a long name
 * that it does not know, which is in the word before optind. */
static _Noreturn void die_of_option(int letter, char *const *argv)
{
    const struct verb_option *option = option_of(optopt);
    const char *word = argv[optind - 1];
    const char unknown[] = {'-', (char)optopt, 0};

    if (letter == ':')
        sv_die(SV_EXIT_USAGE, "--", option->name, " needs ", option->arg, ": ",
               option->help);
    if (optopt && option->name && strchr(word, '='))
        sv_die(SV_EXIT_USAGE, "--", option->name, " takes no word: ", word);
    die_of_unknown(optopt ? unknown : word);
}

/* Takes one option. */
static void take_option(struct call *call, int letter, char *const *argv)
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
    case 'F':
        call->force = true;
        break;
    case 'w':
        call->no_wait = true;
        break;
    case 'u':
        call->user = optarg;
        break;
    case 'O':
        call->oneshot = true;
        break;
    case 'N':
        take_need(call, optarg);
        break;
    case 'L':
        call->log = true;
        break;
    case 'o':
        call->sort = true;
        break;
    case 'D':
        call->dot = true;
        break;
    case 'S':
        call->svg = true;
        break;
    case 'R':
        call->root = optarg;
        break;
    case 'h':
        call->help = true;
        break;
    case 'V':
        sv_print_and_exit("svctl " SV_VERSION "\n");
    default:
        die_of_option(letter, argv);
    }
}

static void check_options(const struct verb *verb, const struct call *call)
{
    for (const struct verb_option *option = verb_options; option->name;
         option++)
        if (call->given[(unsigned char)option->letter] &&
            !verb_heeds(verb, option))
            sv_die(SV_EXIT_USAGE, verb->name, " does not know --",
                   option->name, "; svctl ", verb->name,
                   " --help says what it knows");
    if (!*verb->args && call->count)
        sv_die(SV_EXIT_USAGE, verb->name, " takes no words");
}

/* The two forms in which getopt_long(3) wants to know the options. */
static void list_options(char *letters, struct option *names)
{
    *letters++ = ':'; /* a word that is missing is told from others */
    for (const struct verb_option *option = verb_options; option->name;
         option++) {
        if (option->has_short) {
            *letters++ = option->letter;
            if (option->arg)
                *letters++ = ':';
        }
        names->name = option->name;
        names->has_arg = option->arg ? required_argument : no_argument;
        names->val = (unsigned char)option->letter;
        names++;
    }
    *letters = 0;
}

static void read_command_line(struct call *call, int argc, char **argv)
{
    char letters[2 * VERB_OPTIONS_MAX + 2];
    struct option names[VERB_OPTIONS_MAX + 1] = {0};
    int letter;

    list_options(letters, names);
    opterr = 0; /* it is said here */
    while ((letter = getopt_long(argc, argv, letters, names, NULL)) >= 0) {
        take_option(call, letter, argv);
        call->given[letter] = true;
    }
    call->args = argv + optind;
    call->count = (size_t)(argc - optind);
}

/* ---- the names that it is called by ------------------------------------- */

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
    if (strcmp(name, "service") == 0)
        return called_service(call);
    return called_telinit(call);
}

int main(int argc, char *argv[])
{
    static const char *const others[] = {"poweroff", "reboot",  "halt",
                                         "shutdown", "telinit", "service", NULL};
    struct call call = {.timeout_ms = NO_TIMEOUT, .lines = -1};
    const char *name = sv_called(argv[0]);
    const struct verb *verb;

    sv_program = is_one_of(name, others) ? name : "svctl";
    if (sv_program == name)
        return be_called(name, &call, argc, argv);
    read_command_line(&call, argc, argv);
    if (call.json)
        json_promise();
    if (!call.count && call.help)
        return help_of(NULL);
    if (!call.count)
        sv_die_usage(svctl_usage);
    verb = verb_named(*call.args++);
    call.count--;
    if (call.help)
        return help_of(verb);
    check_options(verb, &call);
    if (!call.live)
        call.live = default_live();
    call.tells = isatty(2);
    return verb->function(&call);
}
