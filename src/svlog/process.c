/* SPDX-License-Identifier: ISC */
/* process.c - opens a processor's files, forks, and executes it. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "svlog/process.h"
#include "svlog/svlog.h"

enum { FILES = 4, FILES_FROM = 10, EXIT_NOT_EXECUTED = 127 };

static const struct {
    const char *name;
    int flags;
    int as;
} files[FILES] = {
    {"previous", O_RDONLY, STDIN_FILENO},
    {"processed", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO},
    {"state", O_RDONLY | O_CREAT, 4},
    {"newstate", O_WRONLY | O_CREAT | O_TRUNC, 5},
};

/* Opens the file above the numbers that the processor will have them under, so
 * that none is in another's way. */
static int open_above(const struct logdir *logdir, size_t i)
{
    int fd = openat(logdir->dir, files[i].name,
                    files[i].flags | O_NOFOLLOW | O_CLOEXEC, 0666);
    int above;

    if (fd < 0)
        return -1;
    above = fcntl(fd, F_DUPFD_CLOEXEC, FILES_FROM);
    close(fd);
    return above;
}

static void close_files(const int *fds, size_t count)
{
    while (count > 0)
        close(fds[--count]);
}

static _Noreturn void run(const struct logdir *logdir, const int *fds)
{
    const struct policy *policy = &logdir->policy;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (fchdir(logdir->dir) == 0) {
        for (size_t i = 0; i < FILES; i++)
            dup2(fds[i], files[i].as);
        if (policy->is_shell)
            execl("/bin/sh", "sh", "-c", policy->processor, (char *)NULL);
        else
            execlp("execlineb", "execlineb", "-Pc", policy->processor,
                   (char *)NULL);
    }
    warn_sys("unable to execute the processor of ", logdir->path);
    _exit(EXIT_NOT_EXECUTED);
}

pid_t process_start(const struct logdir *logdir)
{
    int fds[FILES];
    pid_t pid;

    for (size_t i = 0; i < FILES; i++) {
        fds[i] = open_above(logdir, i);
        if (fds[i] < 0) {
            close_files(fds, i);
            return -1;
        }
    }
    pid = fork();
    if (pid == 0)
        run(logdir, fds);
    close_files(fds, FILES);
    return pid;
}
