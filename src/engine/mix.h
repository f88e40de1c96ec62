/* SPDX-License-Identifier: ISC */
/*
 * mix.h - many numbers in one, which is another when one of them is.
 */
#ifndef ENGINE_MIX_H
#define ENGINE_MIX_H

#include <stdint.h>

/* Sums of it are kept on disk (svscan/mark.h): it must stay what it is. */
static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

#endif
