/* SPDX-License-Identifier: ISC */
/*
 * notify.h - what a service says of itself by sd_notify(3).
 *
 * A datagram of at most SV_NOTIFY_MAX bytes: lines of KEY=VALUE, each ended by
 * a newline or the end of the datagram.  Keys that are not listed below are
 * ignored, and so are lines without "=" and values that cannot be.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
#ifndef SV_NOTIFY_H
#define SV_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SV_NOTIFY_MAX = 4096, SV_NOTIFY_STATUS_MAX = 255 };

enum {
    SV_NOTIFY_READY = 1 << 0,         /* READY=1 */
    SV_NOTIFY_RELOADING = 1 << 1,     /* RELOADING=1 */
    SV_NOTIFY_STOPPING = 1 << 2,      /* STOPPING=1 */
    SV_NOTIFY_ALIVE = 1 << 3,         /* WATCHDOG=1 */
    SV_NOTIFY_SICK = 1 << 4,          /* WATCHDOG=trigger */
    SV_NOTIFY_WATCHDOG = 1 << 5,      /* WATCHDOG_USEC=N: watchdog_ms is set */
    SV_NOTIFY_MAIN_PID = 1 << 6,      /* MAINPID=N: main_pid is set */
    SV_NOTIFY_STATUS = 1 << 7,        /* STATUS=TEXT: status is set */
    SV_NOTIFY_STORE = 1 << 8,         /* FDSTORE=1 */
};

struct sv_notify {
    unsigned says; /* SV_NOTIFY_* */
    uint32_t watchdog_ms;  /* rounded up; 0: none */
    int32_t main_pid;      /* more than 1 */
    char status[SV_NOTIFY_STATUS_MAX + 1]; /* cut to what fits */
};

/* Reads a datagram; of a key that comes twice the last counts.  False, and *said
 * says nothing, if it is longer than SV_NOTIFY_MAX, or there is a NUL in it. */
bool sv_notify_parse(struct sv_notify *said, const char *bytes, size_t size);

#endif
