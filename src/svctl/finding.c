/* SPDX-License-Identifier: ISC */
/*
 * finding.c - what svctl check finds, a line or an object each.
 */
#include <stdio.h>
#include <string.h>

#include "sv/paths.h"
#include "svctl/finding.h"
#include "svctl/show.h"

static const char *const severities[] = {
    [WARNING] = "warning",
    [ERROR] = "error",
};

/* The strings as one, cut where it has no room. */
static void join(char *text, size_t size, const char *const *list)
{
    char *end = text + size - 1;

    for (*text = *end = 0; *list; list++)
        text = stpncpy(text, *list, (size_t)(end - text));
}

static bool have_any(const struct findings *findings)
{
    return findings->errors || findings->warnings;
}

static void print_json(const struct findings *findings, const char *severity,
                       const char *path, int line, const char *reason)
{
    fputs(have_any(findings) ? ",\n {" : "[\n {", stdout);
    fputs("\"path\": ", stdout);
    json_string(stdout, path);
    if (line)
        printf(", \"line\": %d", line);
    else
        fputs(", \"line\": null", stdout);
    printf(", \"severity\": \"%s\", \"reason\": ", severity);
    json_string(stdout, reason);
    putchar('}');
}

void finding(struct findings *findings, enum severity severity,
             const struct place *place, const char *const *reason)
{
    char path[2 * SV_PATH_MAX];
    char why[2048];

    snprintf(path, sizeof path, "%s%s%s", place->dir, place->file ? "/" : "",
             place->file ? place->file : "");
    join(why, sizeof why, reason);
    if (findings->json) {
        print_json(findings, severities[severity], path, place->line, why);
    } else {
        print_clean(stdout, path);
        if (place->line)
            printf(":%d", place->line);
        printf(": %s: ", severities[severity]);
        print_clean(stdout, why);
        putchar('\n');
    }
    if (severity == ERROR)
        findings->errors++;
    else
        findings->warnings++;
}

void findings_end(const struct findings *findings)
{
    if (findings->json)
        fputs(have_any(findings) ? "\n]\n" : "[]\n", stdout);
    show_end();
}
