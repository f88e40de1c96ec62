/* SPDX-License-Identifier: ISC */
/* writer.c - what is logged: as fast as it is taken, until nobody wants more. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "crash.h"
#include "logs.h"
#include "sv/say.h"

/* Bytes of a life; and of one write, but for a line that is longer. */
enum {
    MOST = 24 * 1024 * 1024,
    MOST_OF_A_FILE = 3 * 1024 * 1024,
    MOST_OF_A_SWEEP = 12 * 1024,
    MOST_OF_A_LONG_SWEEP = 500 * 1024,
    PORTION = 16 * 1024,
    PORTION_OF_A_SWEEP = 3000,
    LOOK_US = 2000,
    QUIET_LOOKS = 20,
    PATIENCE_US = 60000000,
};

/* splitmix64, as in life.c */
uint32_t logs_random(struct log_life *life, uint32_t below)
{
    uint64_t z = life->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static size_t body_of(enum text text, unsigned n)
{
    if (text == LONG && n % 16 == 0)
        return 10000 + (n + 40) * 7919 % 500000;
    return n * 7919 % 97;
}

size_t line_text(enum text text, unsigned n, char buf[static LINE_ROOM])
{
    static const char same[] = "the same line, again and again\n";
    size_t at, body = body_of(text, n);

    if (text == SAME) {
        memcpy(buf, same, sizeof same);
        return sizeof same - 1;
    }
    at = (size_t)sprintf(buf, "%u%c ", n, n % 2 == 1 ? ';' : ':');
    memset(buf + at, 'a' + (char)(n % 26), body);
    at += body;
    memcpy(buf + at, ".\n", 2);
    return at + 2;
}

/* ---- the process --------------------------------------------------------- */

static volatile sig_atomic_t is_over;

static void on_term(int signal)
{
    (void)signal;
    is_over = 1;
}

static void write_all(int fd, const char *buf, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, buf, size);

        if (n < 0 && errno != EINTR)
            sv_die_sys("unable to write lines");
        if (n > 0) {
            buf += n;
            size -= (size_t)n;
        }
    }
}

static size_t most_of(const struct log_life *life)
{
    if (life->sweeps)
        return life->course->text == LONG ? MOST_OF_A_LONG_SWEEP
                                          : MOST_OF_A_SWEEP;
    return life->course->source == FROM_FILE ? MOST_OF_A_FILE : MOST;
}

/* Whole lines, of about a portion. */
static void write_lines(struct log_life *life, int out)
{
    static char buf[PORTION + LINE_ROOM];
    size_t most = most_of(life), all = 0;
    size_t portion = life->sweeps ? PORTION_OF_A_SWEEP : PORTION;
    unsigned n = 0;

    while (!is_over && all < most) {
        size_t size = 0, wanted = 1 + logs_random(life, (uint32_t)portion);

        while (size < wanted)
            size += line_text(life->course->text, n++, buf + size);
        write_all(out, buf, size);
        *life->written = n;
        all += size;
    }
}

/* What a terminal has not given away is lost when the other side closes.  Some
 * of it may be on its way to where it can be seen. */
static void wait_until_read(int fd)
{
    int waiting = 1;

    for (int quiet = 0; quiet < QUIET_LOOKS; quiet++) {
        sleep_us(LOOK_US);
        if (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0)
            quiet = 0;
    }
}

static void open_ends(struct log_life *life, int ends[static 2])
{
    struct termios raw = { .c_cflag = CS8 };
    bool good = true;

    switch (life->course->source) {
    case FROM_PIPE: good = pipe2(ends, O_CLOEXEC) == 0; break;
    case FROM_FILE:
        ends[1] = open("lines", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ends[0] = open("lines", O_RDONLY | O_CLOEXEC);
        good = ends[0] >= 0;
        break;
    case FROM_SOCKET:
        good = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
        break;
    case FROM_TERMINAL:
        cfmakeraw(&raw);
        good = openpty(&ends[1], &ends[0], NULL, &raw, NULL) == 0
               && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
        break;
    }
    if (!good)
        sv_die_sys("unable to make an input");
}

static _Noreturn void be_the_writer(struct log_life *life, const int *ends)
{
    struct sigaction action = { .sa_handler = on_term };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaction(SIGTERM, &action, NULL);
    write_lines(life, ends[1]);
    if (life->course->source == FROM_TERMINAL)
        wait_until_read(ends[0]);
    _exit(0);
}

void writer_start(struct log_life *life)
{
    int ends[2];

    life->written = mmap(NULL, sizeof *life->written, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (life->written == MAP_FAILED)
        sv_die_sys("unable to share a count");
    open_ends(life, ends);
    life->in = ends[0];
    life->writer = fork();
    if (life->writer < 0)
        sv_die_sys("unable to fork");
    if (life->writer == 0)
        be_the_writer(life, ends);
    close(ends[1]);
    /* A file has an end as soon as there is one. */
    if (life->course->source == FROM_FILE)
        writer_end(life);
}

void writer_stop(const struct log_life *life)
{
    if (!life->sweeps && life->writer != 0)
        kill(life->writer, SIGTERM);
}

void writer_end(struct log_life *life)
{
    int wstat;

    if (life->writer == 0)
        return;
    for (int64_t us = 0; waitpid(life->writer, &wstat, WNOHANG) == 0;
         us += LOOK_US) {
        sleep_us(LOOK_US);
        if (us > PATIENCE_US)
            sv_die(SV_EXIT_SYSTEM, "nobody reads what is written");
    }
    if (wstat != 0)
        sv_die(SV_EXIT_BUG, "the writer failed");
    life->writer = 0;
}
