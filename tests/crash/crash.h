/* SPDX-License-Identifier: ISC */
/*
 * crash.h - kills what supervises services, and counts what that costs them.
 *
 *   service.c  the services: each says in a ledger when it starts, how it will
 *              end, what its finish is given
 *   ledger.c   the ledger
 *   system.c   the tree that they live in: ours, or s6's or runit's
 *   life.c     a life of such a tree, from its start to its stop
 *   random.c   ... in which somebody kills at random instants
 *   order.c    ... in which services need each other
 *   sweep.c    ... in which svscan is killed at its Nth system call
 *   trace.c    ... which is found by ptrace
 *   judge.c    what ledger, logs, tallies and status files say against it
 *   main.c     options, lives side by side
 *   report.c   ... and the report
 *
 * One static program is all of these, so that it runs in an image as well.
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "sv/status.h"

enum { CRASH_PATH_MAX = 512, NAME_ROOM = 24, PIDS_MAX = 256 };
enum { COMMAND_MS = 60000 }; /* for a command to come back */

/* ---- ledger.c ------------------------------------------------------------ */

/* What a line of the ledger says; a, b and c are what follows the colon. */
enum kind {
    START,    /* run has started: its start time in ticks */
    READY,    /* it is about to write its newline */
    END,      /* it is about to end: wait status, lines that it wrote */
    FINISH,   /* finish has started: code, signal, pid of the run */
    FINISHED, /* finish is about to end */
    TOLD,     /* run has been told to go, and takes its time */
    DOING,    /* up of a oneshot has started */
    DONE,     /* ... and is about to end */
    UNDOING,  /* down has started */
    UNDONE,   /* ... and is about to end */
    TWICE,    /* somebody of this name was there already: pid */
    KILLED,   /* the driver killed it: signal; 0: it had been left behind */
    ASKED,    /* the driver asked for something: enum ask */
    ANSWERED, /* ... and svctl came back: exit code */
    KINDS
};

enum ask { ASK_STOP, ASK_START, ASK_RESTART, ASK_ONCE, ASK_LETTER, ASK_REMOVE,
           ASK_ADD, ASK_STOP_ALL, ASK_UPGRADE };

struct entry {
    int64_t time; /* CLOCK_BOOTTIME ns */
    enum kind kind;
    char name[NAME_ROOM];
    int pid;
    int a, b, c;
};

/* Appends a line, whole, whoever else does. */
void ledger_write(const char *dir, enum kind kind, const char *name, int pid,
                  int a, int b, int c);
/* All entries so far, in the order of their writing; the caller's to free. */
struct entry *ledger_read(const char *dir, size_t *n);
void ledger_print(FILE *to, const struct entry *entry);

/* ---- service.c ----------------------------------------------------------- */

enum role { STEADY, CRASHER, SLOW, WAITED, CHATTER, FORKER, ONCE, LINGERER,
            ONESHOT, ROLES };

extern const char *const role_names[ROLES];

/* Exit codes of a run that could not write its newline, or a line. */
enum { MUTE_CODE = 126, PIPE_CODE = 127 };

/* What the #! line of a run or a finish leads to: "@ROLE:NAME:DIR". */
int service_main(const char *what, int argc, char *argv[]);
/* The process that is the run, or the finish, of name now; 0 for none. */
pid_t service_holder(const char *dir, const char *name);

/* ---- system.c ------------------------------------------------------------ */

enum system { OURS, S6, RUNIT, SYSTEMS };

extern const char *const system_names[SYSTEMS];

struct plan {
    const char *name;
    enum role role;
    bool finish;
    bool notify;
    bool down;
    const char *log; /* the logger's arguments; NULL: it has none */
    const char *needs[3]; /* NULL ends them */
};

enum category {
    RESTARTS,
    DUPLICATES,
    LOST_STATUSES,
    INVENTED_STATUSES,
    READINESSES,
    LOST_LINES,
    DOUBLED_LINES,
    STUCK,
    LEFT_BEHIND,
    DISORDER,
    REDONE,
    CATEGORIES
};

extern const char *const category_names[CATEGORIES];

enum { COMMANDS_MAX = 8, SERVICES_MAX = 32 };

struct command {
    pid_t pid; /* 0: the place is free */
    const char *name;
    enum ask ask;
    int64_t asked;
};

struct life {
    enum system system;
    const char *bin; /* of the programs under test */
    const char *init_bin; /* of init, whose neighbour svscan is */
    char dir[CRASH_PATH_MAX];
    char tree[CRASH_PATH_MAX]; /* where it is, really */
    bool is_booted; /* the tree is process 1's, and was there before */
    unsigned kills_wanted; /* of a booted one */
    uint64_t seed;
    uint64_t random;
    struct plan plans[SERVICES_MAX];
    bool is_there[SERVICES_MAX];   /* its definition is */
    bool is_wanted[SERVICES_MAX];  /* as the last command had it */
    size_t services;
    pid_t root;      /* what we start: init -u, s6-svscan, runsvdir */
    bool is_stopping;
    int root_status; /* valid when root is 0 */
    struct command commands[COMMANDS_MAX];
    unsigned kills;
    unsigned counts[CATEGORIES];
    FILE *report;
};

/* Makes the definition of a service, whole. */
void system_define(struct life *life, const struct plan *plan);
void system_undefine(struct life *life, const char *name);
/* Starts the tree; its pid is in life->root. */
void system_start(struct life *life);
/* Asks it to stop. */
void system_stop(struct life *life);
/* Processes of this life: those that supervise, or that log. */
size_t system_supervisors(const struct life *life, pid_t pids[PIDS_MAX]);
size_t system_loggers(const struct life *life, pid_t pids[PIDS_MAX]);
/* Any that work in its tree. */
size_t system_all(const struct life *life, pid_t pids[PIDS_MAX]);
/* Starts a client that comes back when it is done.  To upgrade, the name is
 * "init" or "svscan", and to restart without waiting it may be "*", all: of
 * ours only. */
void system_ask(struct life *life, const char *name, enum ask ask);
/* Writes a letter to a control fifo; false if nobody listens. */
bool system_letter(struct life *life, const char *name, char letter);
bool system_status(const struct life *life, const char *name,
                   struct sv_status *status);
/* system_path(life, buf, "live/", name, "/down"): below its directory. */
char *system_path(const struct life *life, char buf[static CRASH_PATH_MAX],
                  const char *a, const char *b, const char *c);
/* Writes a file, whole, with mode. */
void system_put(const struct life *life, const char *path, mode_t mode,
                const char *text);
void make_directory(const char *path);

/* ---- life.c -------------------------------------------------------------- */

/* Below dir, an empty directory of its own. */
void life_begin(struct life *life, const char *dir);
void life_add(struct life *life, const struct plan *plan);
/* Reaps: commands that came back, the root, orphans. */
void life_reap(struct life *life);
/* Until the fact holds; false after ms without. */
bool life_await(struct life *life, int ms, bool (*fact)(struct life *life));
/* Waits until commands are back, and all is as it should be. */
void life_settle(struct life *life);
/* Stops the tree, and waits for its end. */
void life_stop(struct life *life);
bool life_has_command(const struct life *life, const char *name);
bool life_has_supervisor(struct life *life);
/* Everybody who should be up is, with status files that say so. */
bool life_is_settled(struct life *life);
/* Counts, and says what was wrong. */
__attribute__((format(printf, 3, 4))) void
life_blame(struct life *life, enum category category, const char *format, ...);

uint32_t life_random(struct life *life, uint32_t below);
void sleep_us(int64_t us);

/* ---- judge.c ------------------------------------------------------------- */

/* After the stop. */
void judge(struct life *life);
/* Is the last line there that the service said it wrote? */
bool judge_has_last_line(const struct life *life, const struct plan *plan);

/* ---- order.c ------------------------------------------------------------- */

/* Adds services that need each other; the first, disk, is needed by all. */
void order_add(struct life *life);
/* svctl start, with all that it needs, or stop, with all that need it. */
void order_ask(struct life *life, const char *name, enum ask ask);
/* svctl restart of all of them, which does not wait. */
void order_ask_again(struct life *life);
/* How often one was started since its restart was asked for; 0: or it was not. */
unsigned order_starts_again(const struct life *life, const char *name);
/* Has the oneshot been done, and not undone? */
bool order_is_done(const struct life *life, const char *name);
/* Nothing is out of order, and no oneshot done twice. */
void order_judge(struct life *life, const struct entry *entries, size_t n);
void order_live(struct life *life);

/* ---- random.c, sweep.c --------------------------------------------------- */

void random_live(struct life *life);
void random_kill_supervisor(struct life *life);
void random_upgrade(struct life *life);
/* Often not for long. */
void random_wait(struct life *life);

enum { CALL_MAX = 48 };

struct position {
    size_t path;     /* of the sweep: start, death, ... */
    unsigned number; /* the stop to be killed at, from 1; 0: none */
    /* found: */
    bool reached;
    unsigned stops; /* that there were */
    char call[CALL_MAX]; /* the last */
};

enum { PATHS = 21 };

extern const char *const sweep_paths[PATHS];

void sweep_live(struct life *life, struct position *position);

/* What stands in svscan's place until it is told to become svscan. */
int sweep_gate(char *argv[]);

/* ---- trace.c ------------------------------------------------------------- */

struct quarry {
    pid_t pid;
    bool from_exec;  /* count from its exec on; else from now on */
    bool is_child;   /* kill not it, but its child, at a stop of the child */
    unsigned number; /* the stop, from 1; 0: never */
    const char *calls; /* the file to write each stop to */
};

/* Follows it, and its children up to their exec, and kills it at a stop: as it,
 * or a child, enters or leaves a system call.  Writes "killed" after the last.
 * Returns the tracer, a child of ours, when it is at work. */
pid_t trace(const struct quarry *quarry);
/* No more stops; what it followed runs on. */
void trace_end(pid_t tracer);

#endif
