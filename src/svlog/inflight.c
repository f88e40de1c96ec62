/* SPDX-License-Identifier: ISC */
/*
 * inflight.c - the in-flight file and its ledger.
 *
 * Every function here leaves the file, after each of its system calls, in a
 * state from which inflight_open() makes out which bytes are left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/stamp.h"
#include "svlog/inflight.h"

static const char magic[8] = {'s', 'v', 'l', 'o', 'g', ' ', '3', '\n'};

/* Zeros if there is no /proc: then no ledger is of this boot. */
static void read_boot(char boot[static INFLIGHT_BOOT])
{
    memset(boot, 0, INFLIGHT_BOOT);
    if (sv_at_read(AT_FDCWD, "/proc/sys/kernel/random", "boot_id", boot,
                   INFLIGHT_BOOT - 1) < 0)
        boot[0] = 0;
}

static void begin_anew(struct inflight *inflight, const char *boot)
{
    inflight->ledger = (struct ledger){.begin = INFLIGHT_LEDGER};
    memcpy(inflight->ledger.magic, magic, sizeof magic);
    memcpy(inflight->ledger.boot, boot, INFLIGHT_BOOT);
}

static bool is_whole(const struct inflight *inflight)
{
    const struct ledger *ledger = &inflight->written;

    return !memcmp(ledger->magic, magic, sizeof magic) &&
           ledger->begin >= INFLIGHT_LEDGER &&
           ledger->begin <= inflight->size &&
           (!ledger->cut || (ledger->begin <= ledger->cut &&
                             ledger->cut <= inflight->size)) &&
           ledger->marks <= SCRIPT_ACTIONS_MAX;
}

static bool set_size(struct inflight *inflight, uint64_t size)
{
    if (ftruncate(inflight->fd, (off_t)size) < 0)
        return false;
    inflight->size = size;
    return true;
}

/* Finishes what inflight_rewind() had begun. */
static bool finish_cut(struct inflight *inflight)
{
    if (inflight->ledger.cut && !set_size(inflight, inflight->ledger.cut))
        return false;
    inflight->ledger.cut = 0;
    return true;
}

static bool take_over(struct inflight *inflight)
{
    char boot[INFLIGHT_BOOT];

    read_boot(boot);
    if (!is_whole(inflight)) {
        begin_anew(inflight, boot);
        return set_size(inflight, INFLIGHT_LEDGER);
    }
    inflight->ledger = inflight->written;
    if (!boot[0] || memcmp(boot, inflight->ledger.boot, INFLIGHT_BOOT) != 0) {
        memcpy(inflight->ledger.boot, boot, INFLIGHT_BOOT);
        inflight->ledger.column = 0;
        inflight->ledger.marks = 0;
    }
    return finish_cut(inflight);
}

/* Opens the file and reads what is to be its ledger. */
static bool look_into(struct inflight *inflight, int dir, int flags)
{
    off_t size;

    *inflight = (struct inflight){
        .fd = openat(dir, INFLIGHT, flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
                     0600)};
    if (inflight->fd < 0)
        return false;
    size = lseek(inflight->fd, 0, SEEK_END);
    inflight->size = (uint64_t)size;
    if (size >= 0 && pread(inflight->fd, &inflight->written,
                           sizeof inflight->written, 0) >= 0)
        return true;
    close(inflight->fd);
    return false;
}

bool inflight_waits(int dir)
{
    static struct inflight inflight;
    const struct ledger *ledger = &inflight.written;

    if (!look_into(&inflight, dir, O_RDONLY))
        return false;
    close(inflight.fd);
    return is_whole(&inflight) &&
           (ledger->cut ? ledger->cut : inflight.size) > ledger->begin;
}

static bool put_aside(struct inflight *inflight, int dir,
                      char aside[static INFLIGHT_ASIDE])
{
    size_t at = sizeof INFLIGHT;

    close(inflight->fd);
    memcpy(aside, INFLIGHT ".", at);
    sv_stamp_label(aside + at, sv_realtime());
    aside[at + ARCHIVE_LABEL] = 0;
    return renameat(dir, INFLIGHT, dir, aside) == 0 &&
           look_into(inflight, dir, O_RDWR | O_CREAT);
}

bool inflight_open(struct inflight *inflight, int dir,
                   char aside[static INFLIGHT_ASIDE])
{
    aside[0] = 0;
    if (!look_into(inflight, dir, O_RDWR | O_CREAT))
        return false;
    if (!is_whole(inflight) && inflight->size > INFLIGHT_LEDGER &&
        !put_aside(inflight, dir, aside))
        return false;
    return take_over(inflight);
}

uint64_t inflight_left(const struct inflight *inflight)
{
    return inflight->size - inflight->ledger.begin;
}

ssize_t inflight_read(const struct inflight *inflight, uint64_t skip,
                      char *buf, size_t size)
{
    return pread(inflight->fd, buf, size,
                 (off_t)(inflight->ledger.begin + skip));
}

static bool write_whole(const struct inflight *inflight, const void *buf,
                        size_t size, off_t at)
{
    ssize_t put = pwrite(inflight->fd, buf, size, at);

    if (put >= 0 && put < (ssize_t)size)
        errno = ENOSPC;
    return put == (ssize_t)size;
}

/* Marks that are not used are not looked at: with one logdir, they are most of
 * the ledger. */
static bool is_written(const struct inflight *inflight)
{
    const struct ledger *is = &inflight->written;
    const struct ledger *be = &inflight->ledger;
    size_t marks = sizeof be->mark;

    if (be->marks < SCRIPT_ACTIONS_MAX)
        marks = (size_t)be->marks * sizeof be->mark[0];
    return is->left_out == be->left_out &&
           !memcmp(is, be, offsetof(struct ledger, mark)) &&
           !memcmp(is->mark, be->mark, marks);
}

bool inflight_settle(struct inflight *inflight)
{
    static _Alignas(INFLIGHT_LEDGER) struct ledger page;

    if (is_written(inflight))
        return true;
    page = inflight->ledger;
    if (!write_whole(inflight, &page, sizeof page, 0))
        return false;
    inflight->written = page;
    return true;
}

/* The bytes left are written where they do not touch themselves: the file is
 * longer than twice what a window holds.  From the ledger's being written on,
 * they are there; the file's old end is void until it has been cut off. */
bool inflight_rewind(struct inflight *inflight, const char *left, size_t size)
{
    if (!inflight->ledger.cut) {
        if (!write_whole(inflight, left, size, INFLIGHT_LEDGER))
            return false;
        inflight->ledger.begin = INFLIGHT_LEDGER;
        inflight->ledger.cut = INFLIGHT_LEDGER + size;
    }
    return inflight_settle(inflight) && finish_cut(inflight) &&
           inflight_settle(inflight);
}

bool inflight_empty(struct inflight *inflight)
{
    return set_size(inflight, 0);
}
