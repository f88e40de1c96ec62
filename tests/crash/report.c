/* SPDX-License-Identifier: ISC */
/*
 * report.c - words of a command line, and the report of many lives.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "crash.h"
#include "report.h"
#include "sv/say.h"

uint64_t word_number(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    if (*text == '\0' || *end != '\0')
        sv_die(SV_EXIT_USAGE, "not a number: ", text);
    return n;
}

const char *word_path(const char *path)
{
    char *real = realpath(path, NULL);

    if (real == NULL)
        sv_die_sys("unable to find ", path);
    return real;
}

void *report_share(size_t size)
{
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        sv_die_sys("unable to share memory");
    return shared;
}

FILE *report_open(const char *dir)
{
    char path[CRASH_PATH_MAX];
    FILE *report;

    snprintf(path, sizeof path, "%s/report", dir);
    report = fopen(path, "we");
    if (report == NULL)
        sv_die_sys("unable to make ", path);
    setvbuf(report, NULL, _IOLBF, BUFSIZ);
    return report;
}

void report_copy(FILE *whole, const char *dir)
{
    char path[CRASH_PATH_MAX], line[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/report", dir);
    file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        fprintf(whole, "  %s", line);
        printf("  %s", line);
    }
    if (file != NULL)
        fclose(file);
}
