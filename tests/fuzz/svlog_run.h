/* SPDX-License-Identifier: ISC */
/*
 * svlog_run.h - all of svlog, as a child of a fuzzer: its main() under another
 * name.  A child, since svlog opens, allocates and catches signals for as long
 * as it lives.
 */
#ifndef SVLOG_RUN_H
#define SVLOG_RUN_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

int svlog_main(int argc, char *argv[]);
#define main svlog_main
#include "svlog/main.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RUN_WORDS = 24, RUN_LOOK_US = 200, RUN_LOOKS = 200000 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* Nothing here has to outlive the machine. */
int fsync(int fd)
{
    return fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static char scratch[] = "fuzz_svlog.XXXXXX";
static int home = -1; /* where scratch is, and what the fuzzer itself writes */

static void remove_scratch(void)
{
    if (fchdir(home) == 0)
        nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Enters an empty directory, which is the same each time. */
static void enter_scratch(void)
{
    if (home < 0) {
        home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        must(home >= 0 && mkdtemp(scratch) != NULL);
        atexit(remove_scratch);
    }
    remove_scratch();
    must(mkdir(scratch, 0700) == 0 && chdir(scratch) == 0);
}

static void leave_scratch(void)
{
    must(fchdir(home) == 0);
}

/* What a fuzzer does when somebody exits is not for a child. */
static void exit_at_once(int status, void *unused)
{
    (void)unused;
    _exit(status);
}

/* Starts svlog with these words on descriptor in; what it says is not for us,
 * nor is `not_its`. */
static pid_t run_start(const char *const *words, int in, int not_its)
{
    char *argv[RUN_WORDS + 2] = {(char *)(uintptr_t)"svlog"};
    pid_t pid = fork();
    int argc = 1;

    must(pid >= 0);
    if (pid > 0)
        return pid;
    for (; *words; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    on_exit(exit_at_once, NULL);
    dup2(in, STDIN_FILENO);
    close(not_its);
    if (!freopen("said", "a", stderr))
        _exit(SV_EXIT_BUG);
    _exit(svlog_main(argc, argv));
}

/* Returns its exit code; it may not crash, and not hang. */
static int run_end(pid_t pid)
{
    pid_t ended = 0;
    int status;

    for (int i = 0; i < RUN_LOOKS && !ended; i++) {
        ended = waitpid(pid, &status, WNOHANG);
        if (!ended)
            usleep(RUN_LOOK_US);
    }
    if (!ended)
        kill(pid, SIGKILL);
    must(ended == pid);
    must(WIFEXITED(status));
    return WEXITSTATUS(status);
}

struct run_text {
    char *bytes; /* freed by whoever asked */
    size_t size;
};

static void run_add(struct run_text *text, const void *bytes, size_t size)
{
    text->bytes = realloc(text->bytes, text->size + size + 1);
    must(text->bytes != NULL);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* False if there is no such regular file. */
static bool run_add_file(struct run_text *text, const char *path)
{
    char buf[65536];
    struct stat st;
    ssize_t size;
    int fd;

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0);
    while ((size = read(fd, buf, sizeof buf)) > 0)
        run_add(text, buf, (size_t)size);
    close(fd);
    return true;
}

static int run_is_log(const struct dirent *entry)
{
    return entry->d_name[0] == '@' || !strcmp(entry->d_name, "current");
}

static int run_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* All that a logdir has, oldest first. */
static struct run_text run_logged(const char *dir)
{
    struct run_text text = {NULL, 0};
    struct dirent **entries;
    int n = scandir(dir, &entries, run_is_log, run_by_name);
    char path[512];

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        run_add_file(&text, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return text;
}

#endif
