/* SPDX-License-Identifier: ISC */
/*
 * mark.c - LIVE/.svscan: which entries of LIVE are ours, and made from what.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "sv/paths.h"
#include "svscan/mark.h"
#include "svscan/stage.h"

/* Below the stage; no service is called so. */
#define FRESH_MARK ".mark"

static bool make_dir(int base, const char *name)
{
    return mkdirat(base, name, 0700) == 0 || errno == EEXIST;
}

bool copies_open(struct copies *copies, int live)
{
    *copies = (struct copies){ .live = live, .marks = -1, .stage = -1 };
    if (!make_dir(live, SV_TREE_OURS) || !make_dir(live, SV_TREE_COPIES)
        || !stage_remove(live, SV_TREE_STAGE)
        || !make_dir(live, SV_TREE_STAGE))
        return false;
    copies->marks = stage_open(live, SV_TREE_COPIES);
    copies->stage = stage_open(live, SV_TREE_STAGE);
    if (copies->marks >= 0 && copies->stage >= 0)
        return true;

    int error = errno;

    copies_close(copies);
    errno = error;
    return false;
}

void copies_close(struct copies *copies)
{
    if (copies->marks >= 0)
        close(copies->marks);
    if (copies->stage >= 0)
        close(copies->stage);
    copies->marks = copies->stage = -1;
}

/* ---- the text of a mark ------------------------------------------------- */

static bool append(struct mark *mark, size_t *size, const char *text, size_t n)
{
    if (n > MARK_MAX - *size)
        return false;
    memcpy(mark->text + *size, text, n);
    *size += n;
    mark->text[*size] = '\0';
    return true;
}

/* Appends one path, after a new heading where its directory is not that of the
 * path before it. */
static bool append_path(struct mark *mark, size_t *size, const char *previous,
                        const char *path)
{
    size_t length = survey_parent(path);
    bool same = survey_parent(previous) == length
                && strncmp(previous, path, length) == 0;
    bool done = true;

    if (!same)
        done = append(mark, size, "//", 2) && append(mark, size, path, length)
               && append(mark, size, "//", 2);
    else if (*size > MARK_NAMES)
        done = append(mark, size, "/", 1);
    if (length > 0)
        path += length + 1;
    return done && append(mark, size, path, strlen(path));
}

void mark_sign(struct mark *mark, uint64_t signature)
{
    for (int i = 0; i < MARK_NAMES - 1; i++) {
        int shift = 4 * (MARK_NAMES - 2 - i);

        mark->text[i] = "0123456789abcdef"[signature >> shift & 15];
    }
    mark->text[MARK_NAMES - 1] = ':';
    mark->signature = signature;
}

bool mark_make(struct mark *mark, const struct survey *survey)
{
    size_t size = MARK_NAMES;
    const char *previous = "";

    mark_sign(mark, survey->signature);
    mark->text[size] = '\0';
    for (size_t i = 0; i < survey->count; i++) {
        const struct survey_entry *entry = &survey->entries[i];
        const char *path = survey_path(survey, entry);

        if (entry->at_first_only)
            continue;
        if (!append_path(mark, &size, previous, path))
            return false;
        previous = path;
    }
    return !survey->is_cut;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

bool mark_read(const struct copies *copies, const char *name, struct mark *mark)
{
    ssize_t size = readlinkat(copies->marks, name, mark->text, MARK_MAX);
    uint64_t signature = 0;

    if (size < 0)
        return false;
    mark->text[size] = '\0';
    for (int i = 0; i < MARK_NAMES - 1; i++) {
        int value = hex_value(mark->text[i]);

        if (value < 0 || mark->text[MARK_NAMES - 1] != ':') {
            mark_sign(mark, 0);
            mark->text[MARK_NAMES] = '\0';
            return true;
        }
        signature = signature << 4 | (uint64_t)value;
    }
    mark->signature = signature;
    return true;
}

bool mark_remove(const struct copies *copies, const char *name)
{
    return unlinkat(copies->marks, name, 0) == 0 || errno == ENOENT;
}

bool mark_put(const struct copies *copies, const char *name,
              const struct mark *mark)
{
    if (symlinkat(mark->text, copies->marks, name) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    if (symlinkat(mark->text, copies->stage, FRESH_MARK) < 0
        && (errno != EEXIST || unlinkat(copies->stage, FRESH_MARK, 0) < 0
            || symlinkat(mark->text, copies->stage, FRESH_MARK) < 0))
        return false;
    return renameat(copies->stage, FRESH_MARK, copies->marks, name) == 0;
}

/* Calls each with the names between at and end, all in one directory. */
static bool each_of_dir(const char *dir, size_t dir_length, const char *at,
                        const char *end,
                        bool (*each)(void *context, const char *path),
                        void *context)
{
    char path[MARK_MAX + 2];
    char *name = mempcpy(path, dir, dir_length);

    if (dir_length > 0)
        *name++ = '/';
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash == NULL ? end : slash;

        *(char *)mempcpy(name, at, (size_t)(stop - at)) = '\0';
        if (!each(context, path))
            return false;
        at = stop + 1;
    }
    return true;
}

bool mark_each(const struct mark *mark,
               bool (*each)(void *context, const char *path), void *context)
{
    const char *at = mark->text + MARK_NAMES;
    const char *dir = "";
    size_t dir_length = 0;

    for (;;) {
        const char *stop = strstr(at, "//");
        const char *end = stop != NULL ? stop : at + strlen(at);

        if (!each_of_dir(dir, dir_length, at, end, each, context))
            return false;
        if (stop == NULL)
            return true;
        dir = stop + 2;
        stop = strstr(dir, "//");
        if (stop == NULL)
            return true;
        dir_length = (size_t)(stop - dir);
        at = stop + 2;
    }
}
