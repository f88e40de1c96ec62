/* SPDX-License-Identifier: ISC */
/*
 * supervise - one service directory, supervised by the same engine.
 *
 * As s6-supervise is used: a foreign scanner runs it, or a person does.  Its
 * records lie in the directory's own supervise/.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "sv/paths.h"
#include "sv/say.h"

#define CHILDREN SV_SUPERVISE "/children"
#define CHILDREN_NEW SV_SUPERVISE "/children.new"

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

static void make_supervise(void)
{
    struct stat st;

    if (mkdir(SV_SUPERVISE, 0700) < 0 && errno != EEXIST)
        sv_die_sys("unable to make " SV_SUPERVISE);
    if (stat(SV_SUPERVISE, &st) == 0 && !S_ISDIR(st.st_mode))
        sv_die(SV_EXIT_USAGE, SV_SUPERVISE
               " exists and is not a directory");
}

static int take_lock(void)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = loop_fd(open(SV_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0644));

    if (fd < 0)
        sv_die_sys("unable to open " SV_LOCK);
    if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
        sv_die(SV_EXIT_USAGE,
               "another instance of supervise is already running here");
    return fd;
}

static void open_engine(struct engine *engine, int lock)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGQUIT, SIGINT, 0 };
    int live = loop_fd(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (live < 0 || !loop_open(&engine->loop, signals, on_signal))
        sv_die_sys("unable to open the loop");
    engine->live = live;
    engine->shared_lock = SV_LOCK;
    engine->hooks = (struct hooks){ .changed = on_changed, .left = on_left };
    if (!engine_open(engine, lock, CHILDREN, CHILDREN_NEW, 1))
        sv_die_sys("unable to open the records in " SV_SUPERVISE);
}

static void parse(int argc, char *argv[])
{
    if (argc < 2)
        sv_die_usage(usage);
    if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
        sv_print_and_exit(help);
    if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)
        sv_print_and_exit("supervise " SV_VERSION "\n");
}

int main(int argc, char *argv[])
{
    static struct lone lone;

    sv_program = "supervise";
    if (argc > 0 && strcmp(argv[0], SV_RUN_LOCKED) == 0)
        return run_locked(argc, argv);
    loop_ensure_stdio();
    parse(argc, argv);
    if (chdir(argv[1]) < 0)
        sv_die_sys("unable to chdir to ", argv[1]);
    make_supervise();
    open_engine(&lone.engine, take_lock());

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
