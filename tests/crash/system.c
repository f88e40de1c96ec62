/* SPDX-License-Identifier: ISC */
/*
 * system.c - the tree that the services live in: how it is started, asked,
 * looked at and stopped, with our programs, with s6's, or with runit's.
 *
 *   DIR/defs     definitions, where they are apart from the tree
 *   DIR/live     the tree
 *   DIR/logs     a logdir a logger
 *   DIR/console  what all of them say
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "sv/say.h"
#include "sv/tree.h"

enum { TEXT_MAX = 2048, COMM_MAX = 16 };

/* What differs.  NULL: it has no such thing. */
static const struct {
    const char *definitions;
    const char *root[6];
    const char *supervisors[3];
    const char *logger;
    const char *log_words; /* before the logdir */
} traits[SYSTEMS] = {
    [OURS] = { "defs", { "init", "-u", "-f", "defs", "live" }, { "svscan" },
               "svlog", NULL },
    [S6] = { "live", { "s6-svscan", "live" }, { "s6-svscan", "s6-supervise" },
             "s6-log", NULL },
    [RUNIT] = { "live", { "runsvdir", "live" }, { "runsvdir", "runsv" },
                "svlogd", "-t" },
};

const char *const system_names[SYSTEMS] = {
    [OURS] = "ours", [S6] = "s6", [RUNIT] = "runit",
};

/* ---- files --------------------------------------------------------------- */

void make_directory(const char *path)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        sv_die_sys("unable to make ", path);
}

char *system_path(const struct life *life, char buf[static CRASH_PATH_MAX],
                  const char *a, const char *b, const char *c)
{
    if (snprintf(buf, CRASH_PATH_MAX, "%s/%s%s%s", life->dir, a, b, c)
        >= CRASH_PATH_MAX)
        sv_die(SV_EXIT_USAGE, "too long a path: ", life->dir);
    return buf;
}

void system_put(const struct life *life, const char *path, mode_t mode,
                const char *text)
{
    char whole[CRASH_PATH_MAX];
    int fd = open(system_path(life, whole, path, "", ""),
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    size_t length = strlen(text);

    if (fd < 0 || write(fd, text, length) != (ssize_t)length)
        sv_die_sys("unable to write ", whole);
    close(fd);
}

static const char *own_path(void)
{
    static char path[CRASH_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n < 0)
        sv_die_sys("unable to find myself");
    path[n] = '\0';
    return path;
}

static void put_role(const struct life *life, const char *base,
                     const char *file, const char *role, const char *name)
{
    char path[CRASH_PATH_MAX], text[TEXT_MAX];

    snprintf(text, sizeof text, "#!%s @%s:%s:%s\n", own_path(), role, name,
             life->dir);
    if (strlen(text) > 255) /* what the kernel reads of it */
        sv_die(SV_EXIT_USAGE, "too long a path: ", text);
    snprintf(path, sizeof path, "%s/%s", base, file);
    system_put(life, path, 0755, text);
}

static void put_logger(const struct life *life, const struct plan *plan,
                       const char *base)
{
    char path[CRASH_PATH_MAX], text[TEXT_MAX];
    const char *words = traits[life->system].log_words;

    make_directory(system_path(life, path, base, "/log", ""));
    snprintf(text, sizeof text,
             "#!/bin/sh\nexec %s%s%s %s '%s/logs/%s'\n",
             life->system == OURS ? life->bin : "",
             life->system == OURS ? "/" : "", traits[life->system].logger,
             words != NULL ? words : plan->log, life->dir, plan->name);
    snprintf(path, sizeof path, "%s/log/run", base);
    system_put(life, path, 0755, text);
    if (life->system != RUNIT)
        return;
    make_directory(system_path(life, path, "logs/", plan->name, ""));
    snprintf(path, sizeof path, "logs/%s/config", plan->name);
    system_put(life, path, 0644, "s20000\nn1000\n");
}

static void put_needs(const struct life *life, const struct plan *plan,
                      const char *base)
{
    char path[CRASH_PATH_MAX];

    make_directory(system_path(life, path, base, "/dependencies.d", ""));
    for (size_t i = 0; plan->needs[i] != NULL; i++) {
        snprintf(path, sizeof path, "%s/dependencies.d/%s", base,
                 plan->needs[i]);
        system_put(life, path, 0644, "");
    }
}

static void put_scripts(const struct life *life, const struct plan *plan,
                        const char *base)
{
    char path[CRASH_PATH_MAX];

    if (plan->role != ONESHOT) {
        put_role(life, base, "run", role_names[plan->role], plan->name);
        return;
    }
    snprintf(path, sizeof path, "%s/type", base);
    system_put(life, path, 0644, "oneshot\n");
    put_role(life, base, "up", "up", plan->name);
    put_role(life, base, "down", "down", plan->name);
}

/* Made under a name that nobody looks at, then renamed. */
void system_define(struct life *life, const struct plan *plan)
{
    char base[CRASH_PATH_MAX / 2], path[CRASH_PATH_MAX], to[CRASH_PATH_MAX];
    const char *where = traits[life->system].definitions;

    snprintf(base, sizeof base, "%s/.%s", where, plan->name);
    make_directory(system_path(life, path, base, "", ""));
    put_scripts(life, plan, base);
    if (plan->needs[0] != NULL)
        put_needs(life, plan, base);
    if (plan->finish)
        put_role(life, base, "finish", "finish", plan->name);
    if (plan->notify) {
        snprintf(path, sizeof path, "%s/notification-fd", base);
        system_put(life, path, 0644, "3\n");
    }
    if (plan->down) {
        snprintf(path, sizeof path, "%s/down", base);
        system_put(life, path, 0644, "");
    }
    if (plan->log != NULL)
        put_logger(life, plan, base);
    system_path(life, path, base, "", "");
    if (rename(path, system_path(life, to, where, "/", plan->name)) < 0)
        sv_die_sys("unable to make ", to);
}

/* As a package manager does, file by file. */
void system_undefine(struct life *life, const char *name)
{
    char path[CRASH_PATH_MAX];

    system_path(life, path, "defs/", name, "");
    if (!sv_tree_remove(AT_FDCWD, path))
        sv_die_sys("unable to remove ", path);
}

bool system_status(const struct life *life, const char *name,
                   struct sv_status *status)
{
    char path[CRASH_PATH_MAX];
    int base = open(system_path(life, path, "live", "", ""),
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = base >= 0 && sv_status_read(base, name, status);

    if (base >= 0)
        close(base);
    return ok;
}

bool system_letter(struct life *life, const char *name, char letter)
{
    char path[CRASH_PATH_MAX];
    int fd = open(system_path(life, path, "live/", name, "/supervise/control"),
                  O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    ledger_write(life->dir, ASKED, name, 0, ASK_LETTER, letter, 0);

    bool ok = write(fd, &letter, 1) == 1;

    close(fd);
    return ok;
}

/* ---- processes ----------------------------------------------------------- */

/* From the directory under test, or from where the machine has it. */
static _Noreturn void become(const struct life *life, const char *const *argv)
{
    char path[CRASH_PATH_MAX];
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (life->system == OURS) {
        snprintf(path, sizeof path, "%s/%s",
                 strcmp(argv[0], "init") == 0 ? life->init_bin : life->bin,
                 argv[0]);
        execv(path, (char *const *)(uintptr_t)argv);
    } else {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    sv_die_sys("unable to execute ", argv[0]);
}

static void redirect(const struct life *life)
{
    char path[CRASH_PATH_MAX];
    int out = open(system_path(life, path, "console", "", ""),
                   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0
        || dup2(out, 2) < 0)
        sv_die_sys("unable to open ", path);
}

/* argv, with the directories of this life for "defs" and "live". */
static pid_t start(struct life *life, const char *const *words)
{
    static char defs[CRASH_PATH_MAX], live[CRASH_PATH_MAX];
    const char *argv[8];
    int n = 0;

    for (; words[n] != NULL; n++) {
        argv[n] = words[n];
        if (strcmp(words[n], "defs") == 0)
            argv[n] = system_path(life, defs, "defs", "", "");
        else if (strcmp(words[n], "live") == 0)
            argv[n] = system_path(life, live, "live", "", "");
    }
    argv[n] = NULL;

    pid_t pid = fork();

    if (pid < 0)
        sv_die_sys("unable to fork");
    if (pid > 0)
        return pid;
    redirect(life);
    become(life, argv);
}

void system_start(struct life *life)
{
    life->root = start(life, traits[life->system].root);
}

void system_stop(struct life *life)
{
    life->is_stopping = true;
    ledger_write(life->dir, ASKED, "*", 0, ASK_STOP_ALL, 0, 0);
    if (life->root != 0)
        kill(life->root, life->system == RUNIT ? SIGHUP : SIGTERM);
}

/* Is it called so, and is it at work in the tree? */
static bool is_one(const struct life *life, const char *process,
                   const char *const *names)
{
    char path[64], text[CRASH_PATH_MAX];
    size_t length = strlen(life->tree);
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%.16s/cwd", process);
    n = readlink(path, text, sizeof text - 1);
    if (n < (ssize_t)length || memcmp(text, life->tree, length) != 0
        || (n > (ssize_t)length && text[length] != '/'))
        return false;
    if (names == NULL)
        return true;
    snprintf(path, sizeof path, "/proc/%.16s/comm", process);

    int fd = open(path, O_RDONLY | O_CLOEXEC);

    n = fd < 0 ? -1 : read(fd, text, COMM_MAX);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n - 1] = '\0';
    while (*names != NULL && strcmp(*names, text) != 0)
        names++;
    return *names != NULL;
}

static bool is_at_the_root(const struct life *life, const char *process)
{
    char path[64], cwd[CRASH_PATH_MAX];

    snprintf(path, sizeof path, "/proc/%.16s/cwd", process);

    ssize_t n = readlink(path, cwd, sizeof cwd - 1);

    if (n <= 0)
        return false;
    cwd[n] = '\0';
    return strcmp(cwd, life->tree) == 0;
}

/* A child of svscan is called svscan, too, until its exec: svscan itself is a
 * child of init, in a session of its own, and not in a service's directory. */
static bool is_svscan(const struct life *life, const char *process)
{
    char path[64], text[512];
    int parent, session;

    if (!is_at_the_root(life, process))
        return false;
    snprintf(path, sizeof path, "/proc/%.16s/stat", process);

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';

    const char *rest = strrchr(text, ')');

    return rest != NULL
           && sscanf(rest, ") %*c %d %*d %d", &parent, &session) == 2
           && parent == life->root && session == atoi(process);
}

static size_t find(const struct life *life, const char *const *names,
                   pid_t pids[PIDS_MAX])
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0;

    if (proc == NULL)
        sv_die_sys("unable to open /proc");
    while (n < PIDS_MAX && (entry = readdir(proc)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9'
            && is_one(life, entry->d_name, names))
            pids[n++] = atoi(entry->d_name);
    closedir(proc);
    return n;
}

size_t system_supervisors(const struct life *life, pid_t pids[PIDS_MAX])
{
    size_t all = find(life, traits[life->system].supervisors, pids), n = 0;
    char number[SV_NUMBER_MAX];

    for (size_t i = 0; i < all; i++)
        if (life->system != OURS
            || is_svscan(life, sv_number(number, pids[i])))
            pids[n++] = pids[i];
    return n;
}

size_t system_loggers(const struct life *life, pid_t pids[PIDS_MAX])
{
    const char *const names[] = { traits[life->system].logger, NULL };

    return find(life, names, pids);
}

size_t system_all(const struct life *life, pid_t pids[PIDS_MAX])
{
    return find(life, NULL, pids);
}

/* ---- commands ------------------------------------------------------------ */

static const char *const svctl_verbs[] = {
    [ASK_STOP] = "stop", [ASK_START] = "start", [ASK_RESTART] = "restart",
    [ASK_ONCE] = "once", [ASK_UPGRADE] = "upgrade",
};

static const char *const sv_verbs[] = {
    [ASK_STOP] = "down", [ASK_START] = "up", [ASK_RESTART] = "restart",
    [ASK_ONCE] = "once",
};

static const char *const svc_words[][2] = {
    [ASK_STOP] = { "-wD", "-d" },
    [ASK_START] = { "-wu", "-u" },
    [ASK_RESTART] = { "-wr", "-r" },
    [ASK_ONCE] = { "-wu", "-o" },
};

static void ask(const struct life *life, const char *name, enum ask ask)
{
    char live[CRASH_PATH_MAX], dir[CRASH_PATH_MAX];
    char ms[SV_NUMBER_MAX], seconds[SV_NUMBER_MAX];

    system_path(life, live, "live", "", "");
    system_path(life, dir, "live/", name, "");
    sv_number(ms, COMMAND_MS);
    sv_number(seconds, COMMAND_MS / 1000);
    redirect(life);
    switch (life->system) {
    case S6:
        become(life, (const char *[]){ "s6-svc", "-T", ms,
                                       svc_words[ask][0], svc_words[ask][1],
                                       dir, NULL });
    case RUNIT:
        become(life, (const char *[]){ "sv", "-w", seconds, sv_verbs[ask], dir,
                                       NULL });
    default:
        if (strcmp(name, "*") == 0)
            become(life, (const char *[]){ "svctl", "-r", live, "--no-wait",
                                           "-a", svctl_verbs[ask], NULL });
        become(life, (const char *[]){ "svctl", "-r", live, "-t", seconds,
                                       svctl_verbs[ask], name, NULL });
    }
}

void system_ask(struct life *life, const char *name, enum ask what)
{
    struct command *command = life->commands;

    while (command->pid != 0)
        command++;
    ledger_write(life->dir, ASKED, name, 0, (int)what, 0, 0);
    command->pid = fork();
    if (command->pid < 0)
        sv_die_sys("unable to fork");
    if (command->pid == 0)
        ask(life, name, what);
    command->name = name;
    command->ask = what;
}
