/* SPDX-License-Identifier: ISC */
/*
 * fuzz_mounts.c - what a mount table of any content gives.
 *
 * The input is the table.  Each line is taken once, from the last to the first;
 * what is read of it lies within it, and its path begins with a slash.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static size_t count_lines(const uint8_t *data, size_t size)
{
    size_t lines = size > 0 && data[size - 1] != '\n';

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

static void check(const struct mount_line *line, const char *text, size_t from,
                  size_t to)
{
    const char *fields[] = {line->device, line->path, line->type};

    for (size_t i = 0; i < 3; i++) {
        must((fields[i] == NULL) == (line->path == NULL));
        must(!fields[i] || (fields[i] >= text + from &&
                            fields[i] + strlen(fields[i]) < text + to));
    }
    must(!line->path || line->path[0] == '/');
    if (line->type)
        mounts_is_real(line->type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    size_t expected = count_lines(data, size);
    struct mount_line line;
    size_t left = size;
    size_t before = size;
    size_t lines = 0;

    must(text != NULL);
    memcpy(text, data, size);
    while (mounts_take_last(text, &left, &line)) {
        check(&line, text, left, before);
        must(left < before);
        before = left;
        lines++;
    }
    must(lines == expected);
    free(text);
    return 0;
}
