/* SPDX-License-Identifier: ISC */
/*
 * control.h - the fifo and the lock of a supervisor or a scanner, from outside.
 *
 * supervise/control and .s6-svscan/control take bytes, each a command; the lock
 * beside them is held for as long as somebody supervises, and is the one proof
 * that somebody does (files stay behind).
 *
 * Source: contract 1.6 (locks) and 1.7 (control fifos).
 */
#ifndef SV_CONTROL_H
#define SV_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

enum sv_sent {
    SV_SENT,
    SV_SENT_TO_NOBODY, /* a fifo that nobody reads */
    SV_SENT_FAILED,    /* errno says why; nothing, or not all, was written */
};

/* Writes the size bytes of letters to the fifo at base, path in one write(2),
 * and waits for room if it is full.  With no bytes it only asks whether anybody
 * listens.  The caller must not die of SIGPIPE. */
enum sv_sent sv_control_send(int base, const char *path, const char *letters,
                             size_t size);

enum sv_told {
    SV_TOLD,
    SV_TOLD_NOBODY, /* nobody listens: no reader, or never supervised */
    SV_TOLD_BROKEN, /* the directory of the fifo is there, a fifo is not */
    SV_TOLD_FAILED, /* errno says why, as for SV_TOLD_BROKEN */
};

/* As sv_control_send, to file (SV_CONTROL, SV_TREE_CONTROL) of the service or
 * scan directory at base, dir; tells the reasons of a failure apart as s6's
 * clients do. */
enum sv_told sv_control_tell(int base, const char *dir, const char *file,
                             const char *letters, size_t size);

enum sv_held {
    SV_HELD,
    SV_NOT_HELD,     /* free, or there is no such file */
    SV_HELD_UNKNOWN, /* errno says why */
};

/* Does anybody hold the write lock on the file at base, path?  Sees record
 * locks as well as those of an open file description. */
enum sv_held sv_lock_held(int base, const char *path);

#endif
