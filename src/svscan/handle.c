/* SPDX-License-Identifier: ISC */
/*
 * handle.c - scripts that replace what a signal means, and who is reaped beside
 * the services.
 *
 * A script is no service: its record is ours alone and forgotten once it runs,
 * so that nobody adopts it, and a signal that was on its way when we are killed
 * is lost with us.  Nobody waits for it.
 *
 * Whatever else has us for a parent (orphans, for a process 1; children of the
 * program that became us) is reaped when SIGCHLD says so, but only where there
 * can be any: to wait for any child costs in the number of children.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/loop.h"
#include "engine/spawn.h"
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svscan/tree.h"

/* ---- reaping ------------------------------------------------------------- */

static struct service *service_of(const struct tree *tree, pid_t pid)
{
    struct service *service = tree->engine.first;

    while (service != NULL
           && (service->pid.fd < 0 || service->child->pid != pid)
           && service_check_pid(service) != pid)
        service = service->next;
    return service;
}

/* A service's end goes the way of its pidfd, which reaps it, and so does that of
 * a svscan that was asked something. */
void handle_reap(struct tree *tree)
{
    siginfo_t info = { .si_pid = 0 };

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
           && info.si_pid != 0) {
        pid_t pid = info.si_pid;
        struct service *service = service_of(tree, pid);

        if (tree->upgrade.probe.fd >= 0 && pid == tree->upgrade.pid)
            upgrade_answered(tree);
        else if (service == NULL)
            waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
        else if (service_check_pid(service) == pid)
            service_look_at_check(service);
        else if (!service_look(service))
            return;
        info.si_pid = 0;
    }
}

bool handle_has_strangers(void)
{
    siginfo_t info;
    int is_subreaper = 0;

    return getpid() == 1
           || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0
               && is_subreaper)
           || waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* ---- scripts ------------------------------------------------------------- */

struct script {
    struct script *next;
    struct tree *tree;
    struct watch pid;
};

static void on_end(struct watch *watch, uint32_t events)
{
    struct script *script = CONTAINER(watch, struct script, pid);
    struct script **at = &script->tree->scripts;
    siginfo_t info;

    (void)events;
    while (*at != script)
        at = &(*at)->next;
    *at = script->next;
    waitid(P_PIDFD, (id_t)watch->fd, &info, WEXITED | WNOHANG);
    loop_unwatch(&script->tree->engine.loop, watch);
    free(script);
}

/* One that cannot be watched ends unseen, and stays a zombie until z. */
static void watch_script(struct tree *tree, int pidfd)
{
    struct script *script = malloc(sizeof *script);
    int fd = loop_fd(pidfd);

    if (script != NULL && fd >= 0) {
        *script = (struct script){ .next = tree->scripts, .tree = tree };
        if (loop_watch(&tree->engine.loop, &script->pid, fd, EPOLLIN,
                       on_end)) {
            tree->scripts = script;
            return;
        }
    }
    free(script);
    if (fd >= 0)
        close(fd);
}

bool handle_spawn(struct tree *tree, const char *const *argv, pid_t *pid,
                  int *pidfd)
{
    char here[] = ".";
    struct sv_child record = { 0 };
    struct service bearer = { .engine = &tree->engine,
                              .base = tree->engine.live,
                              .dir = here,
                              .child = &record };
    const struct spawn plan = { .service = &bearer,
                                .argv = argv,
                                .program = argv[0],
                                .in_our_session = true,
                                .hold_end = -1,
                                .notify_end = -1,
                                .notify_number = -1,
                                .stdio = { -1, -1, -1 } };

    if (!spawn(&plan, pidfd))
        return false;
    *pid = record.pid;
    return true;
}

bool handle_signal(struct tree *tree, int signal)
{
    char path[64];
    const char *const argv[] = { path, NULL };
    pid_t pid;
    int pidfd;

    sv_join(path, sizeof path,
            SV_STRINGS(SV_TREE_S6 "/SIG", sv_signal_name(signal)));
    if (!sv_service_executable(tree->engine.live, ".", path)) {
        if (errno != ENOENT)
            sv_warn_sys("unable to spawn ", path);
        return false;
    }
    if (!handle_spawn(tree, argv, &pid, &pidfd)) {
        sv_warn_sys("unable to spawn ", path);
        return false;
    }
    watch_script(tree, pidfd);
    return true;
}
