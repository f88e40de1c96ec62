/* SPDX-License-Identifier: ISC */
/*
 * halt.h - the end: services, then processes, then file systems, then us.
 *
 *   RUNNING --asked--> STOPPING --stopped--> LEAVING --nobody--> CLOSING --> OVER
 *                         |       or limit      | left     ^       done, or
 *                         |                     | grace    |       limit
 *                         |                     v          |
 *                         +-- at once -----> KILLING ------+
 *                                                nobody left, or limit
 *
 * STOPPING: svscan stops the services.  LEAVING: what is left has had TERM; if
 * svscan could not, all but the loggers, which end when nobody writes to them
 * any more, and before KILLING there is DRAINING: all but they have had KILL.
 * KILLING: it has had KILL.  CLOSING: a machine's file systems are made clean
 * (elsewhere it is passed through).  Each has its limit, so that no process and
 * no disk can keep a machine from going down.
 */
#ifndef INIT_HALT_H
#define INIT_HALT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "init/settings.h"

/* settings is kept, not copied. */
void halt_begin(const struct settings *settings);

/* Begins to go down; what is an enum sv_machine, and means nothing but "stop"
 * where there is no machine of ours.  At once: without stopping the services
 * in order.  A second request counts only if it is the first one at once. */
void halt_ask(char what, bool at_once);

/* How the main program ended (as waitpid(2) tells), which is how init is to end,
 * where it exits; the first that is told counts. */
void halt_set_status(int wstat);

/* Every service is down: svscan has said so. */
void halt_stopped(void);

/* Was pid the process that leaves the file systems clean? */
bool halt_ended(pid_t pid);

/* Looks what has changed, and goes on; after each round of the loop. */
void halt_look(void);

/* When halt_look is to be called even so (CLOCK_BOOTTIME ns); INT64_MAX for
 * never. */
int64_t halt_due(void);

/* Milliseconds left for the stop of all services, 0 when its time is over: a
 * svscan that says hello only then starts nothing either.  -1: nobody has asked
 * for the end. */
int64_t halt_stop_ms(void);

/* Has nobody asked for the end yet? */
bool halt_is_far(void);

bool halt_is_over(void);

/* Leaves: reboot(2) as process 1 of a machine, exit elsewhere. */
_Noreturn void halt_leave(void);

#endif
