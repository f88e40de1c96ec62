/* SPDX-License-Identifier: ISC */
/*
 * hold.h - what init and svscan say to each other, and what init holds.
 *
 * The line is a SOCK_SEQPACKET socketpair: one end is svscan's descriptor -R,
 * the other init's.  A message is one struct sv_hold of 64 bytes in the
 * machine's byte order, with at most two descriptors (SCM_RIGHTS).
 *
 *   svscan -> init                     init -> svscan
 *   HELLO                              RELAY + 2 descriptors (memfd, eventfd)
 *   HOLD kind dev ino tag + 1 fd       (nothing; REFUSED kind dev ino tag if
 *                                      the table or init's limit is full)
 *   DROP kind dev ino                  (nothing)
 *   GIVE                               HELD kind dev ino tag + 1 fd, for each
 *                                      descriptor held; then END
 *   SWEEP                              (nothing: init reaps all that is dead,
 *                                      moves reaped_until, and wakes svscan)
 *   UP          the first scan is done (nothing)
 *   MACHINE arg (what svctl asked)     (nothing: init begins its shutdown)
 *   STOPPED     every service is down  (nothing)
 *   MAIN arg (wstat of a service with  (nothing: init goes down, and exits as
 *   flag-main that has ended)          the first of them did)
 *   UPGRADE     (what svctl asked)     UPGRADED arg text: arg is an
 *                                      enum sv_upgrade_end, text the version of
 *                                      the init that says so
 *                                      STOP arg (ms): stop every service, in
 *                                      order, loggers last; then say STOPPED
 *
 * A slot of init's table is named by (kind, dev, ino): holding another
 * descriptor under the same name replaces the first.  An init that has begun
 * its shutdown sends STOP again to each new svscan, after GIVE and before END,
 * so that it starts nothing.
 * Why no byte is lost, whoever of service, logger and svscan is killed: init has
 * a description of the fifo that reads and writes, so that neither end ever
 * closes.  It is held before the service can write to it, and a message that
 * was sent is read by init though svscan has died since; it is dropped when the
 * service has left for good, and then nobody but what it left behind can write:
 * the logger comes to the end.  Killed between leaving and the drop, svscan
 * leaves a hold that nobody claims, which the next one drops when it has seen
 * every directory.  Service and logger open the fifo anew at each start, so that
 * no flag of one's description reaches another's.  Refused (a full table), the
 * fifo lives as long as svscan, a service or its logger has it open; without an
 * init of ours the same holds, and if svscan and the logger are dead at once a
 * service that writes gets SIGPIPE.
 * A readiness pipe is held between the intent and the fork, and tag says of which
 * start it is: one of another is closed unread.
 *
 * The relay's memfd and eventfd are the same for all of init's life, and RELAY
 * has init's version as its text.  An init that becomes another one is the same
 * to svscan, on the same line; the new one says UPGRADED.  init
 * writes 1 to the eventfd at the end of a sweep that found something, while
 * relay->listening is not 0, and after each SWEEP.
 */
#ifndef SV_HOLD_H
#define SV_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SV_HOLDS_MAX = 36864 }; /* a log fifo and a pipe for each of 16384
                                  services, and some */

enum sv_hold_op {
    SV_HOLD_HELLO = 'H',
    SV_HOLD_HOLD = 'h',
    SV_HOLD_DROP = 'd',
    SV_HOLD_GIVE = 'g',
    SV_HOLD_SWEEP = 'w',
    SV_HOLD_UP = 'u',
    SV_HOLD_MACHINE = 'm',
    SV_HOLD_STOPPED = 's',
    SV_HOLD_MAIN = 'e',
    SV_HOLD_UPGRADE = 'x',
    SV_HOLD_RELAY = 'R',
    SV_HOLD_REFUSED = 'n',
    SV_HOLD_HELD = 'G',
    SV_HOLD_END = 'E',
    SV_HOLD_STOP = 'S',
    SV_HOLD_UPGRADED = 'X',
};

enum sv_hold_kind {
    SV_KIND_NONE,
    SV_KIND_LOG_FIFO,   /* SV_STDOUT of (dev, ino), opened O_RDWR */
    SV_KIND_READINESS,  /* reading end; tag: t0 of the incarnation */
    SV_KIND_NOTIFY,     /* an sd_notify socket */
    SV_KIND_LISTENER,   /* svctl's socket; dev and ino 0 */
    SV_KIND_CATCH_ALL,  /* the fifo of svscan's own output; dev and ino 0 */
    SV_KIND_INPUT,      /* SV_STDIN of (dev, ino), opened O_RDWR */
    SV_KINDS,
    SV_KIND_CONTROL = 100, /* the control fifo of (dev, ino), or of the tree: 0,
                              0; init holds none, it goes over an exec only */
};

/* What MACHINE asks for. */
enum sv_machine {
    SV_MACHINE_HALT = 'h',
    SV_MACHINE_POWEROFF = 'p',
    SV_MACHINE_REBOOT = 'r',
};

/* How an UPGRADE ended. */
enum sv_upgrade_end {
    SV_UPGRADE_DONE,
    SV_UPGRADE_STOPPING, /* a shutdown has begun */
    SV_UPGRADE_NOEXEC,   /* the file on disk cannot be executed */
    SV_UPGRADE_NO,       /* it does not know the state of the one that runs */
    SV_UPGRADE_LATE,     /* it does not answer */
    SV_UPGRADE_FAILED,   /* the system refused */
    SV_UPGRADE_ENDS
};

/* In words, for whoever asked for it. */
const char *sv_upgrade_reason(enum sv_upgrade_end end);

enum { SV_HOLD_TEXT = 24 };

struct sv_hold {
    char version;    /* SV_HOLD_VERSION */
    char op;         /* enum sv_hold_op */
    uint8_t kind;    /* enum sv_hold_kind */
    char pad[5];
    uint64_t dev;
    uint64_t ino;
    int64_t tag;
    int64_t arg;
    char text[SV_HOLD_TEXT]; /* ends with a NUL */
};

enum { SV_HOLD_VERSION = 1 };

_Static_assert(sizeof(struct sv_hold) == 64, "a hold message is 64 bytes");

/* Sends one message (its version is set here), with n (0 to 2) descriptors,
 * without waiting.  False with errno set (EAGAIN: the line is full). */
bool sv_hold_send(int line, const struct sv_hold *message, const int *fds,
                  size_t n);

enum sv_hold_got { SV_HOLD_GOT, SV_HOLD_NOTHING, SV_HOLD_CLOSED, SV_HOLD_BAD };

/* Receives one message without waiting.  Descriptors that came with it are
 * stored in fds (-1 where there is none), close-on-exec, and are the caller's.
 * NOTHING: there is none now.  CLOSED: the other end is gone.  BAD: a message
 * of another version or size; it has been taken and its descriptors closed. */
enum sv_hold_got sv_hold_receive(int line, struct sv_hold *message, int fds[2]);

#endif
