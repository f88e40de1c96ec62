/* SPDX-License-Identifier: ISC */
/*
 * words.c - a command line in a file, split into words.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/join.h"
#include "sv/say.h"
#include "sv/words.h"

struct reader {
    struct sv_words *words;
    const char *at;
    const char *end;
    char *to; /* never further than what was read, and a NUL a word */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end) {
        if (*reader->at == '#')
            while (reader->at < reader->end && *reader->at != '\n')
                reader->at++;
        else if (is_blank(*reader->at))
            reader->at++;
        else
            return;
    }
}

static char meaning_of(char escaped)
{
    switch (escaped) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return escaped;
    }
}

/* Takes what follows a backslash. */
static const char *take_escaped(struct reader *reader, bool is_quoted)
{
    char c;

    if (reader->at == reader->end)
        return "ends with a backslash";
    c = *reader->at++;
    if (c == '\0')
        return "holds a NUL";
    if (is_quoted && c >= '0' && c <= '9')
        return "holds a character by its number, which needs execlineb";
    *reader->to++ = is_quoted ? meaning_of(c) : c;
    return NULL;
}

static const char *take_word(struct reader *reader)
{
    bool is_quoted = false;
    const char *fault = NULL;

    while (fault == NULL && reader->at < reader->end
           && (is_quoted || !is_blank(*reader->at))) {
        char c = *reader->at++;

        if (c == '"')
            is_quoted = !is_quoted;
        else if (c == '\\')
            fault = take_escaped(reader, is_quoted);
        else if (c == '$')
            fault = "holds a $, which needs execlineb";
        else if ((c == '{' || c == '}') && !is_quoted)
            fault = "holds a brace, which needs execlineb";
        else if (c == '\0')
            fault = "holds a NUL";
        else
            *reader->to++ = c;
    }
    if (fault == NULL && is_quoted)
        fault = "ends within quotes";
    return fault;
}

static const char *split(struct reader *reader)
{
    struct sv_words *words = reader->words;

    for (;;) {
        const char *fault;

        skip_blanks(reader);
        if (reader->at == reader->end)
            return words->count > 0 ? NULL : "holds no command";
        if (words->count == SV_WORDS_MAX)
            return "holds more than 255 words";
        words->words[words->count++] = reader->to;
        fault = take_word(reader);
        if (fault != NULL)
            return fault;
        *reader->to++ = '\0';
    }
}

const char *sv_words_split(struct sv_words *words, const char *text,
                           size_t size)
{
    struct reader reader = { words, text, text + size, words->text };
    const char *fault = "holds more than 4096 bytes";

    words->count = 0;
    if (size <= SV_VALUE_MAX)
        fault = split(&reader);
    if (fault != NULL)
        words->count = 0;
    words->words[words->count] = NULL;
    return fault;
}

bool sv_words_program(char path[static SV_PATH_MAX], const char *word)
{
    const char *dirs = getenv("PATH");

    if (dirs == NULL)
        dirs = "/usr/bin:/bin";
    while (*dirs != '\0') {
        size_t n = strcspn(dirs, ":");

        if (n > 0 && n < SV_PATH_MAX) {
            *(char *)mempcpy(path, dirs, n) = '\0';
            if (sv_join(path + n, SV_PATH_MAX - n, SV_STRINGS("/", word))
                && access(path, X_OK) == 0)
                return true;
        }
        dirs += dirs[n] == ':' ? n + 1 : n;
    }
    return false;
}
