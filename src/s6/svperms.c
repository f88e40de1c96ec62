/* SPDX-License-Identifier: ISC */
/*
 * svperms.c - s6-svperms: who may see, command and hear services.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/perms.h"
#include "sv/say.h"

static const struct {
    const char *path;
    const char *word;
    mode_t type;
    const char *fault;
} parts[SV_PARTS] = {
    [SV_PART_STATUS] = { SV_SUPERVISE, "status", S_IFDIR,
                         " is not a directory" },
    [SV_PART_CONTROL] = { SV_CONTROL, "control", S_IFIFO, " is not a fifo" },
    [SV_PART_EVENTS] = { SV_EVENT, "events", S_IFDIR, " is not a directory" },
};

/* What to make of the parts. */
struct wish {
    bool is_set;
    enum sv_who who;
    gid_t group;
};

/* ---- printing ----------------------------------------------------------- */

static void print_who(enum sv_who who, gid_t gid)
{
    const struct group *group;

    if (who != SV_WHO_GROUP)
        printf("%s\n", who == SV_WHO_OWNER ? "owner" : "public");
    else if ((group = getgrgid(gid)) != NULL)
        printf("group %s\n", group->gr_name);
    else
        printf("group %u\n", gid);
}

/* False where there is nothing to print, which it has said. */
static bool print_part(const char *dir, enum sv_part part)
{
    char path[SV_PATH_MAX];
    char octal[SV_NUMBER_MAX];
    struct stat st;
    enum sv_who who;

    if (stat(sv_at(path, dir, parts[part].path), &st) < 0) {
        sv_warn_sys("unable to stat ", dir, "/", parts[part].path);
        return false;
    }
    if ((st.st_mode & S_IFMT) != parts[part].type) {
        sv_warn(path, parts[part].fault);
        return false;
    }
    who = sv_perms_who(part, st.st_mode);
    if (who == SV_WHO_ODD) {
        snprintf(octal, sizeof octal, "%o", st.st_mode & 07777);
        sv_warn(path, " has incorrect permissions: ", octal);
        return false;
    }
    printf("%s %s: ", dir, parts[part].word);
    print_who(who, st.st_gid);
    fflush(stdout);
    return true;
}

static bool print(const char *dir)
{
    bool ok = print_part(dir, SV_PART_STATUS) &&
              print_part(dir, SV_PART_CONTROL);

    return print_part(dir, SV_PART_EVENTS) && ok;
}

/* ---- changing ----------------------------------------------------------- */

static gid_t primary_group(uid_t uid)
{
    char number[SV_NUMBER_MAX];
    const struct passwd *user;

    errno = 0;
    user = getpwuid(uid);
    if (user != NULL)
        return user->pw_gid;
    if (errno != 0)
        sv_die_sys("unable to read the password database");
    sv_die(SV_EXIT_SYSTEM, "unable to find user ", sv_number(number, uid),
           " in password database");
}

/* Whatever it is, as s6 does.  The mode last: changing the group takes the
 * setgid bit away. */
static void change_part(const char *dir, enum sv_part part,
                        const struct wish *wish)
{
    char path[SV_PATH_MAX];
    struct stat st;
    gid_t group = wish->group;

    if (!wish->is_set)
        return;
    if (stat(sv_at(path, dir, parts[part].path), &st) < 0)
        sv_die_sys("unable to stat ", dir, "/", parts[part].path);
    if (wish->who != SV_WHO_GROUP)
        group = primary_group(st.st_uid);
    if (chown(path, (uid_t)-1, group) < 0)
        sv_die_sys("unable to chown ", path);
    if (chmod(path, sv_perms_mode(part, wish->who)) < 0)
        sv_die_sys("unable to chmod ", path);
}

/* ---- the command line --------------------------------------------------- */

static gid_t group_of(const char *text)
{
    const struct group *group;
    gid_t gid;

    if (text[0] == ':') {
        if (gid0_scan(text + 1, &gid) == 0)
            face_usage();
        return gid;
    }
    errno = 0;
    group = getgrnam(text);
    if (group != NULL)
        return group->gr_gid;
    if (errno != 0)
        sv_die_sys("unable to read the group database");
    sv_die(SV_EXIT_USAGE, "unable to find entry for ", text,
           " in group database");
}

static void wish_for(struct wish wishes[static SV_PARTS], enum sv_who status,
                     enum sv_who control, gid_t group)
{
    wishes[SV_PART_STATUS] = (struct wish){ true, status, group };
    wishes[SV_PART_CONTROL] = (struct wish){ true, control, group };
}

static void take(struct wish wishes[static SV_PARTS], int option)
{
    gid_t group = optarg != NULL ? group_of(optarg) : 0;

    switch (option) {
    case 'u': wish_for(wishes, SV_WHO_OWNER, SV_WHO_OWNER, group); break;
    case 'g': wish_for(wishes, SV_WHO_GROUP, SV_WHO_OWNER, group); break;
    case 'G': wish_for(wishes, SV_WHO_GROUP, SV_WHO_GROUP, group); break;
    case 'o': wish_for(wishes, SV_WHO_PUBLIC, SV_WHO_OWNER, group); break;
    case 'O': wish_for(wishes, SV_WHO_PUBLIC, SV_WHO_GROUP, group); break;
    case 'e':
        wishes[SV_PART_EVENTS] = (struct wish){ true, SV_WHO_PUBLIC, group };
        break;
    case 'E':
        wishes[SV_PART_EVENTS] = (struct wish){ true, SV_WHO_GROUP, group };
        break;
    default: face_usage();
    }
}

int s6_svperms(int argc, char *argv[])
{
    struct wish wishes[SV_PARTS] = { 0 };
    bool changes = false, prints = false, ok = true;

    for (int option; (option = getopt(argc, argv, "+vug:G:oO:eE:")) != -1;) {
        if (option == 'v') {
            prints = true;
        } else {
            take(wishes, option);
            changes = true;
        }
    }
    if (optind >= argc)
        face_usage();
    for (; optind < argc; optind++) {
        for (enum sv_part part = SV_PART_STATUS; part < SV_PARTS; part++)
            change_part(argv[optind], part, &wishes[part]);
        if (prints || !changes)
            ok = print(argv[optind]) && ok;
    }
    return ok ? SV_EXIT_OK : SV_EXIT_NO;
}
