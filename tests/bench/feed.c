/* SPDX-License-Identifier: ISC */
/*
 * feed.c - what does a logger cost?
 *
 *   feed run BYTES SIZE PROGRAM ARGS...   feeds PROGRAM BYTES bytes of lines of
 *       SIZE bytes each, newline included, through a pipe, as fast as it takes
 *       them; prints the lines, the program's CPU time in ns, and its peak of
 *       resident memory in kB
 *   feed copy FILE    the floor: standard input to FILE, and nothing else
 *   feed stamp FILE   the same with a TAI64N label before each line
 *
 * The floors write to a file of at most 16 MB, from its beginning again and
 * again, since memory that is new costs more than what they are there to show.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 65536, LABEL = 26, ROUND = 16000000 };

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "feed: %s: %s\n", what, strerror(errno));
    exit(111);
}

/* ---- lines --------------------------------------------------------------- */

/* Lines as a web server might write them, no two alike within a chunk; size is
 * 20 or more. */
static void make_line(char *at, size_t size, unsigned n)
{
    static const char *const what[] = {"GET /index.html", "PUT /upload",
                                       "debug: cache miss", "GET /api/items"};
    char text[256];
    int used = snprintf(text, sizeof text, "%08u %s?id=%u 200 %u bytes from "
                        "192.0.2.%u by agent-%u/1.0 in %u us; keep-alive, "
                        "gzip, no referer, session %08x of shard %u",
                        n, what[n % 4], n * 7919, n % 4096, n % 254, n % 7,
                        n * 31 % 9973, n * 2654435761U, n % 16);

    memset(at, '.', size);
    memcpy(at, text, (size_t)used < size - 1 ? (size_t)used : size - 1);
    at[size - 1] = '\n';
}

static char *make_lines(size_t size, size_t *bytes)
{
    size_t count = CHUNK * 16 / size;
    char *lines = malloc(count * size);

    if (lines == NULL)
        die("no memory for lines");
    for (size_t i = 0; i < count; i++)
        make_line(lines + i * size, size, (unsigned)i);
    *bytes = count * size;
    return lines;
}

/* ---- run ----------------------------------------------------------------- */

static void feed(int fd, uint64_t bytes, const char *lines, size_t size)
{
    size_t at = 0;

    while (bytes > 0) {
        size_t chunk = size - at < CHUNK ? size - at : CHUNK;
        ssize_t put = write(fd, lines + at, chunk < bytes ? chunk : bytes);

        if (put < 0)
            die("unable to write to the logger");
        bytes -= (uint64_t)put;
        at = (at + (size_t)put) % size;
    }
}

static pid_t start(char **argv, int *to)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
        die("unable to start the logger");
    if (pid == 0) {
        dup2(ends[0], 0);
        execvp(argv[0], argv);
        die(argv[0]);
    }
    close(ends[0]);
    *to = ends[1];
    return pid;
}

/* As it is when all is fed.  What wait4(2) says would count what the child was
 * before its exec: a copy of us. */
static long peak_kb(pid_t pid)
{
    char path[64];
    char line[256];
    long kb = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    if (file == NULL)
        die(path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    fclose(file);
    return kb;
}

static uint64_t ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static int run(uint64_t bytes, size_t size, char **argv)
{
    struct rusage usage;
    size_t all;
    char *lines = make_lines(size, &all);
    long peak;
    int status;
    int to;
    pid_t pid = start(argv, &to);

    bytes -= bytes % size;
    feed(to, bytes, lines, all);
    peak = peak_kb(pid);
    close(to);
    if (wait4(pid, &status, 0, &usage) != pid)
        die("unable to wait for the logger");
    free(lines);
    if (status != 0) {
        fprintf(stderr, "feed: %s ended with %d\n", argv[0], status);
        return 111;
    }
    printf("%ju %ju %ld\n", (uintmax_t)(bytes / size),
           (uintmax_t)(ns(&usage.ru_utime) + ns(&usage.ru_stime)),
           peak);
    return 0;
}

/* ---- the floors ---------------------------------------------------------- */

static int fd_out;
static size_t written;

static void put(const char *bytes, size_t size)
{
    if (written + size > ROUND && lseek(fd_out, written = 0, SEEK_SET) < 0)
        die("unable to go back");
    if (write(fd_out, bytes, size) != (ssize_t)size)
        die("unable to write");
    written += size;
}

static void make_label(char *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(at, LABEL + 1, "@%016jx%08jx ",
             (uintmax_t)now.tv_sec + (UINTMAX_C(1) << 62) + 10,
             (uintmax_t)now.tv_nsec);
}

/* Returns how many bytes of the text are in whole lines, all put. */
static size_t put_stamped(const char *text, size_t size)
{
    static char out[CHUNK * 3];
    char label[LABEL + 1];
    const char *at = text;
    const char *end;
    size_t used = 0;

    make_label(label);
    while ((end = memchr(at, '\n', (size_t)(text + size - at))) != NULL) {
        size_t line = (size_t)(end + 1 - at);

        memcpy(out + used, label, LABEL);
        memcpy(out + used + LABEL, at, line);
        used += LABEL + line;
        at = end + 1;
    }
    put(out, used);
    return (size_t)(at - text);
}

static int floor_of(const char *file, int stamps)
{
    static char in[CHUNK];
    size_t held = 0;
    ssize_t got;

    fd_out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd_out < 0)
        die(file);
    while ((got = read(0, in + held, sizeof in - held)) > 0) {
        size_t size = held + (size_t)got;
        size_t done = size;

        if (stamps)
            done = put_stamped(in, size);
        else
            put(in, size);
        held = size - done;
        memmove(in, in + done, held);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 4 && strcmp(argv[1], "run") == 0)
        return run(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10),
                   argv + 4);
    if (argc == 3 && strcmp(argv[1], "copy") == 0)
        return floor_of(argv[2], 0);
    if (argc == 3 && strcmp(argv[1], "stamp") == 0)
        return floor_of(argv[2], 1);
    fprintf(stderr, "usage: feed run BYTES SIZE PROGRAM ARGS... |"
                    " copy FILE | stamp FILE\n");
    return 100;
}
