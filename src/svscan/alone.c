/* SPDX-License-Identifier: ISC */
/*
 * alone.c - supervise: one service directory, no tree.
 *
 * Its records lie in the directory's own supervise/.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "sv/event.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/alone.h"

#define CHILDREN SV_SUPERVISE "/children"
#define CHILDREN_NEW SV_SUPERVISE "/children.new"

#define OUR_NAME "supervise"
#define S6_NAME "s6-supervise"

static const char *called_as = OUR_NAME;

static const char usage[] = "supervise dir";

static const char help[] =
    "usage: supervise DIR\n"
    "Supervises the service directory DIR, until it is told to leave.\n"
    "\n"
    "  -h, --help     -V, --version\n"
    "\n"
    "See supervise(8).\n";

struct lone {
    struct engine engine;
    struct service *service;
    bool is_closed; /* our own 0 and 1 are /dev/null */
};

/* A service that is to leave closes what its supervisor holds of a pipe to or
 * from it. */
static void on_changed(struct service *service)
{
    struct lone *lone = CONTAINER(service->engine, struct lone, engine);
    int fd;

    if (!service->close_stdio || lone->is_closed)
        return;
    lone->is_closed = true;
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
        sv_warn_sys("unable to close stdin and stdout");
    if (fd >= 0)
        close(fd);
}

static void on_left(struct service *service)
{
    service->engine->loop.stop = true;
}

static void on_signal(struct loop *loop, int signal)
{
    struct engine *engine = CONTAINER(loop, struct engine, loop);
    struct service *service = CONTAINER(engine, struct lone, engine)->service;

    if (service == NULL || service->state == STATE_GONE)
        return;
    switch (signal) {
    case SIGTERM:
        service_happen(service, EVENT_TERM);
        return;
    case SIGHUP:
        service_happen(service, EVENT_WANT_EXIT);
        return;
    case SIGINT:
        if (service_is_running(service))
            kill(-service->child->pid, SIGINT);
        service_leave(service);
        return;
    default:
        service_leave(service);
        return;
    }
}

static void must_be(bool is_made, const char *name)
{
    if (is_made)
        return;
    if (errno == ENOTDIR)
        sv_die(SV_EXIT_USAGE, name, " exists and is not a directory");
    sv_die_sys("unable to make ", name);
}

/* In s6's order; the modes are s6's too, whatever the umask is. */
static int take_directory(void)
{
    mode_t mask = umask(0);
    int lock;

    must_be(sv_event_make(AT_FDCWD, "."), SV_EVENT);
    must_be(service_make_supervise(AT_FDCWD, "."), SV_SUPERVISE);
    umask(mask);
    lock = lock_insist(AT_FDCWD, SV_LOCK, 0644, SV_CONTROL);
    if (lock >= 0)
        return lock;
    if (errno == EBUSY)
        sv_die(SV_EXIT_USAGE, "another instance of ", called_as,
               " is already running");
    sv_die_sys("unable to lock " SV_LOCK);
}

static void open_engine(struct engine *engine, int lock)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGQUIT, SIGINT, 0 };
    int live = loop_fd(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (live < 0 || !loop_open(&engine->loop, signals, on_signal))
        sv_die_sys("unable to open the loop");
    engine->live = live;
    engine->shared_lock = SV_LOCK;
    engine->is_alone = true;
    engine->hooks = (struct hooks){ .changed = on_changed, .left = on_left };
    if (!engine_open(engine, lock, CHILDREN, CHILDREN_NEW, 1))
        sv_die_sys("unable to open the records in " SV_SUPERVISE);
}

/* By s6's name it is s6-supervise: it has no options, and its messages name
 * the service. */
static void parse(int argc, char *argv[])
{
    bool is_s6 = strcmp(sv_called(argv[0]), S6_NAME) == 0;

    if (is_s6)
        sv_program = called_as = S6_NAME;
    if (argc < 2)
        sv_die_usage(is_s6 ? S6_NAME " dir" : usage);
    if (is_s6)
        return;
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
        sv_print_and_exit(help);
    if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)
        sv_print_and_exit(OUR_NAME " " SV_VERSION "\n");
}

/* "s6-supervise web: fatal: ..." */
static void name_messages(const char *name)
{
    static char program[SV_PATH_MAX];

    sv_join(program, sizeof program, SV_STRINGS(called_as, " ", name));
    sv_program = program;
}

bool is_supervise(const char *path)
{
    const char *name = sv_called(path);

    return strcmp(name, OUR_NAME) == 0 || strcmp(name, S6_NAME) == 0;
}

int supervise(int argc, char *argv[])
{
    static struct lone lone;

    sv_program = called_as;
    parse(argc, argv);
    if (chdir(argv[1]) < 0)
        sv_die_sys("unable to chdir to ", argv[1]);
    name_messages(argv[1]);
    open_engine(&lone.engine, take_directory());

    const struct service_origin origin = { .name = argv[1],
                                           .base = lone.engine.live,
                                           .dir = "." };

    lone.service = service_take(&lone.engine, &origin);
    if (lone.service == NULL)
        return errno == ENOTDIR || errno == EINVAL ? SV_EXIT_USAGE
                                                   : SV_EXIT_SYSTEM;
    engine_settle(&lone.engine);

    /* From here on nothing dies but by a command. */
    loop_run(&lone.engine.loop);
    return SV_EXIT_OK;
}
