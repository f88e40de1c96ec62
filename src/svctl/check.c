/* SPDX-License-Identifier: ISC */
/*
 * check.c - check: errors in definitions, found without running anything.
 *
 * It needs no svscan, an image's root is checked where it is built; but a tree
 * that is there says where its definitions are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/lint.h"
#include "svctl/needs.h"
#include "svctl/show.h"
#include "svctl/svctl.h"

struct check {
    struct findings findings;
    int root;
};

static int open_dir(int base, const char *path)
{
    return openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool has_name_fault(struct check *check, const char *path,
                           const char *name)
{
    const char *fault = sv_service_name_fault(name);
    const struct place place = {path, name, 0};

    if (fault)
        finding(&check->findings, ERROR, &place, SV_STRINGS(fault));
    return fault != NULL;
}

static void check_one(struct check *check, int base, const char *path,
                      const char *name, bool *is_barred)
{
    char dir[SV_PATH_MAX];
    struct lint lint = {.findings = &check->findings,
                        .root = check->root,
                        .is_barred = is_barred};

    *is_barred = has_name_fault(check, path, name);
    lint.path = sv_at(dir, path, name);
    lint.base = open_dir(base, name);
    if (lint.base < 0) {
        const struct place place = {lint.path, NULL, 0};

        finding(&check->findings, ERROR, &place,
                SV_STRINGS("unable to read it: ", strerror(errno)));
        *is_barred = true;
        return;
    }
    lint_definition(&lint);
    close(lint.base);
}

/* Only directories, and links to such, are definitions. */
static void keep_dirs(struct names *names, int base)
{
    size_t kept = 0;

    for (size_t i = 0; i < names->count; i++) {
        struct stat st;

        if (fstatat(base, names->list[i], &st, 0) < 0 || S_ISDIR(st.st_mode))
            names->list[kept++] = names->list[i];
        else
            free(names->list[i]);
    }
    names->count = kept;
}

/* All definitions of a directory, or the one of them that is looked at: of the
 * others it is only seen whether they can start. */
static void check_all(struct check *check, const char *path,
                      const char *looked_at)
{
    int base = open_dir(AT_FDCWD, path);
    struct names names;
    bool *barred;

    if (base < 0 || !names_read(&names, base, "."))
        sv_die_sys("unable to read the definitions in ", path);
    keep_dirs(&names, base);
    barred = keep_or_die(calloc(names.count + 1, sizeof *barred));
    for (size_t i = 0; i < names.count; i++) {
        check->findings.is_quiet =
            looked_at && strcmp(looked_at, names.list[i]) != 0;
        check_one(check, base, path, names.list[i], &barred[i]);
    }
    check->findings.is_quiet = false;
    check_needs(&check->findings, base, path, &names, looked_at, barred);
    free(barred);
    names_free(&names);
    close(base);
}

static bool is_definition(const char *path)
{
    return sv_at_exists(AT_FDCWD, path, SV_RUN) ||
           sv_at_exists(AT_FDCWD, path, "type") ||
           sv_at_exists(AT_FDCWD, path, "up") ||
           sv_at_exists(AT_FDCWD, path, SV_LOG);
}

/* A definition is checked among its neighbours: these it may need. */
static void check_path(struct check *check, const char *path)
{
    char whole[SV_PATH_MAX];
    char *slash;

    if (!is_definition(path)) {
        check_all(check, path, NULL);
        return;
    }
    if (!realpath(path, whole))
        sv_die_sys("unable to find ", path);
    slash = strrchr(whole, '/');
    *slash = 0;
    check_all(check, *whole ? whole : "/", slash + 1);
}

/* On a terminal, silence would leave a doubt. */
static void say_sum(const struct findings *findings)
{
    if (findings->json || !isatty(1))
        return;
    if (findings->errors || findings->warnings)
        printf("%zu error%s, %zu warning%s\n", findings->errors,
               findings->errors == 1 ? "" : "s", findings->warnings,
               findings->warnings == 1 ? "" : "s");
    else
        puts("nothing is wrong");
}

/* Where no directory is named. */
static void check_default(struct check *check, const struct call *call)
{
    char path[SV_WIRE_FACT_MAX + 1];
    struct tree *tree = tree_open_if_any(call);

    if (!tree) {
        check_path(check, default_defs());
        return;
    }
    tree_fact(tree, "definitions", path);
    check_path(check, *path ? path : tree->live);
    tree_close(tree);
}

int verb_check(const struct call *call)
{
    struct check check;
    const char *root = call->root ? call->root : "/";
    char path[SV_PATH_MAX];

    findings_begin(&check.findings, call->json);
    check.root = open_dir(AT_FDCWD, root);
    if (check.root < 0)
        sv_die_sys("unable to open the root ", root);
    for (size_t i = 0; i < call->count; i++) {
        const char *dir = call->args[i];

        check_path(&check, call->root && *dir == '/'
                               ? sv_at(path, root, dir + 1)
                               : dir);
    }
    if (!call->count && call->root)
        check_path(&check, sv_at(path, root, &SV_DEFS_DIR[1]));
    else if (!call->count)
        check_default(&check, call);
    say_sum(&check.findings);
    findings_end(&check.findings);
    close(check.root);
    return check.findings.errors ? SV_EXIT_NO : SV_EXIT_OK;
}
