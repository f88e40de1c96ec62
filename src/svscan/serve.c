/* SPDX-License-Identifier: ISC */
/*
 * serve.c - svscan's end of the socket.
 *
 *   on_connection   a client comes: who is it?
 *   on_client       its socket is ready: push what is queued, or take a request
 *   serve_changed   a row for every client that watches, queued
 *   serve_flush     ... and sent, as are answers that take more than a message
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sv/say.h"
#include "svscan/client.h"

/* ---- clients ------------------------------------------------------------ */

void serve_listen_again(struct serve *serve)
{
    if (serve->deaf && serve->count < SERVE_CLIENTS_MAX)
        serve->deaf = !loop_rewatch(&serve->engine->loop, &serve->listener,
                                    EPOLLIN);
}

static void on_client(struct watch *watch, uint32_t events)
{
    struct client *client = CONTAINER(watch, struct client, watch);

    if (events & EPOLLOUT)
        client_push(client);
    else if (events & EPOLLIN)
        request_take(client);
    else
        client_drop(client); /* it hung up */
}

/* ---- connections -------------------------------------------------------- */

/* Takes fd as a client's; closes it if that cannot be. */
static bool welcome(struct serve *serve, int fd)
{
    struct client *client = calloc(1, sizeof *client);

    if (!client) {
        close(fd);
        return false;
    }
    client->serve = serve;
    client->events = NO_EVENTS_OPEN;
    client->waits_for = EPOLLIN;
    if (!access_peer(&client->peer, fd) ||
        !loop_watch(&serve->engine->loop, &client->watch, fd, EPOLLIN,
                    on_client)) {
        close(fd);
        free(client);
        return false;
    }
    client->next = serve->clients;
    serve->clients = client;
    serve->count++;
    return true;
}

void serve_wait(struct serve *serve)
{
    serve->deaf = loop_rewatch(&serve->engine->loop, &serve->listener, 0);
}

/* Where one cannot be taken, the next is looked at when a client leaves or a
 * service changes: the listener would be ready again and again. */
static void on_connection(struct watch *watch, uint32_t events)
{
    struct serve *serve = CONTAINER(watch, struct serve, listener);
    int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
        return;
    fd = loop_fd(fd);
    if (fd < 0 || !welcome(serve, fd)) {
        sv_warn_sys("unable to take a connection to ", SV_TREE_SOCKET,
                    " (trying again after the next event)");
        serve_wait(serve);
    } else if (serve->count == SERVE_CLIENTS_MAX) {
        serve_wait(serve);
    }
}

bool serve_open(struct serve *serve, struct engine *engine, int listener,
                const struct serve_hooks *hooks)
{
    int fd = loop_fd(listener);

    serve->engine = engine;
    serve->hooks = *hooks;
    serve->listener.fd = -1;
    serve->clients = serve->dropped = NULL;
    serve->count = serve->watchers = 0;
    serve->deaf = false;
    if (fd < 0)
        return false;
    if (loop_watch(&engine->loop, &serve->listener, fd, EPOLLIN, on_connection))
        return true;

    int error = errno;

    close(fd);
    errno = error;
    return false;
}

void serve_close(struct serve *serve)
{
    while (serve->clients)
        client_drop(serve->clients);
    clients_bury(serve);
    loop_unwatch(&serve->engine->loop, &serve->listener);
}

/* ---- what the engine and the scan tell ---------------------------------- */

void serve_row(const struct serve *serve, const struct service *service,
               struct sv_wire_row *row)
{
    const char *note;

    service_row(service, row);
    if (*row->note ||
        (row->state != SV_WIRE_STARTING && row->state != SV_WIRE_UP &&
         row->state != SV_WIRE_DONE))
        return;
    note = serve->hooks.note(serve->hooks.context, service->name);
    if (note)
        memcpy(row->note, note, strnlen(note, sizeof row->note - 1) + 1);
    row->note[sizeof row->note - 1] = 0;
}

void serve_changed(struct serve *serve, struct service *service)
{
    char packed[SV_WIRE_ROW_MAX];
    struct sv_wire_row row;
    struct client *next;
    size_t size;

    serve_listen_again(serve);
    if (!serve->watchers)
        return;
    serve_row(serve, service, &row);
    size = sv_wire_row_pack(packed, &row);
    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        if (client->watches)
            client_event(client, packed, size);
    }
}

/* The socket is waited for only where it did not take all: a change that comes
 * alone, as in a chain, is one call. */
void serve_flush(struct serve *serve)
{
    struct client *next;

    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        if (client->waits_for != EPOLLOUT)
            client_push(client);
        request_go_on(client);
        client_wait(client);
    }
    clients_bury(serve);
}

void serve_left(struct serve *serve, struct service *service)
{
    for (struct client *client = serve->clients; client; client = client->next)
        if (client->next_row == service)
            client->next_row = service->next;
}

void serve_upgraded(struct serve *serve, char letter, const char *reason)
{
    struct client *next;

    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        request_upgraded(client, letter, reason);
    }
}

void serve_rescanned(struct serve *serve)
{
    struct client *next;

    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        request_rescanned(client);
    }
}
