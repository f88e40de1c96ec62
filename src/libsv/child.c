/* SPDX-License-Identifier: ISC */
/*
 * child.c - the records of what svscan's children do.
 *
 * The header slot says which world the records are of: a pid means something
 * only in one boot and one pid namespace.  The number of a namespace that is
 * gone is the first to be given again, to the same container when it is started
 * the next time; but its process 1 is another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/uint64.h>

#include "sv/at.h"
#include "sv/child.h"
#include "sv/clock.h"
#include "sv/join.h"
#include "sv/say.h"
#include "sv/state.h"

enum {
    BOOT_ID = 36,
    PARENT = 4, START_TIME = 22, /* fields of /proc/PID/stat */
    TICKS_PER_SECOND = 100,
    TREE_VERSION = 2, /* from it on the header has the word of the tree */
    MIXED_VERSION = 3, /* its bit of UNHEALTHY may mean STOPS as well */
    PAGE_SLOTS = 4096 / sizeof(struct sv_child),
    BATCH = 4 * PAGE_SLOTS, /* read at once */
};

struct header {
    char magic[8];
    uint32_t format;
    _Atomic uint32_t tree;
    uint64_t namespace;
    char boot[BOOT_ID];
    uint32_t first; /* when its process 1 began, plus 1, in ticks; 0: unknown */
};

static const char magic[8] = "svchild";

_Static_assert(sizeof(struct header) == sizeof(struct sv_child),
               "the header takes one slot");

enum sv_child_state sv_child_state(const struct sv_child *child)
{
    uint32_t head = atomic_load_explicit(&child->head, memory_order_acquire);

    return (enum sv_child_state)(head & 0xff);
}

enum sv_child_role sv_child_role(const struct sv_child *child)
{
    uint32_t head = atomic_load_explicit(&child->head, memory_order_acquire);

    return (enum sv_child_role)(head >> 8 & 0xff);
}

unsigned sv_child_flags(const struct sv_child *child)
{
    return atomic_load_explicit(&child->head, memory_order_acquire) >> 16;
}

void sv_child_become(struct sv_child *child, enum sv_child_state state,
                     enum sv_child_role role, unsigned flags)
{
    atomic_store_explicit(&child->head, sv_child_head(state, role, flags),
                          memory_order_release);
}

/* A number from 4 on of the stat line.  The name of the program, field 2, may
 * hold anything, spaces and parentheses included: count from its last one. */
static bool parse_field(const char *line, int number, uint64_t *value)
{
    const char *at = strrchr(line, ')');

    for (int field = 2; at != NULL && field < number; field++)
        at = strchr(at + 1, ' ');
    return at != NULL && uint64_scan(at + 1, value) > 0;
}

/* False with errno set; 0: there is no such process. */
static bool read_field(pid_t pid, int number, uint64_t *value)
{
    char dir[32], digits[SV_NUMBER_MAX], line[1024];

    sv_join(dir, sizeof dir, SV_STRINGS("/proc/", sv_number(digits, pid)));

    ssize_t n = sv_at_read(AT_FDCWD, dir, "stat", line, sizeof line - 1);

    if (n < 0) {
        if (errno == ENOENT || errno == ESRCH)
            errno = 0;
        return false;
    }
    line[n] = '\0';
    if (parse_field(line, number, value))
        return true;
    errno = EPROTO;
    return false;
}

/* Where /proc does not tell, the header names no world: its records are void
 * for whoever can tell, and refused by whoever cannot. */
static bool this_world(struct header *header)
{
    struct stat st;
    uint64_t first;

    memset(header, 0, sizeof *header);
    memcpy(header->magic, magic, sizeof magic);
    header->format = SV_STATE_VERSION;
    if (stat("/proc/self/ns/pid", &st) < 0
        || sv_at_read(AT_FDCWD, "/proc/sys/kernel/random", "boot_id",
                      header->boot, BOOT_ID) != BOOT_ID)
        return false;
    header->namespace = st.st_ino;
    if (read_field(1, START_TIME, &first)) /* not if others' processes are hidden from us */
        header->first = (uint32_t)first + 1;
    return true;
}

static bool is_same_world(const struct header *a, const struct header *b)
{
    return memcmp(a->magic, b->magic, sizeof a->magic) == 0
           && a->namespace == b->namespace
           && memcmp(a->boot, b->boot, sizeof a->boot) == 0
           && (a->first == b->first || a->first == 0 || b->first == 0);
}

/* Closes fd for a caller who is failing already: its errno stands. */
static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

static bool map_fresh(struct sv_children *children, int base, const char *fresh)
{
    size_t size = children->count * sizeof *children->slots;
    int fd = openat(base, fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *map = MAP_FAILED;

    if (fd < 0)
        return false;
    if (ftruncate(fd, (off_t)size) == 0)
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        close_quietly(fd);
        return false;
    }
    children->slots = map;
    children->fd = fd;
    return true;
}

/* A store into a page that its file system has no room for is a SIGBUS; write(2)
 * says so instead.  Slots are used from the first on. */
static bool back(struct sv_children *children, size_t i)
{
    static const char nothing[sizeof(struct sv_child)];

    if (i < children->backed)
        return true;

    ssize_t n = pwrite(children->fd, nothing, sizeof nothing,
                       (off_t)(i * sizeof nothing));

    if (n != sizeof nothing) {
        if (n >= 0)
            errno = ENOSPC;
        return false;
    }
    children->backed = (i / PAGE_SLOTS + 1) * PAGE_SLOTS;
    return true;
}

/* Copies what is not free, slot by slot, from the start of the new file. */
static bool copy_slot(struct sv_children *children, const struct sv_child *slot)
{
    size_t next = children->copied + 1;

    if (sv_child_state(slot) == SV_CHILD_FREE)
        return true;
    if (next == children->count) {
        errno = EOVERFLOW;
        return false;
    }
    if (!back(children, next))
        return false;
    memcpy(&children->slots[next], slot, sizeof *slot);
    children->copied++;
    return true;
}

/* Who reads them knows by what is wanted which of the two it is. */
static void tell_apart(struct sv_children *children)
{
    for (size_t i = 1; i <= children->copied; i++) {
        struct sv_child *child = &children->slots[i];
        unsigned flags = sv_child_flags(child);

        if (flags & SV_CHILD_UNHEALTHY)
            sv_child_become(child, sv_child_state(child), sv_child_role(child),
                            flags | SV_CHILD_STOPS);
    }
}

/* Many at a time: the file has room for every service that there may be. */
static bool copy_slots(struct sv_children *children, int fd)
{
    struct sv_child slots[BATCH];
    ssize_t got;

    while ((got = read(fd, slots, sizeof slots)) > 0
           && got % (ssize_t)sizeof *slots == 0)
        for (size_t i = 0; i < (size_t)got / sizeof *slots; i++)
            if (!copy_slot(children, &slots[i]))
                return false;
    return got == 0;
}

/* Those of an earlier version are read: their slots are the same.  A later one
 * keeps the header as it is, so that it can be refused. */
static bool copy_same_world(struct sv_children *children, int fd,
                            const struct header *old)
{
    if (old->format > SV_STATE_VERSION) {
        errno = EPROTONOSUPPORT;
        return false;
    }
    if (!copy_slots(children, fd))
        return false;
    if (old->format == MIXED_VERSION)
        tell_apart(children);
    return true;
}

static bool copy_old(struct sv_children *children, int base, const char *file,
                     struct header *world)
{
    struct header old;
    int fd = openat(base, file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT;

    ssize_t got = read(fd, &old, sizeof old);
    bool ok = got >= 0;

    if (got == (ssize_t)sizeof old && is_same_world(&old, world)) {
        ok = copy_same_world(children, fd, &old);
        if (old.format >= TREE_VERSION)
            world->tree = old.tree;
    }
    close_quietly(fd);
    return ok;
}

/* Records that cannot be judged must not be ignored: what they name may run. */
static bool is_first(int base, const char *file)
{
    if (faccessat(base, file, F_OK, 0) < 0)
        return errno == ENOENT;
    errno = ENODATA;
    return false;
}

bool sv_children_open(struct sv_children *children, int base, const char *file,
                      const char *fresh, size_t count)
{
    struct header world;
    bool known = this_world(&world);

    *children = (struct sv_children){ .count = count, .first_free = 1 };
    if (!map_fresh(children, base, fresh))
        return false;
    if (!back(children, 0))
        goto fail;
    if (known ? !copy_old(children, base, file, &world)
              : !is_first(base, file))
        goto fail;
    memcpy(children->slots, &world, sizeof world);
    if (renameat(base, fresh, base, file) < 0)
        goto fail;
    return true;

fail:;
    int error = errno;

    munmap(children->slots, count * sizeof *children->slots);
    close(children->fd);
    unlinkat(base, fresh, 0);
    errno = error;
    return false;
}

static struct header *header_of(const struct sv_children *children)
{
    return (struct header *)(void *)children->slots;
}

unsigned sv_children_tree(const struct sv_children *children,
                          uint32_t *restarts)
{
    uint32_t tree = atomic_load(&header_of(children)->tree);

    *restarts = tree >> 16;
    return tree & 0xffff;
}

void sv_children_set_tree(struct sv_children *children, unsigned flags,
                          uint32_t restarts)
{
    if (restarts > SV_RESTARTS_MAX)
        restarts = SV_RESTARTS_MAX;
    atomic_store(&header_of(children)->tree, flags | restarts << 16);
}

struct sv_child *sv_children_take(struct sv_children *children, uint64_t dev,
                                  uint64_t ino)
{
    return sv_children_take_for(children, dev, ino, SV_ROLE_NONE);
}

struct sv_child *sv_children_take_for(struct sv_children *children,
                                      uint64_t dev, uint64_t ino,
                                      enum sv_child_role role)
{
    size_t i = children->first_free;

    while (i < children->count
           && sv_child_state(&children->slots[i]) != SV_CHILD_FREE)
        i++;
    children->first_free = i;
    if (i == children->count)
        errno = ENOSPC;
    if (i == children->count || !back(children, i))
        return NULL;

    struct sv_child *child = &children->slots[i];

    memset(child, 0, sizeof *child);
    child->dev = dev;
    child->ino = ino;
    sv_child_become(child, SV_CHILD_IDLE, role, 0);
    return child;
}

void sv_children_free(struct sv_children *children, struct sv_child *child)
{
    size_t i = (size_t)(child - children->slots);

    sv_child_become(child, SV_CHILD_FREE, SV_ROLE_NONE, 0);
    if (i < children->first_free)
        children->first_free = i;
}

bool sv_child_is(pid_t pid, int64_t t0, int64_t t1)
{
    uint64_t ticks;

    if (!read_field(pid, START_TIME, &ticks))
        return false;
    errno = 0;
    return ticks >= (uint64_t)(t0 / (SV_SECOND / TICKS_PER_SECOND))
           && ticks <= (uint64_t)(t1 / (SV_SECOND / TICKS_PER_SECOND));
}

pid_t sv_child_parent(pid_t pid)
{
    uint64_t parent;

    return read_field(pid, PARENT, &parent) && parent <= INT_MAX
               ? (pid_t)parent
               : 0;
}
