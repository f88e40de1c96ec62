/* SPDX-License-Identifier: ISC */
/*
 * sweep.c - a life in which svscan is killed at one of its system calls, on one
 * of its paths: as a service starts, dies, stops, ...
 *
 * A path begins with svscan traced and something asked of it, and ends with all
 * as it should be, whoever is svscan by then.  Where svscan is to be followed
 * from its exec on, a gate stands in its place (this program, by its name, next
 * to a copy of init) until it is traced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"
#include "sv/say.h"

enum { AWAIT_MS = 20000, AGAIN_MS = 100 };

static const struct plan plans[] = {
    { .name = "web", .role = CHATTER, .finish = true, .notify = true,
      .log = "n1000 s20000" },
    { .name = "asked", .role = STEADY, .finish = true },
    { .name = "waiting", .role = STEADY, .notify = true },
    { .name = "mortal", .role = STEADY, .finish = true },
    { .name = "idle", .role = STEADY, .down = true },
};

enum { AT_WEB, AT_ASKED, AT_WAITING, AT_MORTAL, AT_IDLE, AT_EXTRA };

static const struct plan extra = { .name = "extra", .role = STEADY,
                                   .finish = true };

static struct {
    struct position *position;
    char calls[CRASH_PATH_MAX];
    pid_t tracer;
    pid_t before; /* who was there */
    int64_t again;
} sweep;

/* ---- the gate ------------------------------------------------------------ */

static void gate_path(char path[static CRASH_PATH_MAX], const char *dir,
                      const char *what)
{
    if (snprintf(path, CRASH_PATH_MAX, "%s/gate%s", dir, what)
        >= CRASH_PATH_MAX)
        sv_die(SV_EXIT_USAGE, "too long a path: ", dir);
}

/* Only one svscan waits there: the next goes through. */
int sweep_gate(char *argv[])
{
    const char *dir = getenv("CRASH_GATE"), *svscan = getenv("CRASH_SVSCAN");
    char path[CRASH_PATH_MAX], fresh[CRASH_PATH_MAX], pid[SV_NUMBER_MAX];

    sv_program = "gate";
    if (dir == NULL || svscan == NULL)
        sv_die_usage("CRASH_GATE=DIR CRASH_SVSCAN=FILE svscan ...");
    gate_path(path, dir, "");
    if (unlink(path) == 0) {
        gate_path(fresh, dir, ".new");
        gate_path(path, dir, ".pid");

        int fd = open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

        sv_number(pid, getpid());
        if (fd < 0 || write(fd, pid, strlen(pid)) < 0
            || rename(fresh, path) < 0)
            sv_die_sys("unable to write ", path);
        close(fd);
        gate_path(path, dir, ".fifo");
        close(open(path, O_RDONLY | O_CLOEXEC));
    }
    unsetenv("CRASH_GATE");
    unsetenv("CRASH_SVSCAN");
    execv(svscan, argv);
    sv_die_sys("unable to execute ", svscan);
}

static void copy_init(const struct life *life)
{
    static char buf[65536];
    char from[CRASH_PATH_MAX], to[CRASH_PATH_MAX];
    ssize_t n;

    snprintf(from, sizeof from, "%s/init", life->bin);

    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(system_path(life, to, "bin/init", "", ""),
                   O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    if (in < 0 || out < 0)
        sv_die_sys("unable to copy ", from);
    while ((n = read(in, buf, sizeof buf)) > 0)
        if (write(out, buf, (size_t)n) != n)
            sv_die_sys("unable to write ", to);
    close(in);
    close(out);
}

static void build_gate(struct life *life)
{
    static char bin[CRASH_PATH_MAX];
    char path[CRASH_PATH_MAX], self[CRASH_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        sv_die_sys("unable to find myself");
    self[n] = '\0';
    make_directory(system_path(life, bin, "bin", "", ""));
    copy_init(life);
    life->init_bin = bin;
    if (symlink(self, system_path(life, path, "bin/svscan", "", "")) < 0
        || mkfifo(system_path(life, path, "gate.fifo", "", ""), 0666) < 0)
        sv_die_sys("unable to make ", path);
    setenv("CRASH_GATE", life->dir, 1);
    snprintf(path, sizeof path, "%s/svscan", life->bin);
    setenv("CRASH_SVSCAN", path, 1);
}

static void close_gate(const struct life *life)
{
    system_put(life, "gate", 0666, "");
}

static bool somebody_waits(struct life *life)
{
    char path[CRASH_PATH_MAX];

    gate_path(path, life->dir, ".pid");
    return access(path, F_OK) == 0;
}

static pid_t who_waits(struct life *life)
{
    char path[CRASH_PATH_MAX];
    int pid = 0;

    if (!life_await(life, AWAIT_MS, somebody_waits))
        sv_die(SV_EXIT_SYSTEM, "nobody comes to the gate");
    gate_path(path, life->dir, ".pid");

    FILE *file = fopen(path, "re");

    if (file == NULL || fscanf(file, "%d", &pid) != 1)
        sv_die_sys("unable to read ", path);
    fclose(file);
    return pid;
}

/* Whoever waits becomes svscan, traced. */
static void open_gate(struct life *life)
{
    char path[CRASH_PATH_MAX];

    sweep.tracer = trace(&(struct quarry){
        .pid = who_waits(life),
        .from_exec = true,
        .number = sweep.position->number,
        .calls = sweep.calls,
    });
    gate_path(path, life->dir, ".fifo");
    close(open(path, O_WRONLY | O_CLOEXEC));
}

/* ---- what is waited for -------------------------------------------------- */

static void await(struct life *life, bool (*fact)(struct life *life),
                  const char *what)
{
    if (!life_await(life, AWAIT_MS, fact))
        life_blame(life, STUCK, "%s: still not %s",
                   sweep_paths[sweep.position->path], what);
}

static void settle(struct life *life)
{
    await(life, life_is_settled, "as it should be");
}

static bool is_another(struct life *life, size_t i)
{
    pid_t pid = service_holder(life->dir, life->plans[i].name);

    return pid != 0 && pid != sweep.before && life_is_settled(life);
}

static bool another_web(struct life *life)
{
    return is_another(life, AT_WEB);
}

static bool another_mortal(struct life *life)
{
    return is_another(life, AT_MORTAL);
}

static bool mortal_is_gone(struct life *life)
{
    return service_holder(life->dir, "mortal") == 0;
}

static bool no_command(struct life *life)
{
    return !life_has_command(life, NULL);
}

static bool root_is_gone(struct life *life)
{
    return life->root == 0;
}

static bool extra_is_gone(struct life *life)
{
    char path[CRASH_PATH_MAX];

    return access(system_path(life, path, "live/extra", "", ""), F_OK) < 0;
}

static bool there_is_a_logger(struct life *life)
{
    pid_t pids[PIDS_MAX];

    return system_loggers(life, pids) == 1;
}

static bool another_logger(struct life *life)
{
    pid_t pids[PIDS_MAX];

    return system_loggers(life, pids) == 1 && pids[0] != sweep.before
           && life_is_settled(life);
}

/* ---- the paths ----------------------------------------------------------- */

static void kill_service(struct life *life, const char *name)
{
    sweep.before = service_holder(life->dir, name);
    ledger_write(life->dir, KILLED, name, sweep.before, SIGKILL, 0, 0);
    kill(sweep.before, SIGKILL);
}

static void begin_with(struct life *life, bool is_child)
{
    pid_t pids[PIDS_MAX];

    if (system_supervisors(life, pids) != 1)
        sv_die(SV_EXIT_SYSTEM, "there is no svscan to trace");
    sweep.tracer = trace(&(struct quarry){
        .pid = pids[0],
        .is_child = is_child,
        .number = sweep.position->number,
        .calls = sweep.calls,
    });
}

static void begin(struct life *life)
{
    begin_with(life, false);
}

static void walk_start(struct life *life)
{
    open_gate(life);
}

/* finish, the pause, run, its newline */
static void walk_death(struct life *life)
{
    begin(life);
    kill_service(life, "web");
    await(life, another_web, "started again");
}

static void walk_stop(struct life *life)
{
    begin(life);
    life->is_wanted[AT_ASKED] = false;
    system_ask(life, "asked", ASK_STOP);
    await(life, no_command, "stopped");
}

static bool has_said(const struct life *life, const char *name, enum kind kind)
{
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);
    bool has = false;

    for (size_t i = 0; i < n; i++)
        has |= entries[i].kind == kind && strcmp(entries[i].name, name) == 0;
    free(entries);
    return has;
}

static bool asked_has_begun(struct life *life)
{
    return has_said(life, "asked", START);
}

static bool another_asked(struct life *life)
{
    return is_another(life, AT_ASKED);
}

static void walk_restart(struct life *life)
{
    await(life, asked_has_begun, "begun");
    begin(life);
    sweep.before = service_holder(life->dir, "asked");
    system_ask(life, "asked", ASK_RESTART);
    await(life, no_command, "restarted");
    await(life, another_asked, "started again");
}

static void walk_up(struct life *life)
{
    life->is_wanted[AT_IDLE] = true;
    begin(life);
    system_ask(life, "idle", ASK_START);
    await(life, no_command, "started");
}

/* A letter may be lost: whoever writes letters asks again. */
static bool obeys(struct life *life)
{
    if (life_is_settled(life))
        return true;
    if (sv_boottime() > sweep.again) {
        system_letter(life, "asked", life->is_wanted[AT_ASKED] ? 'u' : 'd');
        system_letter(life, "idle", life->is_wanted[AT_IDLE] ? 'u' : 'd');
        sweep.again = sv_boottime() + AGAIN_MS * SV_MS;
    }
    return false;
}

static void walk_letters(struct life *life)
{
    begin(life);
    life->is_wanted[AT_ASKED] = false;
    sweep.again = 0;
    await(life, obeys, "down");
    life->is_wanted[AT_ASKED] = true;
    sweep.again = 0;
    await(life, obeys, "up");
}

/* Not svscan is killed here, but what is to become a run, before it has. */
static void walk_spawn(struct life *life)
{
    begin_with(life, true);
    life->is_wanted[AT_IDLE] = true;
    await(life, obeys, "up");
}

static void walk_add(struct life *life)
{
    begin(life);
    ledger_write(life->dir, ASKED, "extra", 0, ASK_ADD, 0, 0);
    life_add(life, &extra);
}

static void walk_remove(struct life *life)
{
    life_add(life, &extra);
    settle(life);
    begin(life);
    ledger_write(life->dir, ASKED, "extra", 0, ASK_REMOVE, 0, 0);
    life->is_there[AT_EXTRA] = false;
    system_undefine(life, "extra");
    await(life, extra_is_gone, "gone");
}

/* One service has died in between. */
static void walk_take_over(struct life *life)
{
    pid_t pids[PIDS_MAX];

    close_gate(life);
    if (system_supervisors(life, pids) == 1)
        kill(pids[0], SIGKILL);
    who_waits(life);
    kill_service(life, "mortal");
    await(life, mortal_is_gone, "killed");
    open_gate(life);
    await(life, another_mortal, "started again");
}

/* One service dies while svscan becomes another. */
static void walk_upgrade(struct life *life)
{
    begin(life);
    system_ask(life, "svscan", ASK_UPGRADE);
    kill_service(life, "mortal");
    await(life, no_command, "upgraded");
    await(life, another_mortal, "started again");
}

static void walk_upgrade_of_init(struct life *life)
{
    begin(life);
    system_ask(life, "init", ASK_UPGRADE);
    await(life, no_command, "upgraded");
}

static void walk_logger(struct life *life)
{
    pid_t pids[PIDS_MAX];

    await(life, there_is_a_logger, "logged");
    begin(life);
    system_loggers(life, pids);
    sweep.before = pids[0];
    kill(pids[0], SIGKILL);
    await(life, another_logger, "started again");
}

static void walk_leave(struct life *life)
{
    begin(life);
    system_stop(life);
    await(life, root_is_gone, "gone");
}

/* ---- the same where services need each other ----------------------------- */

static void ask_for_all(struct life *life, const char *name, enum ask ask)
{
    order_ask(life, name, ask);
    await(life, no_command, "done in order");
}

static void walk_start_in_order(struct life *life)
{
    ask_for_all(life, "disk", ASK_STOP);
    settle(life);
    begin(life);
    ask_for_all(life, "site", ASK_START);
}

static void walk_stop_in_order(struct life *life)
{
    begin(life);
    ask_for_all(life, "disk", ASK_STOP);
}

static bool site_is_told(struct life *life)
{
    return has_said(life, "site", TOLD);
}

/* What has begun is half done when the next svscan finds it. */
static void leave_to_the_next(struct life *life)
{
    pid_t pids[PIDS_MAX];

    await(life, site_is_told, "told to go");
    if (system_supervisors(life, pids) == 1)
        kill(pids[0], SIGKILL);
    open_gate(life);
}

static void walk_go_on_in_order(struct life *life)
{
    close_gate(life);
    order_ask(life, "disk", ASK_STOP);
    leave_to_the_next(life);
    await(life, no_command, "stopped in order");
}

static bool all_are_again(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        if (order_starts_again(life, life->plans[i].name) == 0)
            return false;
    return life_is_settled(life);
}

static bool all_have_begun(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        if (!has_said(life, life->plans[i].name,
                      life->plans[i].role == ONESHOT ? DONE : READY))
            return false;
    return true;
}

static void walk_restart_in_order(struct life *life)
{
    await(life, all_have_begun, "up");
    begin(life);
    order_ask_again(life);
    await(life, no_command, "taken");
    await(life, all_are_again, "restarted in order");
}

static void walk_go_on_restarting(struct life *life)
{
    await(life, all_have_begun, "up");
    close_gate(life);
    order_ask_again(life);
    leave_to_the_next(life);
    await(life, no_command, "taken");
    await(life, all_are_again, "restarted in order");
}

const char *const sweep_paths[PATHS] = {
    "start", "death", "stop", "up", "letters", "spawn", "add", "remove",
    "take-over", "logger", "leave", "upgrade", "upgrade-init", "restart",
    "boot-in-order", "start-in-order", "stop-in-order", "go-on-in-order",
    "leave-in-order", "restart-in-order", "go-on-restarting",
};

enum { FIRST_IN_ORDER = 14 };

static void (*const walks[PATHS])(struct life *life) = {
    walk_start, walk_death,  walk_stop,      walk_up,     walk_letters,
    walk_spawn, walk_add,    walk_remove,    walk_take_over,
    walk_logger, walk_leave, walk_upgrade,   walk_upgrade_of_init,
    walk_restart,
    walk_start, walk_start_in_order, walk_stop_in_order, walk_go_on_in_order,
    walk_leave, walk_restart_in_order, walk_go_on_restarting,
};

static bool begins_at_the_gate(size_t path)
{
    return walks[path] == walk_start;
}

static void add_all(struct life *life)
{
    if (sweep.position->path >= FIRST_IN_ORDER) {
        order_add(life);
        return;
    }
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        life_add(life, &plans[i]);
}

/* ---- all of it ----------------------------------------------------------- */

/* What the tracer wrote: how many stops, the last of them, was it killed? */
static void learn(struct position *position)
{
    char line[96], who[16], verb[16], call[32];
    FILE *file = fopen(sweep.calls, "re");

    if (file == NULL)
        sv_die_sys("unable to read ", sweep.calls);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strcmp(line, "killed\n") == 0)
            position->reached = true;
        else if (sscanf(line, "%u %15s %15s %31s", &position->stops, who, verb,
                        call)
                 == 4)
            snprintf(position->call, sizeof position->call, "%.6s %.6s %.30s",
                     who, verb, call);
    }
    fclose(file);
}

/* On these paths nobody dies but on command. */
static void judge_restarts(struct life *life)
{
    for (size_t i = 0; i < life->services; i++)
        if (order_starts_again(life, life->plans[i].name) > 1)
            life_blame(life, RESTARTS, "%s is restarted more than once",
                       life->plans[i].name);
}

void sweep_live(struct life *life, struct position *position)
{
    sweep.position = position;
    system_path(life, sweep.calls, "calls", "", "");
    build_gate(life);
    add_all(life);
    if (begins_at_the_gate(position->path))
        close_gate(life);
    system_start(life);
    if (!begins_at_the_gate(position->path))
        settle(life);
    walks[position->path](life);
    if (life->root != 0)
        settle(life);
    trace_end(sweep.tracer);
    life->kills += position->number > 0;
    if (!life->is_stopping)
        life_settle(life);
    life_stop(life);
    learn(position);
    judge(life);
    judge_restarts(life);
}
