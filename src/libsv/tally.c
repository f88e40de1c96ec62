/* SPDX-License-Identifier: ISC */
/*
 * tally.c - the deaths of a service, newest last.
 *
 * A file is good as a whole, or it counts as empty: a record that is wrong says
 * that something else wrote it.  The largest tally, 56 KiB, is built on the
 * stack, since a death must not need memory.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/status.h"
#include "sv/tally.h"

enum { AT_CODE = 12, AT_SIGNAL = 13, NANO_MAX = 999999999 };

enum { CODE_UNKNOWN = 255 };

void sv_death_pack(char buf[static SV_TALLY_SIZE],
                   const struct sv_death *death)
{
    tain_pack(buf, &death->stamp);
    buf[AT_CODE] = (char)death->code;
    buf[AT_SIGNAL] = (char)death->signal;
}

bool sv_death_unpack(struct sv_death *death,
                     const char buf[static SV_TALLY_SIZE])
{
    tain stamp;

    tain_unpack(buf, &stamp);
    if (tain_nano(&stamp) > NANO_MAX)
        return false;
    death->stamp = stamp;
    death->code = (uint8_t)buf[AT_CODE];
    death->signal = (uint8_t)buf[AT_SIGNAL];
    return true;
}

struct sv_death sv_death_of(const tain *stamp, int wstat)
{
    struct sv_death death = {.stamp = *stamp, .code = CODE_UNKNOWN};

    if (wstat == SV_WSTAT_UNKNOWN)
        return death;
    if (WIFEXITED(wstat))
        death.code = (uint8_t)WEXITSTATUS(wstat);
    else if (WIFSIGNALED(wstat)) {
        death.signal = (uint8_t)WTERMSIG(wstat);
        death.code = (uint8_t)(128 + death.signal);
    }
    return death;
}

static bool are_deaths(const char *bytes, size_t n)
{
    struct sv_death death;

    for (; n > 0; n--, bytes += SV_TALLY_SIZE)
        if (!sv_death_unpack(&death, bytes))
            return false;
    return true;
}

/* Fills bytes with the newest records of the open tally, at most max, and sets
 * *n to their number. */
static bool read_newest(int fd, off_t size, char *bytes, size_t max, size_t *n)
{
    size_t wanted = max * SV_TALLY_SIZE;
    size_t used = 0;

    *n = 0;
    if (size % SV_TALLY_SIZE != 0)
        return true;
    if ((uintmax_t)size < wanted)
        wanted = (size_t)size;
    while (used < wanted) {
        ssize_t got = pread(fd, bytes + used, wanted - used,
                            size - (off_t)(wanted - used));

        if (got == 0)
            return true; /* emptied under our eyes */
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    if (are_deaths(bytes, wanted / SV_TALLY_SIZE))
        *n = wanted / SV_TALLY_SIZE;
    return true;
}

static bool load(int base, const char *dir, char *bytes, size_t max, size_t *n)
{
    off_t size;
    int fd = sv_at_open(base, dir, SV_TALLY, &size);

    *n = 0;
    if (fd < 0)
        return errno == ENOENT;

    bool loaded = read_newest(fd, size, bytes, max, n);
    int error = errno;

    close(fd);
    errno = error;
    return loaded;
}

bool sv_tally_add(int base, const char *dir, const struct sv_death *death,
                  uint32_t max)
{
    char bytes[SV_TALLY_MAX * SV_TALLY_SIZE];
    char fresh[SV_TALLY_SIZE];
    size_t n;

    if (max == 0)
        return true;
    if (max > SV_TALLY_MAX)
        max = SV_TALLY_MAX;
    if (!load(base, dir, bytes, max, &n))
        return false;
    sv_death_pack(fresh, death);
    if (n > 0 && memcmp(bytes + (n - 1) * SV_TALLY_SIZE, fresh, TAIN_PACK) == 0)
        return true;
    if (n == max) {
        n--;
        memmove(bytes, bytes + SV_TALLY_SIZE, n * SV_TALLY_SIZE);
    }
    memcpy(bytes + n * SV_TALLY_SIZE, fresh, SV_TALLY_SIZE);
    return sv_at_replace(base, dir, SV_TALLY, SV_TALLY_NEW, bytes,
                         (n + 1) * SV_TALLY_SIZE);
}

bool sv_tally_read(int base, const char *dir, struct sv_death *deaths,
                   size_t max, size_t *n)
{
    char bytes[SV_TALLY_MAX * SV_TALLY_SIZE];

    if (!load(base, dir, bytes, max < SV_TALLY_MAX ? max : SV_TALLY_MAX, n))
        return false;
    for (size_t i = 0; i < *n; i++)
        sv_death_unpack(&deaths[i], bytes + i * SV_TALLY_SIZE);
    return true;
}

bool sv_tally_clear(int base, const char *dir)
{
    char path[SV_PATH_MAX];

    return unlinkat(base, sv_at(path, dir, SV_TALLY), 0) == 0 ||
           errno == ENOENT;
}
