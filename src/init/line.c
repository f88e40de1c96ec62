/* SPDX-License-Identifier: ISC */
/*
 * line.c - init's side of the conversation with svscan.
 *
 * Nothing that svscan says can stop init or make it grow: a message that is
 * none is dropped, a hold that cannot be had is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/hold.h"
#include "sv/say.h"
#include "init/holds.h"
#include "init/line.h"
#include "init/reap.h"

enum {
    TURN_MAX = 256, /* messages; then others have their turn */
    RETRY_MS = 100, /* when the system is out of memory for a message */
    SPARE_FDS = 16, /* never held: the next line, and the way down, need some */
};

static const struct line_calls *calls;
static int line = -1;

/* What init has to say, said in this order. */
static struct {
    bool relay;
    bool stop;
    bool holds;        /* each, from slot on, then END */
    size_t slot;
    bool refusal;
    struct sv_hold refused;
    bool upgraded;
    enum sv_upgrade_end end;
} owed;

static bool has_holds;   /* END has been said: svscan knows what there is */
static bool has_heard;
static bool is_deaf;     /* svscan's end is gone */
static int64_t retry;    /* 0: none */
static rlim_t fds_max = RLIM_INFINITY;

void line_begin(const struct line_calls *with)
{
    struct rlimit files;

    calls = with;
    if (prlimit(0, RLIMIT_NOFILE, NULL, &files) == 0)
        fds_max = files.rlim_cur;
}

/* ---- saying -------------------------------------------------------------- */

/* From GIVE on, and before END: a svscan that is to stop starts nothing. */
static bool is_stop_owed(void)
{
    return owed.stop && (owed.holds || has_holds);
}

static bool is_owing(void)
{
    return owed.relay || owed.holds || owed.refusal || owed.upgraded ||
           is_stop_owed();
}

static bool say(const struct sv_hold *message, const int *fds, size_t n)
{
    return sv_hold_send(line, message, fds, n);
}

/* A relay that cannot be had is said as such: RELAY without descriptors. */
static bool say_relay(void)
{
    static const struct sv_hold message = {.op = SV_HOLD_RELAY,
                                           .text = SV_VERSION};
    int fds[2];
    size_t n = reap_relay(fds) ? 2 : 0;

    if (!say(&message, fds, n))
        return false;
    owed.relay = false;
    return true;
}

static bool say_next_hold(void)
{
    size_t next = owed.slot;
    const struct hold *hold = holds_next(&next);
    struct sv_hold message = {.op = SV_HOLD_END};

    if (hold)
        message = (struct sv_hold){.op = SV_HOLD_HELD, .kind = hold->kind,
                                   .dev = hold->dev, .ino = hold->ino,
                                   .tag = hold->tag};
    if (!say(&message, hold ? &hold->fd : NULL, hold ? 1 : 0))
        return false;
    owed.slot = next;
    owed.holds = hold != NULL;
    has_holds = has_holds || !hold;
    return true;
}

static bool say_refusal(void)
{
    if (!say(&owed.refused, NULL, 0))
        return false;
    owed.refusal = false;
    return true;
}

static bool say_upgraded(void)
{
    struct sv_hold message = {.op = SV_HOLD_UPGRADED, .arg = owed.end,
                              .text = SV_VERSION};

    if (!say(&message, NULL, 0))
        return false;
    owed.upgraded = false;
    return true;
}

static bool say_stop(void)
{
    struct sv_hold message = {.op = SV_HOLD_STOP, .arg = calls->stop_ms()};

    if (message.arg >= 0 && !say(&message, NULL, 0))
        return false;
    owed.stop = false;
    return true;
}

static bool say_next(void)
{
    if (owed.relay)
        return say_relay();
    if (is_stop_owed())
        return say_stop();
    if (owed.holds)
        return say_next_hold();
    if (owed.upgraded)
        return say_upgraded();
    return say_refusal();
}

/* Says what is owed.  A full line will be writable again; what the system has
 * no memory for (or, for descriptors under way, no allowance) is tried again
 * after a while; a dead svscan needs no answer. */
static void say_all(void)
{
    retry = 0;
    while (!is_deaf && is_owing() && say_next())
        continue;
    if (is_deaf || !is_owing() || errno == EAGAIN)
        return;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        is_deaf = true;
    else
        retry = sv_boottime() + RETRY_MS * SV_MS;
}

void line_say_stop(void)
{
    owed.stop = true;
    if (line != -1)
        say_all();
}

void line_say_upgraded(enum sv_upgrade_end end)
{
    owed.upgraded = true;
    owed.end = end;
    if (line != -1)
        say_all();
}

/* ---- hearing ------------------------------------------------------------- */

static void refuse(const struct sv_hold *message)
{
    owed.refused = *message;
    owed.refused.op = SV_HOLD_REFUSED;
    owed.refusal = true;
}

/* The kernel hands out the lowest number that is free: one near the limit means
 * that few are. */
static bool may_be_held(const struct sv_hold *message, int fd)
{
    return fd != -1 && (rlim_t)fd + SPARE_FDS < fds_max &&
           message->kind > SV_KIND_NONE && message->kind < SV_KINDS;
}

/* A descriptor that is kept is taken out of the caller's hands. */
static void hold(const struct sv_hold *message, int *fd)
{
    if (may_be_held(message, *fd) &&
        holds_put(message->kind, message->dev, message->ino, message->tag, *fd))
        *fd = -1;
    else
        refuse(message);
}

static void give_holds(void)
{
    owed.holds = true;
    owed.slot = 0;
    has_holds = false;
    /* A svscan that begins is told of a stop in progress, whoever began it. */
    owed.stop = owed.stop || calls->stop_ms() >= 0;
}

static void obey(const struct sv_hold *message, int fds[2])
{
    switch (message->op) {
    case SV_HOLD_HELLO:
        owed.relay = true;
        break;
    case SV_HOLD_HOLD:
        hold(message, &fds[0]);
        break;
    case SV_HOLD_DROP:
        holds_drop(message->kind, message->dev, message->ino);
        break;
    case SV_HOLD_GIVE:
        give_holds();
        break;
    case SV_HOLD_SWEEP:
        reap_sweep();
        break;
    case SV_HOLD_UP:
        calls->up();
        break;
    case SV_HOLD_MACHINE:
        calls->machine((char)message->arg);
        break;
    case SV_HOLD_STOPPED:
        calls->stopped();
        break;
    case SV_HOLD_MAIN:
        calls->main_ended((int)message->arg);
        break;
    case SV_HOLD_UPGRADE:
        calls->upgrade();
        break;
    default:
        sv_warn("a message of svscan's is not understood");
        break;
    }
}

static void close_both(const int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] != -1)
            close(fds[i]);
}

/* Takes one message; false if there is none. */
static bool hear(void)
{
    struct sv_hold message;
    int fds[2];

    switch (sv_hold_receive(line, &message, fds)) {
    case SV_HOLD_GOT:
        has_heard = true;
        obey(&message, fds);
        close_both(fds);
        return true;
    case SV_HOLD_BAD:
        sv_warn("svscan speaks another version of the line");
        return true;
    case SV_HOLD_CLOSED:
        is_deaf = true;
        close(line);
        line = -1;
        return false;
    case SV_HOLD_NOTHING:
    default:
        return false;
    }
}

void line_ready(void)
{
    if (line == -1)
        return;
    say_all();
    for (int n = 0; n < TURN_MAX && (is_deaf || !is_owing()) && hear(); n++)
        say_all();
}

/* ---- the line itself ----------------------------------------------------- */

int line_open(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
        return -1;
    line_close();
    memset(&owed, 0, sizeof owed);
    has_holds = has_heard = is_deaf = false;
    retry = 0;
    line = ends[0];
    return ends[1];
}

void line_close(void)
{
    is_deaf = true;
    while (line != -1 && hear())
        continue;
    if (line != -1)
        close(line);
    line = -1;
    retry = 0;
}

void line_poll(struct pollfd *poll)
{
    poll->fd = line;
    poll->events = is_owing() && !is_deaf ? POLLOUT : POLLIN;
    /* Only the end of svscan is awaited until the time has come. */
    if (retry != 0)
        poll->fd = -1;
}

int64_t line_due(void)
{
    return retry != 0 ? retry : INT64_MAX;
}

/* ---- over an exec -------------------------------------------------------- */

bool line_is_quiet(void)
{
    return line != -1 && !is_deaf && !is_owing();
}

void line_save(struct line_state *state)
{
    *state = (struct line_state){
        .line = line, .has_holds = has_holds, .has_heard = has_heard};
}

void line_resume(const struct line_state *state)
{
    line = state->line;
    has_holds = state->has_holds;
    has_heard = state->has_heard;
}

bool line_has_heard(void)
{
    return has_heard;
}
