/* SPDX-License-Identifier: ISC */
/*
 * event.h - fifodirs, s6's event/ directories: who subscribes and who is told.
 *
 * A subscriber makes a fifo in the directory, 39 bytes of name:
 * "ftrig1:@" + 24 hexadecimal digits (TAI64N) + ":" + 6 of [A-Za-z0-9_-].
 * A notifier writes its event bytes to every one of them and waits for none.
 *
 * Source: s6's ftrigw and ftrigr.
 */
#ifndef SV_EVENT_H
#define SV_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SV_EVENT_PREFIX "ftrig1:@"
enum { SV_EVENT_NAME = 39 };

/* The letters of a service's life, in the order of contract 7.4. */
enum sv_event_letter {
    SV_EVENT_STARTED = 's', /* supervision begins */
    SV_EVENT_UP = 'u',
    SV_EVENT_READY = 'U',
    SV_EVENT_DIED = 'd',
    SV_EVENT_DOWN = 'D',    /* finish is over: it can be started again */
    SV_EVENT_FAILED = 'O',  /* finish exited 125 */
    SV_EVENT_LEFT = 'x',    /* supervision ends */
};

/* Makes dir/event with s6's private mode (03730, group: our egid), or leaves
 * alone what is there.  A dangling symlink gets its target made.  False with
 * errno set (ENOTDIR: it is something else). */
bool sv_event_make(int base, const char *dir);

/* Writes the bytes of events to each subscriber of dir/event (dir as in
 * status.h).  A fifo that nobody reads is unlinked; a full one misses the
 * event.  No other name is touched.  A reader may go at the wrong moment: the
 * caller must not die of SIGPIPE.  False with errno set if the directory cannot
 * be read. */
bool sv_event_notify(int base, const char *dir, const char *events);

/* Unlinks the fifos that nobody reads. */
bool sv_event_clean(int base, const char *dir);

/* Could name be a subscriber of ours or of s6?  s6's own test: the prefix and
 * the length. */
bool sv_event_is_name(const char *name);

/* Subscribes: makes the fifo in dir/event and returns its reading end
 * (non-blocking, close-on-exec), or -1 with errno set.  name receives the
 * fifo's name; the caller closes the descriptor and calls
 * sv_event_unsubscribe. */
int sv_event_subscribe(int base, const char *dir,
                       char name[static SV_EVENT_NAME + 1]);
void sv_event_unsubscribe(int base, const char *dir, const char *name);

/* The same for a fifodir of any name, base and path, that belongs to no
 * service. */

#define SV_EVENT_PUBLIC ((gid_t)-1) /* everybody may subscribe */

/* Makes the fifodir for the members of group, 03730, or for SV_EVENT_PUBLIC,
 * 01733.  One that is there stays as it is, unless is_forced: then it gets that
 * mode and group.  False with errno set (ENOTDIR: it is something else). */
bool sv_fifodir_make(int base, const char *path, gid_t group, bool is_forced);

bool sv_fifodir_notify(int base, const char *path, const char *events);
int sv_fifodir_subscribe(int base, const char *path,
                         char name[static SV_EVENT_NAME + 1]);
void sv_fifodir_unsubscribe(int base, const char *path, const char *name);

#endif
