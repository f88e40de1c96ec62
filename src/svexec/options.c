/* SPDX-License-Identifier: ISC */
/*
 * options.c - the table of options: reading them and the help come from it.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <skalibs/types.h>

#include "sv/join.h"
#include "sv/say.h"
#include "svexec/options.h"

/* Each takes the value of its option; false if it is none. */

static bool take_mask(struct options *options, char *text)
{
    unsigned int mask;

    if (uint0_oscan(text, &mask) == 0 || mask > 0777)
        return false;
    options->mask = mask;
    options->has_mask = true;
    return true;
}

static bool take_lock(struct options *options, char *text)
{
    options->lock = text;
    return *text != '\0';
}

static bool take_no_wait(struct options *options, char *text)
{
    (void)text;
    options->how.wait_ms = 0;
    options->has_wait = true;
    return true;
}

static bool take_timeout(struct options *options, char *text)
{
    unsigned int wait_ms;

    if (uint0_scan(text, &wait_ms) == 0 || wait_ms > INT_MAX)
        return false;
    options->how.wait_ms = (int)wait_ms;
    options->has_wait = true;
    return true;
}

static bool take_session(struct options *options, char *text)
{
    (void)text;
    options->is_session = true;
    return true;
}

static bool add_variable(struct options *options, enum variable_kind kind,
                         char *text)
{
    struct variable *variable = options->variable + options->variables;

    if (options->variables == OPTIONS_CHANGES_MAX)
        return false;
    variable->kind = kind;
    variable->text = text;
    options->variables++;
    return true;
}

static bool take_env_dir(struct options *options, char *text)
{
    return *text != '\0' && add_variable(options, VARIABLE_DIR, text);
}

static bool take_set(struct options *options, char *text)
{
    return *text != '=' && strchr(text, '=') != NULL &&
           add_variable(options, VARIABLE_SET, text);
}

static bool take_unset(struct options *options, char *text)
{
    return *text != '\0' && strchr(text, '=') == NULL &&
           add_variable(options, VARIABLE_UNSET, text);
}

static bool take_stdin(struct options *options, char *text)
{
    options->stream[0] = text;
    return *text != '\0';
}

static bool take_stdout(struct options *options, char *text)
{
    options->stream[1] = text;
    return *text != '\0';
}

static bool take_stderr(struct options *options, char *text)
{
    options->stream[2] = text;
    return *text != '\0';
}

static bool take_limit(struct options *options, char *text)
{
    char name[16]; /* the longest is "sigpending" */
    size_t size = strcspn(text, "=");
    struct limit_value value = { .is_hard = true };
    int resource;

    if (text[size] == '\0' || size >= sizeof name)
        return false;
    memcpy(name, text, size);
    name[size] = '\0';
    text += size + 1;
    resource = limit_named(name);
    if (resource < 0 || *text == '=' ||
        (strcmp(text, "hard") != 0 && !limit_scan(&value, text, true)))
        return false;
    options->limit[resource].is_set = true;
    options->limit[resource].value = value;
    return true;
}

static bool take_nice(struct options *options, char *text)
{
    enum { NICE_RANGE = 39 }; /* from one end, -20, to the other, 19 */

    return int0_scan(text, &options->nice) != 0 &&
           options->nice >= -NICE_RANGE && options->nice <= NICE_RANGE;
}

static bool take_dir(struct options *options, char *text)
{
    options->dir = text;
    return *text != '\0';
}

static bool take_user(struct options *options, char *text)
{
    options->user = text;
    return *text != '\0';
}

static bool take_help(struct options *options, char *text)
{
    (void)text;
    options->wanted = OPTIONS_HELP;
    return true;
}

static bool take_version(struct options *options, char *text)
{
    (void)text;
    options->wanted = OPTIONS_VERSION;
    return true;
}

/* In the order in which main() does it, which is that of the page too. */
static const struct {
    char letter;
    const char *name;
    const char *value; /* its name in the help; NULL: it takes none */
    const char *should; /* what the value must be */
    const char *what;
    bool (*take)(struct options *, char *);
} table[] = {
    { 'm', "umask", "MODE", "a mode", "what is masked in new files, octal",
      take_mask },
    { 'L', "lock", "FILE", "a file", "hold a lock on FILE", take_lock },
    { 'N', "no-wait", NULL, NULL, "... and exit 1 if it is held", take_no_wait },
    { 't', "timeout", "MS", "a time in milliseconds",
      "... and exit 99 if it is held so long", take_timeout },
    { 's', "session", NULL, NULL, "in a session of its own", take_session },
    { 'e', "env-dir", "DIR", "a directory, or are too many",
      "variables as in the files of DIR", take_env_dir },
    { 'E', "set", "NAME=VALUE", "NAME=VALUE, or are too many",
      "a variable more", take_set },
    { 'U', "unset", "NAME", "a variable's name, or are too many",
      "a variable less", take_unset },
    { 'i', "stdin", "FILE", "a file", "standard input from FILE", take_stdin },
    { 'o', "stdout", "FILE", "a file", "output to the end of FILE",
      take_stdout },
    { 'r', "stderr", "FILE", "a file", "errors to the end of FILE",
      take_stderr },
    { 'l', "limit", "NAME=N", "a limit",
      "soft limit: nofile, core, as, ...=N|unlimited|hard", take_limit },
    { 'n', "nice", "N", "a number from -39 to 39", "add N to the niceness",
      take_nice },
    { 'C', "chdir", "DIR", "a directory", "in the directory DIR", take_dir },
    { 'u', "user", "USER[:GROUP]", "a user",
      "as USER, by name or as UID:GID", take_user },
    { 'h', "help", NULL, NULL, "this", take_help },
    { 'V', "version", NULL, NULL, "which version this is", take_version },
};

enum { ROWS = sizeof table / sizeof *table };

/* The table as getopt_long has it; an option's value is its row. */
static void prepare(char letters[static 2 * ROWS + 3],
                    struct option names[static ROWS + 1])
{
    *letters++ = '+'; /* the program's options are its own */
    *letters++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        bool has_value = table[i].value != NULL;

        *letters++ = table[i].letter;
        if (has_value)
            *letters++ = ':';
        names[i] = (struct option){
            .name = table[i].name,
            .has_arg = has_value ? required_argument : no_argument,
            .val = table[i].letter,
        };
    }
    *letters = '\0';
    names[ROWS] = (struct option){0};
}

static bool take(struct options *options, int letter)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (table[i].letter != letter)
            continue;
        if (table[i].take(options, optarg))
            return true;
        options->wrong = optarg;
        options->should = table[i].should;
        return false;
    }
    return false;
}

bool options_read(struct options *options, int argc, char *argv[])
{
    char letters[2 * ROWS + 3];
    struct option names[ROWS + 1];
    int letter;

    *options = (struct options){
        .how = { .is_description = true, .wait_ms = LOCKFILE_WAITS },
    };
    prepare(letters, names);
    opterr = 0;
    while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (!take(options, letter))
            return false;
        if (options->wanted != OPTIONS_RUN)
            return true;
    }
    options->program = argv + optind;
    return optind < argc && (options->lock != NULL || !options->has_wait);
}

static void add(char buf[static OPTIONS_HELP_MAX], const char *const *list)
{
    size_t used = strlen(buf);

    sv_join(buf + used, OPTIONS_HELP_MAX - used, list);
}

/* "  -x, --name VALUE        what it does", one below the other. */
static void add_help(char buf[static OPTIONS_HELP_MAX], size_t row)
{
    static const char blanks[] = "                    ";
    const char *value = table[row].value == NULL ? "" : table[row].value;
    size_t width = strlen(table[row].name) + 1 + strlen(value);

    add(buf, SV_STRINGS("  -", ((char[]){table[row].letter, '\0'}), ", --",
                        table[row].name, " ", value,
                        blanks + (width < 18 ? width : 18), table[row].what,
                        "\n"));
}

const char *options_help(char buf[static OPTIONS_HELP_MAX])
{
    *buf = '\0';
    add(buf, SV_STRINGS("usage: svexec [options] program args...\n"
                        "Runs the program, changed as the options say, in this"
                        " order:\n\n"));
    for (size_t i = 0; i < ROWS; i++)
        add_help(buf, i);
    add(buf, SV_STRINGS("\nSee svexec(8).\n"));
    return buf;
}
