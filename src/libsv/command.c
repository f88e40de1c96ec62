/* SPDX-License-Identifier: ISC */
/*
 * command.c - the letters of supervise/control.
 *
 * The table is all there is to a command that is a signal or a wish; a new one
 * is a new row.
 */
#include <signal.h>
#include <string.h>

#include "sv/command.h"

#define WANT(letter, name, want, file, help)                                   \
    {letter, name, SV_COMMAND_WANT, SV_WANT_IS_##want, SV_DOWN_##file, 0, help}

#define SEND(letter, name, kind, signal, help)                                 \
    {letter, name, SV_COMMAND_##kind, SV_WANT_NOTHING, SV_DOWN_KEEP, signal,   \
     help}

const struct sv_command sv_commands[] = {
    WANT('u', "up", UP, KEEP, "start it, and again whenever it dies"),
    WANT('d', "down", DOWN, KEEP, "stop it, and leave it down"),
    WANT('o', "once", ONCE, KEEP, "start it, and leave it down when it dies"),
    WANT('O', "stay", STAY, KEEP, "leave it down when it dies"),
    WANT('x', "exit", EXIT, KEEP, "end supervision when it dies"),
    WANT('U', "up-always", UP, REMOVE, "up, and remove the down file"),
    WANT('D', "down-always", DOWN, CREATE, "down, and create the down file"),
    WANT('Q', "stay-always", STAY, CREATE, "stay, and create the down file"),

    SEND('r', "restart", DOWN_SIGNAL, 0, "send what down-signal says"),
    SEND('l', "reload", RELOAD_SIGNAL, 0, "send what reload-signal says"),

    SEND('p', "pause", SIGNAL, SIGSTOP, "send SIGSTOP"),
    SEND('c', "cont", SIGNAL, SIGCONT, "send SIGCONT"),
    SEND('t', "term", SIGNAL, SIGTERM, "send SIGTERM"),
    SEND('k', "kill", SIGNAL, SIGKILL, "send SIGKILL"),
    SEND('h', "hup", SIGNAL, SIGHUP, "send SIGHUP"),
    SEND('i', "int", SIGNAL, SIGINT, "send SIGINT"),
    SEND('q', "quit", SIGNAL, SIGQUIT, "send SIGQUIT"),
    SEND('a', "alarm", SIGNAL, SIGALRM, "send SIGALRM"),
    SEND('b', "abort", SIGNAL, SIGABRT, "send SIGABRT"),
    SEND('1', "usr1", SIGNAL, SIGUSR1, "send SIGUSR1"),
    SEND('2', "usr2", SIGNAL, SIGUSR2, "send SIGUSR2"),
    SEND('y', "winch", SIGNAL, SIGWINCH, "send SIGWINCH"),

    SEND('P', "pause-group", SIGNAL_GROUP, SIGSTOP, "send its group SIGSTOP"),
    SEND('C', "cont-group", SIGNAL_GROUP, SIGCONT, "send its group SIGCONT"),
    SEND('K', "kill-group", SIGNAL_GROUP, SIGKILL, "send its group SIGKILL"),
};

const size_t sv_commands_count = sizeof sv_commands / sizeof sv_commands[0];

const struct sv_command *sv_command_by_letter(char letter)
{
    for (size_t i = 0; i < sv_commands_count; i++)
        if (sv_commands[i].letter == letter)
            return &sv_commands[i];
    return NULL;
}

const struct sv_command *sv_command_by_name(const char *name)
{
    for (size_t i = 0; i < sv_commands_count; i++)
        if (strcmp(sv_commands[i].name, name) == 0)
            return &sv_commands[i];
    return NULL;
}

const struct sv_command *sv_command_by_signal(int signal)
{
    for (size_t i = 0; i < sv_commands_count; i++)
        if (sv_commands[i].kind == SV_COMMAND_SIGNAL &&
            sv_commands[i].signal == signal)
            return &sv_commands[i];
    return NULL;
}
