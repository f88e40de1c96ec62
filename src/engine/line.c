/* SPDX-License-Identifier: ISC */
/*
 * line.c - the line to init: what it holds for us, and what it asks of us.
 *
 * Everything here is optional: under a parent that is not ours there is no
 * line, and the same calls do nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/engine.h"
#include "sv/clock.h"
#include "sv/say.h"

static bool hear_out(struct engine *engine);

/* The line has room for some hundred messages.  init empties it as fast as it
 * can, but only while it has room for its own: so we listen while we wait. */
static bool send_patiently(struct engine *engine, const struct sv_hold *message,
                           const int *fds, size_t n)
{
    while (!sv_hold_send(engine->line.fd, message, fds, n)) {
        struct pollfd line = { .fd = engine->line.fd,
                               .events = POLLOUT | POLLIN };

        if (errno != EAGAIN && errno != EINTR)
            return false;
        if (poll(&line, 1, -1) < 0 && errno != EINTR)
            return false;
        if (line.revents & POLLIN && !hear_out(engine))
            return false;
    }
    return true;
}

static bool say(struct engine *engine, const struct sv_hold *message, int fd)
{
    if (engine->line.fd < 0)
        return false;
    if (send_patiently(engine, message, &fd, fd >= 0 ? 1 : 0))
        return true;
    sv_warn_sys("unable to talk to init");
    return false;
}

bool line_say(struct engine *engine, enum sv_hold_op op, int64_t arg)
{
    struct sv_hold message = { .version = SV_HOLD_VERSION,
                               .op = (char)op,
                               .arg = arg };

    return say(engine, &message, -1);
}

/* The name replaces what init held under it, and so it does here: dropped later
 * for being claimed by nobody, it would take the new one with it. */
void line_hold(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino, int64_t tag, int fd)
{
    int earlier = line_claim(engine, kind, dev, ino, NULL);
    struct sv_hold message = { .version = SV_HOLD_VERSION,
                               .op = SV_HOLD_HOLD,
                               .kind = (uint8_t)kind,
                               .dev = dev,
                               .ino = ino,
                               .tag = tag };

    if (earlier >= 0)
        close(earlier);
    say(engine, &message, fd);
}

void line_drop(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino)
{
    struct sv_hold message = { .version = SV_HOLD_VERSION,
                               .op = SV_HOLD_DROP,
                               .kind = (uint8_t)kind,
                               .dev = dev,
                               .ino = ino };

    say(engine, &message, -1);
}

static int by_name(const void *a, const void *b)
{
    const struct sv_hold *x = &((const struct held *)a)->message;
    const struct sv_hold *y = &((const struct held *)b)->message;

    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

void line_sort(struct engine *engine)
{
    if (engine->helds > 0)
        qsort(engine->held, engine->helds, sizeof *engine->held, by_name);
}

int line_claim(struct engine *engine, enum sv_hold_kind kind, dev_t dev,
               ino_t ino, int64_t *tag)
{
    const struct held name = { .message = { .kind = (uint8_t)kind,
                                            .dev = dev,
                                            .ino = ino } };
    struct held *held =
        engine->helds > 0 ? bsearch(&name, engine->held, engine->helds,
                                    sizeof name, by_name)
                          : NULL;

    if (held == NULL)
        return -1;

    int fd = held->fd;

    held->fd = -1;
    if (fd >= 0 && tag != NULL)
        *tag = held->message.tag;
    return fd;
}

void line_settle(struct engine *engine)
{
    for (size_t i = 0; i < engine->helds; i++) {
        const struct sv_hold *message = &engine->held[i].message;

        if (engine->held[i].fd < 0)
            continue;
        close(engine->held[i].fd);
        line_drop(engine, (enum sv_hold_kind)message->kind, message->dev,
                  message->ino);
    }
    free(engine->held);
    engine->held = NULL;
    engine->helds = 0;
}

/* What there is no room for stays with init, under its name: whoever needs it
 * opens its file again, and readiness is not heard of. */
void line_keep(struct engine *engine, const struct sv_hold *message, int fd)
{
    size_t n = engine->helds;
    struct held *held = engine->held;

    fd = loop_fd(fd);
    if ((n & (n - 1)) == 0)
        held = realloc(held, (n > 0 ? 2 * n : 1) * sizeof *held);
    if (held != NULL)
        engine->held = held;
    if (held != NULL && fd >= 0) {
        held[engine->helds++] = (struct held){ *message, fd };
        return;
    }
    sv_warn("no room for a descriptor of an earlier svscan's"
            " (going on without it)");
    if (fd >= 0)
        close(fd);
}

/* The next message, waited for: init answers at once. */
static bool hear(struct engine *engine, struct sv_hold *message, int fds[2])
{
    for (;;) {
        struct pollfd line = { .fd = engine->line.fd, .events = POLLIN };

        switch (sv_hold_receive(engine->line.fd, message, fds)) {
        case SV_HOLD_GOT:
            return true;
        case SV_HOLD_NOTHING:
            if (poll(&line, 1, -1) < 0 && errno != EINTR)
                return false;
            break;
        case SV_HOLD_CLOSED:
            errno = EPIPE;
            return false;
        case SV_HOLD_BAD:
            errno = EPROTO;
            return false;
        }
    }
}

void line_listen(struct engine *engine)
{
    if (engine->relay != NULL)
        atomic_store(&engine->relay->listening,
                     engine->is_behind || engine->adopted > 0);
}

void line_advance(struct engine *engine)
{
    if (engine->relay == NULL)
        return;
    if (!engine->is_behind && engine->awaited == 0 && engine->loop.took_all)
        atomic_store(&engine->relay->cursor, engine->relay_seen);
    engine->relay_seen = atomic_load(&engine->relay->head);
}

/* Children of ours that others than we reap: see adopt.c. */
static void ask_again(struct engine *engine)
{
    struct service *service, *next;

    if (engine->awaited == 0)
        return;
    for (service = engine->first; service != NULL; service = next) {
        next = service->next;
        if (service->awaits_end)
            adopt_await(service);
    }
}

static void on_relay(struct watch *watch, uint32_t events)
{
    uint64_t count;

    (void)events;
    if (read(watch->fd, &count, sizeof count) > 0)
        ask_again(CONTAINER(watch, struct engine, relay_event));
}

static bool take_relay(struct engine *engine, int fds[2])
{
    engine->relay = sv_relay_open(fds[0]);
    close(fds[0]);

    int fd = loop_fd(fds[1]);

    if (engine->relay != NULL)
        engine->relay_seen = atomic_load(&engine->relay->cursor);
    return engine->relay != NULL && fd >= 0
           && fcntl(fd, F_SETFL, O_NONBLOCK) == 0
           && loop_watch(&engine->loop, &engine->relay_event, fd, EPOLLIN,
                         on_relay);
}

static void refused(struct engine *engine, const struct sv_hold *message)
{
    struct service *service = service_by_identity(engine, (dev_t)message->dev,
                                                  (ino_t)message->ino);

    sv_warn("init cannot hold one more descriptor: what ",
            service != NULL ? service->name : "a service",
            " says while svscan is dead would be lost");
}

static void on_stop_due(struct timer *timer)
{
    struct engine *engine = CONTAINER(timer, struct engine, stop_due);

    if (engine->on_stop != NULL)
        engine->on_stop(engine);
}

static void stop_soon(struct engine *engine)
{
    engine->is_stopping = true;
    loop_arm(&engine->loop, &engine->stop_due, sv_boottime(), on_stop_due);
}

void line_main_ended(struct engine *engine, int wstat)
{
    line_say(engine, SV_HOLD_MAIN, wstat);
    if (!engine->is_stopping)
        stop_soon(engine);
}

static void on_upgraded_due(struct timer *timer)
{
    struct engine *engine = CONTAINER(timer, struct engine, upgraded_due);

    if (engine->on_upgraded != NULL)
        engine->on_upgraded(engine);
}

static void note_version(struct engine *engine, const struct sv_hold *message)
{
    size_t n = strnlen(message->text, sizeof message->text - 1);

    memcpy(engine->init_version, message->text, n);
    engine->init_version[n] = '\0';
}

/* We may be in the middle of a step of some service: what init asks is done
 * when the loop comes round. */
static void obey(struct engine *engine, const struct sv_hold *message)
{
    switch ((enum sv_hold_op)message->op) {
    case SV_HOLD_STOP:
        stop_soon(engine);
        return;
    case SV_HOLD_REFUSED:
        refused(engine, message);
        return;
    case SV_HOLD_UPGRADED:
        note_version(engine, message);
        engine->upgraded = (enum sv_upgrade_end)message->arg;
        loop_arm(&engine->loop, &engine->upgraded_due, sv_boottime(),
                 on_upgraded_due);
        return;
    default:
        sv_warn("init said something that svscan does not know: ignored");
        return;
    }
}

/* Takes all that there is to hear; false if init is gone. */
static bool hear_out(struct engine *engine)
{
    struct sv_hold message;
    int fds[2];

    for (;;) {
        enum sv_hold_got got =
            sv_hold_receive(engine->line.fd, &message, fds);

        if (got == SV_HOLD_NOTHING)
            return true;
        if (got == SV_HOLD_CLOSED)
            return false;
        if (got == SV_HOLD_BAD)
            continue;
        for (int i = 0; i < 2; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        obey(engine, &message);
    }
}

/* Without init we go on, as under any other parent: what it has not told by
 * now nobody will. */
static void lose(struct engine *engine)
{
    loop_unwatch(&engine->loop, &engine->line);
    loop_unwatch(&engine->loop, &engine->relay_event);
    engine->relay = NULL;
    ask_again(engine);
}

static void on_line(struct watch *watch, uint32_t events)
{
    struct engine *engine = CONTAINER(watch, struct engine, line);

    (void)events;
    if (hear_out(engine))
        return;
    sv_warn("init has closed its line: going on without it");
    lose(engine);
}

/* An init without memory for a relay says so by sending none. */
static bool welcome(struct engine *engine, const struct sv_hold *message,
                    int fds[2])
{
    switch ((enum sv_hold_op)message->op) {
    case SV_HOLD_RELAY:
        note_version(engine, message);
        return fds[0] < 0 || take_relay(engine, fds);
    case SV_HOLD_HELD:
        line_keep(engine, message, fds[0]);
        return true;
    default:
        obey(engine, message);
        return true;
    }
}

static bool say_hello(struct engine *engine)
{
    struct sv_hold message;
    int fds[2];

    if (!line_say(engine, SV_HOLD_HELLO, 0)
        || (!engine->is_resumed && !line_say(engine, SV_HOLD_GIVE, 0)))
        return false;
    while (hear(engine, &message, fds)) {
        if (message.op == SV_HOLD_END)
            return true;
        if (!welcome(engine, &message, fds))
            return false;
        if (message.op == SV_HOLD_RELAY && engine->is_resumed)
            return true;
    }
    return false;
}

bool line_open(struct engine *engine, int fd)
{
    int error;

    fd = loop_fd(fd);
    if (fd >= 0
        && loop_watch(&engine->loop, &engine->line, fd, EPOLLIN, on_line)
        && say_hello(engine))
        return true;
    error = errno;
    if (fd >= 0 && engine->line.fd < 0)
        close(fd);
    lose(engine);
    errno = error;
    return false;
}
