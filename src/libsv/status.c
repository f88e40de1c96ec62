/* SPDX-License-Identifier: ISC */
/*
 * status.c - the supervise/status file, to the byte as s6 has it.
 *
 * Called at every change of every service: nothing here allocates, and a write
 * is four system calls.
 */
#include <errno.h>
#include <limits.h>

#include <skalibs/uint16.h>
#include <skalibs/uint64.h>

#include "sv/at.h"
#include "sv/status.h"

enum { AT_STAMP = 0, AT_READY = 12, AT_PID = 24, AT_WSTAT = 32, AT_FLAGS = 34 };

enum { NANO_MAX = 999999999 };

void sv_status_pack(char buf[static SV_STATUS_SIZE],
                    const struct sv_status *status)
{
    tain_pack(buf + AT_STAMP, &status->stamp);
    tain_pack(buf + AT_READY, &status->ready);
    uint64_pack_big(buf + AT_PID, (uint64_t)status->pid);
    uint16_pack_big(buf + AT_WSTAT, status->wstat);
    buf[AT_FLAGS] = (char)status->flags;
}

bool sv_status_unpack(struct sv_status *status,
                      const char buf[static SV_STATUS_SIZE])
{
    struct sv_status read;
    uint64_t pid;

    tain_unpack(buf + AT_STAMP, &read.stamp);
    tain_unpack(buf + AT_READY, &read.ready);
    uint64_unpack_big(buf + AT_PID, &pid);
    uint16_unpack_big(buf + AT_WSTAT, &read.wstat);
    read.pid = (pid_t)pid;
    read.flags = (uint8_t)buf[AT_FLAGS];

    if (tain_nano(&read.stamp) > NANO_MAX || tain_nano(&read.ready) > NANO_MAX)
        return false;
    if (pid > INT_MAX || (read.flags & ~SV_STATUS_FLAGS) != 0)
        return false;
    *status = read;
    return true;
}

bool sv_status_write(int base, const char *dir, const struct sv_status *status)
{
    char buf[SV_STATUS_SIZE];

    sv_status_pack(buf, status);
    return sv_at_replace(base, dir, SV_STATUS, SV_STATUS_NEW, buf, sizeof buf);
}

bool sv_status_read(int base, const char *dir, struct sv_status *status)
{
    char buf[SV_STATUS_SIZE];
    ssize_t n = sv_at_read(base, dir, SV_STATUS, buf, sizeof buf);

    if (n < 0)
        return false;
    if (n == sizeof buf && sv_status_unpack(status, buf))
        return true;
    errno = EPROTO;
    return false;
}

bool sv_status_is_up(const struct sv_status *status)
{
    return status->pid != 0 && !(status->flags & SV_STATUS_FINISHING);
}

bool sv_status_is_new(const struct sv_status *status)
{
    return status->pid == 0 && !(status->flags & SV_STATUS_FINISHING) &&
           (status->flags & SV_STATUS_PAUSED);
}
