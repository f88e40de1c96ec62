/* SPDX-License-Identifier: ISC */
/*
 * wire.h - the socket protocol between svctl and svscan.
 *
 * A SOCK_SEQPACKET Unix socket, LIVE/.svscan/socket.  A message is an 8-byte
 * header and a body; integers are big-endian; a text is a 2-byte length and
 * the bytes, without a NUL.  man/svscan-protocol.7 is the reference, this file
 * its implementation.
 *
 *   offset  size  field
 *        0     1  version   SV_WIRE_VERSION
 *        1     1  type      SV_WIRE_* below
 *        2     2  0         for later versions; ignored
 *        4     4  serial    of the request; a reply repeats it; 0 for events
 *
 * Requests, and what is answered:
 *   LIST     names            ROWS, FAULTS for names that are not; END
 *   COMMAND  letters, names   FAULTS for names that are not; END
 *   ORDER    a letter, names   FAULTS, END: as COMMAND, with all that each of
 *                             them needs, or that needs it
 *   GRAPH    nothing          LINKS, END
 *   WATCH    nothing          END, then EVENTS while the connection lives
 *   RESCAN   nothing          FAULTS for definitions that have one; END, when
 *                             the scan that it caused is over
 *   MACHINE  one letter of enum sv_machine    a FAULT if it cannot be; END
 *   INFO     nothing          FACTS, END
 *   UPGRADE  one letter of enum sv_upgrade    a FAULT if it cannot be; END, or
 *                             for svscan itself the end of the connection
 *
 * A body of names: a text for each; none: all.
 * COMMAND: a text of letters of command.h, then at least one name (a command
 * to all names all).  Each service gets the letters in their order.  The
 * events of what changed at once come before its END.
 * ORDER: a text of one letter, u to start, o to start once, r to restart, d to
 * stop, D to stop what is essential as well; then at least one name, of a
 * service or a bundle.
 * FACTS: a text with a name and a text with the value for each thing that svscan
 * knows of itself; which names there are is in svscan-protocol(7).  A reader
 * skips those that it does not know.
 * FAULTS: a text with a name and a text with the reason for each.  A fault
 * with an empty name is of the request itself, which then did nothing.
 * LINKS: a byte of enum sv_link or enum sv_blame, a text with the name of a
 * service or a bundle, and a text that depends on the letter, for each thing that
 * there is to know of who needs whom.  A service that has to do with no other is
 * not among them.  A reader skips the letters that it does not know.
 * ROWS and EVENTS: for each a row as sv_wire_put_row writes it.  An event is
 * the row of a service as it is after a change.
 * END: a 4-byte count of the faults.
 *
 * Every answer is a run of messages of at most SV_WIRE_MAX bytes that ends
 * with END.  A client may send its next request before that; they are answered
 * in order.  A message of another version is answered by an empty END of the
 * version that is spoken, and the connection is closed; but INFO and
 * UPGRADE, and what answers them (FACTS, FAULTS, END), are the same in all
 * versions: who is newer than svscan can ask it what it is, and to become newer.
 */
#ifndef SV_WIRE_H
#define SV_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sv/status.h"
#include "sv/paths.h"

enum {
    SV_WIRE_VERSION = 1,
    SV_WIRE_HEADER = 8,
    SV_WIRE_MAX = 65536,      /* bytes of a message */
    SV_WIRE_MODE_KEPT = 01000, /* no mode: that of the socket before */
    SV_WIRE_BEHIND = 1 << 20, /* bytes a client may be behind */
    SV_WIRE_NOTE_MAX = 255,
    SV_WIRE_SAID_MAX = 255,
    SV_WIRE_FACT_MAX = 255,   /* bytes of the value of a fact */
    SV_WIRE_ROW_FIXED = 70,   /* a row up to note, with two empty texts */
    SV_WIRE_ROW_ADDED = 14,   /* ... and what follows, with an empty one */
    SV_WIRE_ROW_MAX = SV_WIRE_ROW_FIXED + SV_NAME_MAX + SV_WIRE_NOTE_MAX
                      + SV_WIRE_ROW_ADDED + SV_WIRE_SAID_MAX,
};

/* The reason of a fault when who asks may not, or how it begins; and when there
 * is none of that name. */
#define SV_WIRE_DENIED "permission denied"
#define SV_WIRE_UNKNOWN "no such service"

enum sv_wire_type {
    SV_WIRE_LIST = 'l',
    SV_WIRE_COMMAND = 'c',
    SV_WIRE_ORDER = 'o',
    SV_WIRE_GRAPH = 'g',
    SV_WIRE_WATCH = 'w',
    SV_WIRE_RESCAN = 'r',
    SV_WIRE_MACHINE = 'm',
    SV_WIRE_INFO = 'i',
    SV_WIRE_UPGRADE = 'u',
    SV_WIRE_ROWS = 'R',
    SV_WIRE_FAULTS = 'F',
    SV_WIRE_FACTS = 'I',
    SV_WIRE_LINKS = 'L',
    SV_WIRE_EVENTS = 'E',
    SV_WIRE_END = '.',
};

/* What UPGRADE asks to become the one on disk. */
enum sv_upgrade {
    SV_UPGRADE_SVSCAN = 's',
    SV_UPGRADE_INIT = 'i',
};

/* What LINKS say of a name; with the letters of blame.h why it may not start,
 * whose other text is the name of who is to blame. */
enum sv_link {
    SV_LINK_SERVICE = 's',   /* there is such a service; "" */
    SV_LINK_BUNDLE = 'b',    /* ... such a bundle; "" */
    SV_LINK_MISSING = 'm',   /* ... none such, but others name it; "" */
    SV_LINK_ESSENTIAL = 'e', /* it is stopped by force only; "" */
    SV_LINK_NEEDS = 'n',     /* it needs the other */
    SV_LINK_AFTER = 'a',     /* it comes after the other */
    SV_LINK_HOLDS = 'h',     /* a bundle: it holds the other */
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
    SV_WIRE_DONE,      /* a oneshot: up has done its work.  Until then it is
                          DOWN, while up runs STARTING, while down FINISHING */
    SV_WIRE_STATES
};

enum {
    SV_ROW_WANT_UP = 1 << 0,
    SV_ROW_NORMALLY_UP = 1 << 1,   /* no down file */
    SV_ROW_READY = 1 << 2,         /* it said so, since it was started */
    SV_ROW_ANNOUNCES = 1 << 3,     /* it says when it is ready */
    SV_ROW_PAUSED = 1 << 4,
    SV_ROW_CHANGED = 1 << 5,       /* its definition is newer than its copy */
    SV_ROW_FOREIGN = 1 << 6,       /* not from a definition */
    SV_ROW_LOGGED = 1 << 7,        /* it has a logger */
    SV_ROW_NEVER_STARTED = 1 << 8,
    SV_ROW_LEAVING = 1 << 9,       /* supervision ends when it dies */
    SV_ROW_ADOPTED = 1 << 10,      /* started by an earlier svscan */
    SV_ROW_FAILED = 1 << 11,       /* stays down until it is started by hand */
    SV_ROW_UNHEALTHY = 1 << 12,    /* ... and told to go for that */
    SV_ROW_RELOADING = 1 << 13,    /* it says so */
    SV_ROW_OVERDUE = 1 << 14,      /* it was not down within its timeout-down */
    SV_ROW_ONESHOT = 1 << 15,
};

/*
 *   offset  size  field
 *        0     2  size       of the row, this field included
 *        2     1  state
 *        3     1  0
 *        4     4  flags      SV_ROW_*
 *        8     8  pid        run's or finish's; 0 if none
 *       16    12  stamp      as in the status file
 *       28    12  ready      as in the status file
 *       40     4  restarts   starts by itself since supervision began
 *       44     4  deaths     deaths of run since then
 *       48     2  wstat      of the last run
 *       50     8  due        WAITING: ms until the next start; else ms until
 *                            the kill, or 0
 *       58     8  memory     bytes, of its cgroup; 2^64-1 if it has none
 *       66     -  name       a text
 *        -     -  note       a text
 *        -     4  main       pid of the process that run named; 0: itself
 *        -     -  said       a text
 *        -     8  stamped    the time of stamp on CLOCK_BOOTTIME, in ns, or 0
 *        -     -  what a later svscan adds; a reader that does not know it
 *                 goes by the size, and skips it
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
    uint32_t main_pid;               /* MAINPID= of sd_notify; 0: none */
    char said[SV_WIRE_SAID_MAX + 1]; /* STATUS= of sd_notify, "" if none */
    int64_t stamped; /* when stamp was taken, CLOCK_BOOTTIME ns; 0: not known */
};

struct sv_wire_header {
    enum sv_wire_type type;
    uint32_t serial;
};

/* A message being written.  An item that does not fit in it whole is left out,
 * and `full` is set: the message is then sent, and the item put in the next. */
struct sv_wire_out {
    size_t used;
    bool full;
    char bytes[SV_WIRE_MAX];
};

void sv_wire_begin(struct sv_wire_out *out,
                   const struct sv_wire_header *header);
void sv_wire_put_u8(struct sv_wire_out *out, uint8_t n);
void sv_wire_put_u32(struct sv_wire_out *out, uint32_t n);
void sv_wire_put_text(struct sv_wire_out *out, const char *text);
void sv_wire_put_fault(struct sv_wire_out *out, const char *name,
                       const char *reason);
void sv_wire_put_fact(struct sv_wire_out *out, const char *name,
                      const char *value);
/* letter: of enum sv_link or enum sv_blame. */
void sv_wire_put_link(struct sv_wire_out *out, uint8_t letter,
                      const char *name, const char *other);
void sv_wire_put_row(struct sv_wire_out *out, const struct sv_wire_row *row);

/* Writes a row as it is in a message; returns its size. */
size_t sv_wire_row_pack(char buf[static SV_WIRE_ROW_MAX],
                        const struct sv_wire_row *row);

/* A message being read: the bytes stay the caller's. */
struct sv_wire_in {
    const char *bytes;
    size_t size;
    size_t at;
};

/* Is this type, and what answers it, the same in all versions? */
bool sv_wire_is_lasting(enum sv_wire_type type);

/* Starts to read a message.  False if it is shorter than a header, longer than
 * SV_WIRE_MAX, of a type that is not listed above, or of another version and
 * not lasting. */
bool sv_wire_open(struct sv_wire_in *in, struct sv_wire_header *header,
                  const char *bytes, size_t size);

/* Each takes the next item; false, with nothing taken, if the rest of the
 * message does not hold one.  A text with a NUL or of size bytes or more is
 * refused; so is a row with a state that is not listed, a time of more than
 * 999,999,999 ns, or a pid that cannot be. */
bool sv_wire_get_u8(struct sv_wire_in *in, uint8_t *n);
bool sv_wire_get_u32(struct sv_wire_in *in, uint32_t *n);
bool sv_wire_get_text(struct sv_wire_in *in, char *text, size_t size);
bool sv_wire_get_row(struct sv_wire_in *in, struct sv_wire_row *row);
bool sv_wire_at_end(const struct sv_wire_in *in);

/* Connects to the socket of the tree at live.  The path may be longer than a
 * socket address: it is reached through a descriptor (/proc/self/fd).  Returns
 * a blocking, close-on-exec descriptor, or -1 with errno set: ENOENT, there is
 * no such tree; ECONNREFUSED, no svscan listens there. */
int sv_wire_connect(const char *live);

/* Listens on the socket of the tree whose directory is live_fd; .svscan is
 * there already.  The new socket gets the mode first and then takes the place
 * of an old one, so that who finds it can connect; mode SV_WIRE_MODE_KEPT is
 * that of the old one, or 0600.  The group is the old one's as well, if we may
 * give it.  Returns a non-blocking,
 * close-on-exec descriptor, or -1 with errno set. */
int sv_wire_listen(int live_fd, mode_t mode);

/* The word for a state: "down", "waiting", "starting", "up", ... */
const char *sv_wire_state_name(enum sv_wire_state state);

#endif
