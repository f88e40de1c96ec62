/* SPDX-License-Identifier: ISC */
/*
 * logger.c - a life: a writer, and loggers that read what it writes, one after
 * the other.  They are killed at random instants, or at a stop of the sweep:
 * the next one then too, at a random stop, since it may be mending what the
 * first has left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"
#include "logs.h"
#include "sv/say.h"

enum {
    KILLS_OF_A_LIFE = 25,
    REPAIR_STOPS = 160, /* of the next logger's first calls */
    PATIENCE_MS = 60000,
    LOOK_US = 1000,
    TRIES = 20,
    SAID_MOST = 10, /* of one kind, in a life */
};

void blame(struct log_life *life, enum damage damage, unsigned count,
           const char *format, ...)
{
    static unsigned said[DAMAGES];
    va_list args;

    life->outcome->counts[damage] += count;
    if (said[damage]++ >= SAID_MOST)
        return;
    fprintf(life->report, "%s: ", damage_names[damage]);
    va_start(args, format);
    vfprintf(life->report, format, args);
    va_end(args);
    fputc('\n', life->report);
}

/* ---- starting one -------------------------------------------------------- */

/* The s directive of a life.  Of large logs, more kills come between rotations,
 * which wait for the disk. */
static const char *size_of(const struct log_life *life)
{
    static const char *const sizes[] = { "s50000", "s200000", "s1000000" };

    return life->sweeps ? life->course->small : sizes[life->number % 3];
}

static void put_config(const struct log_life *life, const char *dir)
{
    char path[PATH_ROOM];
    FILE *file;

    mkdir(dir, 0700);
    snprintf(path, sizeof path, "%s/config", dir);
    file = fopen(path, "we");
    if (file == NULL)
        sv_die_sys("unable to make ", path);
    fprintf(file, "%s\nn0\n", size_of(life));
    fclose(file);
}

/* What svlogd is told otherwise than on its command line. */
static void prepare(const struct log_life *life)
{
    const struct place *place = life->course->places;

    if (life->logger == SVLOGD)
        for (; place < life->course->places + PLACES_MAX && place->dir; place++)
            put_config(life, place->dir);
}

static const char *const *script_of(const struct log_life *life)
{
    const struct course *course = life->course;

    if (life->logger == SVLOG && course->other[0] && life->starts % 2 == 1)
        return course->other;
    return course->script[life->logger];
}

static void fill_argv(const struct log_life *life, const char **argv)
{
    const char *const *words = script_of(life);
    size_t i = 0;

    argv[0] = logger_names[life->logger];
    for (; i < WORDS_MAX && words[i] != NULL; i++)
        argv[i + 1] = words[i];
    argv[i + 1] = NULL;
    for (i = 1; argv[i] != NULL; i++)
        if (strcmp(argv[i], SIZE) == 0)
            argv[i] = size_of(life);
}

static _Noreturn void become_logger(const struct log_life *life, int gate)
{
    const char *argv[WORDS_MAX + 2];
    char path[PATH_ROOM];
    char byte;
    int said = open("said", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    fill_argv(life, argv);
    if (said < 0 || dup2(life->in, 0) < 0 || dup2(said, 1) < 0
        || dup2(said, 2) < 0 || read(gate, &byte, 1) != 1)
        sv_die_sys("unable to become a logger");
    snprintf(path, sizeof path, "%s/%s", life->bin, argv[0]);
    if (life->logger == SVLOG)
        execv(path, (char *const *)(uintptr_t)argv);
    else
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    sv_die_sys("unable to execute ", argv[0]);
}

/* Starts one; traced, if calls is the file for it.  Returns its pid, and who
 * traces it. */
static pid_t start(struct log_life *life, unsigned number, const char *calls,
                   pid_t *tracer)
{
    int gate[2];
    pid_t pid;

    if (pipe2(gate, O_CLOEXEC) < 0)
        sv_die_sys("unable to make a pipe");
    pid = fork();
    if (pid < 0)
        sv_die_sys("unable to fork");
    if (pid == 0) {
        close(gate[1]);
        become_logger(life, gate[0]);
    }
    life->starts++;
    *tracer = 0;
    if (calls != NULL)
        *tracer = trace(&(struct quarry){ .pid = pid, .from_exec = true,
                                          .number = number, .calls = calls });
    if (write(gate[1], "", 1) != 1)
        sv_die_sys("unable to let a logger go");
    close(gate[0]);
    close(gate[1]);
    return pid;
}

/* ---- ending one ---------------------------------------------------------- */

/* Returns its wait status; one that never ends is killed, and blamed. */
static int wait_for(struct log_life *life, pid_t pid)
{
    int wstat;

    for (int ms = 0; waitpid(pid, &wstat, WNOHANG) == 0; ms++) {
        if (ms == PATIENCE_MS) {
            blame(life, STUCK_LOGGERS, 1, "start %u does not end",
                  life->starts);
            kill(pid, SIGKILL);
        }
        sleep_us(LOOK_US);
    }
    if (wstat != 0 && !(WIFSIGNALED(wstat) && WTERMSIG(wstat) == SIGKILL))
        blame(life, STUCK_LOGGERS, 1, "start %u ends with status %d",
              life->starts, wstat);
    return wstat;
}

/* Until the input has ended: one that fails is blamed, and started again, as a
 * supervisor would. */
static void run_last(struct log_life *life)
{
    int wstat, tries = 0;

    writer_stop(life);
    do {
        pid_t tracer, pid = start(life, 0, NULL, &tracer);

        wstat = wait_for(life, pid);
    } while (wstat != 0 && ++tries < TRIES);
    writer_end(life);
}

/* ---- at random ----------------------------------------------------------- */

/* Often as it starts, sometimes long after. */
static void wait_a_while(struct log_life *life)
{
    static const uint32_t most_us[] = { 1500, 5000, 20000, 50000 };

    sleep_us(logs_random(life, most_us[logs_random(life, 4)]));
}

static void kill_at_random(struct log_life *life)
{
    for (int i = 0; i < KILLS_OF_A_LIFE; i++) {
        pid_t tracer, pid = start(life, 0, NULL, &tracer);

        wait_a_while(life);
        kill(pid, SIGKILL);
        if (WIFSIGNALED(wait_for(life, pid)))
            life->outcome->kills++;
    }
    run_last(life);
}

/* ---- at each system call ------------------------------------------------- */

/* What trace.c wrote: a line a stop, "NUMBER WHO enters|leaves CALL". */
static bool read_calls(const char *path, unsigned *stops,
                       char call[static CALL_ROOM])
{
    char line[128], how[16], name[32];
    FILE *file = fopen(path, "re");
    bool was_killed = false;

    if (file == NULL)
        sv_die_sys("unable to read ", path);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%u %*s %15s %31s", stops, how, name) == 3)
            snprintf(call, CALL_ROOM, "%s %s", how, name);
        else
            was_killed |= strcmp(line, "killed\n") == 0;
    fclose(file);
    return was_killed;
}

static bool kill_at_stop(struct log_life *life, unsigned number,
                         const char *calls, struct outcome *found)
{
    pid_t tracer, pid = start(life, number, calls, &tracer);

    wait_for(life, pid);
    trace_end(tracer);
    found->reached = read_calls(calls, &found->stops, found->call);
    life->outcome->kills += found->reached;
    return found->reached;
}

static void sweep(struct log_life *life)
{
    struct outcome second = { .stops = 0 };
    unsigned number = 1 + logs_random(life, REPAIR_STOPS);

    if (kill_at_stop(life, life->number, "calls", life->outcome)
        && kill_at_stop(life, number, "calls.2", &second))
        run_last(life);
    writer_end(life);
    fprintf(life->report, "stop %u: %s; then stop %u: %s\n", life->number,
            life->outcome->call, number,
            second.reached ? second.call : "not reached");
}

void life_of_loggers(struct log_life *life)
{
    if (chdir(life->dir) < 0)
        sv_die_sys("unable to enter ", life->dir);
    life->report = fopen("report", "we");
    if (life->report == NULL)
        sv_die_sys("unable to make a report");
    prepare(life);
    writer_start(life);
    if (life->sweeps)
        sweep(life);
    else
        kill_at_random(life);
    count_lines(life);
    life->outcome->lines = *life->written;
    fclose(life->report);
    life->outcome->is_done = true;
}
