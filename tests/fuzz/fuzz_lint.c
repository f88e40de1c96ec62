/* SPDX-License-Identifier: ISC */
/*
 * fuzz_lint.c - svctl check looks at a definition of any files (tree.h).
 *
 * What it finds is JSON, and counted; said or not, it bars the same.  What is
 * not barred has what svscan needs to take it up; nothing is left open.
 */
#include <stdint.h>
#include <unistd.h>

#include "json.h"
#include "sv/service.h"
#include "svctl/lint.h"
#include "svctl/show.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_program(int base, const char *file)
{
    struct stat st;

    return fstatat(base, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (!S_ISREG(st.st_mode) || (st.st_mode & 0111 && st.st_size > 0));
}

static bool exists(int base, const char *file)
{
    return faccessat(base, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Has it what its kind cannot do without? */
static bool is_startable(int base, enum sv_kind kind)
{
    switch (kind) {
    case SV_LONGRUN:
        return has_program(base, "run");
    case SV_ONESHOT:
        return exists(base, "up");
    case SV_BUNDLE:
        return exists(base, "contents.d") || exists(base, "contents");
    default:
        return false;
    }
}

/* Looks at it, and writes what is found to json, or not; true if it is barred.
 * How much is found: *count. */
static bool look(int base, struct json *json, size_t *count)
{
    struct findings findings = {.json = json, .is_quiet = json == NULL};
    bool is_barred = false;
    struct lint lint = {.findings = &findings, .root = base, .base = base,
                        .path = "web", .is_barred = &is_barred};

    lint_definition(&lint);
    must(is_barred || is_startable(base, lint.kind));
    must(!is_barred || json == NULL || findings.errors > 0);
    *count = findings.errors + findings.warnings;
    return is_barred;
}

/* How many findings there are in the text. */
static size_t count_findings(const char *text)
{
    size_t count = 0;

    while ((text = strstr(text, "{\"path\": \"web")) != NULL) {
        text++;
        count++;
    }
    return count;
}

static int next_descriptor(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int base = tree_of(data, size);
    int next = next_descriptor();
    struct json json = {0};
    size_t count, none, text_size;
    bool is_barred;
    char *text;

    json.to = open_memstream(&text, &text_size);
    must(json.to != NULL);
    json_open(&json, NULL, '{');
    json_open(&json, "findings", '[');
    is_barred = look(base, &json, &count);
    json_end(&json);
    must(fclose(json.to) == 0);
    must_be_object(text, text_size, false);
    must(count_findings(text) == count);
    must(look(base, NULL, &none) == is_barred && none == 0);
    must(next_descriptor() == next);
    free(text);
    close(base);
    return 0;
}
