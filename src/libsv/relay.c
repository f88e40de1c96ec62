/* SPDX-License-Identifier: ISC */
/*
 * relay.c - the ring in which init tells how orphans ended.
 *
 * One writer, in another process, and no lock: a reader copies an entry and
 * then looks at head again, to see whether the writer could have been in that
 * slot meanwhile.  The slot that is written next counts as gone, so that of
 * SV_RELAY_ENTRIES entries one less can be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/relay.h"
#include "sv/state.h"

static const char magic[sizeof(((struct sv_relay *)0)->magic)] = {
    's', 'v', 'r', 'e', 'l', 'a', 'y', '1'};

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW };

static struct sv_relay *map_file(int fd)
{
    void *map = mmap(NULL, sizeof(struct sv_relay), PROT_READ | PROT_WRITE,
                     MAP_SHARED, fd, 0);

    return map == MAP_FAILED ? NULL : map;
}

struct sv_relay *sv_relay_create(int *fd)
{
    struct sv_relay *relay;
    int file = sv_state_make("sv-relay");
    int error;

    if (file == -1)
        return NULL;
    if (ftruncate(file, sizeof *relay) == -1 ||
        fcntl(file, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == -1)
        goto fail;
    relay = map_file(file);
    if (!relay)
        goto fail;
    memcpy(relay->magic, magic, sizeof magic);
    relay->listening = 1;
    *fd = file;
    return relay;

fail:
    error = errno;
    close(file);
    errno = error;
    return NULL;
}

/* The seals are what makes the mapping safe: a file that could shrink under us
 * would answer a read with SIGBUS. */
static bool is_relay_file(int fd)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals != -1 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
           st.st_size == (off_t)sizeof(struct sv_relay);
}

struct sv_relay *sv_relay_open(int fd)
{
    struct sv_relay *relay;

    if (!is_relay_file(fd)) {
        errno = EPROTO;
        return NULL;
    }
    relay = map_file(fd);
    if (relay && memcmp(relay->magic, magic, sizeof magic) != 0) {
        munmap(relay, sizeof *relay);
        errno = EPROTO;
        return NULL;
    }
    return relay;
}

void sv_relay_put(struct sv_relay *relay, pid_t pid, int wstat, int64_t reaped)
{
    uint64_t n = atomic_load_explicit(&relay->head, memory_order_relaxed);
    struct sv_relay_entry *entry = &relay->entries[n % SV_RELAY_ENTRIES];

    /* Whoever sees a byte of the new entry sees at least this head, and so
     * that the old entry is gone. */
    atomic_thread_fence(memory_order_release);
    *entry = (struct sv_relay_entry){.pid = (int32_t)pid,
                                     .wstat = (uint32_t)wstat,
                                     .reaped = reaped};
    atomic_store_explicit(&relay->head, n + 1, memory_order_release);
}

/* Until the next svscan has seen to everybody it may have adopted somebody. */
void sv_relay_orphaned(struct sv_relay *relay, uint64_t quiet)
{
    if (atomic_load(&relay->listening) == 0)
        atomic_store(&relay->cursor, quiet);
    atomic_store(&relay->listening, 1);
}

/* Copies entry number n; false if it may have been overwritten meanwhile. */
static bool read_entry(const struct sv_relay *relay, uint64_t n,
                       struct sv_relay_entry *entry)
{
    *entry = relay->entries[n % SV_RELAY_ENTRIES];
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&relay->head, memory_order_relaxed) - n <
           SV_RELAY_ENTRIES;
}

enum sv_relay_answer sv_relay_find(const struct sv_relay *relay, pid_t pid,
                                   int64_t t1, int64_t dead, int *wstat,
                                   int64_t *reaped)
{
    /* Before the entries are read: what is reaped while we read may be in
     * neither. */
    bool all_there = atomic_load_explicit(&relay->reaped_until,
                                          memory_order_acquire) >= dead;
    uint64_t head = atomic_load_explicit(&relay->head, memory_order_acquire);
    uint64_t n = atomic_load(&relay->cursor);

    for (; n < head; n++) {
        struct sv_relay_entry entry;

        if (!read_entry(relay, n, &entry))
            return SV_RELAY_LOST;
        if (entry.pid != pid || entry.reaped <= t1)
            continue;
        *wstat = (int)entry.wstat;
        *reaped = entry.reaped;
        return SV_RELAY_FOUND;
    }
    return all_there ? SV_RELAY_LOST : SV_RELAY_NOT_YET;
}
