/* SPDX-License-Identifier: ISC */
/* json.c - bytes as the inside of a string of JSON. */
#include <stdint.h>
#include <string.h>

#include "sv/json.h"

/* The size of the UTF-8 character at text; 0 if there is none. */
static size_t utf8_size(const unsigned char *text, size_t size)
{
    static const struct {
        unsigned char mask;
        unsigned char head;
        uint32_t least; /* what needs so many bytes */
    } sizes[] = {
        {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800},
        {0xf8, 0xf0, 0x10000},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && i < size; i++) {
        uint32_t c = text[0] & (unsigned char)~sizes[i].mask;

        if ((text[0] & sizes[i].mask) != sizes[i].head)
            continue;
        for (size_t j = 1; j <= i; j++) {
            if ((text[j] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (text[j] & 0x3f);
        }
        return c < sizes[i].least || c > 0x10ffff || (c >> 11) == 0x1b ? 0
                                                                       : i + 1;
    }
    return 0;
}

size_t sv_json_escape(char buf[static SV_JSON_ESCAPED], const char *bytes,
                      size_t size, size_t *used)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)bytes;
    size_t n = utf8_size(at, size);

    *used = n ? n : 1;
    if (!n || *at < ' ' || *at == 127) {
        memcpy(buf, "\\u00", 4);
        buf[4] = digits[*at >> 4];
        buf[5] = digits[*at & 15];
        return 6;
    }
    if (*at == '"' || *at == '\\') {
        buf[0] = '\\';
        buf[1] = *bytes;
        return 2;
    }
    memcpy(buf, bytes, n);
    return n;
}
