/* SPDX-License-Identifier: ISC */
/*
 * probe.h - a service that cannot say that it is ready, asked until it is.
 *
 * A process beside the service runs a check again and again.  When one has
 * exited 0 it writes the newline that tells the supervisor, and ends; it ends
 * as well when the service dies, the check has failed too often, or the time is
 * out.
 *
 * Source: s6-notifyoncheck, contract 9.12.
 */
#ifndef CHAIN_PROBE_H
#define CHAIN_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct probe {
    char *const *check;   /* a program and its words, found by PATH */
    int fd;               /* takes the newline */
    bool is_apart;        /* a grandchild, whom nobody has to reap */
    uint32_t first_ms;    /* before the first check */
    uint32_t between_ms;  /* after one that has failed */
    uint32_t check_ms;    /* for each; 0: as long as it takes */
    uint32_t all_ms;      /* for all together; 0: likewise */
    uint32_t tries;       /* 0: no end */
};

/* How it ends, and the exit code of its process. */
enum probe_end {
    PROBE_READY = 0,
    PROBE_FAILED = 1,
    PROBE_DIED = 2,      /* the service */
    PROBE_TIMEOUT = 3,
};

/* Starts the process, for the service whose directory is the current one, and
 * returns when it listens to the service's events, so that it misses no death.
 * False if there is none; what failed has been said. */
bool probe_start(const struct probe *probe);

#endif
