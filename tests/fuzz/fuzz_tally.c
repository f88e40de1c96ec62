/* SPDX-License-Identifier: ISC */
/*
 * fuzz_tally.c - what a death tally of any content gives.
 *
 * The input is the file.  What is read from it packs back to its last bytes;
 * and when a death is added, it is the newest, and what went before it is what
 * was read.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/paths.h"
#include "sv/tally.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 8 };

static char scratch[] = "/tmp/sv-fuzz-XXXXXX";
static bool entered;

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void leave(void)
{
    unlink(SV_TALLY);
    unlink(SV_TALLY_NEW);
    rmdir(SV_SUPERVISE);
    rmdir(scratch);
}

static void enter(void)
{
    must(mkdtemp(scratch) != NULL && chdir(scratch) == 0);
    must(mkdir(SV_SUPERVISE, 0700) == 0);
    entered = true;
    atexit(leave);
}

static void put(const uint8_t *data, size_t size)
{
    int fd = open(SV_TALLY, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* The newest n of the file are those of deaths. */
static void check_read(const uint8_t *data, size_t size,
                       const struct sv_death *deaths, size_t n)
{
    char packed[SV_TALLY_SIZE];
    const uint8_t *at = data + size - n * SV_TALLY_SIZE;

    must(n <= MAX && n * SV_TALLY_SIZE <= size);
    must(n == 0 || size % SV_TALLY_SIZE == 0);
    for (size_t i = 0; i < n; i++, at += SV_TALLY_SIZE) {
        sv_death_pack(packed, &deaths[i]);
        must(memcmp(packed, at, SV_TALLY_SIZE) == 0);
    }
}

static bool is_same(const tain *a, const tain *b)
{
    return a->sec.x == b->sec.x && a->nano == b->nano;
}

static void check_add(const struct sv_death *before, size_t n)
{
    const tain stamp = TAIN_EPOCH;
    struct sv_death death = sv_death_of(&stamp, 9);
    struct sv_death after[MAX];
    size_t again;
    size_t lost = n == MAX;

    if (n > 0 && is_same(&before[n - 1].stamp, &stamp))
        return;
    must(sv_tally_add(AT_FDCWD, ".", &death, MAX));
    must(sv_tally_read(AT_FDCWD, ".", after, MAX, &again));
    must(again == n - lost + 1);
    must(after[again - 1].code == 128 + 9 && after[again - 1].signal == 9);
    for (size_t i = lost; i < n; i++)
        must(is_same(&after[i - lost].stamp, &before[i].stamp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_death deaths[MAX];
    size_t n;

    if (!entered)
        enter();
    put(data, size);
    must(sv_tally_read(AT_FDCWD, ".", deaths, MAX, &n));
    check_read(data, size, deaths, n);
    check_add(deaths, n);
    return 0;
}
