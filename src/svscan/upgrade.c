/* SPDX-License-Identifier: ISC */
/*
 * upgrade.c - svscan becomes the svscan that is on disk now.
 *
 * First that one is asked whether it understands the state that runs here, by a
 * child that nobody waits for: a file that cannot be executed, one of an older
 * version and one that hangs are found while nothing has happened yet.  Then
 * exec, with what handover.c lists.  To be killed on the way is to be killed
 * at any other time: the lock goes with the process, and the records say what
 * runs.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/say.h"
#include "svscan/handover.h"
#include "svscan/tree.h"

enum {
    PROBE_MS = 10000,
    INIT_MS = 15000, /* it asks its own file for 10 seconds at most */
};

static char program[SV_PATH_MAX];

/* ---- which file ---------------------------------------------------------- */

/* The name by which we were executed, since that is where the next version
 * will be; what /proc says is the file that was there then, and after an
 * upgrade of the package it is gone. */
void upgrade_remember_program(void)
{
    const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);
    char cwd[SV_PATH_MAX];

    if (name == NULL || strlen(name) >= sizeof program)
        return;
    if (name[0] == '/')
        stpcpy(program, name);
    else if (getcwd(cwd, sizeof cwd) != NULL)
        sv_at(program, cwd, name);
}

/* ---- the exec ------------------------------------------------------------ */

static const char *because(const char *what)
{
    static char reason[2 * SV_PATH_MAX];

    sv_join(reason, sizeof reason,
            SV_STRINGS("unable to ", what, " ", program, ": ",
                       strerror(errno)));
    return reason;
}

/* What the first svscan of this process was given, it is given. */
static void restore(struct tree *tree, int memory)
{
    handover_let_survive(tree, memory, true);
    catch_step_aside(tree);
    if (!tree->engine.sigpipe_was_ignored)
        signal(SIGPIPE, SIG_DFL);
}

static void take_back(struct tree *tree, int memory)
{
    signal(SIGPIPE, SIG_IGN);
    catch_step_back(tree);
    handover_let_survive(tree, memory, false);
    unsetenv(SV_STATE_VARIABLE);
    close(memory);
}

/* Signals stay blocked: one that comes meanwhile is for the next image.
 * Returns why it could not be done. */
static const char *become(struct tree *tree)
{
    char number[SV_NUMBER_MAX];
    int memory = handover_write(tree);

    if (memory < 0)
        return because("hand over to");
    if (setenv(SV_STATE_VARIABLE, sv_number(number, memory), 1) < 0) {
        close(memory);
        return because("hand over to");
    }
    restore(tree, memory);
    execve(program, tree->options->argv, environ);

    const char *reason = because("execute");

    take_back(tree, memory);
    return reason;
}

/* ---- the question -------------------------------------------------------- */

static bool is_asking(const struct tree *tree)
{
    return tree->upgrade.probe.fd >= 0;
}

/* From when init has asked for it, who says it once: the next image would not
 * hear of it. */
static bool is_stopping(const struct tree *tree)
{
    return tree->engine.is_stopping;
}

static void refuse(struct tree *tree, const char *reason)
{
    sv_warn("this svscan stays: ", reason);
    serve_upgraded(&tree->serve, SV_UPGRADE_SVSCAN, reason);
}

void upgrade_answered(struct tree *tree)
{
    siginfo_t info = { .si_pid = 0 };

    waitid(P_PIDFD, (id_t)tree->upgrade.probe.fd, &info, WEXITED | WNOHANG);
    loop_unwatch(&tree->engine.loop, &tree->upgrade.probe);
    loop_disarm(&tree->engine.loop, &tree->upgrade.late);
    if (tree->upgrade.is_late)
        refuse(tree, "the one on disk does not answer");
    else if (info.si_code != CLD_EXITED || info.si_status != 0)
        refuse(tree, "the one on disk cannot go on from here; svscan's log"
                     " says why");
    else if (is_stopping(tree))
        refuse(tree, "the tree is being stopped");
    else
        refuse(tree, become(tree));
}

static void on_answer(struct watch *watch, uint32_t events)
{
    (void)events;
    upgrade_answered(CONTAINER(watch, struct tree, upgrade.probe));
}

static void on_late(struct timer *timer)
{
    struct tree *tree = CONTAINER(timer, struct tree, upgrade.late);

    tree->upgrade.is_late = true;
    syscall(SYS_pidfd_send_signal, tree->upgrade.probe.fd, SIGKILL, NULL, 0);
}

static bool ask(struct tree *tree)
{
    char version[SV_NUMBER_MAX];
    const char *const argv[] = { program, SV_STATE_QUESTION,
                                 sv_number(version, SV_STATE_VERSION), NULL };
    struct loop *loop = &tree->engine.loop;
    int pidfd;

    if (!handle_spawn(tree, argv, &tree->upgrade.pid, &pidfd))
        return false;
    pidfd = loop_fd(pidfd);
    if (pidfd < 0
        || !loop_watch(loop, &tree->upgrade.probe, pidfd, EPOLLIN, on_answer))
        return false;
    tree->upgrade.is_late = false;
    loop_arm(loop, &tree->upgrade.late, sv_boottime() + PROBE_MS * SV_MS,
             on_late);
    return true;
}

/* ---- init ---------------------------------------------------------------- */

void upgrade_init_ended(struct tree *tree, const char *reason)
{
    loop_disarm(&tree->engine.loop, &tree->upgrade.init_late);
    serve_upgraded(&tree->serve, SV_UPGRADE_INIT, reason);
}

static void on_init_late(struct timer *timer)
{
    upgrade_init_ended(CONTAINER(timer, struct tree, upgrade.init_late),
                       "init does not answer; it may be of a version that"
                       " cannot");
}

const char *upgrade_begin_init(struct tree *tree)
{
    struct engine *engine = &tree->engine;

    if (engine->line.fd < 0)
        return "no init of ours is above this tree";
    if (!line_say(engine, SV_HOLD_UPGRADE, 0))
        return "init does not take the request";
    loop_arm(&engine->loop, &tree->upgrade.init_late,
             sv_boottime() + INIT_MS * SV_MS, on_init_late);
    return NULL;
}

/* ---- svscan -------------------------------------------------------------- */

const char *upgrade_begin(struct tree *tree)
{
    if (is_stopping(tree))
        return "the tree is being stopped";
    if (is_asking(tree))
        return NULL;
    if (program[0] == '\0')
        return "nobody knows which file svscan was started from";
    return ask(tree) ? NULL : because("execute");
}
