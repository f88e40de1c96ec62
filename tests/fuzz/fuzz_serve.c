/* SPDX-License-Identifier: ISC */
/*
 * fuzz_serve.c - whatever svscan's socket is asked: what is done is what the
 * message says, or the message is none and nothing is done.
 *
 * The input is a message; with a = before it, a letter of enum sv_wire_type and
 * lines, each of which becomes a text of the body.  ORDER and COMMAND are
 * followed from the message to the services, of which there are two, made up.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/say.h"
#include "svscan/serve.h"

#include "../served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine engine;
static struct serve serve;
static struct graph nobody;
static struct service services[] = {
    {.name = (char[]){"web"}, .next = &services[1]},
    {.name = (char[]){"db"}},
};
static char live[] = "/tmp/sv-fuzz-XXXXXX";

/* What is still to be done, if the message is heard: ORDER asks the hook for each
 * name, COMMAND gives each letter to each service that there is. */
static struct {
    struct sv_wire_header header;
    struct sv_wire_in names;
    char letters[64];
    size_t letter; /* of these, the next */
    char name[SV_NAME_MAX + 1];
    uint32_t faults;
} due;

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* ---- the engine, as far as serve.c knows it ------------------------------- */

void service_row(const struct service *service, struct sv_wire_row *row)
{
    memset(row, 0, sizeof *row);
    stpcpy(row->name, service->name);
}

/* The next name of COMMAND that is a service. */
static void next_service(void)
{
    while (sv_wire_get_text(&due.names, due.name, sizeof due.name)) {
        due.letter = 0;
        if (service_by_name(&engine, due.name))
            return;
        due.faults++;
    }
    *due.name = 0;
}

void service_command(struct service *service, const struct sv_command *command)
{
    must(due.header.type == SV_WIRE_COMMAND);
    must(strcmp(service->name, due.name) == 0);
    must(command->letter == due.letters[due.letter++]);
    if (!due.letters[due.letter])
        next_service();
}

/* ---- svscan, likewise ------------------------------------------------------ */

static const char *order(void *context, char letter, const char *name,
                         order_permit *may, void *client)
{
    char wanted[SV_NAME_MAX + 1];

    must(context == &engine && due.header.type == SV_WIRE_ORDER);
    must(letter == *due.letters && strchr("uordD", letter) != NULL);
    must(sv_wire_get_text(&due.names, wanted, sizeof wanted));
    must(strcmp(wanted, name) == 0);
    if (service_by_name(&engine, name)) {
        must(may(client, service_by_name(&engine, name)));
        return NULL;
    }
    due.faults++;
    return "no such service";
}

static void ordered(void *context)
{
    must(context == &engine && due.header.type == SV_WIRE_ORDER);
}

static bool fault(void *context, size_t i, const char **name, const char **note)
{
    *name = "norun";
    *note = "no run file";
    return context == &engine && i == 0;
}

static const char *note(void *context, const char *name)
{
    must(context == &engine && strlen(name) <= SV_NAME_MAX);
    return NULL;
}

static const struct graph *graph(void *context)
{
    must(context == &engine);
    return &nobody;
}

static void rescan(void *context)
{
    must(context == &engine && due.header.type == SV_WIRE_RESCAN);
    serve_rescanned(&serve);
}

static const char *refuse(void *context, char letter)
{
    must(context == &engine && letter);
    must(due.header.type == SV_WIRE_MACHINE ||
         due.header.type == SV_WIRE_UPGRADE);
    return "no";
}

static void info(void *context, struct sv_wire_out *facts)
{
    must(context == &engine);
    sv_wire_put_fact(facts, "version", "1.2.3");
}

/* ---- the connection -------------------------------------------------------- */

static void clean_up(void)
{
    char path[64];

    serve_close(&serve);
    unlink(strcat(strcpy(path, live), "/.svscan/socket"));
    rmdir(strcat(strcpy(path, live), "/.svscan"));
    rmdir(live);
}

static void start(void)
{
    static const int none[] = {0};
    const struct serve_hooks hooks = {&engine, fault, note, order,
                                      ordered, graph, rescan, refuse, refuse,
                                      info};
    int fd;

    sv_say_fd = -1;
    must(mkdtemp(live) != NULL);
    fd = open(live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0 && mkdirat(fd, SV_TREE_OURS, 0700) == 0);
    must(loop_open(&engine.loop, none, NULL) && graph_open(&nobody));
    must(serve_open(&serve, &engine, sv_wire_listen(fd, 0600), &hooks));
    close(fd);
    engine.first = services;
    atexit(clean_up);
}

static void stop_loop(struct loop *loop)
{
    serve_flush(&serve);
    loop->stop = true;
}

/* The server does all that it can do now. */
static void turn(void)
{
    struct pollfd wait = {.fd = engine.loop.epoll, .events = POLLIN};

    while (poll(&wait, 1, 0) > 0) {
        engine.loop.after = stop_loop;
        engine.loop.stop = false;
        loop_run(&engine.loop);
    }
}

/* ---- what is asked, and answered ------------------------------------------- */

/* A message of a letter, and lines as texts. */
static void pack_lines(struct sv_wire_out *out, const char *at, size_t size)
{
    const char *end = at + size;
    struct sv_wire_header header = {SV_WIRE_LIST, 7};

    if (at < end)
        header.type = (enum sv_wire_type)*at++;
    sv_wire_begin(out, &header);
    for (at += at < end && *at == '\n'; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        char line[2 * SV_NAME_MAX];

        length = strnlen(at, length < sizeof line ? length : sizeof line - 1);
        memcpy(line, at, length);
        line[length] = 0;
        sv_wire_put_text(out, line);
        at = newline ? newline + 1 : end;
    }
}

static bool are_all_names(struct sv_wire_in in)
{
    char name[SV_NAME_MAX + 1];

    while (sv_wire_get_text(&in, name, sizeof name))
        ;
    return sv_wire_at_end(&in);
}

static bool are_all_letters_commands(void)
{
    for (const char *letter = due.letters; *letter; letter++)
        if (!sv_command_by_letter(*letter))
            return false;
    return true;
}

/* Works out what is to be done; false: it is no request that does anything to
 * services, and none may be touched. */
static bool read_request(const char *bytes, size_t size)
{
    size_t room;

    memset(&due, 0, sizeof due);
    if (!sv_wire_open(&due.names, &due.header, bytes, size))
        return false;
    if (due.header.type != SV_WIRE_ORDER && due.header.type != SV_WIRE_COMMAND)
        return false;
    room = due.header.type == SV_WIRE_ORDER ? 2 : sizeof due.letters;
    if (!sv_wire_get_text(&due.names, due.letters, room) || !*due.letters ||
        sv_wire_at_end(&due.names) || !are_all_names(due.names))
        return false;
    return due.header.type == SV_WIRE_ORDER
               ? strchr("uordD", *due.letters) != NULL
               : are_all_letters_commands();
}

/* Takes all that is answered: true if it ends with END and no more.  How many
 * faults that counts: *faults.  *fd is -1 if the connection has ended. */
static bool hear(int *fd, uint32_t *faults)
{
    static char bytes[SV_WIRE_MAX];
    bool has_ended = false;
    ssize_t size;

    for (turn(); (size = recv(*fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;
         turn()) {
        struct sv_wire_header header;
        struct sv_wire_in in;

        must(!has_ended);
        must(sv_wire_open(&in, &header, bytes, (size_t)size));
        must(header.serial == due.header.serial || header.serial == 0);
        has_ended = header.type == SV_WIRE_END;
        if (has_ended && !sv_wire_get_u32(&in, faults))
            *faults = 0;
    }
    if (size == 0) {
        close(*fd);
        *fd = -1;
    }
    return has_ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sv_wire_out out;
    static int fd = -1;
    const char *bytes = (const char *)data;
    uint32_t faults = 0;
    bool is_done, has_ended;

    if (!engine.first)
        start();
    if (size && *bytes == '=') {
        pack_lines(&out, bytes + 1, size - 1);
        bytes = out.bytes;
        size = out.used;
    }
    if (fd < 0)
        fd = sv_wire_connect(live);
    must(fd >= 0);
    is_done = read_request(bytes, size);
    if (is_done && due.header.type == SV_WIRE_COMMAND)
        next_service();
    else if (!is_done)
        due.names.at = due.names.size;
    must(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
    has_ended = hear(&fd, &faults);
    must(has_ended || fd < 0);
    must(!is_done || (has_ended && fd >= 0 && faults == due.faults));
    must(!is_done || (sv_wire_at_end(&due.names) && !*due.name));
    return 0;
}
