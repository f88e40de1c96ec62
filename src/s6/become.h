/* SPDX-License-Identifier: ISC */
/*
 * become.h - a face that ends as another program.
 */
#ifndef S6_BECOME_H
#define S6_BECOME_H

/* Executes the program argv names (found by PATH); exits 127 or 126 where that
 * cannot be, and 0 where there are no words. */
_Noreturn void become(char *argv[]);

#endif
