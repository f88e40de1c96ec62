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

static void print_json(struct json *json, const char *severity,
                       const char *path, int line, const char *reason)
{
    json_open(json, NULL, '{');
    json_text(json, "path", path);
    json_number_or_null(json, "line", (uint64_t)line, 0);
    json_text(json, "severity", severity);
    json_text(json, "reason", reason);
    json_close(json);
}

void finding(struct findings *findings, enum severity severity,
             const struct place *place, const char *const *reason)
{
    char path[2 * SV_PATH_MAX];
    char why[2048];

    if (findings->is_quiet)
        return;
    snprintf(path, sizeof path, "%s%s%s", place->dir, place->file ? "/" : "",
             place->file ? place->file : "");
    join(why, sizeof why, reason);
    if (findings->json) {
        print_json(findings->json, severities[severity], path, place->line,
                   why);
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

void findings_begin(struct findings *findings, bool is_json)
{
    *findings = (struct findings){0};
    if (!is_json)
        return;
    findings->json = json_answer();
    json_open(findings->json, "findings", '[');
}

void findings_end(const struct findings *findings)
{
    if (findings->json) {
        json_close(findings->json);
        json_number(findings->json, "errors", findings->errors);
        json_number(findings->json, "warnings", findings->warnings);
        json_end(findings->json);
    }
    show_end();
}
