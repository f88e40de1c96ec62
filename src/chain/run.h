/* SPDX-License-Identifier: ISC */
/*
 * run.h - becoming another program, the last step of a chain.
 */
#ifndef CHAIN_RUN_H
#define CHAIN_RUN_H

/* Executes argv[0], found through PATH where it has no slash, with the words
 * of argv and the environment as it is.  Where that fails, says why and exits:
 * 127 if there is no such program, 126 if it cannot be executed.  A file
 * without an interpreter line is not given to a shell.  With no word at all it
 * exits 0, as a chain of nothing has succeeded. */
_Noreturn void run_program(char *const argv[]);

#endif
