/* SPDX-License-Identifier: ISC */
/*
 * foreground.c - the main program of a container.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/say.h"
#include "init/boot.h"
#include "init/foreground.h"

static char *const *program;
static pid_t runs;
static void (*tell)(int wstat);

void foreground_begin(char *const *argv, void (*ended)(int wstat))
{
    program = argv;
    tell = ended;
}

/* Only now is the signal mask restored: SIGTTOU would stop us at taking the
 * terminal. */
static _Noreturn void become_program(void)
{
    setpgid(0, 0);
    if (isatty(0))
        tcsetpgrp(0, getpid());
    boot_restore();
    execvp(program[0], program);
    sv_warn_sys("unable to run ", program[0]);
    _exit(errno == ENOENT ? SV_EXIT_NOTFOUND : SV_EXIT_NOEXEC);
}

void foreground_start(void)
{
    if (!program)
        return;
    runs = _Fork();
    if (runs == 0)
        become_program();
    program = NULL;
    if (runs != -1)
        return;
    runs = 0;
    sv_warn_sys("unable to start the main program");
    tell(SV_EXIT_SYSTEM << 8);
}

void foreground_save(struct foreground_state *state)
{
    *state =
        (struct foreground_state){.runs = runs, .was_started = !program};
}

void foreground_resume(const struct foreground_state *state)
{
    runs = state->runs;
    if (state->was_started)
        program = NULL;
}

void foreground_stop(void)
{
    program = NULL;
    if (runs != 0)
        kill(runs, SIGTERM);
}

bool foreground_ended(pid_t pid, int wstat)
{
    if (runs == 0 || pid != runs)
        return false;
    runs = 0;
    tell(wstat);
    return true;
}
