/* SPDX-License-Identifier: ISC */
/*
 * fuzz_status.c - whatever unpacks as a status packs back to the same bytes.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sv/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char bytes[SV_STATUS_SIZE];
    char packed[SV_STATUS_SIZE];
    struct sv_status status;

    if (size < sizeof bytes)
        return 0;
    memcpy(bytes, data, sizeof bytes);
    if (!sv_status_unpack(&status, bytes))
        return 0;
    sv_status_pack(packed, &status);
    must(memcmp(packed, bytes, sizeof bytes) == 0);
    must(status.pid >= 0);
    must(!sv_status_is_up(&status) || !sv_status_is_new(&status));
    return 0;
}
