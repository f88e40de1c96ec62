/* SPDX-License-Identifier: ISC */
/*
 * blame.c - why a service is not up, as far as others are the reason.
 */

#include "sv/blame.h"
#include "sv/join.h"
#include "sv/say.h"

static const struct {
    enum sv_blame blame;
    const char *before;
    const char *after;
} words[] = {
    { SV_BLAME_CYCLE, "it needs itself, by way of ", "" },
    { SV_BLAME_MISSING, "needs ", ", and there is no such service" },
    { SV_BLAME_BROKEN, "needs ", ", which needs itself" },
    { SV_BLAME_FAILED, "needs ", ", which failed" },
    { SV_BLAME_UNWANTED, "needs ", ", which is down, and not wanted up" },
    { SV_BLAME_NEEDS, "needs ", ", which is not started for want of others" },
    { SV_BLAME_WAITS, "needs ", ", which is not up yet" },
    { SV_BLAME_UNPAIRED, "is a producer for ",
      ", whose consumer-for does not name it" },
    { SV_BLAME_AFTER, "comes after ", ", which is not up yet" },
};

char *sv_blame_words(enum sv_blame blame, const char *whom, char *text,
                     size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].blame == blame)
            sv_join(text, size,
                    SV_STRINGS(words[i].before, whom, words[i].after));
    return text;
}
