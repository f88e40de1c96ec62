/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svlog_shape.c - whatever bytes a line has, and wherever it is parted, what
 * is written as JSON is a line, and a JSON string in it holds the message.
 *
 * The input: where the line is parted, and the line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "svlog/find.h"
#include "svlog/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Steps over what a string may hold; the checker of UTF-8 is another than that
 * which made it. */
static const char *skip_character(const char *at)
{
    unsigned char c = (unsigned char)*at;
    size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

    must(c >= ' ' && c != 127 && (c < 0x80 || c >= 0xc2) && c < 0xf5);
    if (c == '\\' && at[1] == 'u') {
        must(at[2] == '0' && at[3] == '0' && is_hex(at[4]) && is_hex(at[5]));
        return at + 6;
    }
    if (c == '\\') {
        must(at[1] == '"' || at[1] == '\\');
        return at + 2;
    }
    for (size_t i = 1; i <= more; i++)
        must(((unsigned char)at[i] & 0xc0) == 0x80);
    return at + 1 + more;
}

static void check(const char *out, size_t size)
{
    static const char head[] = "{\"time\":\"2026-11-26T15:04:05.678901Z\","
                               "\"stream\":\"stdout\",\"msg\":\"";
    const char *at = out + sizeof head - 1;

    must(memcmp(out, head, sizeof head - 1) == 0);
    while (*at != '"')
        at = skip_character(at);
    must(strcmp(at, "\"}\n") == 0 && at + 3 == out + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct action action = {.is_json = true, .stream = "stdout"};
    struct shape shape;
    size_t part, made;
    char *text, *out;

    if (size < 1)
        return 0;
    part = data[0] < --size ? data[0] : size;
    must(shape_open(&shape, &action));
    shape_stamp(&shape, INT64_C(1795705445678901234));
    text = calloc(1, size + COPY_SLACK);
    out = malloc(shape_most(&shape, size) + 2 * COPY_SLACK);
    must(text && out);
    memcpy(text, data + 1, size);
    made = shape_put(&shape, out, &(struct piece){text, part, true, false});
    made += shape_put(&shape, out + made,
                      &(struct piece){text + part, size - part, false, true});
    must(made <= shape_most(&shape, size));
    out[made] = 0;
    check(out, made);
    free(shape.head);
    free(text);
    free(out);
    return 0;
}
