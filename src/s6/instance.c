/* SPDX-License-Identifier: ISC */
/*
 * instance.c - s6-instance-*: the instances of a service that has a scanner of
 * its own.
 *
 *   SERVICE/template         what each is made from
 *   SERVICE/instances/NAME   the copies
 *   SERVICE/instance/NAME    links to them: the scan directory
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain/run.h"
#include "s6/face.h"
#include "s6/link.h"
#include "sv/at.h"
#include "sv/say.h"
#include "sv/tree.h"

#define TEMPLATE "template"
#define INSTANCES "instances/"
#define SCANDIR "instance"

static void check_service(const char *service)
{
    if (service[0] == '\0')
        sv_die(SV_EXIT_USAGE, "invalid service path");
}

static void check_instance(const char *service, const char *name)
{
    check_service(service);
    if (name[0] == '\0' || name[0] == '.' || strpbrk(name, " \t\f\r\n/") != NULL)
        sv_die(SV_EXIT_USAGE, "invalid instance name");
}

/* The scan directory of the service, whose scanner must run. */
static void find_scandir(char scandir[static SV_PATH_MAX], const char *service)
{
    if (!scanner_runs(sv_at(scandir, service, SCANDIR)))
        sv_die(SV_EXIT_NO, "instanced service not running on ", service);
}

/* SERVICE/instances/PREFIXNAME */
static void find_instance(char path[static SV_PATH_MAX], const char *service,
                          const char *prefix, const char *name)
{
    int n = snprintf(path, SV_PATH_MAX, "%s/" INSTANCES "%s%s", service, prefix,
                     name);

    if (n < 0 || n >= SV_PATH_MAX) {
        errno = ENAMETOOLONG;
        sv_die_sys("unable to find instance ", name);
    }
}

/* Copies under a name that no instance can have, so that one that is there is
 * whole. */
static void make_instance(const char *service, const char *name,
                          const char *path)
{
    char from[SV_PATH_MAX], fresh[SV_PATH_MAX];
    int error;

    sv_at(from, service, TEMPLATE);
    find_instance(fresh, service, ".", name);
    if (access(path, F_OK) == 0)
        sv_die(SV_EXIT_USAGE, "instance appears to already exist at ", path);
    if (sv_tree_remove(AT_FDCWD, fresh) &&
        sv_tree_copy(AT_FDCWD, from, fresh) && rename(fresh, path) == 0)
        return;
    error = errno;
    sv_tree_remove(AT_FDCWD, fresh);
    errno = error;
    sv_die_sys("unable to copy ", from, " to ", path);
}

int s6_instance_create(int argc, char *argv[])
{
    char scandir[SV_PATH_MAX], path[SV_PATH_MAX];
    char target[SV_PATH_MAX];
    struct sv_linking linking;
    int code;

    linking_options(&linking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    check_instance(argv[0], argv[1]);
    find_scandir(scandir, argv[0]);
    find_instance(path, argv[0], "", argv[1]);
    find_instance(target, "..", "", argv[1]);
    make_instance(argv[0], argv[1], path);
    linking.scandir = scandir;
    linking.dir = path;
    linking.name = argv[1];
    linking.target = target;
    code = link_service(&linking);
    if (code != SV_EXIT_OK && !sv_tree_remove(AT_FDCWD, path))
        sv_warn_sys("unable to remove ", path);
    return code;
}

int s6_instance_delete(int argc, char *argv[])
{
    char scandir[SV_PATH_MAX], path[SV_PATH_MAX];
    struct sv_unlinking unlinking;

    unlinking_options(&unlinking, argc, argv);
    argc -= optind;
    argv += optind;
    if (argc < 2)
        face_usage();
    check_instance(argv[0], argv[1]);
    find_scandir(scandir, argv[0]);
    find_instance(path, argv[0], "", argv[1]);
    unlinking.scandir = scandir;
    unlinking.name = argv[1];
    unlink_service(&unlinking);
    if (!sv_tree_remove(AT_FDCWD, path))
        sv_die_sys("unable to remove ", path);
    return SV_EXIT_OK;
}

int s6_instance_list(int argc, char *argv[])
{
    char scandir[SV_PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    if (getopt(argc, argv, "+") != -1 || optind >= argc)
        face_usage();
    check_service(argv[optind]);
    find_scandir(scandir, argv[optind]);
    dir = opendir(scandir);
    if (dir == NULL)
        sv_die_sys("unable to open ", scandir);
    while ((errno = 0, entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            printf("%s\n", entry->d_name);
    if (errno != 0)
        sv_die_sys("unable to read ", scandir);
    closedir(dir);
    if (fflush(stdout) != 0)
        sv_die_sys("unable to write to standard output");
    return SV_EXIT_OK;
}

/* Becomes another face, whose last word is the instance's directory; it finds
 * out itself whether that is supervised. */
_Noreturn static void become_face(int argc, char *argv[], char *face,
                                  const char *options)
{
    static char path[SV_PATH_MAX];
    char scandir[SV_PATH_MAX];

    while (getopt(argc, argv, options) != -1)
        if (optopt != 0 && optind > argc)
            face_usage();
    if (argc - optind < 2)
        face_usage();
    check_instance(argv[optind], argv[optind + 1]);
    sv_at(scandir, argv[optind], SCANDIR);
    sv_at(path, scandir, argv[optind + 1]);
    argv[0] = face;
    argv[optind] = path;
    argv[optind + 1] = NULL;
    run_program(argv);
}

int s6_instance_control(int argc, char *argv[])
{
    static char face[] = "s6-svc";

    become_face(argc, argv, face, "+w:T:s:abqhkti12pcyrlPCKoduDUxOQ");
}

int s6_instance_status(int argc, char *argv[])
{
    static char face[] = "s6-svstat";

    become_face(argc, argv, face, "+uwNrpgesto:n");
}
