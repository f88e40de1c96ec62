/* SPDX-License-Identifier: ISC */
/*
 * obey.c - commands: a byte in a control fifo, or the same in a request.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"

static bool has_run(const struct service *service)
{
    return service->state == STATE_STARTING || service->state == STATE_UP
           || service->state == STATE_LAST_UP
           || (service->kind == SV_ONESHOT && service_is_running(service));
}

static void keep_down_file(struct service *service, enum sv_down_file what)
{
    char path[SV_PATH_MAX];

    sv_at(path, service->dir, service_marker(service));
    if (what == SV_DOWN_REMOVE) {
        if (unlinkat(service->base, path, 0) < 0 && errno != ENOENT)
            sv_warn_sys("unable to remove the down file of ", service->name);
        return;
    }

    int fd = openat(service->base, path,
                    O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);

    if (fd < 0)
        sv_warn_sys("unable to make the down file of ", service->name);
    else
        close(fd);
}

static void pass_signal(struct service *service, int signal, bool to_group)
{
    if (to_group)
        service_send_group(service, signal);
    else
        service_send(service, signal);
    if (signal != SIGSTOP && signal != SIGCONT)
        return;
    service->paused = signal == SIGSTOP;
    service_save(service);
    if (service->engine->hooks.changed != NULL)
        service->engine->hooks.changed(service);
}

static void pass_to_main(struct service *service, int signal)
{
    if (!service_send_main(service, signal))
        pass_signal(service, signal, false);
}

static enum event event_of_want(enum sv_want what)
{
    static const enum event events[] = {
        [SV_WANT_NOTHING] = EVENTS,
        [SV_WANT_IS_UP] = EVENT_WANT_UP,
        [SV_WANT_IS_DOWN] = EVENT_WANT_DOWN,
        [SV_WANT_IS_ONCE] = EVENT_WANT_ONCE,
        [SV_WANT_IS_STAY] = EVENT_WANT_STAY,
        [SV_WANT_IS_EXIT] = EVENT_WANT_EXIT,
    };

    return events[what];
}

static void change_want(struct service *service,
                        const struct sv_command *command)
{
    if (command->down_file != SV_DOWN_KEEP)
        keep_down_file(service, command->down_file);
    if (command->want == SV_WANT_IS_UP || command->want == SV_WANT_IS_ONCE)
        service_begin_by_hand(service);
    service->waits_once = false;
    service_happen(service, event_of_want(command->want));
}

/* A signal goes to run, or to the script of a oneshot, only: without one it goes nowhere. */
static void send_what_is_meant(struct service *service,
                               const struct sv_command *command)
{
    switch (command->kind) {
    case SV_COMMAND_DOWN_SIGNAL:
        pass_to_main(service, service_signal(service, SV_DOWN_SIGNAL, SIGTERM));
        return;
    case SV_COMMAND_RELOAD_SIGNAL:
        pass_to_main(service,
                     service_signal(service, SV_RELOAD_SIGNAL, SIGHUP));
        return;
    default:
        pass_signal(service, command->signal,
                    command->kind == SV_COMMAND_SIGNAL_GROUP);
        return;
    }
}

void service_command(struct service *service, const struct sv_command *command)
{
    if (command->kind == SV_COMMAND_WANT)
        change_want(service, command);
    else if (has_run(service))
        send_what_is_meant(service, command);
}
