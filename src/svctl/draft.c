/* SPDX-License-Identifier: ISC */
/*
 * draft.c - the files of a definition in the making.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/tree.h"
#include "svctl/draft.h"
#include "svctl/print.h"

#define FRESH ".svctl.new"

/* The one in the making; where it fails, nothing of it stays. */
static char fresh[SV_PATH_MAX];

static _Noreturn void give_up(const char *what, const char *path)
{
    int error = errno;

    sv_tree_remove(AT_FDCWD, fresh);
    errno = error;
    sv_die_sys("unable to ", what, " ", path);
}

static const char *make_dir(char path[static SV_PATH_MAX], const char *dir,
                            const char *name)
{
    if (mkdir(sv_at(path, dir, name), 0755) < 0)
        give_up("make", path);
    return path;
}

/* ---- files --------------------------------------------------------------- */

static FILE *create(const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    FILE *to = fopen(sv_at(path, dir, file), "we");

    if (!to)
        give_up("make", path);
    return to;
}

static void done(FILE *to, const char *dir)
{
    if (fclose(to) == EOF)
        give_up("write in", dir);
}

static FILE *create_script(const char *dir, const char *file)
{
    FILE *to = create(dir, file);

    if (fchmod(fileno(to), 0755) < 0)
        give_up("make executable what is in", dir);
    fputs("#!/bin/sh\n", to);
    return to;
}

static void put_word(FILE *to, const char *word)
{
    putc(' ', to);
    print_word(to, word);
}

/* ---- the definition ------------------------------------------------------ */

/* "exec", as that user. */
static void put_exec(FILE *to, const char *user)
{
    fputs("exec", to);
    if (user) {
        fputs(" svexec -u", to);
        put_word(to, user);
    }
}

static void write_program(const struct call *call, const char *dir)
{
    FILE *to = create_script(dir, call->oneshot ? SV_UP : SV_RUN);

    put_exec(to, call->user);
    for (size_t i = 1; i < call->count; i++)
        put_word(to, call->args[i]);
    fputs(" 2>&1\n", to);
    done(to, dir);
}

/* The directory is made at each start, since it may lie on a tmpfs. */
static void write_logger(const struct draft *draft, const char *dir)
{
    char log[SV_PATH_MAX];
    FILE *to = create_script(make_dir(log, dir, SV_LOG), SV_RUN);

    if (draft->log_user) {
        fputs("install -d -m 750 -o", to);
        put_word(to, draft->log_user);
    } else {
        fputs("mkdir -p", to);
    }
    put_word(to, draft->log_dir);
    fputs(" || exit\n", to);
    put_exec(to, draft->log_user);
    fputs(" svlog t s99999 n10", to);
    put_word(to, draft->log_dir);
    putc('\n', to);
    done(to, log);
}

static void write_needs(const struct call *call, const char *dir)
{
    char needs[SV_PATH_MAX];

    make_dir(needs, dir, "dependencies.d");
    for (size_t i = 0; i < call->needs_count; i++)
        done(create(needs, call->needs[i]), needs);
}

static void write_type(const char *dir)
{
    FILE *to = create(dir, "type");

    fputs("oneshot\n", to);
    done(to, dir);
}

static void write_all(const struct draft *draft, const char *dir)
{
    const struct call *call = draft->call;

    if (call->oneshot)
        write_type(dir);
    if (call->needs_count)
        write_needs(call, dir);
    if (draft->log_dir)
        write_logger(draft, dir);
    write_program(call, dir);
}

/* ---- its place ----------------------------------------------------------- */

/* For an ordinary user's first service there is no directory yet.  The lock
 * lasts until we end. */
static void lock_definitions(const char *defs)
{
    int fd;

    if (mkdir(defs, 0755) < 0 && errno != EEXIST)
        sv_die_sys("unable to make ", defs);
    fd = open(defs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        sv_die_sys("unable to lock the definitions in ", defs);
}

void draft_write(const struct draft *draft, char place[static SV_PATH_MAX])
{
    const char *name = draft->call->args[0];
    struct stat st;

    lock_definitions(draft->defs);
    if (lstat(sv_at(place, draft->defs, name), &st) == 0)
        sv_die(SV_EXIT_NO, name, " is taken: ", place, " is there already");
    if (!sv_tree_remove(AT_FDCWD, sv_at(fresh, draft->defs, FRESH)))
        sv_die_sys("unable to remove what an earlier svctl left: ", fresh);
    make_dir(fresh, draft->defs, FRESH);
    write_all(draft, fresh);
    if (rename(fresh, place) < 0)
        give_up("rename what is to be", place);
}
