/* SPDX-License-Identifier: ISC */
/*
 * service.c - the services: what each is, and what it writes into the ledger.
 *
 * A run, and a finish, holds a record lock on locks/NAME for as long as it
 * lives: the kernel lets go of it before anybody can see the process dead, so
 * that whoever finds it taken is a second copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"
#include "sv/say.h"

enum { READY_FD = 3, LOCK_FD_MIN = 10, LINE_ROOM = 80 };

const char *const role_names[ROLES] = {
    [STEADY] = "steady",   [CRASHER] = "crasher", [SLOW] = "slow",
    [WAITED] = "waited",
    [CHATTER] = "chatter", [FORKER] = "forker",   [ONCE] = "once",
    [LINGERER] = "lingerer", [ONESHOT] = "up",
};

struct self {
    char role[NAME_ROOM];
    char name[NAME_ROOM];
    char dir[CRASH_PATH_MAX];
    unsigned luck; /* differs between incarnations */
    int lines;
};

/* Above the descriptor that readiness may be told on. */
static int open_lock(const char *dir, const char *name)
{
    char path[CRASH_PATH_MAX + 40];

    snprintf(path, sizeof path, "%s/locks/%s", dir, name);

    int low = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, LOCK_FD_MIN);

    if (low >= 0)
        close(low);
    return fd;
}

pid_t service_holder(const char *dir, const char *name)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open_lock(dir, name);

    if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
        sv_die_sys("unable to look at the lock of ", name);
    close(fd);
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* The descriptor stays open, and with it the lock. */
static void be_the_only_one(const struct self *self)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open_lock(self->dir, self->name);

    if (fd < 0)
        sv_die_sys("unable to open the lock of ", self->name);
    if (fcntl(fd, F_SETLK, &lock) == 0)
        return;
    ledger_write(self->dir, TWICE, self->name, getpid(),
                 service_holder(self->dir, self->name), 0, 0);
}

static void note(const struct self *self, enum kind kind, int a, int b, int c)
{
    ledger_write(self->dir, kind, self->name, getpid(), a, b, c);
}

/* Field 22 of stat: when we were forked, in hundredths of a second. */
static int start_ticks(void)
{
    char text[1024];
    long long ticks = 0;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';

    char *at = strrchr(text, ')');

    for (int i = 0; i < 20 && at != NULL; i++)
        at = strchr(at + 1, ' ');
    if (at != NULL)
        ticks = strtoll(at, NULL, 10);
    return (int)ticks;
}

static _Noreturn void leave(const struct self *self, int code)
{
    note(self, END, code << 8, self->lines, 0);
    _exit(code);
}

/* TERM is blocked and waited for, so that it is known before it ends us. */
static bool is_told(int ms)
{
    struct timespec time = { .tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * SV_MS };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    return sigtimedwait(&set, NULL, ms < 0 ? NULL : &time) == SIGTERM;
}

static void go(const struct self *self)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    note(self, END, SIGTERM, self->lines, 0);
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void wait_ms(const struct self *self, int ms)
{
    if (is_told(ms))
        go(self);
}

/* A number of this incarnation. */
static int between(const struct self *self, int least, int most)
{
    return least + (int)(self->luck % (unsigned)(most - least));
}

static void be_steady(struct self *self)
{
    for (;;)
        wait_ms(self, -1);
}

static void be_a_crasher(struct self *self)
{
    wait_ms(self, between(self, 0, 300));
    leave(self, 1 + getpid() % 120);
}

static void be_ready(struct self *self)
{
    note(self, READY, 0, 0, 0);
    if (write(READY_FD, "\n", 1) != 1 && errno != EBADF)
        leave(self, MUTE_CODE);
    close(READY_FD);
}

static void be_slow(struct self *self)
{
    wait_ms(self, between(self, 5, 400));
    be_ready(self);
    wait_ms(self, between(self, 600, 2500));
    leave(self, 1 + getpid() % 120);
}

static void be_waited_for(struct self *self)
{
    wait_ms(self, between(self, 5, 400));
    be_ready(self);
    be_steady(self);
}

static void linger(struct self *self)
{
    if (!is_told(between(self, 5, 200))) {
        be_ready(self);
        while (!is_told(-1))
            continue;
    }
    note(self, TOLD, 0, 0, 0);
    sleep_us(between(self, 50, 400) * 1000);
    go(self);
}

static void chatter(struct self *self)
{
    char line[LINE_ROOM];

    be_ready(self);
    for (;;) {
        int number = ++self->lines;
        int n = snprintf(line, sizeof line, "%d %d %.*s\n", getpid(), number,
                         number % 40,
                         "........................................");

        if (write(1, line, (size_t)n) != n) {
            self->lines--;
            leave(self, PIPE_CODE);
        }
        wait_ms(self, 2);
    }
}

/* Who it forks is nobody's child at once, and ends soon. */
static void fork_orphans(struct self *self)
{
    for (int i = 0;; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            if (fork() == 0)
                sleep_us(i * 7 % 50 * 1000);
            _exit(i % 100);
        }
        waitpid(pid, NULL, 0);
        wait_ms(self, 20);
    }
}

static void be_short(struct self *self)
{
    wait_ms(self, between(self, 30, 200));
    leave(self, 0);
}

static void (*const lives[ROLES])(struct self *self) = {
    [STEADY] = be_steady,     [CRASHER] = be_a_crasher, [SLOW] = be_slow,
    [WAITED] = be_waited_for, [CHATTER] = chatter,
    [FORKER] = fork_orphans,  [ONCE] = be_short,
    [LINGERER] = linger,
};

/* finish CODE SIGNAL NAME PGRP, as s6 and we have it; runit gives a code of -1
 * for a death by signal, and no more than the two. */
static int be_finish(const struct self *self, int argc, char *argv[])
{
    int code = argc > 1 ? atoi(argv[1]) : -2;

    note(self, FINISH, code == -1 ? 256 : code, argc > 2 ? atoi(argv[2]) : -2,
         argc > 4 ? atoi(argv[4]) : 0);
    sleep_us(between(self, 0, 30) * 1000);
    note(self, FINISHED, 0, 0, 0);
    return 0;
}

/* Told to go, it has not done it. */
static int be_script(const struct self *self, bool is_up)
{
    note(self, is_up ? DOING : UNDOING, 0, 0, 0);
    wait_ms(self, between(self, 0, 200));
    note(self, is_up ? DONE : UNDONE, 0, 0, 0);
    return 0;
}

int service_main(const char *what, int argc, char *argv[])
{
    struct self self = { .luck = (unsigned)getpid() * 2654435761u >> 8 };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* a broken pipe is to be in the ledger */
    sv_program = "service";
    if (sscanf(what, "@%23[^:]:%23[^:]:%511s", self.role, self.name, self.dir)
        != 3)
        sv_die_usage("killer @ROLE:NAME:DIR");
    be_the_only_one(&self);
    if (strcmp(self.role, "finish") == 0)
        return be_finish(&self, argc, argv);
    if (strcmp(self.role, "up") == 0 || strcmp(self.role, "down") == 0)
        return be_script(&self, self.role[0] == 'u');
    note(&self, START, start_ticks(), 0, 0);
    for (size_t i = 0; i < ROLES; i++)
        if (strcmp(self.role, role_names[i]) == 0)
            lives[i](&self);
    sv_die(SV_EXIT_USAGE, "no such role: ", self.role);
}
