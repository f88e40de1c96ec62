/* SPDX-License-Identifier: ISC */
/*
 * fuzz_boot.c - a file of any content where the times of the boot should be.
 *
 * Whatever is a line is the same when it is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sv/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_come_back(const struct sv_boot_line *line)
{
    char text[SV_BOOT_LINE_MAX];
    struct sv_boot_line again;
    const char *at = text;
    size_t size = sv_boot_write(text, line->at, line->event, line->name);

    if (size >= sizeof text || !sv_boot_read(&at, text + size, &again)
        || at != text + size || again.at != line->at
        || again.event != line->event || strcmp(again.name, line->name) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = text + size;
    struct sv_boot_line line;

    while (sv_boot_read(&text, end, &line)) {
        if (text > end || text[-1] != '\n')
            abort();
        must_come_back(&line);
    }
    return 0;
}
