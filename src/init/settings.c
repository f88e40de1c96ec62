/* SPDX-License-Identifier: ISC */
/*
 * settings.c - what init was told.
 *
 * Process 1 gets what the kernel did not understand of its own command line, so
 * that no word, however wrong, may be a reason to stop.
 */
#include <string.h>

#include "init/settings.h"

/* ---- the kernel's words -------------------------------------------------- */

/* A word of the kernel's command line, which may have quotes in it. */
static size_t word_length(const char *text)
{
    size_t n = 0;
    bool quoted = false;

    for (; text[n] != '\0'; n++) {
        if (text[n] == '"')
            quoted = !quoted;
        if (!quoted && (text[n] == ' ' || text[n] == '\t' || text[n] == '\n'))
            break;
    }
    return n;
}

static bool is_word(const char *word, size_t n, const char *wanted)
{
    return n == strlen(wanted) && memcmp(word, wanted, n) == 0;
}

/* Of "key=value", with n bytes: the value's length, or -1 for another key. */
static ptrdiff_t value_length(const char *word, size_t n, const char *key)
{
    size_t length = strlen(key);

    if (n <= length || memcmp(word, key, length) != 0 || word[length] != '=')
        return -1;
    return (ptrdiff_t)(n - length - 1);
}

static bool read_ms(int64_t *ms, const char *digits, size_t n)
{
    int64_t sum = 0;

    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        sum = 10 * sum + (digits[i] - '0');
        if (sum > SETTING_MAX_MS)
            return false;
    }
    *ms = sum;
    return true;
}

static bool read_crash(enum crash *crash, const char *word, size_t n)
{
    static const char *const names[] = {
        [CRASH_RETRY] = "retry",
        [CRASH_SHELL] = "shell",
        [CRASH_REBOOT] = "reboot",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_word(word, n, names[i])) {
            *crash = (enum crash)i;
            return true;
        }
    return false;
}

/* False for a word that begins as ours do, and is none. */
static bool take_word(struct settings *settings, const char *word, size_t n)
{
    const char *end = word + n;
    ptrdiff_t value;

    if (n < 3 || memcmp(word, "sv.", 3) != 0)
        return true;
    if ((value = value_length(word, n, "sv.stop")) >= 0)
        return read_ms(&settings->stop_ms, end - value, (size_t)value);
    if ((value = value_length(word, n, "sv.grace")) >= 0)
        return read_ms(&settings->grace_ms, end - value, (size_t)value);
    if ((value = value_length(word, n, "sv.watchdog")) >= 0)
        return read_ms(&settings->watchdog_ms, end - value, (size_t)value);
    if ((value = value_length(word, n, "sv.crash")) >= 0)
        return read_crash(&settings->crash, end - value, (size_t)value);
    if (!is_word(word, n, "sv.verbose"))
        return false;
    settings->verbose = true;
    return true;
}

static void hand_over(const char *word, size_t n,
                      void (*unknown)(const char *word))
{
    char copy[SETTING_WORD_MAX];
    size_t kept = n < sizeof copy ? n : sizeof copy - 1;

    memcpy(copy, word, kept);
    copy[kept] = '\0';
    unknown(copy);
}

void settings_from_kernel(struct settings *settings, const char *text,
                          void (*unknown)(const char *word))
{
    while (*text != '\0') {
        size_t n = word_length(text);

        if (is_word(text, n, "--"))
            break;
        if (!take_word(settings, text, n))
            hand_over(text, n, unknown);
        text += text[n] == '\0' ? n : n + 1;
    }
}

/* ---- init's own words ---------------------------------------------------- */

/* The value of an option at **argv: the rest of the word after its '=', or
 * the next word, to which *argv is then moved.  NULL if there is none. */
static const char *option_value(char *const **argv, const char *rest)
{
    if (*rest == '=')
        return rest + 1;
    return (*argv)[1] ? *++*argv : NULL;
}

static void take_path(const char **path, const char *value, const char *word,
                      void (*ignored)(const char *word))
{
    if (value && value[0] == '/' && !*path)
        *path = value;
    else
        ignored(value ? value : word);
}

static bool is_long(const char *word, const char *name)
{
    size_t n = strlen(name);

    return strncmp(word, name, n) == 0 && (word[n] == '\0' || word[n] == '=');
}

void words_read(struct words *words, char *const *argv,
                void (*ignored)(const char *word))
{
    *words = (struct words){0};
    for (argv++; *argv; argv++) {
        const char *word = *argv;

        if (strcmp(word, "--") == 0) {
            words->main = argv[1] ? argv + 1 : NULL;
            break;
        }
        if (strcmp(word, "-u") == 0 || strcmp(word, "--guardian") == 0)
            words->guardian = true;
        else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
            words->help = true;
        else if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
            words->version = true;
        else if (strcmp(word, "-f") == 0)
            take_path(&words->defs, option_value(&argv, ""), word, ignored);
        else if (is_long(word, "--definitions"))
            take_path(&words->defs,
                      option_value(&argv, word + strlen("--definitions")),
                      word, ignored);
        else
            take_path(&words->live, word, word, ignored);
    }
}
