/* SPDX-License-Identifier: ISC */
/*
 * ready.c - the readiness pipe: a newline on it says that the service is ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/act.h"
#include "sv/say.h"

enum {
    READINESS_BATCH = 256,
    PIPE_MOST = 65536, /* bytes in a pipe, as it is made */
};

static void forget_awaiting(const struct service *service)
{
    struct sv_child *child = service->child;

    if (sv_child_state(child) == SV_CHILD_RUNNING)
        sv_child_become(child, SV_CHILD_RUNNING, sv_child_role(child),
                        sv_child_flags(child) & ~(unsigned)SV_CHILD_AWAITED);
}

void service_stop_awaiting(struct service *service)
{
    struct engine *engine = service->engine;

    if (service->readiness.fd < 0)
        return;
    loop_unwatch(&engine->loop, &service->readiness);
    line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    if (service->ready
        || (service_said_socket(service) < 0 && service->health == NULL))
        forget_awaiting(service);
}

void service_announce(struct service *service)
{
    if (!service->ready)
        service_happen(service, EVENT_READY);
    forget_awaiting(service);
}

/* Copies what is in the pipe and leaves it there: a newline that was read and
 * not yet told of would be lost with us.  Returns as read(2). */
static ssize_t look_at_readiness(const struct service *service,
                                 char bytes[static READINESS_BATCH])
{
    const int *look = service->engine->look;
    ssize_t n = tee(service->readiness.fd, look[1], READINESS_BATCH,
                    SPLICE_F_NONBLOCK);

    return n > 0 ? read(look[0], bytes, (size_t)n) : n;
}

/* Bytes before the newline are ignored, however many come, and never waited
 * for.  False: there is nothing more to read now. */
static bool read_readiness(struct service *service)
{
    char bytes[READINESS_BATCH];
    ssize_t n = look_at_readiness(service, bytes);

    if (n == 0)
        service_happen(service, EVENT_SILENT);
    else if (n > 0 && memchr(bytes, '\n', (size_t)n) != NULL)
        service_announce(service);
    else
        return n > 0 && read(service->readiness.fd, bytes, (size_t)n) == n;
    service_stop_awaiting(service);
    return false;
}

static void on_readiness(struct watch *watch, uint32_t events)
{
    (void)events;
    read_readiness(CONTAINER(watch, struct service, readiness));
}

/* What it left behind may still be talking: no more is read than a pipe can
 * hold. */
void service_hear_last_words(struct service *service)
{
    service_hear_said(service);
    if (service->readiness.fd < 0)
        return;
    for (int left = PIPE_MOST; left > 0 && read_readiness(service);
         left -= READINESS_BATCH)
        continue;
    service_stop_awaiting(service);
}

bool service_make_readiness(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    ends[0] = loop_fd(ends[0]);
    if (ends[0] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return true;

    int error = errno;

    if (ends[0] >= 0)
        close(ends[0]);
    close(ends[1]);
    errno = error;
    return false;
}

void service_await_readiness(struct service *service, int fd)
{
    struct engine *engine = service->engine;

    if (loop_watch(&engine->loop, &service->readiness, fd, EPOLLIN,
                   on_readiness))
        return;
    service_note(service, SV_STRINGS("unable to await its readiness: ",
                                     strerror(errno)));
    line_drop(engine, SV_KIND_READINESS, service->dev, service->ino);
    close(fd);
}
