/* SPDX-License-Identifier: ISC */
/*
 * serve.h - svscan's end of the socket: svctl's requests, and events.
 *
 * The protocol is in sv/wire.h.  A client is answered one request at a time,
 * and rows are made when the socket takes them, so that a client that does not
 * read costs nothing but its connection.  Only events are kept for one that is
 * behind, up to SV_WIRE_BEHIND bytes.
 */
#ifndef SVSCAN_SERVE_H
#define SVSCAN_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "engine/order.h"
#include "sv/wire.h"

/* Connections at a time; more wait until one ends. */
enum { SERVE_CLIENTS_MAX = 256 };

/* What svscan knows and the engine does not.  context is handed back. */
struct serve_hooks {
    void *context;
    /* The i-th, counted from 0, of the definitions that have a fault: true, with
     * *name and *note set until the next call; false if there are no more.
     * Asked for one after the other. */
    bool (*fault)(void *context, size_t i, const char **name,
                  const char **note);
    /* What is wrong with the definition of that name; NULL: nothing, or there
     * is none. */
    const char *(*note)(void *context, const char *name);
    /* Starts (u) or stops (d, D) name as order_start and order_stop do, if may
     * permits all of it; NULL, or the reason why not.  May be NULL itself. */
    const char *(*order)(void *context, char letter, const char *name,
                         order_permit *may, void *client);
    /* A request has named all that is ordered: as order_commit. */
    void (*ordered)(void *context);
    /* Who needs whom, settled.  May be NULL itself. */
    const struct graph *(*graph)(void *context);
    /* Scans, from now on, all that there is, and calls serve_rescanned when
     * that is done, which may be before it returns.  Called again while a scan
     * goes on, it sees to it that another follows. */
    void (*rescan)(void *context);
    /* Asks init for what letter (enum sv_machine) says.  NULL, or the reason
     * why not. */
    const char *(*machine)(void *context, char letter);
    /* Has what letter (enum sv_upgrade) says become the one on disk, from now on.
     * NULL, or the reason why not; serve_upgraded tells what came of it. */
    const char *(*upgrade)(void *context, char letter);
    /* Puts what there is to know of svscan into a message of FACTS: one holds
     * all of it. */
    void (*info)(void *context, struct sv_wire_out *out);
};

struct serve {
    struct engine *engine;
    struct serve_hooks hooks;
    struct watch listener;
    struct client *clients;
    struct client *dropped; /* to be freed when no call of theirs is open */
    size_t count;
    size_t watchers;
    bool deaf; /* the listener is not looked at for now */
    struct sv_wire_out out;
    char in[SV_WIRE_MAX];
};

/* Serves on listener, a non-blocking SOCK_SEQPACKET socket that listens; it is
 * serve's from now on.  False with errno set; then it is closed. */
bool serve_open(struct serve *serve, struct engine *engine, int listener,
                const struct serve_hooks *hooks);

/* Ends all connections, and closes the listener. */
void serve_close(struct serve *serve);

/* For the engine's hooks.  Something that a client could see has changed; a row
 * whose state is "gone" says that supervision has ended.  And it has ended: the
 * service is freed next, its member next is as it was in the engine's list. */
void serve_changed(struct serve *serve, struct service *service);
void serve_left(struct serve *serve, struct service *service);

/* A round of the loop is over: what has changed in it, and what was asked, is
 * sent, and each client is waited for. */
void serve_flush(struct serve *serve);

/* The row of a service.  While it runs, or is done, and nothing is wrong with it,
 * the note is what is wrong with its definition. */
void serve_row(const struct serve *serve, const struct service *service,
               struct sv_wire_row *row);

/* Takes no connection until serve_listen_again: who connects waits. */
void serve_wait(struct serve *serve);
/* Takes connections again, if there is room.  For client.c as well: there is
 * when one leaves. */
void serve_listen_again(struct serve *serve);

/* The scan that was asked for last is done: whoever waits for it is told. */
void serve_rescanned(struct serve *serve);

/* Whoever waits for that upgrade (enum sv_upgrade) is told the reason why it
 * failed; NULL: it is done. */
void serve_upgraded(struct serve *serve, char letter, const char *reason);

#endif
