/* SPDX-License-Identifier: ISC */
/* session.c - sessions, process groups and their terminal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "chain/session.h"

/* Who is not in the foreground is stopped by SIGTTOU when he asks for it,
 * unless he ignores it. */
static bool take_terminal(int tty, bool by_force)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

    if (!by_force)
        return tcsetpgrp(tty, getpid()) == 0;
    sigaction(SIGTTOU, &ignore, &before);

    int got = tcsetpgrp(tty, getpid());
    int error = errno;

    sigaction(SIGTTOU, &before, NULL);
    errno = error;
    return got == 0;
}

const char *session_enter(enum session_kind kind, int tty)
{
    int fd = tty;
    bool ok;
    int error;

    if (kind == SESSION_NEW)
        return setsid() < 0 ? "setsid" : NULL;
    if (setpgid(0, 0) < 0)
        return "setpgid";
    if (kind == SESSION_BACKGROUND)
        return NULL;
    if (tty < 0)
        fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && tty < 0)
        return "open /dev/tty";
    ok = take_terminal(fd, kind == SESSION_GRAB);
    error = errno;
    if (tty < 0)
        close(fd);
    errno = error;
    return ok ? NULL : "tcsetpgrp";
}
