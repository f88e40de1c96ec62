/* SPDX-License-Identifier: ISC */
/*
 * fuzz_ask.c - whatever svctl is answered: what it hears of a message packs back
 * to that message, or the message is none, or it refuses the request.
 *
 * A row may carry what a later version adds, which is skipped; so of rows only
 * the count is compared where one has another size than ours.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "svctl/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sv_wire_out heard;
static size_t items;

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void hear_row(void *context, const struct sv_wire_row *row)
{
    must(context == &heard && row->state < SV_WIRE_STATES && row->pid >= 0);
    must(strnlen(row->name, sizeof row->name) < sizeof row->name);
    must(strnlen(row->note, sizeof row->note) < sizeof row->note);
    must(strnlen(row->said, sizeof row->said) < sizeof row->said);
    sv_wire_put_row(&heard, row);
    items++;
}

static void hear_fault(void *context, const char *name, const char *reason)
{
    must(context == &heard && *name);
    sv_wire_put_fault(&heard, name, reason);
    items++;
}

static void hear_fact(void *context, const char *name, const char *value)
{
    must(context == &heard && strlen(value) <= SV_WIRE_FACT_MAX);
    sv_wire_put_fact(&heard, name, value);
    items++;
}

static void hear_link(void *context, unsigned char letter, const char *name,
                      const char *other)
{
    must(context == &heard && strlen(other) <= SV_NAME_MAX);
    sv_wire_put_link(&heard, letter, name, other);
    items++;
}

/* The bytes that are ours to choose are those behind the header. */
static bool is_packed_back(const char *data, size_t size)
{
    return heard.used == size &&
           memcmp(heard.bytes + SV_WIRE_HEADER, data + SV_WIRE_HEADER,
                  size - SV_WIRE_HEADER) == 0;
}

/* Do the rows say of themselves that they have the size of ours, and nothing in
 * the byte that is ignored? */
static bool are_rows_of_ours(const char *data, size_t size)
{
    struct sv_wire_header header;
    struct sv_wire_in in;
    struct sv_wire_row row;
    char packed[SV_WIRE_ROW_MAX];
    size_t at;

    must(sv_wire_open(&in, &header, data, size));
    for (at = in.at; sv_wire_get_row(&in, &row); at = in.at)
        if (sv_wire_row_pack(packed, &row) != in.at - at || data[at + 3])
            return false;
    return true;
}

/* Only that nothing is read beyond the message, and nothing is called. */
static void hear_nobody(enum sv_wire_type type, struct sv_wire_in in, bool was)
{
    const struct hearer nobody = {0};
    const char *refusal;

    must(tree_hear(type, &in, &nobody, &refusal) == was);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hearer hearer = {.context = &heard, .row = hear_row,
                                  .fault = hear_fault, .fact = hear_fact,
                                  .link = hear_link};
    const char *bytes = (const char *)data;
    struct sv_wire_header header;
    struct sv_wire_in in, again;
    const char *refusal;
    bool is_answer;

    if (!sv_wire_open(&in, &header, bytes, size))
        return 0;
    again = in;
    items = 0;
    sv_wire_begin(&heard, &header);
    is_answer = tree_hear(header.type, &in, &hearer, &refusal);
    must(!heard.full);
    hear_nobody(header.type, again, is_answer);
    must(!refusal || (is_answer && header.type == SV_WIRE_FAULTS));
    if (!is_answer || refusal || header.type == SV_WIRE_END)
        return 0;
    must((items == 0) == (size == SV_WIRE_HEADER));
    if (header.type == SV_WIRE_ROWS || header.type == SV_WIRE_EVENTS)
        must(!are_rows_of_ours(bytes, size) || is_packed_back(bytes, size));
    else
        must(is_packed_back(bytes, size));
    return 0;
}
