/* SPDX-License-Identifier: ISC */
/*
 * keep.h - memory that grows with what is told.
 *
 * svctl has nothing else to do without it: exits with 111 where there is none.
 */
#ifndef SVCTL_KEEP_H
#define SVCTL_KEEP_H

#include <stddef.h>

/* What malloc(3) or its kind returned, which is no NULL then. */
void *keep_or_die(void *memory);

/* The array of count items of so many bytes, which has room for *room, moved to
 * where one more has room if it has not. */
void *keep_room(void *list, size_t count, size_t *room, size_t size);

/* A copy, to be freed. */
char *keep_text(const char *text);

#endif
