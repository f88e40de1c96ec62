/* SPDX-License-Identifier: ISC */
/*
 * family.c - the descendants of a guardian.
 *
 * A process is one of ours if its parents lead to us.  It is opened (pidfd)
 * before they are looked at: if it ends meanwhile and its number goes to
 * another, the signal is lost and hits nobody.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/say.h"
#include "init/family.h"

enum {
    DEPTH_MAX = 100000, /* a chain of parents that changes as we climb ends */
    STAT_MAX = 512,     /* the parent is the fourth field */
    ENTRIES_MAX = 16384,
};

/* As the kernel gives it: opendir(3) would allocate. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* The digits at text, up to any other byte; 0 for none, or for more than a pid
 * can be. */
static pid_t read_pid(const char *text, const char *end)
{
    int64_t pid = 0;

    for (; text < end && *text >= '0' && *text <= '9'; text++) {
        pid = 10 * pid + (*text - '0');
        if (pid > INT32_MAX)
            return 0;
    }
    return (pid_t)pid;
}

/* "pid (name) state parent ...": a name may hold anything, ") S 1" too, so that
 * it is the last parenthesis that counts. */
pid_t family_parent(const char *stat, size_t n)
{
    size_t i = n;

    while (i > 0 && stat[i - 1] != ')')
        i--;
    if (i == 0 || n - i < 4)
        return 0;
    return read_pid(stat + i + 3, stat + n);
}

static pid_t parent_of(int proc, pid_t pid)
{
    char number[SV_NUMBER_MAX];
    char stat[STAT_MAX];
    ssize_t n = sv_at_read(proc, sv_number(number, pid), "stat", stat,
                           sizeof stat);

    return n > 0 ? family_parent(stat, (size_t)n) : 0;
}

static bool is_ours(int proc, pid_t pid)
{
    pid_t us = getpid();

    for (int i = 0; i < DEPTH_MAX && pid > 1; i++) {
        pid = parent_of(proc, pid);
        if (pid == us)
            return true;
    }
    return false;
}

static void signal_if_ours(int proc, pid_t pid, const int *signals)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd == -1)
        return;
    if (is_ours(proc, pid))
        for (; *signals != 0; signals++)
            syscall(SYS_pidfd_send_signal, fd, *signals, NULL, 0);
    close(fd);
}

static void signal_entries(int proc, const char *entries, size_t size,
                           const int *signals)
{
    for (size_t at = 0; at < size;) {
        const struct entry *entry = (const void *)(entries + at);
        const char *end = entries + at + entry->length;
        pid_t pid = read_pid(entry->name, end);

        if (pid > 1)
            signal_if_ours(proc, pid, signals);
        at += entry->length;
    }
}

void family_signal(const int *signals)
{
    static _Alignas(struct entry) char entries[ENTRIES_MAX];
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got;

    if (proc == -1)
        return;
    while ((got = syscall(SYS_getdents64, proc, entries, sizeof entries)) > 0)
        signal_entries(proc, entries, (size_t)got, signals);
    close(proc);
}
