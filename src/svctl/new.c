/* SPDX-License-Identifier: ISC */
/*
 * new.c - new: writes a definition.
 *
 * It is made under a name with a leading dot, which svscan does not look at,
 * and renamed when it is whole.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/show.h"
#include "svctl/svctl.h"

static FILE *create(const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    FILE *to = fopen(sv_at(path, dir, file), "wxe");

    if (!to)
        sv_die_sys("unable to make ", path);
    return to;
}

static void done(FILE *to, const char *dir)
{
    if (fclose(to) == EOF)
        sv_die_sys("unable to write in ", dir);
}

/* So that the shell takes it as it is. */
static void put_word(FILE *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_./:,+@%=";

    if (*word && !word[strspn(word, plain)]) {
        fputs(word, to);
        return;
    }
    putc('\'', to);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    putc('\'', to);
}

static void write_program(const struct call *call, const char *dir)
{
    const char *file = call->oneshot ? "up" : SV_RUN;
    FILE *to = create(dir, file);

    fputs("#!/bin/sh\nexec", to);
    if (call->user) {
        fputs(" svexec -u ", to);
        put_word(to, call->user);
    }
    for (size_t i = 1; i < call->count; i++) {
        putc(' ', to);
        put_word(to, call->args[i]);
    }
    fputs(" 2>&1\n", to);
    if (fchmod(fileno(to), 0755) < 0)
        sv_die_sys("unable to make executable what is in ", dir);
    done(to, dir);
}

static void write_needs(const struct call *call, const char *dir)
{
    char needs[SV_PATH_MAX];

    if (mkdir(sv_at(needs, dir, "dependencies.d"), 0755) < 0)
        sv_die_sys("unable to make ", needs);
    done(create(needs, call->needs), needs);
}

static void write_definition(const struct call *call, const char *dir)
{
    if (mkdir(dir, 0755) < 0)
        sv_die_sys("unable to make ", dir);
    if (call->oneshot) {
        FILE *type = create(dir, "type");

        fputs("oneshot\n", type);
        done(type, dir);
    }
    if (call->needs)
        write_needs(call, dir);
    write_program(call, dir);
}

int verb_new(const struct call *call)
{
    const char *name = call->count ? call->args[0] : "";
    const char *fault = sv_service_name_fault(name);
    const char *defs = default_defs();
    char hidden[SV_NAME_MAX + 2] = ".";
    char dir[SV_PATH_MAX];
    char place[SV_PATH_MAX];

    if (call->count < 2)
        die_of_usage("new what? svctl new NAME -- COMMAND...");
    if (fault)
        sv_die(SV_EXIT_USAGE, "not a name for a service: ", name, ": ", fault);
    if (call->needs && (fault = sv_service_name_fault(call->needs)))
        sv_die(SV_EXIT_USAGE, "not a service's name: ", call->needs, ": ",
               fault);
    sv_at(place, defs, name);
    if (access(place, F_OK) == 0)
        sv_die(SV_EXIT_NO, place, " is there already");
    stpcpy(hidden + 1, name);
    write_definition(call, sv_at(dir, defs, hidden));
    if (rename(dir, place) < 0)
        sv_die_sys("unable to rename ", dir, " to ", place);
    if (call->json) {
        struct json *json = json_answer();

        json_text(json, "name", name);
        json_text(json, "path", place);
        json_end(json);
        show_end();
    }
    return SV_EXIT_OK;
}
