/* SPDX-License-Identifier: ISC */
/*
 * svexec - changes this process, and becomes another program.
 *
 * The order of the changes is part of what svexec(8) promises: whatever takes
 * a privilege comes before the ids, which are last.  Whatever fails, the
 * program is not run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain/envdir.h"
#include "chain/run.h"
#include "chain/session.h"
#include "svexec/account.h"
#include "svexec/options.h"
#include "sv/say.h"

static const char usage[] = "svexec [options] program args...";

static void read_options(struct options *options, int argc, char *argv[])
{
    char help[OPTIONS_HELP_MAX];

    if (!options_read(options, argc, argv)) {
        if (options->should != NULL)
            sv_die(SV_EXIT_USAGE, "not ", options->should, ": ",
                   options->wrong);
        sv_die_usage(usage);
    }
    if (options->wanted == OPTIONS_HELP)
        sv_print_and_exit(options_help(help));
    if (options->wanted == OPTIONS_VERSION)
        sv_print_and_exit("svexec " SV_VERSION "\n");
}

/* Where a standard descriptor is closed, its number must not be the lock's:
 * the program, or -i, -o or -r, would give the lock up. */
static int above_streams(int fd)
{
    if (fd < 0 || fd >= OPTIONS_STREAMS)
        return fd;

    int high = fcntl(fd, F_DUPFD, OPTIONS_STREAMS);

    close(fd);
    return high;
}

static void take_lock(const char *file, const struct lockfile *how)
{
    int fd = above_streams(lockfile_open(file, how->is_shared));

    if (fd < 0)
        sv_die_sys("unable to open ", file);
    if (lockfile_take(fd, how))
        return;
    switch (errno) {
    case EAGAIN:
    case EACCES:
        sv_say_and_exit(SV_EXIT_NO, EBUSY,
                        SV_STRINGS("unable to lock ", file));
    case ETIMEDOUT:
        sv_say_and_exit(SV_EXIT_TIMEOUT, errno,
                        SV_STRINGS("unable to lock ", file));
    default: sv_die_sys("unable to lock ", file);
    }
}

/* Services lead a session already. */
static void start_session(void)
{
    const char *failed;

    if (getsid(0) == getpid())
        return;
    failed = session_enter(SESSION_NEW, -1);
    if (failed != NULL)
        sv_die_sys("unable to ", failed);
}

static void change_variable(const struct variable *variable)
{
    static const struct envdir_how how = { .nul = '\n' };

    switch (variable->kind) {
    case VARIABLE_DIR:
        if (!envdir_apply(variable->text, &how))
            sv_die_sys("unable to read the environment in ", variable->text);
        return;
    case VARIABLE_SET: /* its value may be a secret */
        if (putenv(variable->text) != 0)
            sv_die_sys("unable to set a variable");
        return;
    case VARIABLE_UNSET:
        if (unsetenv(variable->text) != 0)
            sv_die_sys("unable to unset ", variable->text);
        return;
    }
}

static void open_stream(int stream, const char *file)
{
    int flags = stream == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND;
    int fd = open(file, flags, 0666);

    if (fd < 0)
        sv_die_sys("unable to open ", file);
    if (fd == stream)
        return;
    if (dup2(fd, stream) < 0)
        sv_die_sys("unable to move ", file, " to its descriptor");
    close(fd);
}

static void set_limits(const struct options *options)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (options->limit[i].is_set &&
            !limit_set(i, LIMIT_SOFT, &options->limit[i].value))
            sv_die_sys("unable to set a limit");
}

static void renice(int more)
{
    errno = 0; /* -1 may be the new niceness */
    if (nice(more) == -1 && errno != 0)
        sv_die_sys("unable to change the niceness");
}

static void turn_into(const struct user *user)
{
    const char *failed = user_turn_into(user);

    if (failed != NULL)
        sv_die_sys("unable to ", failed);
}

int main(int argc, char *argv[])
{
    static struct options options;
    static struct user user;

    sv_program = "svexec";
    read_options(&options, argc, argv);
    if (options.user != NULL)
        account_find(&user, options.user);

    if (options.has_mask)
        umask(options.mask);
    if (options.lock != NULL)
        take_lock(options.lock, &options.how);
    if (options.is_session)
        start_session();
    for (size_t i = 0; i < options.variables; i++)
        change_variable(options.variable + i);
    for (int i = 0; i < OPTIONS_STREAMS; i++)
        if (options.stream[i] != NULL)
            open_stream(i, options.stream[i]);
    set_limits(&options);
    if (options.nice != 0)
        renice(options.nice);
    if (options.dir != NULL && chdir(options.dir) < 0)
        sv_die_sys("unable to chdir to ", options.dir);
    if (options.user != NULL)
        turn_into(&user);
    run_program(options.program);
}
