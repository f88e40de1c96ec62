/* SPDX-License-Identifier: ISC */
/* foreground.c - waiting for a program that goes into the background. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/exec.h>

#include "chain/foreground.h"

/* In the child: becomes the program, or tells report why not. */
static _Noreturn void become_program(int pipe, int report, char *const argv[])
{
    int error;

    /* As many as there can be: with fewer it may still be seen off. */
    for (int i = 0; i < FOREGROUND_COPIES && dup(pipe) >= 0; i++)
        ;
    exec((const char *const *)argv);
    error = errno;
    _exit(write(report, &error, sizeof error) != sizeof error);
}

/* The bytes that were there, at most size; 0 at the end of the pipe. */
static ssize_t hear(int fd, void *buf, size_t size)
{
    ssize_t n;

    do
        n = read(fd, buf, size);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Returns the pid of the program and the reading end of its pipe, or -1. */
static pid_t start(int *pipe_end, char *const argv[])
{
    int held[2], report[2];
    int error = 0;
    pid_t pid;

    if (pipe(held) < 0 || pipe2(report, O_CLOEXEC) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        /* The lowest numbers are those that a program is likeliest to use. */
        close(held[0]);
        close(report[0]);
        become_program(held[1], report[1], argv);
    }
    if (pid < 0)
        return -1;
    close(held[1]);
    close(report[1]);
    *pipe_end = held[0];
    /* It ends without a word when the program is executed. */
    if (hear(report[0], &error, sizeof error) == 0)
        error = 0;
    close(report[0]);
    errno = error;
    return error == 0 ? pid : -1;
}

const char *foreground_run(struct foreground *end, char *const argv[])
{
    int pipe_end;
    pid_t pid = start(&pipe_end, argv);
    ssize_t heard;
    char byte;

    if (pid < 0)
        return "spawn";
    heard = hear(pipe_end, &byte, sizeof byte);
    if (heard < 0)
        return "read the pipe";
    end->has_written = heard > 0;
    if (end->has_written)
        return NULL;
    while (waitpid(pid, &end->wstat, 0) < 0)
        if (errno != EINTR)
            return "wait for";
    return NULL;
}
