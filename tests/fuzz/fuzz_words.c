/* SPDX-License-Identifier: ISC */
/*
 * Whatever is in a file: it is words, each of which ends and none of which is
 * longer than the file together; or a fault, and no words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sv/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sv_words words;
    const char *fault = sv_words_split(&words, (const char *)data, size);
    size_t bytes = 0;

    if ((fault != NULL) != (words.count == 0)
        || words.words[words.count] != NULL)
        abort();
    for (size_t i = 0; i < words.count; i++)
        bytes += strlen(words.words[i]);
    if (bytes > size)
        abort();
    return 0;
}
