/* SPDX-License-Identifier: ISC */
/*
 * report.h - what killer and logkiller have in common: words of their command
 * lines, and the report of many lives.
 *
 * Each exits, having said why, if it cannot do what it is for.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A number in decimal. */
uint64_t word_number(const char *text);
/* The path from the root on; it stays. */
const char *word_path(const char *path);

/* Zeros that whoever is forked from here on shares. */
void *report_share(size_t size);
/* dir/report, emptied, and written line by line. */
FILE *report_open(const char *dir);
/* What a life says in dir/report, on standard output and in the whole report;
 * one that says nothing is passed over. */
void report_copy(FILE *whole, const char *dir);

#endif
