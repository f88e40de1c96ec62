/* SPDX-License-Identifier: ISC */
/*
 * hold.c - one message between init and svscan, with its descriptors.
 *
 * Neither end ever waits in here, and neither may die of what the other sends:
 * whatever comes that is not a message of ours is taken off the line, its
 * descriptors closed, and called BAD.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sv/hold.h"

enum { FDS_MAX = 2 };

const char *sv_upgrade_reason(enum sv_upgrade_end end)
{
    static const char *const reasons[SV_UPGRADE_ENDS] = {
        [SV_UPGRADE_DONE] = "it is done",
        [SV_UPGRADE_STOPPING] = "everything is being stopped",
        [SV_UPGRADE_NOEXEC] = "the init on disk cannot be executed; the console"
                              " says why",
        [SV_UPGRADE_NO] = "the init on disk cannot go on from here; the console"
                          " says why",
        [SV_UPGRADE_LATE] = "the init on disk does not answer",
        [SV_UPGRADE_FAILED] = "the system refused; the console says what",
    };

    return end < SV_UPGRADE_ENDS ? reasons[end] : "init does not say why";
}

/* The alignment that cmsg(3) asks for. */
union rights {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

static void attach(struct msghdr *packet, union rights *rights, const int *fds,
                   size_t n)
{
    struct cmsghdr *header;

    memset(rights, 0, sizeof *rights);
    packet->msg_control = rights->bytes;
    packet->msg_controllen = (socklen_t)CMSG_SPACE(n * sizeof *fds);
    header = CMSG_FIRSTHDR(packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = (socklen_t)CMSG_LEN(n * sizeof *fds);
    memcpy(CMSG_DATA(header), fds, n * sizeof *fds);
}

bool sv_hold_send(int line, const struct sv_hold *message, const int *fds,
                  size_t n)
{
    struct sv_hold copy = *message;
    struct iovec part = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    union rights rights;
    ssize_t sent;

    if (n > FDS_MAX) {
        errno = EINVAL;
        return false;
    }
    copy.version = SV_HOLD_VERSION;
    if (n > 0)
        attach(&packet, &rights, fds, n);
    do
        sent = sendmsg(line, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent == -1 && errno == EINTR);
    return sent != -1;
}

/* The kernel has made descriptors of ours of them, at most FDS_MAX: it closes
 * what does not fit into the room that it was given. */
static void detach(struct msghdr *packet, int fds[FDS_MAX])
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(packet);
    size_t n;

    if (!header || header->cmsg_level != SOL_SOCKET ||
        header->cmsg_type != SCM_RIGHTS)
        return;
    n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(header), n * sizeof(int));
}

static void close_all(int fds[FDS_MAX])
{
    for (int i = 0; i < FDS_MAX; i++) {
        if (fds[i] != -1)
            close(fds[i]);
        fds[i] = -1;
    }
}

/* Out of memory is no news of the other end: the message is still there. */
static enum sv_hold_got nothing_or_closed(int error)
{
    bool later = error == EAGAIN || error == ENOMEM || error == ENOBUFS;

    return later ? SV_HOLD_NOTHING : SV_HOLD_CLOSED;
}

enum sv_hold_got sv_hold_receive(int line, struct sv_hold *message, int fds[2])
{
    struct iovec part = {.iov_base = message, .iov_len = sizeof *message};
    union rights rights;
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1,
                            .msg_control = rights.bytes,
                            .msg_controllen = sizeof rights.bytes};
    ssize_t got;

    fds[0] = fds[1] = -1;
    do
        got = recvmsg(line, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got == -1 && errno == EINTR);
    if (got == -1)
        return nothing_or_closed(errno);
    if (got == 0)
        return SV_HOLD_CLOSED;
    detach(&packet, fds);
    if (got == sizeof *message && !(packet.msg_flags & MSG_TRUNC) &&
        message->version == SV_HOLD_VERSION)
        return SV_HOLD_GOT;
    close_all(fds);
    return SV_HOLD_BAD;
}
