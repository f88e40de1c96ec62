/* SPDX-License-Identifier: ISC */
/*
 * paths.h - every file and directory name of the on-disk interface, once.
 *
 * Those of a service are relative to the service directory; those of a tree
 * (SV_TREE_*) to the scan directory.  Sources: s6's servicedir and scandir
 * for what both have; ".svscan" is ours.
 */
#ifndef SV_PATHS_H
#define SV_PATHS_H

#define SV_DEFS_DIR "/etc/sv" /* definitions, for root */
#define SV_LIVE_DIR "/run/sv" /* the live tree, for root */
#define SV_LIVE_TMP "/tmp/sv" /* ... in a container that cannot have that */
#define SV_LIVE_SHM "/dev/shm/sv" /* ... nor that */
#define SV_RUN_VARIABLE "SV_RUN"  /* names the live tree, and comes first */

/* A service: what its author writes. */
#define SV_RUN "run"
#define SV_FINISH "finish"
#define SV_DOWN_FILE "down"
#define SV_NOTIFICATION_FD "notification-fd"
#define SV_NOTIFY_SOCKET "notify-socket"
#define SV_WATCHDOG "watchdog"
#define SV_CHECK "check"
#define SV_CHECK_PERIOD "check-period"
#define SV_CHECK_TIMEOUT "check-timeout"
#define SV_CHECK_FAILURES "check-failures"
#define SV_LOCK_FD "lock-fd"
#define SV_TIMEOUT_KILL "timeout-kill"
#define SV_FLAG_TIMEOUT_KILLPG "flag-timeout-killpg"
#define SV_TIMEOUT_FINISH "timeout-finish"
#define SV_MAX_DEATH_TALLY "max-death-tally"
#define SV_DOWN_SIGNAL "down-signal"
#define SV_RELOAD_SIGNAL "reload-signal"
#define SV_RESTART_DELAY "restart-delay"
#define SV_RESTART_DELAY_MAX "restart-delay-max"
#define SV_MAX_RESTARTS "max-restarts"
#define SV_RESTART_WINDOW "restart-window"
#define SV_FLAG_NEWPIDNS "flag-newpidns"
#define SV_TYPE "type"
#define SV_UP "up"     /* of a oneshot */
#define SV_DOWN "down" /* ... whose name is that of a longrun's marker */
#define SV_TIMEOUT_UP "timeout-up"
#define SV_TIMEOUT_DOWN "timeout-down"
#define SV_FLAG_MAIN "flag-main"
#define SV_FLAG_DISABLED "flag-disabled"
#define SV_DEPENDENCIES_D "dependencies.d"
#define SV_DEPENDENCIES "dependencies" /* the old form of the same */
#define SV_AFTER_D "after.d"
#define SV_CONTENTS_D "contents.d"
#define SV_CONTENTS "contents"
#define SV_PRODUCER_FOR "producer-for"
#define SV_CONSUMER_FOR "consumer-for"
#define SV_PIPELINE_NAME "pipeline-name"
#define SV_FLAG_ESSENTIAL "flag-essential"
#define SV_LOG "log"
#define SV_DATA "data"
#define SV_ENV "env"

/* A service: what its supervisor makes. */
#define SV_SUPERVISE "supervise"
#define SV_EVENT "event"
#define SV_LOCK "supervise/lock"
#define SV_CONTROL_NAME "control"
#define SV_CONTROL SV_SUPERVISE "/" SV_CONTROL_NAME
#define SV_STATUS "supervise/status"
#define SV_STATUS_NEW "supervise/status.new"
#define SV_TALLY "supervise/death_tally"
#define SV_TALLY_NEW "supervise/death_tally.new"
#define SV_RESTARTS "supervise/restarts" /* engine/restart.h; ours */
#define SV_RESTARTS_NEW "supervise/restarts.new"
#define SV_NOTIFY_NAME ".notify" /* the notify socket; engine/said.h; ours */
#define SV_SAID "supervise/said"
#define SV_SAID_NEW "supervise/said.new"
#define SV_SERVICE_LOCK "supervise/service-lock"
#define SV_STDOUT "supervise/stdout" /* fifo to the logger; ours */
#define SV_STDIN "supervise/stdin" /* fifo from its producers; ours */

/* argv[0] under which svscan and supervise take a service's lock (lock-fd) and
 * then become its run: run-locked FD PROGRAM NAME, in the service directory. */
#define SV_RUN_LOCKED "run-locked"

/* A tree: as s6 has it. */
#define SV_TREE_S6 ".s6-svscan"
#define SV_S6_SVSCAN "s6-svscan" /* svscan, when it is called by this name */
#define SV_TREE_LOCK ".s6-svscan/lock"
#define SV_TREE_CONTROL ".s6-svscan/control"
#define SV_TREE_FINISH ".s6-svscan/finish"
#define SV_TREE_CRASH ".s6-svscan/crash"
#define SV_CATCH_ALL "s6-svscan-log" /* the service that reads our own output */
#define SV_CATCH_ALL_FIFO "fifo"

/* A tree: ours. */
#define SV_TREE_OURS ".svscan"
#define SV_TREE_SOCKET ".svscan/socket"
#define SV_TREE_SOCKET_NEW ".svscan/socket.new"
#define SV_TREE_CHILDREN ".svscan/children"
#define SV_TREE_CHILDREN_NEW ".svscan/children.new"
#define SV_TREE_BOOT ".svscan/boot"
#define SV_TREE_COPIES ".svscan/copies"
#define SV_TREE_STAGE ".svscan/stage"
#define SV_TREE_SERVICE_LOCK ".svscan/lock" /* all supervise/lock link to it */

/* Limits, each with the error that names it. */
enum {
    SV_NAME_MAX = 251,          /* bytes of a service's name, as s6-svscan -L */
    SV_SERVICES_MAX = 16384,    /* services of one tree, as svscan -C */
    SV_VALUE_MAX = 4096,        /* bytes of a file that holds a value */
    SV_PATH_MAX = 4096,
};

#endif
