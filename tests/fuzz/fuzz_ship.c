/* SPDX-License-Identifier: ISC */
/*
 * fuzz_ship.c - what .ship and .lost of any content give.
 *
 * Whatever is accepted packs back to the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sv/ship.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(const char *packed, size_t n, const uint8_t *data,
                    size_t size)
{
    if (n != size || memcmp(packed, data, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char packed[SV_SHIP_SIZE];
    struct sv_ship ship;
    struct sv_lost lost;

    if (sv_ship_unpack(&ship, (const char *)data, size))
        must_be(packed, sv_ship_pack(packed, &ship), data, size);
    if (sv_lost_unpack(&lost, (const char *)data, size))
        must_be(packed, sv_lost_pack(packed, &lost), data, size);
    return 0;
}
