/* SPDX-License-Identifier: ISC */
/*
 * relay.h - the ring in which init tells how orphans ended.
 *
 * A memfd that init makes, sizes and seals, and that init and svscan map.  init
 * writes an entry for every process that it reaps; only init writes, but
 * for cursor and listening: these are svscan's, and init's when it is dead.  Entry number n (counted from 0 for ever)
 * lies in entries[n % SV_RELAY_ENTRIES].
 *
 * How svscan reads it: an adopted child whose pidfd says "dead" ended as the
 * first entry of its pid says that is not before the cursor and whose time is
 * later than the record's t1.  If there is none, and init has since reaped all
 * that was dead by then (reaped_until), nobody knows how it ended.  Nor if head
 * has run SV_RELAY_ENTRIES past the cursor: then its entry may be overwritten,
 * and one that is there may be of another process that got its pid.
 *
 * Why no status is lost or invented, whenever svscan is killed:
 *   its child          init reaps it only once svscan itself is a zombie (the
 *                      kernel gives both to init in one step), so its entry is
 *                      not before the last walk over all children in which init
 *                      found nobody dead.  With no adopted child around, init
 *                      moves the cursor there when svscan has died.
 *   an adopted child   svscan moves the cursor to a head that it read before a
 *                      round of its loop in which every dead pidfd was seen to,
 *                      and whatever was dead is recorded: none of the entries
 *                      before it is of anybody who runs by his record.
 *   a reused pid       the time of an entry is read while the dead process has
 *                      its pid still: later than t1 it is no process before it;
 *                      the first one is no process after it.
 *   zombie of svscan   recorded as dead before it is reaped: if svscan is
 *                      killed in between, its entry is of no record any more,
 *                      since what is spawned next cannot get its pid.
 */
#ifndef SV_RELAY_H
#define SV_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdatomic.h>
#include <sys/types.h>

enum { SV_RELAY_ENTRIES = 65536 };

struct sv_relay_entry {
    int32_t pid;
    uint32_t wstat; /* as waitpid(2) gives it */
    int64_t reaped; /* CLOCK_BOOTTIME ns */
};

struct sv_relay {
    char magic[8]; /* "svrelay1" */
    _Atomic uint64_t head;         /* entries written so far */
    _Atomic int64_t reaped_until;  /* all that was dead then has been reaped */
    _Atomic uint64_t cursor;       /* entries that nobody waits for */
    _Atomic uint32_t listening;    /* svscan's: it has adopted somebody, or may
                                      have yet; it is woken at each sweep */
    char pad[4096 - 8 - 8 - 8 - 8 - 4 - 4];
    struct sv_relay_entry entries[SV_RELAY_ENTRIES];
};

/* init: makes the memfd, sized and sealed against any further change of size,
 * and maps it.  Sets *fd (close-on-exec).  NULL with errno set. */
struct sv_relay *sv_relay_create(int *fd);

/* svscan: maps a memfd that it was given.  NULL with errno set; EPROTO if it is
 * no relay of ours. */
struct sv_relay *sv_relay_open(int fd);

/* init: appends an entry; cannot fail. */
void sv_relay_put(struct sv_relay *relay, pid_t pid, int wstat, int64_t reaped);

/* init: svscan is dead.  None of its children has an entry before number quiet,
 * unless it had them from an earlier one. */
void sv_relay_orphaned(struct sv_relay *relay, uint64_t quiet);

enum sv_relay_answer { SV_RELAY_FOUND, SV_RELAY_NOT_YET, SV_RELAY_LOST };

/* svscan: how did pid end, which started before t1 and was seen dead at the
 * time dead (both CLOCK_BOOTTIME ns)?  On SV_RELAY_FOUND sets *wstat and
 * *reaped. */
enum sv_relay_answer sv_relay_find(const struct sv_relay *relay, pid_t pid,
                                   int64_t t1, int64_t dead, int *wstat,
                                   int64_t *reaped);

#endif
