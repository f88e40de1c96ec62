/* SPDX-License-Identifier: ISC */
/*
 * tree.h - a directory of files made of the input of a fuzzer, which is a text:
 *
 *   == NAME           what follows, up to the next such line, is in that file
 *   == NAME x         ... which is executable
 *   == NAME > TARGET  a symlink
 *   == NAME/          a directory
 *
 * Names may have slashes; what cannot be made is left out.  All of it is below
 * one directory of TMPDIR, and gone when the fuzzer ends.
 */
#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/paths.h"

enum { TREE_LINE_MAX = 512 };

static char tree_scratch[SV_PATH_MAX];

static void tree_must(bool truth)
{
    if (!truth)
        abort();
}

static int tree_remove_one(const char *path, const struct stat *st, int type,
                           struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

/* Removes all of it, and the directory itself. */
static void tree_remove(void)
{
    nftw(tree_scratch, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void tree_make_scratch(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(tree_scratch, sizeof tree_scratch, "%s/sv-fuzz-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    tree_must(mkdtemp(tree_scratch) != NULL);
    atexit(tree_remove);
}

/* Leads out of the tree. */
static bool tree_leads_out(const char *name)
{
    return *name == '/' || strstr(name, "..") != NULL;
}

static void tree_make_parents(int base, char *name)
{
    for (char *slash = name; (slash = strchr(slash, '/')) != NULL;) {
        *slash = 0;
        mkdirat(base, name, 0755);
        *slash++ = '/';
    }
}

/* Makes what the line asks for; the descriptor of a file, else -1. */
static int tree_make(int base, char *line)
{
    char *word = strchr(line, ' ');
    bool is_link = word != NULL && word[1] == '>' && word[2] == ' ';
    bool is_program = word != NULL && word[1] == 'x';

    if (word != NULL)
        *word = 0;
    if (tree_leads_out(line))
        return -1;
    tree_make_parents(base, line);
    if (is_link && !tree_leads_out(word + 3))
        (void)!symlinkat(word + 3, base, line);
    if (is_link || line[strlen(line) - (*line != 0)] == '/')
        return -1;
    return openat(base, line,
                  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                  is_program ? 0755 : 0644);
}

/* A line of the input that says what comes next. */
static bool tree_is_heading(const char *at, const char *end)
{
    return end - at > 3 && memcmp(at, "== ", 3) == 0;
}

/* Steps over the lines that are in a file; returns where they end. */
static const char *tree_skip_lines(const char *at, const char *end)
{
    while (at < end && !tree_is_heading(at, end)) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        at = newline != NULL ? newline + 1 : end;
    }
    return at;
}

/* Makes the tree afresh of the input.  Returns a descriptor of its top, for the
 * caller to close. */
static int tree_of(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *end = at + size;
    int base;

    if (!*tree_scratch)
        tree_make_scratch();
    tree_remove();
    tree_must(mkdir(tree_scratch, 0755) == 0);
    base = open(tree_scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree_must(base >= 0);
    for (at = tree_skip_lines(at, end); at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *body = newline != NULL ? newline + 1 : end;
        const char *next = tree_skip_lines(body, end);
        char line[TREE_LINE_MAX];
        int fd;

        snprintf(line, sizeof line, "%.*s",
                 (int)((newline != NULL ? newline : end) - at - 3), at + 3);
        fd = tree_make(base, line);
        if (fd >= 0) {
            tree_must(write(fd, body, (size_t)(next - body)) == next - body);
            close(fd);
        }
        at = next;
    }
    return base;
}

#endif
