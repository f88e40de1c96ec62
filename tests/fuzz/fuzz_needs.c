/* SPDX-License-Identifier: ISC */
/*
 * fuzz_needs.c - svctl check looks at what definitions need of each other, in a
 * directory of any files (tree.h).
 *
 * Who can start is worked out a second time, plainly: who needs nobody can, then
 * who needs only those, and so on; what remains is barred.  So is, before any of
 * that, a definition that has a file called barred.
 */
#include <stdint.h>
#include <unistd.h>

#include "json.h"
#include "sv/at.h"
#include "sv/service.h"
#include "svctl/needs.h"
#include "svctl/show.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEFS_MAX = 12 };

static struct {
    int base;
    struct names names;
    bool can_start[DEFS_MAX];
} defs;

/* ---- who can start, plainly ----------------------------------------------- */

static size_t index_of(const char *name)
{
    size_t i = 0;

    while (i < defs.names.count && strcmp(defs.names.list[i], name) != 0)
        i++;
    return i;
}

/* What can be nobody's name is ignored. */
static bool is_no_hindrance(const char *name)
{
    size_t i = index_of(name);

    return sv_service_name_fault(name) != NULL
           || (i < defs.names.count && defs.can_start[i]);
}

static void keep_dirs(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < defs.names.count; i++) {
        struct stat st;

        if (kept < DEFS_MAX &&
            fstatat(defs.base, defs.names.list[i], &st, 0) == 0 &&
            S_ISDIR(st.st_mode))
            defs.names.list[kept++] = defs.names.list[i];
        else
            free(defs.names.list[i]);
    }
    defs.names.count = kept;
}

/* Takes the first word of each line; true if it is true of all. */
static bool for_all_lines(const char *dir, const char *file,
                          bool (*is_true)(const char *name, void *context),
                          void *context)
{
    char text[SV_VALUE_MAX + 1];
    ssize_t size = sv_at_read(defs.base, dir, file, text, SV_VALUE_MAX);
    bool all = true;

    text[size > 0 ? size : 0] = 0;
    for (char *at = text; *at;) {
        char *end = strchr(at, '\n');
        char *next = end != NULL ? end + 1 : at + strlen(at);
        char word[SV_VALUE_MAX + 1] = "";

        snprintf(word, sizeof word, "%.*s",
                 (int)((end != NULL ? end : next) - at), at);
        at = word + strspn(word, " \t\r");
        at[strcspn(at, " \t\r#")] = 0;
        all = (!*at || is_true(at, context)) && all;
        at = next;
    }
    return all;
}

static bool can_start(const char *name, void *unused)
{
    (void)unused;
    return is_no_hindrance(name);
}

static bool for_all_entries(const char *dir, const char *folder)
{
    char path[SV_PATH_MAX];
    struct names names;
    bool all = true;

    if (!names_read(&names, defs.base, sv_at(path, dir, folder)))
        return true;
    for (size_t i = 0; i < names.count; i++)
        all = is_no_hindrance(names.list[i]) && all;
    names_free(&names);
    return all;
}

static bool is_another(const char *name, void *other)
{
    return strcmp(name, other) != 0;
}

/* Does the consumer name it as well? */
static bool is_named_back(const char *consumer, void *producer)
{
    return index_of(consumer) == defs.names.count ||
           !for_all_lines(consumer, "consumer-for", is_another, producer);
}

static bool count_it(const char *name, void *count)
{
    *(size_t *)count += sv_service_name_fault(name) == NULL;
    return true;
}

static bool is_pipe_sound(char *name)
{
    size_t count = 0;

    return for_all_lines(name, "producer-for", count_it, &count) &&
           count < 2 &&
           for_all_lines(name, "producer-for", is_named_back, name) &&
           for_all_lines(name, "producer-for", can_start, NULL);
}

static bool has_all_that_it_needs(char *name)
{
    enum sv_kind kind;

    sv_service_kind(defs.base, name, &kind);
    if (kind == SV_BUNDLE)
        return for_all_entries(name, "contents.d") &&
               for_all_lines(name, "contents", can_start, NULL);
    return for_all_entries(name, "dependencies.d") &&
           for_all_lines(name, "dependencies", can_start, NULL) &&
           (kind != SV_LONGRUN || is_pipe_sound(name));
}

static bool is_barred_itself(const char *name)
{
    return sv_at_exists(defs.base, name, "barred");
}

static void see_who_can_start(void)
{
    bool is_news = true;

    memset(defs.can_start, 0, sizeof defs.can_start);
    while (is_news) {
        is_news = false;
        for (size_t i = 0; i < defs.names.count; i++) {
            char *name = defs.names.list[i];

            if (defs.can_start[i] || is_barred_itself(name) ||
                !has_all_that_it_needs(name))
                continue;
            defs.can_start[i] = true;
            is_news = true;
        }
    }
}

/* ---- and as svctl sees it -------------------------------------------------- */

/* looked_at: one of them; NULL: all. */
static void check(const char *looked_at)
{
    bool barred[DEFS_MAX];
    bool has_news = false;
    struct json json = {0};
    struct findings findings = {.json = &json};
    size_t text_size;
    char *text;

    for (size_t i = 0; i < defs.names.count; i++)
        barred[i] = is_barred_itself(defs.names.list[i]);
    json.to = open_memstream(&text, &text_size);
    must(json.to != NULL);
    json_open(&json, NULL, '{');
    json_open(&json, "findings", '[');
    check_needs(&findings, defs.base, "sv", &defs.names, looked_at, barred);
    json_end(&json);
    must(fclose(json.to) == 0);
    must_be_object(text, text_size, false);
    free(text);
    for (size_t i = 0; i < defs.names.count; i++) {
        const char *name = defs.names.list[i];

        must(barred[i] == !defs.can_start[i]);
        if (barred[i] && !is_barred_itself(name) &&
            (looked_at == NULL || strcmp(looked_at, name) == 0))
            has_news = true;
    }
    must(!has_news || findings.errors > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    defs.base = tree_of(data, size);
    must(names_read(&defs.names, defs.base, "."));
    keep_dirs();
    see_who_can_start();
    check(NULL);
    if (defs.names.count)
        check(defs.names.list[size % defs.names.count]);
    names_free(&defs.names);
    close(defs.base);
    return 0;
}
