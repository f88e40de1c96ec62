/* SPDX-License-Identifier: ISC */
/*
 * blame.h - why a service is not up, as far as others are the reason.
 *
 * The letters are those of a LINKS message of wire.h.
 */
#ifndef SV_BLAME_H
#define SV_BLAME_H

#include <stddef.h>

enum sv_blame {
    SV_BLAME_NOBODY = 0,    /* it may start */
    SV_BLAME_CYCLE = 'C',   /* it needs itself, by way of whom */
    SV_BLAME_MISSING = 'M', /* it needs whom, and there is none such */
    SV_BLAME_BROKEN = 'B',  /* ... which is on a cycle */
    SV_BLAME_FAILED = 'F',  /* ... which failed */
    SV_BLAME_UNWANTED = 'U', /* ... which is down, and nobody wants it up */
    SV_BLAME_NEEDS = 'N',   /* ... which will not come, for want of others */
    SV_BLAME_WAITS = 'W',   /* ... which is not up yet */
    SV_BLAME_UNPAIRED = 'P', /* it writes to whom, which does not read from it */
    SV_BLAME_AFTER = 'A',   /* it comes after whom, which is not up yet */
};

/* Writes that in words: "needs db, which failed".  Returns text, which is
 * empty for SV_BLAME_NOBODY and for what is no such letter; what does not fit
 * into size bytes is cut off. */
char *sv_blame_words(enum sv_blame blame, const char *whom, char *text,
                     size_t size);

#endif
