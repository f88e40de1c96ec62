/* SPDX-License-Identifier: ISC */
/*
 * act.h - what the parts of acting share, and nobody else needs.
 *
 *   act.c    events -> steps -> actions       start.c  run and finish
 *   obey.c   commands                         ready.c  the readiness pipe
 *   death.c  a process has ended              value.c  files that hold a value
 *   restart.c  how soon it is started again    said.c  its notify socket
 *   oneshot.c  up and down of a oneshot
 *   check.c  asks how it is                overdue.c  a stop takes too long
 */
#ifndef ENGINE_ACT_H
#define ENGINE_ACT_H

#include "engine/engine.h"

struct spawn;

enum {
    SERVICE_RESTART_MS = 1000,    /* between two starts, start to start */
    SERVICE_KILL_AGAIN_MS = 5000, /* after a SIGKILL that did not help yet */
};

/* ---- value.c ---- */

/* The number in a file of the service, or otherwise where there is none or a
 * wrong one (which is noted). */
uint32_t service_number(struct service *service, const char *file,
                        uint32_t otherwise);
/* The same for a signal. */
int service_signal(struct service *service, const char *file, int otherwise);
/* Is there such a file?  Where that cannot be told, no, which is noted. */
bool service_has(struct service *service, const char *file);

/* ---- act.c ---- */

/* Sends a signal to what runs, or to its process group; nothing if naught
 * runs. */
void service_send(const struct service *service, int signal);
void service_send_group(const struct service *service, int signal);
/* Was its start asked for, and is it to be ready in time?  Sets that up. */
void service_limit_run(struct service *service);
/* It was not, when an earlier svscan saw to it. */
void service_recall_lateness(struct service *service);
/* A start is asked for: what was counted is forgotten. */
void service_begin_by_hand(struct service *service);
/* Adds flags to its record. */
void service_mark(struct service *service, unsigned flags);
/* As service_arm, ms milliseconds from now; and the opposite. */
void service_arm_in(struct service *service, uint32_t ms);
/* Is its first start to be left to who knows what it needs? */
bool service_must_wait(struct service *service);
/* Is it being restarted in an order?  Then its next start is, too. */
bool service_is_replaced(const struct service *service);

void service_disarm(struct service *service);

/* It does not do what it promised, for the reason given in strings as for
 * service_note: it is noted, and told to go, to be started again. */
void service_be_unhealthy(struct service *service, const char *const *why);

/* ---- start.c ---- */

/* Spawns its check, with the record child; its output goes where run's goes.
 * As spawn(). */
bool service_spawn_check(struct service *service, struct sv_child *child,
                         int *pidfd);

/* Spawns run, or the finish of the run that its record says is dead; what came
 * of it is the event that `follow` is set to (none where all is well with
 * finish). */
void service_start(struct service *service);
void service_start_finish(struct service *service);

/* Brings what is to be started up to date.  Where it has become something else
 * by that, `follow` or its state says what happens instead of the start. */
void service_prepare_start(struct service *service);

/* Spawns what the plan says, a second time if it was killed before its exec,
 * and watches it.  False with errno set: nothing runs. */
bool service_spawn(struct spawn *plan);

/* ---- death.c ---- */

/* Its run has ended, or cannot be run at all: if it is what the tree is for,
 * that is the end of the tree.  Not one on command, which is to be undone by
 * command. */
void service_end_main(struct service *service, int wstat);

/* "exit code 3", "signal SIGTERM", "nobody knows how". */
void service_describe_end(int wstat, char text[static 64]);

/* ---- oneshot.c ---- */

/* Spawn up or down; what came of it is the event that `follow` is set to. */
void service_start_up(struct service *service);
void service_start_down(struct service *service);
/* Tells the script that runs to go, and arms what follows if it does not. */
void service_stop_script(struct service *service);
/* Arms what timeout-up or timeout-down says of the script that runs. */
void service_limit_script(struct service *service);
/* That time is over. */
void service_script_is_late(struct service *service);
/* The script of its record has ended. */
void service_script_died(struct service *service, int wstat, int64_t died);
/* What is wanted is not what it is: `follow` says what leads there. */
void service_go_on(struct service *service);
/* Nothing runs and nothing follows: its record says what it is. */
void service_settle_oneshot(struct service *service);
/* Its record says that a script has failed: notes how. */
void service_recall_failure(struct service *service);

/* ---- restart.c ---- */

/* Its run has died by itself, at the CLOCK_REALTIME ns died, and it is wanted:
 * counts that.  False, with is_failed set, if it was one time too many. */
bool service_may_restart(struct service *service, int64_t died);
/* When its next start is due, as CLOCK_BOOTTIME ns. */
int64_t service_restart_time(struct service *service);
/* It is started by hand, or anew: nothing has been counted. */
void service_forget_restarts(struct service *service);
/* What an earlier svscan has counted. */
void service_recall_restarts(struct service *service);

/* ---- said.c, hear.c: the notify socket (said.h) ---- */

/* run is about to be started: has its socket ready, and empty, if it has a
 * notify-socket file; else false. */
bool service_open_said(struct service *service);
/* What its run is given; NULL: what we have ourselves. */
char **service_environment(const struct service *service);
/* run is dead: what it said before comes first (hear); no more does. */
void service_hear_said(struct service *service);
void service_end_said(struct service *service);
/* It has no notify socket any more. */
void service_close_said(struct service *service);
/* Supervision ends: what runs on keeps what it has. */
void service_leave_said(struct service *service);
void service_free_said(struct service *service);
/* Takes over the socket, and what it said to an earlier svscan. */
void service_adopt_said(struct service *service);
/* Sends a signal to the process that it named its main one (MAINPID=); false if
 * it named none, or that one is gone. */
bool service_send_main(const struct service *service, int signal);
/* Adds what it said to its row. */
void service_show_said(const struct service *service, struct sv_wire_row *row);

/* ---- check.c: ./check ---- */

/* run is about to be started: does it have a check, and is that what makes it
 * ready?  Where makes_ready is false it is asked only once it is. */
bool service_open_checks(struct service *service, bool makes_ready);
/* run lives, or is ready: the checks begin. */
void service_begin_checks(struct service *service);
/* run is dead: so are its checks. */
void service_end_checks(struct service *service);
/* It has none any more, or supervision ends. */
void service_close_checks(struct service *service);
/* Discards what an earlier svscan had started. */
void service_adopt_checks(struct service *service);

/* ---- overdue.c ---- */

/* A longrun is told to go by an order: from now on its timeout-down counts. */
void service_limit_stop(struct service *service);
/* It is down, or it is not to be any more. */
void service_unlimit_stop(struct service *service);
void service_free_overdue(struct service *service);
/* Its stop has failed: tells who ordered it, unless the tree is stopping. */
void service_fail_stop(struct service *service);

/* ---- ready.c ---- */

/* It is ready, and has said so in whatever way. */
void service_announce(struct service *service);

/* Makes a readiness pipe: ends[0], ours, does not block and lies at LOOP_FD_MIN
 * or above; both close on exec.  False with errno set. */
bool service_make_readiness(int ends[2]);
/* Nothing more is to be read from it, here and in init. */
void service_stop_awaiting(struct service *service);

#endif
