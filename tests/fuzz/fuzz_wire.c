/* SPDX-License-Identifier: ISC */
/*
 * fuzz_wire.c - whatever unpacks from a message packs back to the same.
 *
 * A row may carry what a later version adds, which is skipped; so rows are
 * compared by their bytes only where they have the size that we write.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sv/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sv_wire_out out;

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void try_rows(struct sv_wire_in in)
{
    struct sv_wire_row row;
    size_t before = in.at;
    char packed[SV_WIRE_ROW_MAX];

    while (sv_wire_get_row(&in, &row)) {
        size_t size = sv_wire_row_pack(packed, &row);
        bool reserved_is_zero = in.bytes[before + 3] == 0;

        must(size <= in.at - before + SV_WIRE_ROW_ADDED);
        if (size == in.at - before && reserved_is_zero)
            must(memcmp(packed, in.bytes + before, size) == 0);
        before = in.at;
    }
}

static void try_texts(struct sv_wire_in in, const struct sv_wire_header *header)
{
    char text[SV_NAME_MAX + 1];

    sv_wire_begin(&out, header);
    while (sv_wire_get_text(&in, text, sizeof text))
        sv_wire_put_text(&out, text);
    must(!out.full && out.used == in.at);
    must(memcmp(out.bytes + 4, in.bytes + 4, out.used - 4) == 0);
}

static void try_links(struct sv_wire_in in, const struct sv_wire_header *header)
{
    char name[SV_NAME_MAX + 1];
    char other[SV_NAME_MAX + 1];
    uint8_t letter;
    size_t whole = in.at;

    sv_wire_begin(&out, header);
    while (sv_wire_get_u8(&in, &letter) &&
           sv_wire_get_text(&in, name, sizeof name) &&
           sv_wire_get_text(&in, other, sizeof other)) {
        sv_wire_put_link(&out, letter, name, other);
        whole = in.at;
    }
    must(!out.full && out.used == whole);
    must(memcmp(out.bytes + 4, in.bytes + 4, out.used - 4) == 0);
}

static void try_numbers(struct sv_wire_in in,
                        const struct sv_wire_header *header)
{
    uint32_t n;
    uint8_t byte;

    sv_wire_begin(&out, header);
    while (sv_wire_get_u32(&in, &n))
        sv_wire_put_u32(&out, n);
    while (sv_wire_get_u8(&in, &byte))
        sv_wire_put_u8(&out, byte);
    must(sv_wire_at_end(&in) && out.used == in.at);
    must(memcmp(out.bytes + 4, in.bytes + 4, out.used - 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_wire_in in;
    struct sv_wire_header header;

    if (!sv_wire_open(&in, &header, (const char *)data, size))
        return 0;
    try_rows(in);
    try_texts(in, &header);
    try_links(in, &header);
    try_numbers(in, &header);
    return 0;
}
