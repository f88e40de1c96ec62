/* SPDX-License-Identifier: ISC */
/*
 * instancemaker.c - s6-instance-maker: writes a service that has a scanner of
 * its own, for instances made from a template.
 *
 * What it writes is what s6's writes, but for the scripts: they are for
 * /bin/sh, where s6 has execline, and the scanner is called svscan, which has
 * one command line, where s6-svscan has had several.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/uint32.h>
#include <skalibs/uint64.h>

#include "s6/face.h"
#include "sv/at.h"
#include "sv/say.h"
#include "sv/tree.h"

enum { INSTANCES_MAX = 90000 };

struct logging {
    const char *dir; /* NULL: no logger */
    const char *user;
    const char *prefix;
    uint32_t stamp; /* 1: TAI64N, 2: ISO 8601, 3: both */
    uint32_t files;
    uint64_t size;
    uint64_t total;
};

struct making {
    const char *user; /* NULL: whoever runs the tree */
    uint32_t instances_max;
    struct logging log;
    char *names[3]; /* -r: of the service, the logger and the pipeline */
};
enum { SERVICE, LOGGER, PIPELINE };

/* ---- files -------------------------------------------------------------- */

/* Directories are open to all whatever the umask is, as s6's are. */
static void make_dir(const char *path, bool may_be_there)
{
    mode_t mask = umask(0);
    int made = mkdir(path, 0755);

    umask(mask);
    if (made < 0 && !(may_be_there && errno == EEXIST))
        sv_die_sys("unable to mkdir ", path);
}

static FILE *begin(const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    FILE *out = fopen(sv_at(path, dir, file), "we");

    if (out == NULL)
        sv_die_sys("unable to write to ", dir, "/", file);
    return out;
}

static void end(FILE *out, const char *dir, const char *file)
{
    bool is_whole = ferror(out) == 0;

    if (fclose(out) != 0 || !is_whole)
        sv_die_sys("unable to write to ", dir, "/", file);
}

static void write_line(const char *dir, const char *file, const char *line)
{
    FILE *out = begin(dir, file);

    fprintf(out, "%s\n", line);
    end(out, dir, file);
}

/* One word for the shell, whatever is in it. */
static void put_quoted(FILE *out, const char *before, const char *text)
{
    fprintf(out, "'%s", before);
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    fputs("'", out);
}

/* A script that becomes, as user if that is not NULL, what is written next. */
static FILE *begin_script(const char *dir, const char *first, const char *user)
{
    FILE *out = begin(dir, SV_RUN);

    fprintf(out, "#!/bin/sh\n%sexec ", first);
    if (user != NULL) {
        fputs("s6-setuidgid ", out);
        put_quoted(out, "", user);
        fputs(" ", out);
    }
    return out;
}

/* Of s6-rc's sources it is a text, else a program. */
static void end_script(FILE *out, const char *dir, bool is_text)
{
    mode_t mask = umask(0);

    umask(mask);
    if (!is_text && fchmod(fileno(out), 0777 & ~mask) < 0)
        sv_die_sys("unable to chmod ", dir, "/" SV_RUN);
    end(out, dir, SV_RUN);
}

/* ---- services ----------------------------------------------------------- */

static bool is_source(const struct making *making)
{
    return making->names[SERVICE] != NULL;
}

static void begin_service(const struct making *making, const char *dir)
{
    make_dir(dir, false);
    write_line(dir, SV_NOTIFICATION_FD, "3");
    if (is_source(making))
        write_line(dir, "type", "longrun");
}

static void write_script(const struct making *making, const char *dir)
{
    FILE *out = begin_script(dir, "exec 2>&1\n", making->user);

    /* An instance and its logger are two services to a scanner. */
    fprintf(out, "svscan -d 3 -C %" PRIu32 " -- instance\n",
            2 * making->instances_max);
    end_script(out, dir, is_source(making));
}

static void write_service(const struct making *making, const char *dir,
                          const char *template)
{
    char path[SV_PATH_MAX];

    begin_service(making, dir);
    write_script(making, dir);
    if (is_source(making)) {
        if (making->names[LOGGER] != NULL)
            write_line(dir, "producer-for", making->names[LOGGER]);
    } else {
        make_dir(sv_at(path, dir, "instance"), false);
        make_dir(sv_at(path, dir, "instances"), false);
    }
    if (!sv_tree_copy(AT_FDCWD, template, sv_at(path, dir, "template")))
        sv_die_sys("unable to copy file hierarchy from ", template, " to ",
                   path);
}

static void write_log_script(const struct making *making, const char *dir)
{
    const struct logging *log = &making->log;
    FILE *out = begin_script(dir, "", log->user);

    fputs("s6-log -bd3 -- ", out);
    if (log->stamp & 1)
        fputs("t ", out);
    if (log->stamp & 2)
        fputs("T ", out);
    fprintf(out, "n%" PRIu32 " s%" PRIu64 " ", log->files, log->size);
    if (log->total > 0)
        fprintf(out, "S%" PRIu64 " ", log->total);
    if (log->prefix != NULL) {
        put_quoted(out, "p", log->prefix);
        fputs(" ", out);
    }
    put_quoted(out, "", log->dir);
    fputs("\n", out);
    end_script(out, dir, is_source(making));
}

static void write_logger(const struct making *making, const char *dir)
{
    begin_service(making, dir);
    write_log_script(making, dir);
    if (!is_source(making))
        return;
    write_line(dir, "consumer-for", making->names[SERVICE]);
    if (making->names[PIPELINE] != NULL)
        write_line(dir, "pipeline-name", making->names[PIPELINE]);
}

static void make(const struct making *making, const char *template,
                 const char *dir)
{
    char path[SV_PATH_MAX];

    if (!is_source(making)) {
        write_service(making, dir, template);
        if (making->log.dir != NULL)
            write_logger(making, sv_at(path, dir, SV_LOG));
        return;
    }
    make_dir(dir, true);
    write_service(making, sv_at(path, dir, making->names[SERVICE]), template);
    if (making->names[LOGGER] != NULL)
        write_logger(making, sv_at(path, dir, making->names[LOGGER]));
}

/* ---- the command line --------------------------------------------------- */

static uint32_t number(const char *text)
{
    uint32_t value;

    if (uint320_scan(text, &value) == 0)
        face_usage();
    return value;
}

static uint64_t big_number(const char *text)
{
    uint64_t value;

    if (uint640_scan(text, &value) == 0)
        face_usage();
    return value;
}

static uint32_t clamp(uint32_t n, uint32_t least, uint32_t most)
{
    return n < least ? least : n > most ? most : n;
}

/* SERVICE[/LOGGER[/PIPELINE]], which it takes apart. */
static void take_names(struct making *making, char *text)
{
    static const char *const parts[] = { "service", "logger", "pipeline" };
    size_t part = 0;

    if (strchr(text, '\n') != NULL)
        sv_die(SV_EXIT_USAGE, "newlines are forbidden in s6-rc names");
    for (char *name; (name = strsep(&text, "/")) != NULL; part++) {
        if (part > PIPELINE)
            sv_die(SV_EXIT_USAGE, "slashes are forbidden in s6-rc names");
        if (name[0] == '\0')
            sv_die(SV_EXIT_USAGE, parts[part], " name cannot be empty");
        making->names[part] = name;
    }
}

static void options(struct making *making, int argc, char *argv[])
{
    struct logging *log = &making->log;

    for (int option;
         (option = getopt(argc, argv, "+c:u:l:L:t:n:s:S:P:r:")) != -1;)
        switch (option) {
        case 'c':
            making->instances_max = clamp(number(optarg), 1, INSTANCES_MAX);
            break;
        case 'u': making->user = optarg[0] != '\0' ? optarg : NULL; break;
        case 'l': log->user = optarg; break;
        case 'L': log->dir = optarg; break;
        case 't': log->stamp = number(optarg); break;
        case 'n': log->files = number(optarg); break;
        case 's': log->size = big_number(optarg); break;
        case 'S': log->total = big_number(optarg); break;
        case 'P': log->prefix = optarg; break;
        case 'r': take_names(making, optarg); break;
        default: face_usage();
        }
}

static void check(const struct making *making)
{
    const struct logging *log = &making->log;

    if (log->dir != NULL && log->dir[0] != '/')
        sv_die(SV_EXIT_USAGE, "logdir must be absolute");
    if (log->stamp > 3)
        sv_die(SV_EXIT_USAGE, "stamptype must be 0, 1, 2 or 3");
    if (making->user != NULL && strpbrk(making->user, " \t\n") != NULL)
        sv_die(SV_EXIT_USAGE, "invalid user");
    if (!is_source(making))
        return;
    if (making->names[LOGGER] != NULL && log->dir == NULL)
        sv_die(SV_EXIT_USAGE, "logger specified (-r) but logdir not "
                              "specified (-L)");
    if (making->names[LOGGER] == NULL && log->dir != NULL)
        sv_die(SV_EXIT_USAGE, "logdir specified (-L) but logger name not "
                              "specified (-r)");
}

int s6_instance_maker(int argc, char *argv[])
{
    struct making making = {
        .instances_max = 500,
        .log = { .stamp = 1, .files = 10, .size = 1000000 },
    };

    options(&making, argc, argv);
    if (argc - optind < 2)
        face_usage();
    check(&making);
    make(&making, argv[optind], argv[optind + 1]);
    return SV_EXIT_OK;
}
