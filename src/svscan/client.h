/* SPDX-License-Identifier: ISC */
/*
 * client.h - one connection of svctl, and the request in hand.
 *
 * A client whose connection ends is dropped at once, but freed later
 * (clients_bury): what it asked for may be what ended it, further down the
 * stack.  To do something with one that is dropped does nothing.
 */
#ifndef SVSCAN_CLIENT_H
#define SVSCAN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "svscan/access.h"
#include "svscan/serve.h"

enum { NO_EVENTS_OPEN = -1 };

enum job {
    IDLE,
    LIST_ALL,
    LIST_FAULTS,
    LIST_NAMED,
    RESCANNING,
    RESCANNED,
    UPGRADING,
    LINKING,
};

struct client {
    struct client *next;
    struct serve *serve;
    struct watch watch;
    uint32_t waits_for; /* the events of watch */
    struct peer peer;
    bool watches;
    bool ending; /* it will send no more */

    /* The request in hand. */
    enum job job;
    uint32_t serial;
    uint32_t faults;
    struct service *next_row;
    size_t next_fault;
    uint64_t next_node; /* the nodes with this number and less are to come */
    size_t next_link;   /* ... from this of its links on */
    char upgrades; /* enum sv_upgrade */
    char *request;
    struct sv_wire_in names; /* in request */

    /* Messages that the socket did not take yet: a length and the bytes, each
     * at [head, tail) of queue.  events: where the length of an EVENTS message
     * lies that may still grow. */
    char *queue;
    size_t room;
    size_t head;
    size_t tail;
    ptrdiff_t events;
};

/* ---- client.c ----------------------------------------------------------- */

bool client_is_dropped(const struct client *client);
void client_drop(struct client *client);
/* The same, with one warning that names who it was. */
void client_drop_saying(struct client *client, const char *why);
/* Frees those that were dropped. */
void clients_bury(struct serve *serve);

/* For serve_flush.  Waits for what it waits for next: the socket to take what is
 * queued, or another request.  While there is something to send, no request is
 * looked at. */
void client_wait(struct client *client);

/* Sends what is queued, as far as the socket takes it. */
void client_push(struct client *client);
/* Sends the message in serve->out, after what is queued. */
void client_post(struct client *client);
/* Queues a packed row, to be sent when the round is over (serve_flush); all that
 * come before the socket takes them share a message. */
void client_event(struct client *client, const char *row, size_t size);

/* Starts a message of the answer, in serve->out. */
struct sv_wire_out *client_begin(struct client *client,
                                 enum sv_wire_type type);
/* Adds to the FAULTS that have been begun. */
void client_fault(struct client *client, const char *name, const char *reason);
/* Sends END: the request in hand is done.  finish: after what was begun. */
void client_end(struct client *client);
void client_finish(struct client *client);
/* The answer is a fault of the request itself. */
void client_refuse(struct client *client, const char *reason);

/* ---- request.c ---------------------------------------------------------- */

/* Takes a request from the socket, and answers it, or begins to. */
void request_take(struct client *client);
/* Goes on with the request in hand while the socket takes the answers. */
void request_go_on(struct client *client);
/* links.c: makes and sends one message of LINKS; the last is followed by END. */
void request_tell_links(struct client *client);
/* The scan is done: a RESCAN, if that is in hand, is to be answered. */
void request_rescanned(struct client *client);
/* An upgrade is done, or failed for that reason: answers an UPGRADE, if that is
 * in hand. */
void request_upgraded(struct client *client, char letter, const char *reason);

#endif
