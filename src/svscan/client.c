/* SPDX-License-Identifier: ISC */
/*
 * client.c - one connection of svctl: what is sent on it, and when it ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "sv/say.h"
#include "svscan/client.h"

bool client_is_dropped(const struct client *client)
{
    return client->watch.fd < 0;
}

void client_drop(struct client *client)
{
    struct serve *serve = client->serve;
    struct client **link = &serve->clients;

    if (client_is_dropped(client))
        return;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    client->next = serve->dropped;
    serve->dropped = client;
    serve->count--;
    serve->watchers -= client->watches;
    loop_unwatch(&serve->engine->loop, &client->watch);
    free(client->request);
    free(client->queue);
    serve_listen_again(serve);
}

void clients_bury(struct serve *serve)
{
    while (serve->dropped) {
        struct client *client = serve->dropped;

        serve->dropped = client->next;
        free(client);
    }
}

void client_drop_saying(struct client *client, const char *why)
{
    char pid[SV_NUMBER_MAX];
    char uid[SV_NUMBER_MAX];

    sv_warn("closing the connection of pid ", sv_number(pid, client->peer.pid),
            ", uid ", sv_number(uid, client->peer.uid), ": ", why);
    client_drop(client);
}

void client_wait(struct client *client)
{
    bool sending = client->head < client->tail;
    uint32_t events = sending ? EPOLLOUT : client->job ? 0 : EPOLLIN;

    if (client_is_dropped(client))
        return;
    if (client->ending && events == EPOLLIN)
        client_drop(client);
    else if (events != client->waits_for &&
             !loop_rewatch(&client->serve->engine->loop, &client->watch,
                           events))
        client_drop_saying(client, strerror(errno));
    client->waits_for = events;
}

/* ---- the queue ---------------------------------------------------------- */

static void compact(struct client *client)
{
    memmove(client->queue, client->queue + client->head,
            client->tail - client->head);
    if (client->events != NO_EVENTS_OPEN)
        client->events -= (ptrdiff_t)client->head;
    client->tail -= client->head;
    client->head = 0;
}

/* Makes room for size more bytes at the tail, or drops the client. */
static bool make_room(struct client *client, size_t size)
{
    size_t used = client->tail - client->head;
    size_t room = client->room ? client->room : 512;

    if (used + size > SV_WIRE_BEHIND) {
        client_drop_saying(client, "it is more than 1 MiB behind");
        return false;
    }
    if (client->tail + size <= client->room)
        return true;
    if (client->head)
        compact(client);
    while (room < used + size)
        room *= 2;
    if (room == client->room)
        return true;

    char *queue = realloc(client->queue, room);

    if (!queue) {
        client_drop_saying(client, strerror(errno));
        return false;
    }
    client->queue = queue;
    client->room = room;
    return true;
}

static void append(struct client *client, const void *bytes, size_t size)
{
    memcpy(client->queue + client->tail, bytes, size);
    client->tail += size;
}

static void enqueue(struct client *client, const char *bytes, size_t size)
{
    uint32_t length = (uint32_t)size;

    if (!make_room(client, sizeof length + size))
        return;
    append(client, &length, sizeof length);
    append(client, bytes, size);
    client->events = NO_EVENTS_OPEN;
}

enum sent { SENT, SENT_LATER, SENT_NEVER };

static enum sent try_to_send(struct client *client, const char *bytes,
                             size_t size)
{
    if (send(client->watch.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return SENT;
    if (errno == EAGAIN)
        return SENT_LATER;
    client_drop(client); /* it is gone: nothing to tell anybody */
    return SENT_NEVER;
}

static void forget_queue(struct client *client)
{
    free(client->queue);
    client->queue = NULL;
    client->room = client->head = client->tail = 0;
    client->events = NO_EVENTS_OPEN;
}

void client_push(struct client *client)
{
    uint32_t length;

    while (client->head < client->tail) {
        memcpy(&length, client->queue + client->head, sizeof length);
        if (try_to_send(client, client->queue + client->head + sizeof length,
                        length) != SENT)
            return;
        if (client->events == (ptrdiff_t)client->head)
            client->events = NO_EVENTS_OPEN;
        client->head += sizeof length + length;
    }
    if (client->queue)
        forget_queue(client);
}

void client_post(struct client *client)
{
    const struct sv_wire_out *out = &client->serve->out;

    if (client_is_dropped(client))
        return;
    if (client->head == client->tail &&
        try_to_send(client, out->bytes, out->used) != SENT_LATER)
        return;
    enqueue(client, out->bytes, out->used);
}

static bool fits_in_events(const struct client *client, size_t size)
{
    uint32_t length;

    if (client->events == NO_EVENTS_OPEN)
        return false;
    memcpy(&length, client->queue + client->events, sizeof length);
    return length + size <= SV_WIRE_MAX;
}

void client_event(struct client *client, const char *row, size_t size)
{
    static const char header[SV_WIRE_HEADER] = {SV_WIRE_VERSION,
                                                SV_WIRE_EVENTS};
    uint32_t length = sizeof header;

    if (!fits_in_events(client, size)) {
        enqueue(client, header, sizeof header);
        if (client_is_dropped(client))
            return;
        client->events =
            (ptrdiff_t)(client->tail - sizeof header - sizeof length);
    }
    if (!make_room(client, size))
        return;
    append(client, row, size);
    memcpy(&length, client->queue + client->events, sizeof length);
    length += (uint32_t)size;
    memcpy(client->queue + client->events, &length, sizeof length);
}

/* ---- answers ------------------------------------------------------------ */

struct sv_wire_out *client_begin(struct client *client, enum sv_wire_type type)
{
    struct sv_wire_out *out = &client->serve->out;
    struct sv_wire_header header = {type, client->serial};

    sv_wire_begin(out, &header);
    return out;
}

void client_fault(struct client *client, const char *name, const char *reason)
{
    struct sv_wire_out *out = &client->serve->out;

    sv_wire_put_fault(out, name, reason);
    if (out->full) {
        client_post(client);
        sv_wire_put_fault(client_begin(client, SV_WIRE_FAULTS), name, reason);
    }
    client->faults++;
}

void client_end(struct client *client)
{
    sv_wire_put_u32(client_begin(client, SV_WIRE_END), client->faults);
    client_post(client);
    client->job = IDLE;
}

void client_finish(struct client *client)
{
    if (client->serve->out.used > SV_WIRE_HEADER)
        client_post(client);
    client_end(client);
}

void client_refuse(struct client *client, const char *reason)
{
    client_begin(client, SV_WIRE_FAULTS);
    client_fault(client, "", reason);
    client_finish(client);
}
