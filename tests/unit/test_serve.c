/* SPDX-License-Identifier: ISC */
/*
 * test_serve.c - svscan's end of the socket, with services that are made up.
 *
 * The loop and the socket are real; one thread plays both ends, so nothing has
 * to be waited for: turn() lets the server do what it can do now.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/say.h"
#include "svscan/serve.h"

#include "../served.h"

enum { MANY = 12000 };

static struct engine engine;
static struct serve serve;
static char live[32];
static int live_fd;
static char did[256];       /* "web u;" for each command */
static const char *refusal; /* of the machine hook */
static size_t rescans;
static size_t upgrades;
static bool rescan_at_once;
static int faults;
static struct service services[MANY];
static char names[MANY][24];

/* ---- the engine, as far as serve.c knows it ----------------------------- */

void service_row(const struct service *service, struct sv_wire_row *row)
{
    memset(row, 0, sizeof *row);
    row->state = service->state == STATE_GONE ? SV_WIRE_GONE
                 : service->want              ? SV_WIRE_UP
                                              : SV_WIRE_DOWN;
    row->restarts = service->restarts;
    snprintf(row->name, sizeof row->name, "%s", service->name);
}

void service_command(struct service *service, const struct sv_command *command)
{
    size_t used = strlen(did);

    snprintf(did + used, sizeof did - used, "%s %c;", service->name,
             command->letter);
    service->want = command->letter == 'u';
    if (command->letter == 'x') {
        service->state = STATE_GONE;
        engine.first = service->next; /* only the first is told to leave */
    }
    serve_changed(&serve, service);
    if (service->state == STATE_GONE)
        serve_left(&serve, service);
}

/* ---- svscan, likewise --------------------------------------------------- */

static bool fault(void *context, size_t i, const char **name,
                  const char **note)
{
    ck_assert_ptr_eq(context, &faults);
    if (i >= (size_t)faults)
        return false;
    *name = i == 0 ? "norun" : "s1";
    *note = "no run file";
    return true;
}

static const char *note(void *context, const char *name)
{
    ck_assert_ptr_eq(context, &faults);
    return (faults > 0 && strcmp(name, "norun") == 0)
                   || (faults > 1 && strcmp(name, "s1") == 0)
               ? "no run file"
               : NULL;
}

static struct graph links;

static const struct graph *graph(void *context)
{
    ck_assert_ptr_eq(context, &faults);
    graph_settle(&links);
    return &links;
}

/* Every order is about that service alone, and s1 is essential. */
static const char *order(void *context, char letter, const char *name,
                         order_permit *may, void *client)
{
    const struct service *service = service_by_name(&engine, name);
    size_t used = strlen(did);

    ck_assert_ptr_eq(context, &faults);
    if (!service)
        return "no such service";
    if (!may(client, service))
        return SV_WIRE_DENIED;
    if (letter == 'd' && strcmp(name, "s1") == 0)
        return "it is essential";
    snprintf(did + used, sizeof did - used, "%s %c in order;", name, letter);
    return NULL;
}

static void ordered(void *context)
{
    size_t used = strlen(did);

    ck_assert_ptr_eq(context, &faults);
    snprintf(did + used, sizeof did - used, "that was all;");
}

static void rescan(void *context)
{
    ck_assert_ptr_eq(context, &faults);
    rescans++;
    if (rescan_at_once)
        serve_rescanned(&serve);
}

static const char *machine(void *context, char letter)
{
    ck_assert_ptr_eq(context, &faults);
    ck_assert_int_eq(letter, 'p');
    return refusal;
}

static const char *upgrade(void *context, char letter)
{
    ck_assert_ptr_eq(context, &faults);
    ck_assert_int_eq(letter, SV_UPGRADE_SVSCAN);
    upgrades++;
    return refusal;
}

static void info(void *context, struct sv_wire_out *facts)
{
    ck_assert_ptr_eq(context, &faults);
    sv_wire_put_fact(facts, "version", "1.2.3");
    sv_wire_put_fact(facts, "weather", "fine");
}

static void add_services(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "s%zu", i);
        services[i].name = names[i];
        services[i].next = i + 1 < n ? &services[i + 1] : NULL;
    }
    engine.first = n ? services : NULL;
}

static void setup(void)
{
    static const int none[] = {0};
    const struct serve_hooks hooks = {&faults, fault, note, order,
                                      ordered, graph, rescan, machine, upgrade,
                                      info};

    stpcpy(live, "/tmp/test_serve.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(live));
    live_fd = open(live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(mkdirat(live_fd, SV_TREE_OURS, 0700), 0);
    ck_assert(loop_open(&engine.loop, none, NULL));
    ck_assert(serve_open(&serve, &engine, sv_wire_listen(live_fd, 0600),
                         &hooks));
    add_services(2);
    ck_assert(graph_open(&links));
}

static void teardown(void)
{
    serve_close(&serve);
    graph_close(&links);
    loop_close(&engine.loop);
    unlinkat(live_fd, SV_TREE_SOCKET, 0);
    unlinkat(live_fd, SV_TREE_OURS, AT_REMOVEDIR);
    close(live_fd);
    rmdir(live);
}

/* ---- the client --------------------------------------------------------- */

static struct sv_wire_out out;
static char in_bytes[SV_WIRE_MAX];
static struct sv_wire_in in;
static struct sv_wire_header header;

static void stop_loop(struct loop *loop)
{
    serve_flush(&serve);
    loop->stop = true;
}

static void turn(void)
{
    struct pollfd wait = {.fd = engine.loop.epoll, .events = POLLIN};

    serve_flush(&serve);
    while (poll(&wait, 1, 0) > 0) {
        engine.loop.after = stop_loop;
        engine.loop.stop = false;
        loop_run(&engine.loop);
    }
}

static int connected(void)
{
    int fd = sv_wire_connect(live);

    ck_assert_int_ge(fd, 0);
    turn();
    return fd;
}

static void begin(enum sv_wire_type type, uint32_t serial)
{
    struct sv_wire_header of_request = {type, serial};

    sv_wire_begin(&out, &of_request);
}

static void request(int fd)
{
    ck_assert_int_eq(send(fd, out.bytes, out.used, MSG_NOSIGNAL),
                     (ssize_t)out.used);
    turn();
}

/* The next message is there, and of that type. */
static void expect(int fd, enum sv_wire_type type, uint32_t serial)
{
    ssize_t size = recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT);

    ck_assert_msg(size > 0, "no message of type %c: %s", type,
                  size < 0 ? strerror(errno) : "closed");
    ck_assert(sv_wire_open(&in, &header, in_bytes, (size_t)size));
    ck_assert_int_eq(header.type, type);
    ck_assert_uint_eq(header.serial, serial);
}

static void expect_end(int fd, uint32_t serial, uint32_t count)
{
    uint32_t n;

    expect(fd, SV_WIRE_END, serial);
    ck_assert(sv_wire_get_u32(&in, &n));
    ck_assert_uint_eq(n, count);
}

static void expect_row(enum sv_wire_state state, const char *name)
{
    struct sv_wire_row row;

    ck_assert(sv_wire_get_row(&in, &row));
    ck_assert_str_eq(row.name, name);
    ck_assert_int_eq(row.state, state);
}

static void expect_fault(const char *name, const char *reason)
{
    char text[SV_WIRE_NOTE_MAX + 1];

    ck_assert(sv_wire_get_text(&in, text, sizeof text));
    ck_assert_str_eq(text, name);
    ck_assert(sv_wire_get_text(&in, text, sizeof text));
    ck_assert_str_eq(text, reason);
}

static void expect_nothing(int fd)
{
    ck_assert_int_eq(recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

static void expect_closed(int fd)
{
    turn();
    ck_assert_int_le(recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT), 0);
    ck_assert_int_ne(errno, EAGAIN);
}

static void watch(int fd)
{
    begin(SV_WIRE_WATCH, 1);
    request(fd);
    expect_end(fd, 1, 0);
}

/* ---- truths ------------------------------------------------------------- */

START_TEST(a_list_without_names_is_all_services_and_faulty_definitions)
{
    int fd = connected();

    faults = 2; /* the second is that of a service, s1 */
    begin(SV_WIRE_LIST, 7);
    request(fd);
    expect(fd, SV_WIRE_ROWS, 7);
    expect_row(SV_WIRE_DOWN, "s0");
    expect_row(SV_WIRE_DOWN, "s1");
    expect_row(SV_WIRE_DOWN, "norun");
    ck_assert(sv_wire_at_end(&in));
    expect_end(fd, 7, 0);
    close(fd);
}
END_TEST

START_TEST(what_runs_has_the_fault_of_its_definition_as_a_note)
{
    struct sv_wire_row row;
    int fd = connected();

    faults = 2;
    for (int want = 0; want <= 1; want++) {
        services[1].want = want;
        begin(SV_WIRE_LIST, 7);
        sv_wire_put_text(&out, "s1");
        request(fd);
        expect(fd, SV_WIRE_ROWS, 7);
        ck_assert(sv_wire_get_row(&in, &row));
        ck_assert_str_eq(row.note, want ? "no run file" : "");
        expect_end(fd, 7, 0);
    }
    close(fd);
}
END_TEST

START_TEST(a_list_of_no_service_at_all_is_an_end)
{
    int fd = connected();

    add_services(0);
    begin(SV_WIRE_LIST, 7);
    request(fd);
    expect_end(fd, 7, 0);
    close(fd);
}
END_TEST

START_TEST(a_list_by_name_has_their_rows_and_a_fault_for_who_is_not)
{
    int fd = connected();

    faults = 1;
    begin(SV_WIRE_LIST, 7);
    sv_wire_put_text(&out, "nobody");
    sv_wire_put_text(&out, "s1");
    sv_wire_put_text(&out, "norun");
    request(fd);
    expect(fd, SV_WIRE_ROWS, 7);
    expect_row(SV_WIRE_DOWN, "s1");
    expect_row(SV_WIRE_DOWN, "norun");
    ck_assert(sv_wire_at_end(&in));
    expect(fd, SV_WIRE_FAULTS, 7);
    expect_fault("nobody", "no such service");
    expect_end(fd, 7, 1);
    close(fd);
}
END_TEST

/* Reads a list of all; returns how many rows it has. */
static size_t read_list(int fd)
{
    struct sv_wire_row row;
    size_t n = 0;

    for (;;) {
        ssize_t size = recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT);

        ck_assert_int_gt(size, 0);
        ck_assert(sv_wire_open(&in, &header, in_bytes, (size_t)size));
        if (header.type == SV_WIRE_END)
            return n;
        for (; sv_wire_get_row(&in, &row); n++)
            continue;
        turn();
    }
}

START_TEST(a_long_list_goes_out_as_the_client_reads)
{
    int fd = connected();

    add_services(MANY);
    begin(SV_WIRE_LIST, 7);
    request(fd);
    ck_assert_uint_eq(read_list(fd), MANY);
    begin(SV_WIRE_LIST, 8);
    request(fd);
    ck_assert_uint_eq(read_list(fd), MANY);
    close(fd);
}
END_TEST

START_TEST(a_service_that_leaves_in_the_midst_of_a_list_does_no_harm)
{
    int fd = connected();
    size_t n = 0;

    add_services(MANY);
    begin(SV_WIRE_LIST, 7);
    request(fd);
    while (engine.first) {
        struct service *service = engine.first;

        serve_left(&serve, service);
        engine.first = service->next;
        memset(service, 0xff, sizeof *service);
    }
    n = read_list(fd);
    ck_assert_uint_gt(n, 0);
    ck_assert_uint_lt(n, MANY);
    close(fd);
}
END_TEST

/* name needs the others, which may have none. */
static struct graph_node *link_up(const char *name, const struct graph_link *to,
                                  size_t n)
{
    struct graph_node *node = graph_name(&links, name);

    ck_assert_ptr_nonnull(node);
    graph_define(&links, node, false);
    ck_assert(graph_connect(&links, node, to, n));
    return node;
}

static void expect_link(uint8_t letter, const char *name, const char *other)
{
    uint8_t byte;

    ck_assert(sv_wire_get_u8(&in, &byte));
    ck_assert_int_eq(byte, letter);
    expect_fault(name, other); /* both are pairs of texts */
}

START_TEST(a_graph_is_its_nodes_with_their_edges_and_who_is_to_blame)
{
    const struct graph_link to[] = {{GRAPH_NEEDS, "db"}, {GRAPH_AFTER, "mail"}};
    int fd = connected();

    link_up("web", to, 2)->is_essential = true;
    graph_define(&links, graph_name(&links, "mail"), true);
    begin(SV_WIRE_GRAPH, 7);
    request(fd);
    expect(fd, SV_WIRE_LINKS, 7);
    expect_link(SV_LINK_BUNDLE, "mail", "");
    expect_link(SV_LINK_MISSING, "db", "");
    expect_link(SV_LINK_SERVICE, "web", "");
    expect_link(SV_LINK_ESSENTIAL, "web", "");
    expect_link(SV_BLAME_MISSING, "web", "db");
    expect_link(SV_LINK_NEEDS, "web", "db");
    expect_link(SV_LINK_AFTER, "web", "mail");
    ck_assert(sv_wire_at_end(&in));
    expect_end(fd, 7, 0);
    close(fd);
}
END_TEST

/* Reads what is left of a graph; returns how many links of needing it has. */
static size_t read_links(int fd)
{
    char name[SV_NAME_MAX + 1];
    uint8_t letter;
    size_t n = 0;

    for (;;) {
        ssize_t size = recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT);

        ck_assert_int_gt(size, 0);
        ck_assert(sv_wire_open(&in, &header, in_bytes, (size_t)size));
        if (header.type == SV_WIRE_END)
            return n;
        while (sv_wire_get_u8(&in, &letter)) {
            ck_assert(sv_wire_get_text(&in, name, sizeof name));
            ck_assert(sv_wire_get_text(&in, name, sizeof name));
            n += letter == SV_LINK_NEEDS;
        }
        turn();
    }
}

/* A chain of MANY, and one that needs all of it. */
static void link_many(void)
{
    static struct graph_link to[MANY];

    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "s%zu", i);
        to[i] = (struct graph_link){GRAPH_NEEDS, names[i]};
    }
    for (size_t i = 0; i < MANY; i++)
        link_up(names[i], to + i + 1, i + 1 < MANY);
    link_up("all", to, MANY);
}

START_TEST(a_long_graph_goes_out_as_the_client_reads)
{
    int fd = connected();

    link_many();
    begin(SV_WIRE_GRAPH, 7);
    request(fd);
    ck_assert_uint_eq(read_links(fd), MANY - 1 + MANY);
    close(fd);
}
END_TEST

START_TEST(a_graph_that_goes_in_the_midst_of_its_telling_does_no_harm)
{
    int fd = connected();
    size_t n;

    link_many();
    begin(SV_WIRE_GRAPH, 7);
    request(fd);
    graph_close(&links);
    ck_assert(graph_open(&links));
    n = read_links(fd);
    ck_assert_uint_gt(n, 0);
    ck_assert_uint_lt(n, MANY - 1 + MANY);
    close(fd);
}
END_TEST

START_TEST(a_command_goes_to_each_service_letter_by_letter)
{
    int fd = connected();

    begin(SV_WIRE_COMMAND, 9);
    sv_wire_put_text(&out, "du");
    sv_wire_put_text(&out, "s1");
    sv_wire_put_text(&out, "nobody");
    sv_wire_put_text(&out, "s0");
    request(fd);
    ck_assert_str_eq(did, "s1 d;s1 u;s0 d;s0 u;");
    expect(fd, SV_WIRE_FAULTS, 9);
    expect_fault("nobody", "no such service");
    expect_end(fd, 9, 1);
    close(fd);
}
END_TEST

START_TEST(a_letter_that_is_no_command_does_nothing_at_all)
{
    int fd = connected();

    begin(SV_WIRE_COMMAND, 9);
    sv_wire_put_text(&out, "d!");
    sv_wire_put_text(&out, "s1");
    request(fd);
    ck_assert_str_eq(did, "");
    expect(fd, SV_WIRE_FAULTS, 9);
    expect_fault("", "no such command");
    expect_end(fd, 9, 1);
    close(fd);
}
END_TEST

START_TEST(a_service_that_leaves_gets_no_further_letter)
{
    int fd = connected();

    watch(fd);
    begin(SV_WIRE_COMMAND, 9);
    sv_wire_put_text(&out, "xu");
    sv_wire_put_text(&out, "s0");
    request(fd);
    ck_assert_str_eq(did, "s0 x;");
    expect(fd, SV_WIRE_EVENTS, 0);
    expect_row(SV_WIRE_GONE, "s0");
    ck_assert(sv_wire_at_end(&in));
    expect_end(fd, 9, 0);
    close(fd);
}
END_TEST

static void begin_order(const char *letter)
{
    begin(SV_WIRE_ORDER, 9);
    sv_wire_put_text(&out, letter);
}

START_TEST(an_order_is_carried_out_name_by_name_and_its_faults_are_told)
{
    int fd = connected();

    begin_order("d");
    sv_wire_put_text(&out, "s1");
    sv_wire_put_text(&out, "nobody");
    sv_wire_put_text(&out, "s0");
    request(fd);
    ck_assert_str_eq(did, "s0 d in order;that was all;");
    expect(fd, SV_WIRE_FAULTS, 9);
    expect_fault("s1", "it is essential");
    expect_fault("nobody", "no such service");
    expect_end(fd, 9, 2);
    begin_order("D");
    sv_wire_put_text(&out, "s1");
    request(fd);
    begin_order("u");
    sv_wire_put_text(&out, "s1");
    request(fd);
    ck_assert_str_eq(did, "s0 d in order;that was all;s1 D in order;"
                          "that was all;s1 u in order;that was all;");
    expect_end(fd, 9, 0);
    expect_end(fd, 9, 0);
    close(fd);
}
END_TEST

START_TEST(a_letter_that_is_no_order_does_nothing_at_all)
{
    static const char *const letters[] = {"x", "U", "!", "\xff"};
    int fd = connected();

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        begin_order(letters[i]);
        sv_wire_put_text(&out, "s0");
        request(fd);
        expect(fd, SV_WIRE_FAULTS, 9);
        expect_fault("", "no such command");
        expect_end(fd, 9, 1);
    }
    ck_assert_str_eq(did, "");
    close(fd);
}
END_TEST

/* No letter, two, no name, what is no name after one that is. */
START_TEST(a_malformed_order_does_nothing_and_ends_its_connection)
{
    for (int i = 0; i < 4; i++) {
        int fd = connected();

        begin_order(i == 0 ? "" : i == 1 ? "ud" : "u");
        if (i != 2)
            sv_wire_put_text(&out, "s0");
        if (i == 3)
            sv_wire_put_u8(&out, 200); /* a length, and nothing after it */
        request(fd);
        expect_closed(fd);
        ck_assert_str_eq(did, "");
        close(fd);
    }
}
END_TEST

START_TEST(a_stranger_may_not_order)
{
    if (geteuid() != 0)
        return; /* only root can be another user */
    ck_assert_int_eq(fchmodat(live_fd, SV_TREE_SOCKET, 0666, 0), 0);
    ck_assert_int_eq(fchmodat(live_fd, SV_TREE_OURS, 0755, 0), 0);
    ck_assert_int_eq(fchmod(live_fd, 0755), 0);
    services[0].base = live_fd;
    services[0].dir = names[0];
    ck_assert_int_eq(seteuid(65534), 0);

    int fd = connected();

    ck_assert_int_eq(seteuid(0), 0);
    begin_order("u");
    sv_wire_put_text(&out, "s0");
    request(fd);
    expect(fd, SV_WIRE_FAULTS, 9);
    expect_fault("s0", SV_WIRE_DENIED);
    expect_end(fd, 9, 1);
    ck_assert_str_eq(did, "that was all;");
    close(fd);
}
END_TEST

START_TEST(a_watcher_hears_every_change_and_others_none)
{
    int watcher = connected();
    int other = connected();

    watch(watcher);
    services[0].want = true;
    serve_changed(&serve, &services[0]);
    services[0].want = false;
    serve_changed(&serve, &services[0]);
    turn();
    expect(watcher, SV_WIRE_EVENTS, 0);
    expect_row(SV_WIRE_UP, "s0");
    expect_row(SV_WIRE_DOWN, "s0");
    expect_nothing(watcher);
    expect_nothing(other);
    close(watcher);
    close(other);
    turn();
    ck_assert_uint_eq(serve.watchers, 0);
}
END_TEST

START_TEST(the_events_of_a_command_come_before_its_end)
{
    int fd = connected();

    watch(fd);
    begin(SV_WIRE_COMMAND, 9);
    sv_wire_put_text(&out, "u");
    sv_wire_put_text(&out, "s0");
    request(fd);
    expect(fd, SV_WIRE_EVENTS, 0);
    expect_row(SV_WIRE_UP, "s0");
    expect_end(fd, 9, 0);
    close(fd);
}
END_TEST

START_TEST(a_watcher_that_is_slow_misses_nothing)
{
    int fd = connected();
    struct sv_wire_row row;
    uint32_t seen = 0;

    watch(fd);
    for (uint32_t i = 1; i <= 8000; i++) {
        services[0].restarts = i;
        serve_changed(&serve, &services[0]);
        if (i % 100 == 0)
            turn();
    }
    while (seen < 8000) {
        expect(fd, SV_WIRE_EVENTS, 0);
        while (sv_wire_get_row(&in, &row))
            ck_assert_uint_eq(row.restarts, ++seen);
        ck_assert(sv_wire_at_end(&in));
        turn();
    }
    expect_nothing(fd);
    ck_assert_ptr_nonnull(serve.clients);
    close(fd);
}
END_TEST

START_TEST(a_watcher_that_does_not_read_is_disconnected_and_no_other)
{
    int lazy = connected();
    int other = connected();

    watch(lazy);
    while (serve.watchers) {
        serve_changed(&serve, &services[0]);
        turn();
    }
    ck_assert_uint_eq(serve.count, 1);
    begin(SV_WIRE_LIST, 7);
    request(other);
    expect(other, SV_WIRE_ROWS, 7);
    close(lazy);
    close(other);
}
END_TEST

START_TEST(a_malformed_request_ends_its_connection_and_no_other)
{
    static const struct {
        size_t size;
        const char *bytes;
    } bad[] = {
        {1, "\1"},
        {8, "\1z\0\0\0\0\0\1"},
        {8, "\1R\0\0\0\0\0\1"},
        {9, "\1l\0\0\0\0\0\1x"},
        {9, "\1w\0\0\0\0\0\1x"},
        {9, "\1g\0\0\0\0\0\1x"},
        {9, "\1r\0\0\0\0\0\1x"},
        {8, "\1m\0\0\0\0\0\1"},
        {9, "\1m\0\0\0\0\0\1x"},
        {11, "\1c\0\0\0\0\0\1\0\1u"},
        {14, "\1c\0\0\0\0\0\1\0\0\0\2s0"},
        {16, "\1c\0\0\0\0\0\1\0\1u\0\2s0\0"},
        {13, "\1l\0\0\0\0\0\1\0\3s0\0"},
    };
    int other = connected();

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = connected();

        ck_assert_int_gt(send(fd, bad[i].bytes, bad[i].size, 0), 0);
        expect_closed(fd);
        close(fd);
        ck_assert_uint_eq(serve.count, 1);
    }
    ck_assert_str_eq(did, "");
    watch(other);
    close(other);
}
END_TEST

START_TEST(another_version_is_told_ours)
{
    int fd = connected();
    ssize_t size;

    ck_assert_int_eq(send(fd, "\2l\0\0\0\0\0\1", 8, 0), 8);
    turn();
    size = recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT);
    ck_assert_int_eq(size, SV_WIRE_HEADER);
    ck_assert_mem_eq(in_bytes, "\1.", 2);
    expect_closed(fd);
    close(fd);
}
END_TEST

START_TEST(another_version_is_told_what_svscan_is)
{
    int fd = connected();

    ck_assert_int_eq(send(fd, "\2i\0\0\0\0\0\7", 8, 0), 8);
    turn();
    expect(fd, SV_WIRE_FACTS, 7);
    expect_fault("version", "1.2.3"); /* both are pairs of texts */
    expect_fault("weather", "fine");
    ck_assert(sv_wire_at_end(&in));
    expect_end(fd, 7, 0);
    watch(fd);
    close(fd);
}
END_TEST

START_TEST(a_request_of_who_left_at_once_is_carried_out)
{
    int fd = connected();

    begin(SV_WIRE_COMMAND, 9);
    sv_wire_put_text(&out, "d");
    sv_wire_put_text(&out, "s0");
    ck_assert_int_gt(send(fd, out.bytes, out.used, 0), 0);
    close(fd);
    turn();
    ck_assert_str_eq(did, "s0 d;");
    ck_assert_uint_eq(serve.count, 0);
}
END_TEST

START_TEST(who_shut_its_end_is_answered_and_then_let_go)
{
    int fd = connected();

    begin(SV_WIRE_LIST, 7);
    ck_assert_int_gt(send(fd, out.bytes, out.used, 0), 0);
    shutdown(fd, SHUT_WR);
    turn();
    expect(fd, SV_WIRE_ROWS, 7);
    expect_end(fd, 7, 0);
    expect_closed(fd);
    ck_assert_uint_eq(serve.count, 0);
    close(fd);
}
END_TEST

START_TEST(a_rescan_is_answered_when_it_is_done)
{
    int fd = connected();

    faults = 2;
    begin(SV_WIRE_RESCAN, 5);
    request(fd);
    ck_assert_uint_eq(rescans, 1);
    expect_nothing(fd);
    serve_rescanned(&serve);
    turn();
    expect(fd, SV_WIRE_FAULTS, 5);
    expect_fault("norun", "no run file");
    expect_fault("s1", "no run file");
    expect_end(fd, 5, 2);
    rescan_at_once = true;
    faults = 0;
    request(fd);
    ck_assert_uint_eq(rescans, 2);
    expect_end(fd, 5, 0);
    watch(fd);
    close(fd);
}
END_TEST

/* Reads faults up to the END; returns how many that says there were. */
static uint32_t read_faults(int fd)
{
    char text[SV_WIRE_NOTE_MAX + 1];
    uint32_t texts = 0;
    uint32_t n;

    for (;; turn()) {
        ssize_t size = recv(fd, in_bytes, sizeof in_bytes, MSG_DONTWAIT);

        ck_assert_int_gt(size, 0);
        ck_assert(sv_wire_open(&in, &header, in_bytes, (size_t)size));
        if (header.type == SV_WIRE_END)
            break;
        for (; sv_wire_get_text(&in, text, sizeof text); texts++)
            continue;
    }
    ck_assert(sv_wire_get_u32(&in, &n));
    ck_assert_uint_eq(texts, 2 * n);
    return n;
}

START_TEST(a_rescan_that_found_very_much_is_answered_as_it_is_read)
{
    int fd = connected();

    faults = SV_WIRE_BEHIND / 8; /* more than a client may be behind */
    rescan_at_once = true;
    begin(SV_WIRE_RESCAN, 5);
    request(fd);
    ck_assert_uint_eq(read_faults(fd), SV_WIRE_BEHIND / 8);
    rescan_at_once = false;
    faults = 0;
    close(fd);
}
END_TEST

START_TEST(who_leaves_during_a_rescan_is_forgotten)
{
    int fd = connected();

    begin(SV_WIRE_RESCAN, 5);
    request(fd);
    close(fd);
    turn();
    ck_assert_uint_eq(serve.count, 0);
    serve_rescanned(&serve);
}
END_TEST

START_TEST(the_machine_says_why_not)
{
    int fd = connected();

    begin(SV_WIRE_MACHINE, 6);
    sv_wire_put_u8(&out, 'p');
    refusal = "no init of ours is above this svscan";
    request(fd);
    expect(fd, SV_WIRE_FAULTS, 6);
    expect_fault("", refusal);
    expect_end(fd, 6, 1);
    refusal = NULL;
    request(fd);
    expect_end(fd, 6, 0);
    close(fd);
}
END_TEST

START_TEST(an_upgrade_that_fails_later_is_answered_then)
{
    int fd = connected();
    int other = connected();

    begin(SV_WIRE_UPGRADE, 8);
    sv_wire_put_u8(&out, SV_UPGRADE_SVSCAN);
    request(fd);
    out.bytes[0] = SV_WIRE_VERSION + 1; /* which is the same in this */
    request(other);
    ck_assert_uint_eq(upgrades, 2);
    expect_nothing(fd);
    serve_upgraded(&serve, SV_UPGRADE_INIT, "this is about another");
    expect_nothing(fd);
    serve_upgraded(&serve, SV_UPGRADE_SVSCAN, "it is broken");
    expect(fd, SV_WIRE_FAULTS, 8);
    expect_fault("", "it is broken");
    expect_end(fd, 8, 1);
    expect(other, SV_WIRE_FAULTS, 8);
    serve_upgraded(&serve, SV_UPGRADE_SVSCAN, "it is broken");
    expect_nothing(fd);
    watch(fd);
    close(fd);
    close(other);
}
END_TEST

START_TEST(an_upgrade_that_cannot_begin_is_refused_at_once)
{
    int fd = connected();

    refusal = "the tree is being stopped";
    begin(SV_WIRE_UPGRADE, 8);
    sv_wire_put_u8(&out, SV_UPGRADE_SVSCAN);
    request(fd);
    expect(fd, SV_WIRE_FAULTS, 8);
    expect_fault("", refusal);
    expect_end(fd, 8, 1);
    refusal = NULL;
    begin(SV_WIRE_UPGRADE, 9);
    sv_wire_put_u8(&out, 'x');
    request(fd);
    expect_closed(fd);
    close(fd);
}
END_TEST

START_TEST(a_stranger_may_look_and_not_touch)
{
    static const enum sv_wire_type denied[] = {SV_WIRE_RESCAN, SV_WIRE_MACHINE,
                                               SV_WIRE_UPGRADE};

    if (geteuid() != 0)
        return; /* only root can be another user */
    ck_assert_int_eq(fchmodat(live_fd, SV_TREE_SOCKET, 0666, 0), 0);
    ck_assert_int_eq(fchmodat(live_fd, SV_TREE_OURS, 0755, 0), 0);
    ck_assert_int_eq(fchmod(live_fd, 0755), 0);
    ck_assert_int_eq(seteuid(65534), 0);

    int fd = connected();

    ck_assert_int_eq(seteuid(0), 0);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        begin(denied[i], 6);
        request(fd);
        expect(fd, SV_WIRE_FAULTS, 6);
        expect_fault("", "permission denied");
        expect_end(fd, 6, 1);
    }
    watch(fd);
    begin(SV_WIRE_LIST, 7);
    request(fd);
    expect(fd, SV_WIRE_ROWS, 7);
    expect_end(fd, 7, 0);
    close(fd);
}
END_TEST

START_TEST(connections_beyond_the_limit_wait_for_their_turn)
{
    int fds[SERVE_CLIENTS_MAX + 1];

    for (size_t i = 0; i <= SERVE_CLIENTS_MAX; i++)
        fds[i] = connected();
    ck_assert_uint_eq(serve.count, SERVE_CLIENTS_MAX);
    serve_changed(&serve, &services[0]);
    turn();
    ck_assert_uint_eq(serve.count, SERVE_CLIENTS_MAX);
    close(fds[3]);
    turn();
    ck_assert_uint_eq(serve.count, SERVE_CLIENTS_MAX);
    watch(fds[SERVE_CLIENTS_MAX]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve");
    TCase *cases = tcase_create("serve");
    SRunner *runner = srunner_create(suite);

    sv_program = "test_serve";
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(
        cases, a_list_without_names_is_all_services_and_faulty_definitions);
    tcase_add_test(cases,
                   what_runs_has_the_fault_of_its_definition_as_a_note);
    tcase_add_test(cases, a_list_of_no_service_at_all_is_an_end);
    tcase_add_test(cases,
                   a_list_by_name_has_their_rows_and_a_fault_for_who_is_not);
    tcase_add_test(cases, a_long_list_goes_out_as_the_client_reads);
    tcase_add_test(cases,
                   a_service_that_leaves_in_the_midst_of_a_list_does_no_harm);
    tcase_add_test(
        cases, a_graph_is_its_nodes_with_their_edges_and_who_is_to_blame);
    tcase_add_test(cases, a_long_graph_goes_out_as_the_client_reads);
    tcase_add_test(cases,
                   a_graph_that_goes_in_the_midst_of_its_telling_does_no_harm);
    tcase_add_test(cases, a_command_goes_to_each_service_letter_by_letter);
    tcase_add_test(cases, a_letter_that_is_no_command_does_nothing_at_all);
    tcase_add_test(cases, a_service_that_leaves_gets_no_further_letter);
    tcase_add_test(cases, a_watcher_hears_every_change_and_others_none);
    tcase_add_test(cases, the_events_of_a_command_come_before_its_end);
    tcase_add_test(cases, a_watcher_that_is_slow_misses_nothing);
    tcase_add_test(cases,
                   a_watcher_that_does_not_read_is_disconnected_and_no_other);
    tcase_add_test(cases, a_malformed_request_ends_its_connection_and_no_other);
    tcase_add_test(cases, another_version_is_told_ours);
    tcase_add_test(cases, another_version_is_told_what_svscan_is);
    tcase_add_test(cases, a_request_of_who_left_at_once_is_carried_out);
    tcase_add_test(cases, who_shut_its_end_is_answered_and_then_let_go);
    tcase_add_test(cases, a_rescan_is_answered_when_it_is_done);
    tcase_add_test(cases,
                   a_rescan_that_found_very_much_is_answered_as_it_is_read);
    tcase_add_test(cases, who_leaves_during_a_rescan_is_forgotten);
    tcase_add_test(cases, the_machine_says_why_not);
    tcase_add_test(cases, an_upgrade_that_fails_later_is_answered_then);
    tcase_add_test(cases, an_upgrade_that_cannot_begin_is_refused_at_once);
    tcase_add_test(cases, a_stranger_may_look_and_not_touch);
    tcase_add_test(cases,
                   an_order_is_carried_out_name_by_name_and_its_faults_are_told);
    tcase_add_test(cases, a_letter_that_is_no_order_does_nothing_at_all);
    tcase_add_test(cases,
                   a_malformed_order_does_nothing_and_ends_its_connection);
    tcase_add_test(cases, a_stranger_may_not_order);
    tcase_add_test(cases, connections_beyond_the_limit_wait_for_their_turn);
    srunner_run_all(runner, CK_NORMAL);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? 1 : 0;
}
