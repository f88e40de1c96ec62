/* SPDX-License-Identifier: ISC */
/*
 * svscan - the supervision tree.  One process supervises every service.  Called
 * supervise, it is that program (alone.h).
 *
 * This file reads the options and takes the tree's lock; from then on starting
 * is recovering: there is no other path (sv/child.h, engine/adopt.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/types.h>

#include "engine/engine.h"
#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/state.h"
#include "svscan/alone.h"
#include "svscan/tree.h"

enum {
    SERVICES_LEAST = 4,
    SERVICES_MOST = 160000,
    PAIRS_LEAST = 2,
    PAIRS_MOST = 90000,
    NAME_LEAST = 11,
};

static const char usage[] =
    "svscan [-f defs] [-d fd] [-C max] [-L namemax] [-t ms] [-X fd] [-m mode]"
    " [-R fd] live";

static const char s6_usage[] =
    SV_S6_SVSCAN " [-d fd] [-C max] [-c pairs] [-L namemax] [-t ms] [-X fd]"
    " [scandir]";

static const char help[] =
    "usage: svscan [options] LIVE\n"
    "Supervises every service directory in LIVE.\n"
    "\n"
    "  -f, --definitions DEFS     keep LIVE from the definitions in DEFS\n"
    "  -d, --notification-fd FD   write a newline to FD when ready\n"
    "  -C, --services-max N       services at most (16384)\n"
    "  -L, --name-max N           bytes of a name at most (251)\n"
    "  -t, --timeout MS           scan LIVE every MS milliseconds (0: never)\n"
    "  -X, --console-holder FD    where the catch-all logger's errors go\n"
    "  -m, --mode MODE            of the socket for svctl (0600)\n"
    "  -R, --relay FD             the line to init, given by init\n"
    "      --can-take VERSION     exit 0 if it knows that version of the state\n"
    "  -h, --help     -V, --version\n"
    "\n"
    "See svscan(8).\n";

static const struct option long_options[] = {
    { "definitions", required_argument, NULL, 'f' },
    { "notification-fd", required_argument, NULL, 'd' },
    { "services-max", required_argument, NULL, 'C' },
    { "name-max", required_argument, NULL, 'L' },
    { "timeout", required_argument, NULL, 't' },
    { "console-holder", required_argument, NULL, 'X' },
    { "mode", required_argument, NULL, 'm' },
    { "relay", required_argument, NULL, 'R' },
    { &SV_STATE_QUESTION[2], required_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static uint32_t number(const char *text)
{
    uint32_t n;

    if (!uint320_scan(text, &n))
        sv_die(SV_EXIT_USAGE, "not a number: ", text);
    return n;
}

static int descriptor(const char *text)
{
    int fd = (int)number(text);

    if (fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        sv_die(SV_EXIT_USAGE, "not an open descriptor from 3 on: ", text);
    return fd;
}

static uint32_t mode_of(const char *text)
{
    uint32_t mode;

    if (!uint320_oscan(text, &mode) || mode > 0777)
        sv_die(SV_EXIT_USAGE, "not a mode: ", text);
    return mode;
}

static uint32_t clamp(uint32_t n, uint32_t least, uint32_t most)
{
    return n < least ? least : n > most ? most : n;
}

static void parse(struct options *options, int argc, char *argv[])
{
    const char *words = options->live == NULL ? usage : s6_usage;
    int letter;

    opterr = 0;
    while ((letter = getopt_long(argc, argv, "+:f:d:C:c:L:t:X:m:R:hV",
                                 long_options, NULL))
           != -1) {
        switch (letter) {
        case 'f': options->defs = optarg; break;
        case 'd':
            if (options->resumed == NULL) /* else it has been told */
                options->notify = descriptor(optarg);
            break;
        case 'C':
            options->services_max =
                clamp(number(optarg), SERVICES_LEAST, SERVICES_MOST);
            break;
        case 'c': /* of s6 up to 2.14: a pair is one there, two here */
            options->services_max =
                2 * clamp(number(optarg), PAIRS_LEAST, PAIRS_MOST);
            break;
        case 'L':
            options->name_max =
                clamp(number(optarg), NAME_LEAST, SV_NAME_MAX);
            break;
        case 't': options->period_ms = number(optarg); break;
        case 'X': options->console = descriptor(optarg); break;
        case 'm': options->mode = mode_of(optarg); break;
        case 'R':
            options->line = options->resumed != NULL
                                ? options->resumed->line
                                : descriptor(optarg);
            break;
        case 'q': exit(sv_state_can_take(optarg));
        case 'h': sv_print_and_exit(help);
        case 'V': sv_print_and_exit("svscan " SV_VERSION "\n");
        default: sv_die_usage(words);
        }
    }
    if (argc > optind)
        options->live = argv[optind++];
    if (argc > optind || options->live == NULL)
        sv_die_usage(words);
}

/* ---- before the loop: check, acquire, die with a reason ----------------- */

static void make_directory(int at, const char *path, mode_t mode)
{
    struct stat st;

    if (mkdirat(at, path, mode) == 0)
        return;
    if (errno != EEXIST)
        sv_die_sys("unable to make ", path);
    if (fstatat(at, path, &st, 0) < 0)
        sv_die_sys("unable to stat ", path);
    if (!S_ISDIR(st.st_mode))
        sv_die(SV_EXIT_USAGE, path, " exists and is not a directory");
}

/* DEFS as it is seen from anywhere: we are about to go to LIVE, or have been
 * there since before we became this svscan. */
static const char *absolute(const struct options *options)
{
    const char *path = options->defs;
    static char whole[SV_PATH_MAX];
    char cwd[SV_PATH_MAX];

    if (path == NULL || path[0] == '/')
        return path;
    if (options->resumed != NULL)
        return options->resumed->defs;
    if (getcwd(cwd, sizeof cwd) == NULL)
        sv_die_sys("unable to get the current directory");
    sv_at(whole, cwd, path);
    if (whole[0] == '\0')
        sv_die(SV_EXIT_USAGE, "too long a path: ", path);
    return whole;
}

/* Who may connect to a socket of that mode must get to it. */
static mode_t way_to_socket(mode_t mode)
{
    mode_t way = 0700;

    if (mode == SV_WIRE_MODE_KEPT)
        return way;
    if (mode & S_IWGRP)
        way |= S_IXGRP;
    if (mode & S_IWOTH)
        way |= S_IXOTH;
    return way;
}

static int open_live(const struct options *options)
{
    if (options->resumed != NULL)
        return options->resumed->live;
    if (options->defs != NULL)
        make_directory(AT_FDCWD, options->live, 0755);

    int fd = loop_fd(open(options->live, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (fd < 0)
        sv_die_sys("unable to open ", options->live);
    if (fchdir(fd) < 0)
        sv_die_sys("unable to chdir to ", options->live);
    make_directory(fd, SV_TREE_S6, 0700);
    make_directory(fd, SV_TREE_OURS, way_to_socket(options->mode));
    /* Whatever the umask is, and one that was there may be for others. */
    if (options->mode != SV_WIRE_MODE_KEPT
        && fchmodat(fd, SV_TREE_OURS, way_to_socket(options->mode), 0) < 0)
        sv_die_sys("unable to chmod ", SV_TREE_OURS);
    return fd;
}

static int take_lock(int live, const char *name, mode_t mode)
{
    int fd = lock_insist(live, name, mode, SV_TREE_CONTROL);

    if (fd >= 0)
        return fd;
    if (errno == EBUSY)
        sv_die(SV_EXIT_USAGE, "unable to lock ", name, ": another instance of ",
               sv_program, " is already running on the same directory");
    sv_die_sys("unable to lock ", name);
}

static void take_locks(struct tree *tree, int live)
{
    const struct handover *resumed = tree->options->resumed;

    if (resumed != NULL) {
        tree->lock = resumed->lock;
        tree->service_lock = resumed->service_lock;
        return;
    }
    tree->lock = take_lock(live, SV_TREE_LOCK, 0600);
    tree->service_lock = take_lock(live, SV_TREE_SERVICE_LOCK, 0644);
}

static _Noreturn void die_of_tree(const struct options *options)
{
    if (errno == EPROTONOSUPPORT)
        sv_die(SV_EXIT_SYSTEM, "the state in ", options->live,
               " is of a newer svscan than this one, " SV_VERSION
               ": that one must go on with it (services run on meanwhile)");
    if (errno == ENODATA)
        sv_die(SV_EXIT_SYSTEM, "unable to open the tree in ", options->live,
               ": /proc does not tell which boot this is (is it mounted?)");
    sv_die_sys("unable to open the tree in ", options->live);
}

int main(int argc, char *argv[])
{
    static struct tree tree;
    struct options options = { .argv = argv,
                               .notify = -1,
                               .line = -1,
                               .console = -1,
                               .services_max = SV_SERVICES_MAX,
                               .name_max = SV_NAME_MAX,
                               .mode = SV_WIRE_MODE_KEPT };

    sv_program = "svscan";
    if (argc > 0 && strcmp(argv[0], SV_RUN_LOCKED) == 0)
        return run_locked(argc, argv);
    loop_ensure_stdio();
    if (is_supervise(argv[0]))
        return supervise(argc, argv);
    if (strcmp(sv_called(argv[0]), SV_S6_SVSCAN) == 0) {
        sv_program = SV_S6_SVSCAN;
        options.live = ".";
    }
    options.resumed = handover_take();
    parse(&options, argc, argv);
    options.defs = absolute(&options);
    upgrade_remember_program();

    int live = open_live(&options);

    tree.options = &options;
    take_locks(&tree, live);
    if (!tree_open(&tree, live))
        die_of_tree(&options);

    /* From here on nothing dies: what fails is said, and left or tried
     * again. */
    tree_run(&tree);
    return leave(&tree);
}
