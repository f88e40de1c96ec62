/* SPDX-License-Identifier: ISC */
/*
 * stray.c - records that no service has claimed: its directory is gone.
 *
 * What still runs of one is not supervised, but its record stays: the directory
 * may come again, a link that was removed, or moved.  And what had been told to
 * go, and does not, is killed when it would have been.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/clock.h"
#include "sv/say.h"

static bool is_claimed(const struct engine *engine,
                       const struct sv_child *child)
{
    return sv_child_state(child) == SV_CHILD_FREE
           || service_by_identity(engine, (dev_t)child->dev,
                                  (ino_t)child->ino)
                  != NULL;
}

/* Does anything run of it?  Where /proc would not tell, perhaps. */
static bool is_stray(const struct sv_child *child)
{
    return sv_child_state(child) == SV_CHILD_RUNNING
           && (sv_child_is(child->pid, child->t0, child->t1) || errno != 0);
}

/* ---- those that have been told to go ------------------------------------- */

static void kill_stray(struct sv_child *child)
{
    int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);

    child->deadline = 0;
    if (fd < 0)
        return;
    if (sv_child_is(child->pid, child->t0, child->t1)) {
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
        child->deadline = sv_boottime() + SERVICE_KILL_AGAIN_MS * SV_MS;
    }
    close(fd);
}

static void on_due(struct timer *timer);

/* The kill timers of all strays are one, for the first that is due. */
static void arm(struct engine *engine)
{
    int64_t first = 0;

    for (size_t i = 0; i < engine->old_room; i++) {
        const struct sv_child *child = engine->old[i];

        if (child != NULL && child->deadline != 0 && !is_claimed(engine, child)
            && is_stray(child) && (first == 0 || child->deadline < first))
            first = child->deadline;
    }
    if (first != 0)
        loop_arm(&engine->loop, &engine->stray_due, first, on_due);
}

static void on_due(struct timer *timer)
{
    struct engine *engine = CONTAINER(timer, struct engine, stray_due);

    if (engine->old == NULL)
        return;
    for (size_t i = 0; i < engine->old_room; i++) {
        struct sv_child *child = engine->old[i];

        if (child != NULL && child->deadline != 0
            && child->deadline <= sv_boottime() && !is_claimed(engine, child)
            && is_stray(child))
            kill_stray(child);
    }
    arm(engine);
}

/* ---- all of them --------------------------------------------------------- */

static void tell(const struct sv_child *child)
{
    char pid[SV_NUMBER_MAX];

    sv_warn("process ", sv_number(pid, child->pid),
            " is of a service whose directory is gone: it runs on unsupervised",
            child->deadline != 0 ? " until its time to go is over" : "");
}

/* True if nobody is left to ask for. */
static bool forget_strangers(struct engine *engine)
{
    bool all = true;

    for (size_t i = 0; i < engine->old_room; i++) {
        struct sv_child *child = engine->old[i];

        if (child == NULL || is_claimed(engine, child))
            continue;
        if (!is_stray(child)) {
            sv_children_free(&engine->children, child);
            continue;
        }
        all = false;
        if (!engine->is_settled)
            tell(child);
    }
    return all;
}

void engine_settle(struct engine *engine)
{
    if (engine->old == NULL)
        return;
    if (forget_strangers(engine)) {
        free(engine->old);
        engine->old = NULL;
    } else {
        arm(engine);
    }
    if (engine->is_settled)
        return;
    engine->is_settled = true;
    engine->is_behind = false;
    line_settle(engine);
    line_listen(engine);
}

void engine_miss(struct engine *engine)
{
    if (engine->is_settled)
        return;
    engine->is_behind = false;
    for (size_t i = 0; i < engine->old_room && !engine->is_behind; i++) {
        const struct sv_child *child = engine->old[i];

        engine->is_behind = child != NULL && !is_claimed(engine, child)
                            && sv_child_state(child) == SV_CHILD_RUNNING;
    }
    line_listen(engine);
}
