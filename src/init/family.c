/* SPDX-License-Identifier: ISC */
/*
 * family.c - the descendants of a guardian, and who of them is a logger.
 *
 * A process is a guardian's if its parents lead to it.  It is opened (pidfd)
 * before they are looked at: if it ends meanwhile and its number goes to
 * another, the signal is lost and hits nobody.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "init/family.h"

enum {
    DEPTH_MAX = 100000, /* a chain of parents that changes as we climb ends */
    STAT_MAX = 512,     /* the parent is the fourth field */
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

/* What has entered the namespace of a process 1 from outside has a parent that
 * we do not see, and is ours too. */
static bool may_be_hit(int proc, pid_t pid)
{
    return getpid() == 1 || is_ours(proc, pid);
}

static bool ends_with(const char *text, size_t n, const char *end)
{
    size_t length = strlen(end);

    return n >= length && memcmp(text + n - length, end, length) == 0;
}

bool family_is_log_fifo(const char *path, size_t n)
{
    return ends_with(path, n, "/" SV_STDOUT) || ends_with(path, n, "/" SV_STDIN)
           || ends_with(path, n, "/" SV_CATCH_ALL "/" SV_CATCH_ALL_FIFO);
}

/* By what it reads: process 1 reads no service directory. */
static bool is_logger(int proc, pid_t pid)
{
    char number[SV_NUMBER_MAX];
    char link[SV_PATH_MAX];
    char path[SV_PATH_MAX];
    ssize_t n = readlinkat(proc, sv_at(link, sv_number(number, pid), "fd/0"),
                           path, sizeof path);

    return n > 0 && family_is_log_fifo(path, (size_t)n);
}

static void signal_one(int proc, pid_t pid, enum family whom,
                       const int *signals)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd == -1)
        return;
    if (may_be_hit(proc, pid)
        && (whom == FAMILY_ALL || !is_logger(proc, pid)))
        for (; *signals != 0; signals++)
            syscall(SYS_pidfd_send_signal, fd, *signals, NULL, 0);
    close(fd);
}

struct search {
    int proc;
    enum family whom;
    const int *signals;
    bool any; /* process, be it not ours */
};

static void signal_entry(void *context, const char *name)
{
    struct search *search = context;
    pid_t pid = read_pid(name, name + strlen(name));

    search->any |= pid > 0;
    if (pid > 1)
        signal_one(search->proc, pid, search->whom, search->signals);
}

bool family_signal(enum family whom, const int *signals)
{
    struct search search = { .whom = whom, .signals = signals };

    search.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (search.proc == -1)
        return false;
    sv_at_names(search.proc, signal_entry, &search);
    close(search.proc);
    return search.any;
}
