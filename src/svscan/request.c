/* SPDX-License-Identifier: ISC */
/*
 * request.c - what svctl asks, and the answers; the protocol is in sv/wire.h.
 *
 * A request is checked whole before any of it is done.  LIST, GRAPH and RESCAN
 * are answered a message at a time, as the client reads.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sv/at.h"
#include "sv/hold.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/client.h"

enum {
    LETTERS_MAX = 63,
    COMMAND_NAME_MAX = 16, /* bytes of the name of a command, and ", " */
};

/* ---- LIST --------------------------------------------------------------- */

static void row_of_fault(struct sv_wire_row *row, const char *name,
                         const char *note)
{
    *row = (struct sv_wire_row){
        .state = SV_WIRE_DOWN,
        .flags = SV_ROW_NEVER_STARTED,
        .memory = UINT64_MAX,
    };
    memcpy(row->name, name, strnlen(name, sizeof row->name - 1));
    memcpy(row->note, note, strnlen(note, sizeof row->note - 1));
}

static bool fault_at(const struct serve *serve, size_t i,
                     struct sv_wire_row *row)
{
    const char *name;
    const char *note;

    if (!serve->hooks.fault(serve->hooks.context, i, &name, &note))
        return false;
    row_of_fault(row, name, note);
    return true;
}

static bool fault_named(const struct serve *serve, const char *name,
                        struct sv_wire_row *row)
{
    const char *note = serve->hooks.note(serve->hooks.context, name);

    if (note)
        row_of_fault(row, name, note);
    return note;
}

/* A service that has a definition with a fault has a row of its own. */
static bool next_fault_of_no_service(struct client *client,
                                     struct sv_wire_row *row)
{
    const struct serve *serve = client->serve;

    while (fault_at(serve, client->next_fault, row)) {
        if (!service_by_name(serve->engine, row->name))
            return true;
        client->next_fault++;
    }
    return false;
}

/* The next row of a LIST without names; false after the last. */
static bool next_of_all(struct client *client, struct sv_wire_row *row)
{
    if (client->job == LIST_ALL && client->next_row) {
        serve_row(client->serve, client->next_row, row);
        return true;
    }
    client->job = LIST_FAULTS;
    return next_fault_of_no_service(client, row);
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
    struct sv_wire_out *out = client_begin(client, SV_WIRE_ROWS);
    struct sv_wire_row row;

    while (next_of_all(client, &row)) {
        sv_wire_put_row(out, &row);
        if (out->full) {
            client_post(client);
            return;
        }
        step_over_row(client);
    }
    client_finish(client);
}

static bool row_named(const struct serve *serve, const char *name,
                      struct sv_wire_row *row)
{
    struct service *service = service_by_name(serve->engine, name);

    if (!service)
        return fault_named(serve, name, row);
    serve_row(serve, service, row);
    return true;
}

static void end_list_named(struct client *client)
{
    char name[SV_NAME_MAX + 1];
    struct sv_wire_row row;

    client_begin(client, SV_WIRE_FAULTS);
    client->names.at = SV_WIRE_HEADER;
    while (sv_wire_get_text(&client->names, name, sizeof name))
        if (!row_named(client->serve, name, &row))
            client_fault(client, name, SV_WIRE_UNKNOWN);
    free(client->request);
    client->request = NULL;
    client_finish(client);
}

/* Makes and sends one message of rows; the last is followed by FAULTS and
 * END. */
static void list_some_named(struct client *client)
{
    struct sv_wire_out *out = client_begin(client, SV_WIRE_ROWS);
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
        client_post(client);
    if (!out->full && !client_is_dropped(client))
        end_list_named(client);
}

/* Makes and sends one message of what a rescan has found; the last is followed
 * by END. */
static void tell_some_faults(struct client *client)
{
    struct sv_wire_out *out = client_begin(client, SV_WIRE_FAULTS);
    struct sv_wire_row row;

    while (fault_at(client->serve, client->next_fault, &row)) {
        sv_wire_put_fault(out, row.name, row.note);
        if (out->full) {
            client_post(client);
            return;
        }
        client->faults++;
        client->next_fault++;
    }
    client_finish(client);
}

void request_go_on(struct client *client)
{
    while (!client_is_dropped(client) && client->head == client->tail) {
        if (client->job == LIST_ALL || client->job == LIST_FAULTS)
            list_some_of_all(client);
        else if (client->job == LIST_NAMED)
            list_some_named(client);
        else if (client->job == RESCANNED)
            tell_some_faults(client);
        else if (client->job == LINKING)
            request_tell_links(client);
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
        client_refuse(client, "out of memory");
        return true;
    }
    memcpy(client->request, in->bytes, in->size);
    client->names = *in;
    client->names.bytes = client->request;
    client->job = LIST_NAMED;
    return true;
}

/* ---- who may, and who did ----------------------------------------------- */

static bool may_command(const struct client *client,
                        const struct service *service)
{
    char path[SV_PATH_MAX];

    return access_is_master(&client->peer) ||
           access_may_write(&client->peer, service->base,
                            sv_at(path, service->dir, SV_SUPERVISE),
                            SV_CONTROL_NAME);
}

static bool may_command_tree(const struct client *client)
{
    return access_is_master(&client->peer) ||
           access_may_write(&client->peer, client->serve->engine->live,
                            SV_TREE_S6, SV_CONTROL_NAME);
}

/* Who stopped what is a question that is asked afterwards. */
static void note_who(const struct client *client, const char *name,
                     const char *what)
{
    char pid[SV_NUMBER_MAX];
    char uid[SV_NUMBER_MAX];

    sv_info(name, *name ? ": " : "", what, ", asked by pid ",
            sv_number(pid, client->peer.pid), " of uid ",
            sv_number(uid, client->peer.uid));
}

/* ---- COMMAND, WATCH, RESCAN, MACHINE, UPGRADE, INFO --------------------- */

static bool are_commands(const char *letters)
{
    for (; *letters; letters++)
        if (!sv_command_by_letter(*letters))
            return false;
    return true;
}

static void note_commands(const struct client *client, const char *name,
                          const char *letters)
{
    char words[LETTERS_MAX * COMMAND_NAME_MAX];
    char *at = words;

    for (const char *letter = letters; *letter; letter++) {
        at = stpcpy(at, letter == letters ? "" : ", ");
        at = stpcpy(at, sv_command_by_letter(*letter)->name);
    }
    note_who(client, name, words);
}

/* The service is looked up for each letter: one may end its supervision. */
static void command_one(struct client *client, const char *name,
                        const char *letters)
{
    struct engine *engine = client->serve->engine;
    struct service *service = service_by_name(engine, name);

    if (!service) {
        client_fault(client, name, SV_WIRE_UNKNOWN);
        return;
    }
    if (!may_command(client, service)) {
        client_fault(client, name, SV_WIRE_DENIED);
        return;
    }
    note_commands(client, name, letters);
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
        client_refuse(client, "no such command");
        return true;
    }
    client_begin(client, SV_WIRE_FAULTS);
    while (!client_is_dropped(client) &&
           sv_wire_get_text(in, name, sizeof name))
        command_one(client, name, letters);
    client_finish(client);
    return true;
}

static bool permits(void *context, const struct service *service)
{
    return may_command(context, service);
}

/* NULL for a letter that is none of ORDER's. */
static const char *order_word(char letter)
{
    switch (letter) {
    case 'u':
        return "start";
    case 'o':
        return "once";
    case 'r':
        return "restart";
    case 'd':
        return "stop";
    case 'D':
        return "stop by force";
    default:
        return NULL;
    }
}

static void order_one(struct client *client, const char *name, char letter)
{
    const struct serve_hooks *hooks = &client->serve->hooks;
    const char *fault =
        hooks->order(hooks->context, letter, name, permits, client);

    if (fault)
        client_fault(client, name, fault);
    else
        note_who(client, name, order_word(letter));
}

static bool on_order(struct client *client, struct sv_wire_in *in)
{
    char letter[2];
    char name[SV_NAME_MAX + 1];

    if (!sv_wire_get_text(in, letter, sizeof letter) || !*letter ||
        sv_wire_at_end(in) || !only_names(*in))
        return false;
    if (!order_word(*letter) || !client->serve->hooks.order) {
        client_refuse(client, "no such command");
        return true;
    }
    client_begin(client, SV_WIRE_FAULTS);
    while (!client_is_dropped(client) &&
           sv_wire_get_text(in, name, sizeof name))
        order_one(client, name, *letter);
    client->serve->hooks.ordered(client->serve->hooks.context);
    client_finish(client);
    return true;
}

static bool on_graph(struct client *client, struct sv_wire_in *in)
{
    if (!sv_wire_at_end(in))
        return false;
    if (!client->serve->hooks.graph) {
        client_refuse(client, "no such request");
        return true;
    }
    client->next_node = UINT64_MAX;
    client->next_link = 0;
    client->job = LINKING;
    return true;
}

static bool on_watch(struct client *client, struct sv_wire_in *in)
{
    if (!sv_wire_at_end(in))
        return false;
    client->serve->watchers += !client->watches;
    client->watches = true;
    client_end(client);
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

void request_rescanned(struct client *client)
{
    if (client->job != RESCANNING)
        return;
    client->next_fault = 0;
    client->job = RESCANNED;
}

static void end_with(struct client *client, const char *fault)
{
    client_begin(client, SV_WIRE_FAULTS);
    if (fault)
        client_fault(client, "", fault);
    client_finish(client);
}

/* NULL for a letter that is none of enum sv_machine. */
static const char *machine_word(uint8_t letter)
{
    switch (letter) {
    case SV_MACHINE_HALT:
        return "halt";
    case SV_MACHINE_POWEROFF:
        return "poweroff";
    case SV_MACHINE_REBOOT:
        return "reboot";
    default:
        return NULL;
    }
}

static bool on_machine(struct client *client, struct sv_wire_in *in)
{
    struct serve *serve = client->serve;
    const char *word;
    uint8_t letter;

    if (!sv_wire_get_u8(in, &letter) || !(word = machine_word(letter))
        || !sv_wire_at_end(in))
        return false;
    note_who(client, "", word);
    end_with(client, serve->hooks.machine(serve->hooks.context, (char)letter));
    return true;
}

static bool on_upgrade(struct client *client, struct sv_wire_in *in)
{
    struct serve *serve = client->serve;
    const char *fault;
    uint8_t letter;

    if (!sv_wire_get_u8(in, &letter) || !sv_wire_at_end(in)
        || (letter != SV_UPGRADE_SVSCAN && letter != SV_UPGRADE_INIT))
        return false;
    note_who(client, "",
             letter == SV_UPGRADE_INIT ? "upgrade of init" : "upgrade");
    client->job = UPGRADING;
    client->upgrades = (char)letter;
    fault = serve->hooks.upgrade(serve->hooks.context, (char)letter);
    if (fault)
        client_refuse(client, fault);
    return true;
}

void request_upgraded(struct client *client, char letter, const char *reason)
{
    if (client->job != UPGRADING || client->upgrades != letter)
        return;
    end_with(client, reason);
}

static bool on_info(struct client *client, struct sv_wire_in *in)
{
    struct serve *serve = client->serve;

    if (!sv_wire_at_end(in))
        return false;
    serve->hooks.info(serve->hooks.context,
                      client_begin(client, SV_WIRE_FACTS));
    client_finish(client);
    return true;
}

/* ---- requests ----------------------------------------------------------- */

static const struct request {
    enum sv_wire_type type;
    bool commands_tree; /* not for everybody */
    bool (*answer)(struct client *client, struct sv_wire_in *in);
} requests[] = {
    {SV_WIRE_LIST, false, on_list},
    {SV_WIRE_COMMAND, false, on_command},
    {SV_WIRE_ORDER, false, on_order},
    {SV_WIRE_GRAPH, false, on_graph},
    {SV_WIRE_WATCH, false, on_watch},
    {SV_WIRE_RESCAN, true, on_rescan},
    {SV_WIRE_MACHINE, true, on_machine},
    {SV_WIRE_UPGRADE, true, on_upgrade},
    {SV_WIRE_INFO, false, on_info},
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
    if (request->commands_tree && !may_command_tree(client)) {
        client_refuse(client, SV_WIRE_DENIED);
        return true;
    }
    return request->answer(client, &in);
}

/* An END without a body, of the version that is spoken here. */
static void tell_version(struct client *client)
{
    client->serial = 0;
    client_begin(client, SV_WIRE_END);
    client_post(client);
}

void request_take(struct client *client)
{
    struct serve *serve = client->serve;
    ssize_t size = recv(client->watch.fd, serve->in, sizeof serve->in,
                        MSG_DONTWAIT | MSG_TRUNC);

    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client_drop(client);
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
    if (!client_is_dropped(client))
        client_drop_saying(client, "malformed request");
}
