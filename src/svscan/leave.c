/* SPDX-License-Identifier: ISC */
/*
 * leave.c - after the loop: what .s6-svscan/finish says is how the tree ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/tree.h"

/* With -X always there, so that the catch-all's fifo ends with us, and finish
 * is heard. */
static void restore_output(const struct tree *tree)
{
    int fd = tree->options->console;

    if (fd < 0 && tree->catch_all_fifo >= 0)
        fd = tree->engine.console;
    if (fd < 0)
        return;
    if (dup2(fd, STDERR_FILENO) >= 0)
        sv_say_fd = STDERR_FILENO;
    dup2(fd, STDOUT_FILENO);
}

/* A signal that came too late to mean anything is dropped: unblocked, it would
 * end us before finish has begun. */
static void drop_signals(void)
{
    sigset_t pending;

    sigpending(&pending);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&pending, number) != 1)
            continue;
        signal(number, SIG_IGN);
        signal(number, SIG_DFL);
    }
}

static void restore_process(const struct engine *engine)
{
    sigset_t none;

    drop_signals();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!engine->sigpipe_was_ignored)
        signal(SIGPIPE, SIG_DFL);
    setrlimit(RLIMIT_NOFILE, &engine->inherited_files);
}

static void execute(char *name)
{
    char *const argv[] = { name, NULL };

    execv(name, argv);
}

/* One that is there and cannot be found has an interpreter that is not. */
static bool is_there(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0;
}

int leave(const struct tree *tree)
{
    char finish[] = SV_TREE_FINISH, crash[] = SV_TREE_CRASH;

    restore_output(tree);
    restore_process(&tree->engine);
    execute(finish);

    int error = errno;

    if (error == ENOENT && !is_there(finish))
        return SV_EXIT_OK;
    errno = error;
    sv_warn_sys("unable to execute ", finish);
    execute(crash);
    sv_warn_sys("unable to execute ", crash);
    return errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC;
}
