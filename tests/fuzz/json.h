/* SPDX-License-Identifier: ISC */
/*
 * json.h - a reader of JSON for fuzzers: each function steps over what it must
 * find.
 */
#ifndef FUZZ_JSON_H
#define FUZZ_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void must(bool truth)
{
    if (!truth)
        abort();
}

static const char *skip_value(const char *at);

static const char *skip_spaces(const char *at)
{
    return at + strspn(at, " \n");
}

/* The checker of UTF-8 is another than that which made it. */
static const char *skip_character(const char *at)
{
    unsigned char c = (unsigned char)*at;
    size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

    must(c >= ' ' && c != 127 && (c < 0x80 || c >= 0xc2) && c < 0xf5);
    if (c == '\\' && at[1] == 'u') {
        must(strspn(at + 2, "0123456789abcdef") >= 4);
        must(at[2] == '0' && at[3] == '0');
        return at + 6;
    }
    if (c == '\\') {
        must(at[1] == '"' || at[1] == '\\');
        return at + 2;
    }
    must(c != 0xe0 || (unsigned char)at[1] >= 0xa0);
    must(c != 0xed || (unsigned char)at[1] < 0xa0);
    must(c != 0xf0 || (unsigned char)at[1] >= 0x90);
    must(c != 0xf4 || (unsigned char)at[1] < 0x90);
    for (size_t i = 1; i <= more; i++)
        must(((unsigned char)at[i] & 0xc0) == 0x80);
    return at + 1 + more;
}

static const char *skip_string(const char *at)
{
    must(*at++ == '"');
    while (*at != '"')
        at = skip_character(at);
    return at + 1;
}

static const char *skip_word(const char *at, const char *word)
{
    must(strncmp(at, word, strlen(word)) == 0);
    return at + strlen(word);
}

static const char *skip_number(const char *at)
{
    size_t digits = strspn(at, "0123456789");

    must(digits > 0 && (*at != '0' || digits == 1));
    return at + digits;
}

/* An array, or with names an object. */
static const char *skip_list(const char *at, char end, bool has_names)
{
    at = skip_spaces(at + 1);
    while (*at != end) {
        if (has_names) {
            at = skip_spaces(skip_string(at));
            must(*at++ == ':');
        }
        at = skip_spaces(skip_value(skip_spaces(at)));
        must(*at == end || *at == ',');
        if (*at == ',') {
            at = skip_spaces(at + 1);
            must(*at != end);
        }
    }
    return at + 1;
}

static const char *skip_value(const char *at)
{
    switch (*at) {
    case '{':
        return skip_list(at, '}', true);
    case '[':
        return skip_list(at, ']', false);
    case '"':
        return skip_string(at);
    case 't':
        return skip_word(at, "true");
    case 'f':
        return skip_word(at, "false");
    case 'n':
        return skip_word(at, "null");
    default:
        return skip_number(at);
    }
}

/* The text is one object, and a newline; as a line, without another. */
static void must_be_object(const char *text, size_t size, bool is_line)
{
    must(size == strlen(text) && *text == '{');
    must(strcmp(skip_value(text), "\n") == 0);
    must(!is_line || strchr(text, '\n') == text + size - 1);
}

#endif
