/* SPDX-License-Identifier: ISC */
/*
 * serve.c - svscan's end of the socket: svctl's requests, and events.
 *
 *   on_connection   a client comes: who is it?
 *   on_client       its socket is ready: push what is queued, go on with the
 *                   request in hand, take the next
 *   serve_changed   a row for every client that watches
 *
 * A client whose connection ends is dropped at once, but freed later (bury):
 * what it asked for may be what ended it, further down the stack.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sv/say.h"
#include "svscan/serve.h"

enum { LETTERS_MAX = 63, NO_EVENTS_OPEN = -1 };

enum job { IDLE, LIST_ALL, LIST_FAULTS, LIST_NAMED, RESCANNING };

struct client {
    struct client *next;
    struct serve *serve;
    struct watch watch;
    uint32_t waits_for; /* the events of watch */
    pid_t pid;
    uid_t uid;
    bool may_command;
    bool watches;
    bool ending; /* it will send no more */

    /* The request in hand. */
    enum job job;
    uint32_t serial;
    uint32_t faults;
    struct service *next_row;
    size_t next_fault;
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

/* ---- clients ------------------------------------------------------------ */

static bool is_dropped(const struct client *client)
{
    return client->watch.fd < 0;
}

static void listen_again(struct serve *serve)
{
    if (serve->deaf && serve->count < SERVE_CLIENTS_MAX)
        serve->deaf = !loop_rewatch(&serve->engine->loop, &serve->listener,
                                    EPOLLIN);
}

static void drop(struct client *client)
{
    struct serve *serve = client->serve;
    struct client **link = &serve->clients;

    if (is_dropped(client))
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
    listen_again(serve);
}

static void bury(struct serve *serve)
{
    while (serve->dropped) {
        struct client *client = serve->dropped;

        serve->dropped = client->next;
        free(client);
    }
}

static void drop_saying(struct client *client, const char *why)
{
    char pid[SV_NUMBER_MAX];
    char uid[SV_NUMBER_MAX];

    sv_warn("closing the connection of pid ", sv_number(pid, client->pid),
            ", uid ", sv_number(uid, client->uid), ": ", why);
    drop(client);
}

/* While there is something to send, no further request is looked at. */
static void wait_for_next(struct client *client)
{
    bool sending = client->head < client->tail;
    uint32_t events = sending ? EPOLLOUT : client->job ? 0 : EPOLLIN;

    if (is_dropped(client))
        return;
    if (client->ending && events == EPOLLIN)
        drop(client);
    else if (events != client->waits_for &&
             !loop_rewatch(&client->serve->engine->loop, &client->watch,
                           events))
        drop_saying(client, strerror(errno));
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
        drop_saying(client, "it is more than 1 MiB behind");
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
        drop_saying(client, strerror(errno));
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
    drop(client); /* it is gone: nothing to tell anybody */
    return SENT_NEVER;
}

static void forget_queue(struct client *client)
{
    free(client->queue);
    client->queue = NULL;
    client->room = client->head = client->tail = 0;
    client->events = NO_EVENTS_OPEN;
}

/* Sends what is queued, as far as the socket takes it. */
static void push(struct client *client)
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

/* Sends the message in serve->out, after what is queued. */
static void post(struct client *client)
{
    const struct sv_wire_out *out = &client->serve->out;

    if (is_dropped(client))
        return;
    if (client->head == client->tail &&
        try_to_send(client, out->bytes, out->used) != SENT_LATER)
        return;
    enqueue(client, out->bytes, out->used);
}

/* ---- answers ------------------------------------------------------------ */

static struct sv_wire_out *begin(struct client *client, enum sv_wire_type type)
{
    struct sv_wire_out *out = &client->serve->out;
    struct sv_wire_header header = {type, client->serial};

    sv_wire_begin(out, &header);
    return out;
}

/* Adds to the FAULTS that have been begun. */
static void add_fault(struct client *client, const char *name,
                      const char *reason)
{
    struct sv_wire_out *out = &client->serve->out;

    sv_wire_put_fault(out, name, reason);
    if (out->full) {
        post(client);
        sv_wire_put_fault(begin(client, SV_WIRE_FAULTS), name, reason);
    }
    client->faults++;
}

/* The request in hand is done. */
static void end(struct client *client)
{
    sv_wire_put_u32(begin(client, SV_WIRE_END), client->faults);
    post(client);
    client->job = IDLE;
}

/* The same, after what has been begun. */
static void finish(struct client *client)
{
    if (client->serve->out.used > SV_WIRE_HEADER)
        post(client);
    end(client);
}

static void refuse(struct client *client, const char *reason)
{
    begin(client, SV_WIRE_FAULTS);
    add_fault(client, "", reason);
    finish(client);
}

/* ---- LIST --------------------------------------------------------------- */

static void row_of_fault(struct sv_wire_row *row, const char *name,
                         const char *note)
{
    *row = (struct sv_wire_row){
        .state = SV_WIRE_DOWN,
        .flags = SV_ROW_NEVER_STARTED,
        .memory = UINT64_MAX,
    };
    strncat(row->name, name, sizeof row->name - 1);
    strncat(row->note, note, sizeof row->note - 1);
}

static bool fault_at(const struct serve *serve, size_t i,
                     struct sv_wire_row *row)
{
    const char *name;
    const char *note;

    if (!serve->hooks.fault ||
        !serve->hooks.fault(serve->hooks.context, i, &name, &note))
        return false;
    row_of_fault(row, name, note);
    return true;
}

static bool fault_named(const struct serve *serve, const char *name,
                        struct sv_wire_row *row)
{
    for (size_t i = 0; fault_at(serve, i, row); i++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

/* The next row of a LIST without names; false after the last. */
static bool next_of_all(struct client *client, struct sv_wire_row *row)
{
    if (client->job == LIST_ALL && client->next_row) {
        service_row(client->next_row, row);
        return true;
    }
    client->job = LIST_FAULTS;
    return fault_at(client->serve, client->next_fault, row);
}

static void step_over_row(struct client *client)
{
    if (client->job == LIST_ALL)
        client->next_row = client->next_row->next;
    else
        client->next_fault++;
}

/* Makes and sends one message of rows; the last is followed by END. */
static void list_some_of_all(struct client *client)
{
    struct sv_wire_out *out = begin(client, SV_WIRE_ROWS);
    struct sv_wire_row row;

    while (next_of_all(client, &row)) {
        sv_wire_put_row(out, &row);
        if (out->full) {
            post(client);
            return;
        }
        step_over_row(client);
    }
    finish(client);
}

static bool row_named(const struct serve *serve, const char *name,
                      struct sv_wire_row *row)
{
    struct service *service = service_by_name(serve->engine, name);

    if (!service)
        return fault_named(serve, name, row);
    service_row(service, row);
    return true;
}

static void end_list_named(struct client *client)
{
    char name[SV_NAME_MAX + 1];
    struct sv_wire_row row;

    begin(client, SV_WIRE_FAULTS);
    client->names.at = SV_WIRE_HEADER;
    while (sv_wire_get_text(&client->names, name, sizeof name))
        if (!row_named(client->serve, name, &row))
            add_fault(client, name, "no such service");
    free(client->request);
    client->request = NULL;
    finish(client);
}

/* Makes and sends one message of rows; the last is followed by FAULTS and
 * END. */
static void list_some_named(struct client *client)
{
    struct sv_wire_out *out = begin(client, SV_WIRE_ROWS);
    struct sv_wire_in names = client->names;
    char name[SV_NAME_MAX + 1];
    struct sv_wire_row row;

    while (sv_wire_get_text(&names, name, sizeof name)) {
        if (row_named(client->serve, name, &row))
            sv_wire_put_row(out, &row);
        if (out->full)
            break;
        client->names = names;
    }
    if (out->used > SV_WIRE_HEADER)
        post(client);
    if (!out->full && !is_dropped(client))
        end_list_named(client);
}

/* Goes on with the request in hand while the socket takes the answers. */
static void go_on(struct client *client)
{
    while (!is_dropped(client) && client->head == client->tail) {
        if (client->job == LIST_ALL || client->job == LIST_FAULTS)
            list_some_of_all(client);
        else if (client->job == LIST_NAMED)
            list_some_named(client);
        else
            return;
    }
}

/* Are there only names up to the end? */
static bool only_names(struct sv_wire_in in)
{
    char name[SV_NAME_MAX + 1];

    while (sv_wire_get_text(&in, name, sizeof name))
        continue;
    return sv_wire_at_end(&in);
}

static bool on_list(struct client *client, struct sv_wire_in *in)
{
    if (!only_names(*in))
        return false;
    client->next_row = client->serve->engine->first;
    client->next_fault = 0;
    client->job = LIST_ALL;
    if (sv_wire_at_end(in))
        return true;

    /* The names are looked up as the answers go out; the buffer is for the
     * next client by then. */
    client->request = malloc(in->size);
    if (!client->request) {
        refuse(client, "out of memory");
        return true;
    }
    memcpy(client->request, in->bytes, in->size);
    client->names = *in;
    client->names.bytes = client->request;
    client->job = LIST_NAMED;
    return true;
}

/* ---- COMMAND, WATCH, RESCAN, MACHINE ------------------------------------ */

static bool are_commands(const char *letters)
{
    for (; *letters; letters++)
        if (!sv_command_by_letter(*letters))
            return false;
    return true;
}

/* The service is looked up for each letter: one may end its supervision. */
static void command_one(struct client *client, const char *name,
                        const char *letters)
{
    struct engine *engine = client->serve->engine;
    struct service *service = service_by_name(engine, name);

    if (!service)
        add_fault(client, name, "no such service");
    for (; service && *letters; letters++) {
        service_command(service, sv_command_by_letter(*letters));
        service = service_by_name(engine, name);
    }
}

static bool on_command(struct client *client, struct sv_wire_in *in)
{
    char letters[LETTERS_MAX + 1];
    char name[SV_NAME_MAX + 1];

    if (!sv_wire_get_text(in, letters, sizeof letters) || !*letters ||
        sv_wire_at_end(in) || !only_names(*in))
        return false;
    if (!are_commands(letters)) {
        refuse(client, "no such command");
        return true;
    }
    begin(client, SV_WIRE_FAULTS);
    while (!is_dropped(client) && sv_wire_get_text(in, name, sizeof name))
        command_one(client, name, letters);
    finish(client);
    return true;
}

static bool on_watch(struct client *client, struct sv_wire_in *in)
{
    if (!sv_wire_at_end(in))
        return false;
    client->serve->watchers += !client->watches;
    client->watches = true;
    end(client);
    return true;
}

static bool on_rescan(struct client *client, struct sv_wire_in *in)
{
    struct serve *serve = client->serve;

    if (!sv_wire_at_end(in))
        return false;
    client->job = RESCANNING;
    serve->hooks.rescan(serve->hooks.context);
    return true;
}

void serve_rescanned(struct serve *serve)
{
    struct client *next;
    struct sv_wire_row row;

    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        if (client->job != RESCANNING)
            continue;
        begin(client, SV_WIRE_FAULTS);
        for (size_t i = 0; fault_at(serve, i, &row); i++)
            add_fault(client, row.name, row.note);
        finish(client);
        wait_for_next(client);
    }
}

static bool on_machine(struct client *client, struct sv_wire_in *in)
{
    struct serve *serve = client->serve;
    uint8_t letter;

    if (!sv_wire_get_u8(in, &letter) || !sv_wire_at_end(in))
        return false;

    const char *fault =
        serve->hooks.machine(serve->hooks.context, (char)letter);

    begin(client, SV_WIRE_FAULTS);
    if (fault)
        add_fault(client, "", fault);
    finish(client);
    return true;
}

/* ---- requests ----------------------------------------------------------- */

static const struct request {
    enum sv_wire_type type;
    bool commands; /* not for everybody */
    bool (*answer)(struct client *client, struct sv_wire_in *in);
} requests[] = {
    {SV_WIRE_LIST, false, on_list},
    {SV_WIRE_COMMAND, true, on_command},
    {SV_WIRE_WATCH, false, on_watch},
    {SV_WIRE_RESCAN, true, on_rescan},
    {SV_WIRE_MACHINE, true, on_machine},
};

static const struct request *request_of(enum sv_wire_type type)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (requests[i].type == type)
            return &requests[i];
    return NULL;
}

static bool answer(struct client *client, size_t size)
{
    const char *bytes = client->serve->in;
    struct sv_wire_header header;
    struct sv_wire_in in;

    if (!sv_wire_open(&in, &header, bytes, size))
        return false;

    const struct request *request = request_of(header.type);

    client->serial = header.serial;
    client->faults = 0;
    if (!request)
        return false;
    if (request->commands && !client->may_command) {
        refuse(client, "permission denied");
        return true;
    }
    return request->answer(client, &in);
}

/* An END without a body, of the version that is spoken here. */
static void tell_version(struct client *client)
{
    client->serial = 0;
    begin(client, SV_WIRE_END);
    post(client);
}

static void take_request(struct client *client)
{
    struct serve *serve = client->serve;
    ssize_t size = recv(client->watch.fd, serve->in, sizeof serve->in,
                        MSG_DONTWAIT | MSG_TRUNC);

    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(client);
        return;
    }
    /* An empty message looks like the end, and may be taken for it. */
    if (size == 0) {
        client->ending = true;
        return;
    }
    if (answer(client, (size_t)size))
        return;
    if (serve->in[0] != SV_WIRE_VERSION)
        tell_version(client);
    if (!is_dropped(client))
        drop_saying(client, "malformed request");
}

static void on_client(struct watch *watch, uint32_t events)
{
    struct client *client = CONTAINER(watch, struct client, watch);
    struct serve *serve = client->serve;

    if (events & EPOLLOUT)
        push(client);
    else if (events & EPOLLIN)
        take_request(client);
    else
        drop(client); /* it hung up */
    go_on(client);
    wait_for_next(client);
    bury(serve);
}

/* ---- connections -------------------------------------------------------- */

static bool look_at_peer(struct client *client, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    client->pid = peer.pid;
    client->uid = peer.uid;
    client->may_command = peer.uid == 0 || peer.uid == client->serve->owner;
    return true;
}

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
    if (!look_at_peer(client, fd) ||
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

/* Does not look at the listener until a client leaves or a service changes: it
 * would be ready again and again. */
static void go_deaf(struct serve *serve)
{
    serve->deaf = loop_rewatch(&serve->engine->loop, &serve->listener, 0);
}

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
        go_deaf(serve);
    } else if (serve->count == SERVE_CLIENTS_MAX) {
        go_deaf(serve);
    }
    bury(serve);
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
    serve->owner = geteuid();
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
        drop(serve->clients);
    bury(serve);
    loop_unwatch(&serve->engine->loop, &serve->listener);
}

/* ---- events ------------------------------------------------------------- */

static bool fits_in_events(const struct client *client, size_t size)
{
    uint32_t length;

    if (client->events == NO_EVENTS_OPEN)
        return false;
    memcpy(&length, client->queue + client->events, sizeof length);
    return length + size <= SV_WIRE_MAX;
}

/* Queues a row; all that come before the socket is next looked at share a
 * message. */
static void add_event(struct client *client, const char *row, size_t size)
{
    static const char header[SV_WIRE_HEADER] = {SV_WIRE_VERSION,
                                                SV_WIRE_EVENTS};
    uint32_t length = sizeof header;

    if (!fits_in_events(client, size)) {
        enqueue(client, header, sizeof header);
        if (is_dropped(client))
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
    wait_for_next(client);
}

void serve_changed(struct serve *serve, struct service *service)
{
    char packed[SV_WIRE_ROW_MAX];
    struct sv_wire_row row;
    struct client *next;
    size_t size;

    listen_again(serve);
    if (!serve->watchers)
        return;
    service_row(service, &row);
    size = sv_wire_row_pack(packed, &row);
    for (struct client *client = serve->clients; client; client = next) {
        next = client->next;
        if (client->watches)
            add_event(client, packed, size);
    }
}

void serve_left(struct serve *serve, struct service *service)
{
    for (struct client *client = serve->clients; client; client = client->next)
        if (client->next_row == service)
            client->next_row = service->next;
}
