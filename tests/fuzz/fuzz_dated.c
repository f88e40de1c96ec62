/* SPDX-License-Identifier: ISC */
/*
 * fuzz_dated.c - the stamps at the head of any line.
 *
 * What is taken for a label is what the label of that time looks like, and no
 * stamps are longer than those of svlog, or than the line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sv/dated.h"
#include "sv/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);
    char label[SV_STAMP_LABEL];
    int64_t realtime = 0;
    size_t stamps;

    if (!line)
        abort();
    memcpy(line, data, size);
    stamps = sv_dated(line, size, &realtime);
    if (stamps > size || stamps > SV_DATED_MAX)
        abort();
    if (stamps && line[0] == '@') {
        for (size_t i = 0; i < SV_STAMP_NAME; i++)
            if (line[i] >= 'A' && line[i] <= 'F')
                line[i] = (char)(line[i] - 'A' + 'a');
        sv_stamp_label(label, realtime);
        if (memcmp(label, line, sizeof label) != 0)
            abort();
    }
    line[size] = 0;
    sv_dated_text(line, &realtime);
    free(line);
    return 0;
}
