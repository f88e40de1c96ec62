/* SPDX-License-Identifier: ISC */
/*
 * catch.c - the catch-all logger: the service that is called s6-svscan-log.
 *
 * It reads a fifo that is our standard output and error, and so that of every
 * service without a logger.  Services inherit a description that waits when the
 * fifo is full; our own messages go through one of their own that never does:
 * what does not fit is dropped and counted (sv/say.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/loop.h"
#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/tree.h"

#define FIFO SV_CATCH_ALL "/" SV_CATCH_ALL_FIFO

/* The one that init has held is the one with the lines that are not read yet,
 * as long as it is the one that the logger will open. */
static int hold_fifo(struct tree *tree)
{
    struct engine *engine = &tree->engine;
    int fd;

    if (mkfifoat(engine->live, FIFO, 0600) < 0 && errno != EEXIST)
        return -1;
    fd = line_claim(engine, SV_KIND_CATCH_ALL, 0, 0, NULL);
    if (fd >= 0 && sv_at_is(fd, engine->live, FIFO))
        return fd;
    if (fd >= 0)
        close(fd);
    fd = loop_fd(openat(engine->live, FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (fd >= 0)
        line_hold(engine, SV_KIND_CATCH_ALL, 0, 0, 0, fd);
    return fd;
}

static bool redirect(int fd)
{
    return dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0;
}

static bool redirect_to_fifo(const struct tree *tree)
{
    int out = openat(tree->engine.live, FIFO, O_WRONLY | O_CLOEXEC);
    bool ok = out >= 0 && redirect(out);

    if (out >= 0)
        close(out);
    return ok;
}

static bool open_output(const struct tree *tree)
{
    int own = loop_fd(openat(tree->engine.live, FIFO,
                             O_WRONLY | O_NONBLOCK | O_CLOEXEC));

    if (own < 0)
        return false;
    if (!redirect_to_fifo(tree)) {
        close(own);
        return false;
    }
    sv_say_fd = own;
    return true;
}

void catch_open(struct tree *tree)
{
    if (tree->catch_all_fifo >= 0)
        return;
    if (tree->engine.console < 0)
        tree->engine.console =
            loop_fd(fcntl(tree->options->console >= 0 ? tree->options->console
                                                      : STDERR_FILENO,
                          F_DUPFD_CLOEXEC, LOOP_FD_MIN));
    tree->catch_all_fifo = hold_fifo(tree);
    if (tree->engine.console < 0 || tree->catch_all_fifo < 0
        || !open_output(tree))
        sv_warn_sys("unable to open " FIFO " (everything goes on to where"
                    " it went)");
}

void catch_step_aside(const struct tree *tree)
{
    if (tree->catch_all_fifo >= 0)
        redirect(tree->engine.console);
}

void catch_step_back(const struct tree *tree)
{
    if (tree->catch_all_fifo >= 0 && !redirect_to_fifo(tree))
        sv_warn_sys("unable to open " FIFO);
}

void catch_close(struct tree *tree)
{
    if (tree->catch_all_fifo < 0)
        return;
    if (redirect(tree->engine.console) && sv_say_fd != STDERR_FILENO) {
        close(sv_say_fd);
        sv_say_fd = STDERR_FILENO;
    }
    close(tree->catch_all_fifo);
    tree->catch_all_fifo = -1;
    line_drop(&tree->engine, SV_KIND_CATCH_ALL, 0, 0);
}
