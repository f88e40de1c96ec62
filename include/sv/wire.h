/* SPDX-License-Identifier: ISC */
/*
 * wire.h - the socket protocol between svctl and svscan.
 *
 * A SOCK_SEQPACKET Unix socket, LIVE/.svscan/socket.  A message is an 8-byte
 * header and a body; integers are big-endian; text is not NUL-terminated and
 * has its length before it.  man/svscan-protocol.7 is the reference, this file
 * its implementation.
 *
 *   offset  size  field
 *        0     1  version   SV_WIRE_VERSION
 *        1     1  type      SV_WIRE_* below
 *        2     2  more      0, or for rows 1 while more messages follow
 *        4     4  serial    of the request; a reply repeats it; 0 for events
 *
 * Requests, and what is answered:
 *   LIST     names        ROWS (each at most 64 KiB), then END
 *   COMMAND  letters, names   FAULTS for names that are not, then END
 *   WATCH    nothing      END, then EVENTS for as long as the connection lives
 *   RESCAN   nothing      END, when the scan that it caused is over
 *   MACHINE  one letter of enum sv_machine    END, or FAULTS
 *
 * A body of names: for each a 2-byte length and the bytes; none: all.
 * COMMAND: a 1-byte count, so many letters of command.h, then names (at least
 * one: a command to all names all).
 * FAULTS: for each a row of 2-byte length, name, 2-byte length, reason.
 * ROWS and EVENTS: for each a row as sv_wire_row_pack writes it.  An event is
 * the row of a service as it is after a change.
 * END: a 2-byte count of the faults.
 */
#ifndef SV_WIRE_H
#define SV_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv/status.h"
#include "sv/paths.h"

enum {
    SV_WIRE_VERSION = 1,
    SV_WIRE_HEADER = 8,
    SV_WIRE_MAX = 65536,      /* bytes of a message */
    SV_WIRE_BEHIND = 1 << 20, /* bytes a client may be behind */
    SV_WIRE_NOTE_MAX = 255,
    SV_WIRE_ROW_FIXED = 66,   /* a row without its two texts */
    SV_WIRE_ROW_MAX = SV_WIRE_ROW_FIXED + SV_NAME_MAX + SV_WIRE_NOTE_MAX,
};

enum sv_wire_type {
    SV_WIRE_LIST = 'l',
    SV_WIRE_COMMAND = 'c',
    SV_WIRE_WATCH = 'w',
    SV_WIRE_RESCAN = 'r',
    SV_WIRE_MACHINE = 'm',
    SV_WIRE_ROWS = 'R',
    SV_WIRE_FAULTS = 'F',
    SV_WIRE_EVENTS = 'E',
    SV_WIRE_END = '.',
};

/* What a service is doing, in the words of svctl(8). */
enum sv_wire_state {
    SV_WIRE_DOWN,      /* no process, and none is due */
    SV_WIRE_WAITING,   /* no process: the next start is due at a time */
    SV_WIRE_STARTING,  /* run lives, and has readiness to announce */
    SV_WIRE_UP,        /* run lives; ready, where it announces readiness */
    SV_WIRE_STOPPING,  /* run lives, and has been told to go */
    SV_WIRE_FINISHING, /* finish runs */
    SV_WIRE_GONE,      /* in an event only: it is not supervised any more */
    SV_WIRE_STATES
};

enum {
    SV_ROW_WANT_UP = 1 << 0,
    SV_ROW_NORMALLY_UP = 1 << 1,   /* no down file */
    SV_ROW_READY = 1 << 2,         /* it said so, since it was started */
    SV_ROW_ANNOUNCES = 1 << 3,     /* it has a notification-fd */
    SV_ROW_PAUSED = 1 << 4,
    SV_ROW_CHANGED = 1 << 5,       /* its definition is newer than its copy */
    SV_ROW_FOREIGN = 1 << 6,       /* not from a definition */
    SV_ROW_LOGGED = 1 << 7,        /* it has a logger */
    SV_ROW_NEVER_STARTED = 1 << 8,
    SV_ROW_LEAVING = 1 << 9,       /* supervision ends when it dies */
    SV_ROW_ADOPTED = 1 << 10,      /* started by an earlier svscan */
};

/*
 *   offset  size  field
 *        0     1  state
 *        1     1  0
 *        2     2  flags      SV_ROW_*
 *        4     8  pid        run's or finish's; 0 if none
 *       12    12  stamp      as in the status file
 *       24    12  ready      as in the status file
 *       36     4  restarts   starts by itself since supervision began
 *       40     4  deaths     deaths of run since then
 *       44     2  wstat      of the last run
 *       46     8  due        WAITING: ms until the next start; else ms until
 *                            the kill, or 0
 *       54     8  memory     bytes, of its cgroup; 2^64-1 if it has none
 *       62     2  length of the name, which follows the row
 *       64     2  length of the note, which follows the name
 */
struct sv_wire_row {
    enum sv_wire_state state;
    unsigned flags;
    int64_t pid;
    tain stamp;
    tain ready;
    uint32_t restarts;
    uint32_t deaths;
    uint16_t wstat;
    uint64_t due_ms;
    uint64_t memory;
    char name[SV_NAME_MAX + 1];
    char note[SV_WIRE_NOTE_MAX + 1]; /* what is wrong, in words; "" if naught */
};

struct sv_wire_header {
    enum sv_wire_type type;
    uint16_t more;
    uint32_t serial;
};

/* A message being written.  Filled past its end it stays as it was and `full`
 * is set. */
struct sv_wire_out {
    size_t used;
    bool full;
    char bytes[SV_WIRE_MAX];
};

void sv_wire_begin(struct sv_wire_out *out, const struct sv_wire_header *header);
void sv_wire_put_u8(struct sv_wire_out *out, uint8_t n);
void sv_wire_put_u16(struct sv_wire_out *out, uint16_t n);
void sv_wire_put_text(struct sv_wire_out *out, const char *text);
void sv_wire_put_row(struct sv_wire_out *out, const struct sv_wire_row *row);

/* A message being read: the bytes stay the caller's. */
struct sv_wire_in {
    const char *bytes;
    size_t size;
    size_t at;
};

/* Starts to read a message.  False if it is shorter than a header, of another
 * version, or of a type that is not listed above. */
bool sv_wire_open(struct sv_wire_in *in, struct sv_wire_header *header,
                  const char *bytes, size_t size);

/* Each takes the next item; false, with nothing taken, if the rest of the
 * message does not hold one.  A text with a NUL or of size bytes or more is
 * refused. */
bool sv_wire_get_u8(struct sv_wire_in *in, uint8_t *n);
bool sv_wire_get_u16(struct sv_wire_in *in, uint16_t *n);
bool sv_wire_get_text(struct sv_wire_in *in, char *text, size_t size);
bool sv_wire_get_row(struct sv_wire_in *in, struct sv_wire_row *row);
bool sv_wire_at_end(const struct sv_wire_in *in);

/* Connects to, or listens on, the socket of the tree at live.  The path may be
 * longer than a socket address: it is reached through a descriptor
 * (/proc/self/fd).  Returns a close-on-exec descriptor (listening: also
 * non-blocking, with the given mode, an old socket replaced), or -1 with errno
 * set. */
int sv_wire_connect(const char *live);
int sv_wire_listen(int live_fd, unsigned mode);

/* The word for a state: "down", "waiting", "starting", "up", ... */
const char *sv_wire_state_name(enum sv_wire_state state);

#endif
