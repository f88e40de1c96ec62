/* SPDX-License-Identifier: ISC */
/*
 * ids.c - s6-setuidgid, s6-envuidgid, s6-applyuidgid: who a program runs as.
 *
 * s6's s6-setuidgid is its two sisters one after the other, and its messages
 * bear their names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain/run.h"
#include "chain/user.h"
#include "s6/face.h"
#include "sv/say.h"

static struct user account;
static struct user_groups list;

static _Noreturn void die_unknown(const char *what, const char *name)
{
    sv_die(SV_EXIT_NO, "unknown ", what, ": ", name);
}

static void export(const char *name, const char *value)
{
    if (setenv(name, value, 1) < 0)
        sv_die_sys("unable to set ", name);
}

static void export_id(const char *name, unsigned int id)
{
    char number[SV_NUMBER_MAX];

    export(name, sv_number(number, id));
}

static void become(const struct user_change *change)
{
    const char *failed = user_become(change);

    if (failed != NULL)
        sv_die_sys("unable to ", failed);
}

/* ---- s6-envuidgid ------------------------------------------------------- */

enum scope { ACCOUNT, USER, GROUP, BOTH };

static struct {
    enum scope scope;
    bool has_default;
    bool takes_numbers;
    struct user fallback;
} look;

/* "uid:gid:list", of which the end may be missing and each be empty, but not
 * all of it. */
static bool scan_default(struct user *user, const char *text)
{
    unsigned int id[2] = {0, 0};

    if (*text == '\0')
        return false;
    user->others.count = 0;
    for (int i = 0; i < 2 && *text != '\0'; i++) {
        if (*text != ':')
            text = user_scan_id(text, ':', &id[i]);
        if (text == NULL)
            return false;
        text += *text == ':';
    }
    user->uid = id[0];
    user->gid = id[1];
    return user_scan_groups(&user->others, text);
}

static void read_look(int argc, char *argv[])
{
    int letter;

    while ((letter = getopt(argc, argv, "+iD:ugBn")) >= 0)
        switch (letter) {
        case 'i': look.has_default = false; break;
        case 'D':
            look.has_default = true;
            if (!scan_default(&look.fallback, optarg))
                face_usage();
            break;
        case 'u': look.scope = USER; break;
        case 'g': look.scope = GROUP; break;
        case 'B': look.scope = BOTH; break;
        case 'n': look.takes_numbers = true; break;
        default: face_usage();
        }
    if (argc - optind < 2)
        face_usage();
}

static bool is_number(const char *text, unsigned int *id)
{
    return look.takes_numbers && user_scan_id(text, '\0', id) != NULL;
}

/* True if it was found; else the default applies. */
static bool settle(enum user_found found, const char *what, const char *name)
{
    if (found == USER_FAILED)
        sv_die_sys("unable to look up ", what, " ", name);
    if (found == USER_UNKNOWN && !look.has_default)
        die_unknown(what, name);
    return found == USER_FOUND;
}

static void find_user(const char *name)
{
    if (*name == '\0' && look.scope == BOTH) {
        account.uid = look.has_default ? look.fallback.uid : 0;
        return;
    }

    enum user_found found = user_numbers(&account, name);

    if (found == USER_UNKNOWN && is_number(name, &account.uid))
        return;
    if (!settle(found, "user", name))
        account.uid = look.fallback.uid;
}

static void find_group(const char *name)
{
    if (*name == '\0' && look.scope == BOTH) {
        account.gid = look.has_default ? look.fallback.gid : 0;
        return;
    }

    enum user_found found = user_group_named(&account.gid, name);

    if (found == USER_UNKNOWN && is_number(name, &account.gid))
        return;
    if (!settle(found, "group", name))
        account.gid = look.fallback.gid;
}

static void find_both(char *text)
{
    char *colon = strchr(text, ':');

    if (colon != NULL)
        *colon = '\0';
    find_user(text);
    find_group(colon == NULL ? "" : colon + 1);
}

static void find_account(const char *name)
{
    enum user_found found = user_named(&account, name);

    if (found == USER_UNKNOWN && look.takes_numbers &&
        scan_default(&account, name)) {
        /* As in s6: no list is exported for an account in numbers. */
        look.scope = BOTH;
        return;
    }
    if (!settle(found, "user", name))
        account = look.fallback;
}

static void export_account(void)
{
    char text[USER_LIST_MAX];

    if (look.scope != GROUP)
        export_id("UID", account.uid);
    if (look.scope != USER)
        export_id("GID", account.gid);
    if (look.scope == ACCOUNT)
        export("GIDLIST", user_format_groups(text, &account.others));
}

int s6_envuidgid(int argc, char *argv[])
{
    read_look(argc, argv);
    switch (look.scope) {
    case ACCOUNT: find_account(argv[optind]); break;
    case USER: find_user(argv[optind]); break;
    case GROUP: find_group(argv[optind]); break;
    case BOTH: find_both(argv[optind]); break;
    }
    export_account();
    run_program(argv + optind + 1);
}

/* ---- s6-applyuidgid ----------------------------------------------------- */

static unsigned int id_of(const char *text)
{
    unsigned int id;

    if (user_scan_id(text, '\0', &id) == NULL)
        face_usage();
    return id;
}

static const char *exported(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        sv_die(SV_EXIT_USAGE, name, " not set");
    return value;
}

static unsigned int exported_id(const char *name)
{
    unsigned int id;

    if (user_scan_id(exported(name), '\0', &id) == NULL)
        sv_die(SV_EXIT_USAGE, "invalid $", name);
    return id;
}

static void take_exported(struct user_change *change)
{
    change->uid = exported_id("UID");
    change->gid = exported_id("GID");
    if (!user_scan_groups(&list, exported("GIDLIST")))
        sv_die(SV_EXIT_USAGE, "invalid $GIDLIST");
    change->groups = &list;
}

static void unexport(void)
{
    unsetenv("UID");
    unsetenv("GID");
    unsetenv("GIDLIST");
}

int s6_applyuidgid(int argc, char *argv[])
{
    struct user_change change = {0};
    bool has_secrets = false;
    int letter;

    while ((letter = getopt(argc, argv, "+zu:g:G:U")) >= 0)
        switch (letter) {
        case 'z': has_secrets = true; break;
        case 'u': change.uid = id_of(optarg); break;
        case 'g': change.gid = id_of(optarg); break;
        case 'G':
            if (!user_scan_groups(&list, optarg))
                face_usage();
            change.groups = &list;
            break;
        case 'U': take_exported(&change); break;
        default: face_usage();
        }
    if (optind == argc)
        face_usage();
    become(&change);
    if (has_secrets)
        unexport();
    run_program(argv + optind);
}

/* ---- s6-setuidgid ------------------------------------------------------- */

static void find_numbers(const char *text)
{
    const char *colon = user_scan_id(text, ':', &account.uid);

    if (colon == NULL || *colon != ':' ||
        user_scan_id(colon + 1, '\0', &account.gid) == NULL)
        face_usage();
}

int s6_setuidgid(int argc, char *argv[])
{
    const char *name;

    if (getopt(argc, argv, "+") != -1 || argc - optind < 2)
        face_usage();
    name = argv[optind];
    if (strchr(name, ':') != NULL) {
        find_numbers(name);
    } else if (*name != '\0') {
        sv_program = "s6-envuidgid";
        settle(user_named(&account, name), "user", name);
    }
    sv_program = "s6-applyuidgid";
    if (*name != '\0') {
        become(&(struct user_change){
            .groups = &account.others, .gid = account.gid, .uid = account.uid });
        unexport();
    }
    run_program(argv + optind + 1);
}
