/* SPDX-License-Identifier: ISC */
/*
 * hear.c - what a service says through its notify socket, and what follows.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/said.h"
#include "sv/clock.h"
#include "sv/say.h"

enum {
    BATCH = 16,        /* datagrams in a round: others have their turn */
    QUEUE_MOST = 1024, /* ... at a death, and before a start */
};

/* What has been said of it in this run, so that it is said once. */
enum { OF_STRANGERS = 1 << 0, OF_GARBAGE = 1 << 1, OF_STORE = 1 << 2 };

/* ---- the watchdog -------------------------------------------------------- */

static void on_watchdog(struct timer *timer);

void notify_arm_watchdog(struct notify *notify)
{
    struct loop *loop = &notify->service->engine->loop;

    if (notify->said.watchdog_ms > 0)
        loop_arm(loop, &notify->watchdog,
                 sv_boottime() + notify->said.watchdog_ms * SV_MS, on_watchdog);
    else
        loop_disarm(loop, &notify->watchdog);
}

/* Who is paused can say nothing. */
static void on_watchdog(struct timer *timer)
{
    struct notify *notify = CONTAINER(timer, struct notify, watchdog);
    char ms[SV_NUMBER_MAX];

    if (notify->service->paused)
        notify_arm_watchdog(notify);
    else
        service_be_unhealthy(notify->service,
                             SV_STRINGS("unhealthy: no WATCHDOG=1 for ",
                                        sv_number(ms,
                                                  notify->said.watchdog_ms),
                                        " ms: it is stopped"));
}

/* ---- what is said -------------------------------------------------------- */

static void say_once(struct notify *notify, unsigned of, const char *text)
{
    if (!(notify->told & of))
        service_say(notify->service, text);
    notify->told |= of;
}

static void name_main(struct notify *notify, pid_t pid)
{
    pid_t run = notify->service->child->pid;

    if (pid == run)
        notify->said.main_pid = 0;
    else if (speaker_descends(pid, run)) {
        notify->said.main_pid = pid;
        notify->said.main_at = sv_boottime();
    }
}

static void note_words(struct notify *notify, const struct sv_notify *words)
{
    struct said *said = &notify->said;

    if (words->says & SV_NOTIFY_WATCHDOG)
        said->watchdog_ms = words->watchdog_ms;
    if (words->says & SV_NOTIFY_MAIN_PID)
        name_main(notify, words->main_pid);
    if (words->says & SV_NOTIFY_STATUS)
        memcpy(said->status, words->status, sizeof said->status);
    if (words->says & SV_NOTIFY_READY)
        said->flags &= ~(unsigned)SAID_RELOADING;
    if (words->says & SV_NOTIFY_RELOADING)
        said->flags |= SAID_RELOADING;
    if (words->says & SV_NOTIFY_STOPPING)
        said->flags |= SAID_STOPPING;
}

static bool is_same(const struct said *one, const struct said *other)
{
    return one->flags == other->flags
           && one->watchdog_ms == other->watchdog_ms
           && one->main_at == other->main_at
           && one->main_pid == other->main_pid
           && strcmp(one->status, other->status) == 0;
}

static void believe(struct notify *notify, const struct sv_notify *words)
{
    struct service *service = notify->service;
    struct said before = notify->said;

    note_words(notify, words);
    if (!is_same(&before, &notify->said)) {
        notify_save(notify);
        if (service->engine->hooks.changed != NULL)
            service->engine->hooks.changed(service);
    }
    if (words->says & SV_NOTIFY_STORE)
        say_once(notify, OF_STORE, "it said FDSTORE=1, but no descriptors are"
                                   " kept here: they were closed");
    if (words->says & SV_NOTIFY_READY)
        service_announce(service);
    if (words->says & (SV_NOTIFY_READY | SV_NOTIFY_ALIVE | SV_NOTIFY_WATCHDOG))
        notify_arm_watchdog(notify);
    if (words->says & SV_NOTIFY_SICK)
        service_be_unhealthy(service, SV_STRINGS("unhealthy: it says so itself"
                                                 " (WATCHDOG=trigger): it is"
                                                 " stopped"));
}

/* Descriptors that came along are for nobody: there is no room for them in what
 * is looked at, and the kernel closes them when the datagram is taken.  That is
 * also what BARRIER=1 waits for. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
};

static bool get_sender(struct msghdr *message, struct ucred *sender)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    if (header == NULL || header->cmsg_level != SOL_SOCKET
        || header->cmsg_type != SCM_CREDENTIALS
        || header->cmsg_len != CMSG_LEN(sizeof *sender))
        return false;
    memcpy(sender, CMSG_DATA(header), sizeof *sender);
    return true;
}

static void judge(struct notify *notify, struct msghdr *message, size_t size)
{
    const struct service *service = notify->service;
    struct sv_notify words;
    struct ucred sender;

    if (!service_is_running(service)
        || sv_child_role(service->child) != SV_ROLE_RUN)
        return;
    if (!get_sender(message, &sender) || !speaker_counts(service->child, &sender))
        say_once(notify, OF_STRANGERS, "somebody else speaks to its notify"
                                       " socket: ignored");
    else if (message->msg_flags & MSG_TRUNC
             || !sv_notify_parse(&words, message->msg_iov->iov_base, size))
        say_once(notify, OF_GARBAGE, "what it said to its notify socket has a"
                                     " NUL in it, or more than 4096 bytes:"
                                     " ignored");
    else
        believe(notify, &words);
}

/* False: there is nothing more to hear now. */
static bool hear_one(struct notify *notify)
{
    static char bytes[SV_NOTIFY_MAX];
    union control control;
    struct iovec part = { bytes, sizeof bytes };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control };
    ssize_t n = recvmsg(notify->socket.fd, &message, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0)
        return errno == EINTR;
    judge(notify, &message, (size_t)n);
    recv(notify->socket.fd, NULL, 0, MSG_DONTWAIT);
    return true;
}

static void on_socket(struct watch *watch, uint32_t events)
{
    struct notify *notify = CONTAINER(watch, struct notify, socket);

    (void)events;
    for (int left = BATCH; left > 0 && hear_one(notify); left--)
        continue;
}

void service_hear_said(struct service *service)
{
    if (service->notify == NULL || service->notify->socket.fd < 0)
        return;
    for (int left = QUEUE_MOST; left > 0 && hear_one(service->notify); left--)
        continue;
}

bool notify_listen(struct notify *notify, int fd)
{
    int error;

    if (loop_watch(&notify->service->engine->loop, &notify->socket, fd,
                   EPOLLIN, on_socket))
        return true;
    error = errno;
    close(fd);
    errno = error;
    return false;
}
