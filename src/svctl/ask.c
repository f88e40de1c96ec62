/* SPDX-License-Identifier: ISC */
/*
 * ask.c - svctl's end of the socket: a request, and what is answered.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"

enum { ANSWER_MS = 1000 }; /* for svscan to answer in, however little it is */

/* ---- the connection ----------------------------------------------------- */

/* Nothing is there, or nobody listens; else errno is about something else. */
static bool is_nobody(void)
{
    return errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR;
}

static _Noreturn void die_of_connect(const char *live)
{
    if (is_nobody())
        sv_die_sys("no svscan listens on ", live,
                   " (-r or SV_RUN names another tree)");
    if (errno == EACCES || errno == EPERM)
        sv_die_sys("unable to connect to the svscan of ", live,
                   " (mode and group of its socket say who may)");
    sv_die_sys("unable to connect to the svscan of ", live);
}

void tree_must_be_named(const struct call *call)
{
    if (!call->live)
        sv_die(SV_EXIT_USAGE, "which tree? -r or SV_RUN names it; "
                              "XDG_RUNTIME_DIR does not");
}

struct tree *tree_try(const struct call *call, int64_t timeout_ms)
{
    int fd;
    struct tree *tree;

    tree_must_be_named(call);
    fd = sv_wire_connect(call->live);
    if (fd < 0)
        return NULL;
    tree = keep_or_die(malloc(sizeof *tree));
    if (call->timeout_ms != NO_TIMEOUT)
        timeout_ms = call->timeout_ms;
    tree->live = call->live;
    tree->fd = fd;
    tree->serial = 0;
    tree->losses = 0;
    tree->deadline = timeout_ms == NO_TIMEOUT
                         ? NO_DEADLINE
                         : sv_boottime() + timeout_ms * SV_MS;
    return tree;
}

struct tree *tree_open(const struct call *call, int64_t timeout_ms)
{
    struct tree *tree = tree_try(call, timeout_ms);

    if (!tree)
        die_of_connect(call->live);
    return tree;
}

struct tree *tree_open_if_any(const struct call *call)
{
    const char *named = getenv("SV_RUN");
    struct tree *tree;

    if (call->given['r'] || (named && *named))
        return tree_open(call, NO_TIMEOUT);
    if (!call->live)
        return NULL;
    tree = tree_try(call, NO_TIMEOUT);
    if (!tree && !is_nobody())
        die_of_connect(call->live);
    return tree;
}

void tree_close(struct tree *tree)
{
    close(tree->fd);
    free(tree);
}

static _Noreturn void die_of_time(const struct tree *tree)
{
    sv_die(SV_EXIT_TIMEOUT, "the svscan of ", tree->live,
           " has not answered in time");
}

/* poll(2)'s timeout; rounded up, since waking too early would mean to spin. */
static int ms_until(int64_t until)
{
    if (until == NO_DEADLINE)
        return -1;

    int64_t left = (until - sv_boottime() + SV_MS - 1) / SV_MS;

    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Is fd readable before that time? */
static bool readable(int fd, int64_t until)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int n;

    do
        n = poll(&wait, 1, ms_until(until));
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Something has changed in the directory where the socket is. */
static void await_change(int inotify, int64_t until)
{
    char events[4096];

    if (readable(inotify, until) && read(inotify, events, sizeof events) < 0)
        sv_die_sys("unable to watch for svscan's socket");
}

static int watch_socket(const char *live)
{
    char path[SV_PATH_MAX];
    int inotify = inotify_init1(IN_CLOEXEC);
    size_t length = strlen(live);

    if (inotify < 0 || length + sizeof "/" SV_TREE_OURS > sizeof path)
        return inotify;
    stpcpy(stpcpy(path, live), "/" SV_TREE_OURS);
    if (inotify_add_watch(inotify, path, IN_CREATE | IN_MOVED_TO) < 0)
        sv_die_sys("svscan went away, and its tree with it: ", path);
    return inotify;
}

void tree_reconnect(struct tree *tree)
{
    int64_t until = sv_boottime() + LOSS_PATIENCE_MS * SV_MS;
    int inotify = watch_socket(tree->live);

    if (until > tree->deadline)
        until = tree->deadline;
    close(tree->fd);
    if (++tree->losses > LOSSES_MAX)
        sv_die(SV_EXIT_SYSTEM, "the svscan of ", tree->live,
               " goes away whenever it is asked");
    while ((tree->fd = sv_wire_connect(tree->live)) < 0) {
        if (errno != ECONNREFUSED && errno != ENOENT)
            die_of_connect(tree->live);
        if (sv_boottime() >= until)
            sv_die(SV_EXIT_SYSTEM, "the svscan of ", tree->live,
                   " went away, and did not come back in time");
        await_change(inotify, until);
    }
    close(inotify);
}

/* ---- messages ----------------------------------------------------------- */

static _Noreturn void die_of_version(const struct tree *tree, int version)
{
    char theirs[SV_NUMBER_MAX];
    char ours[SV_NUMBER_MAX];

    sv_die(SV_EXIT_SYSTEM, "the svscan of ", tree->live,
           " speaks another protocol, version ", sv_number(theirs, version),
           " instead of ", sv_number(ours, SV_WIRE_VERSION),
           ": svctl and svscan must be of one package");
}

static _Noreturn void die_of_nonsense(const struct tree *tree)
{
    sv_die(SV_EXIT_BUG, "the svscan of ", tree->live,
           " sent what is no answer");
}

/* Receives one message. */
static enum asked receive(struct tree *tree, struct sv_wire_in *in,
                          struct sv_wire_header *header, int64_t until)
{
    if (!readable(tree->fd, until))
        return ASKED_LATE;

    ssize_t size = recv(tree->fd, tree->in, sizeof tree->in, 0);

    if (size <= 0)
        return ASKED_LOST;
    if (tree->in[0] != SV_WIRE_VERSION && !tree->asks_lasting)
        die_of_version(tree, tree->in[0]);
    if (!sv_wire_open(in, header, tree->in, (size_t)size))
        die_of_nonsense(tree);
    return ASKED;
}

static bool hear_rows(struct sv_wire_in *in, const struct hearer *hearer)
{
    struct sv_wire_row row;

    while (sv_wire_get_row(in, &row))
        if (hearer->row)
            hearer->row(hearer->context, &row);
    return sv_wire_at_end(in);
}

static bool hear_faults(struct sv_wire_in *in, const struct hearer *hearer,
                        const char **refusal)
{
    static char reason[SV_WIRE_MAX];
    char name[SV_NAME_MAX + 1];

    while (sv_wire_get_text(in, name, sizeof name)) {
        if (!sv_wire_get_text(in, reason, sizeof reason))
            return false;
        if (!*name) {
            *refusal = reason;
            return true;
        }
        if (hearer->fault)
            hearer->fault(hearer->context, name, reason);
    }
    return sv_wire_at_end(in);
}

static bool hear_facts(struct sv_wire_in *in, const struct hearer *hearer)
{
    char name[SV_NAME_MAX + 1];
    char value[SV_WIRE_FACT_MAX + 1];

    while (sv_wire_get_text(in, name, sizeof name)) {
        if (!sv_wire_get_text(in, value, sizeof value))
            return false;
        if (hearer->fact)
            hearer->fact(hearer->context, name, value);
    }
    return sv_wire_at_end(in);
}

static bool hear_links(struct sv_wire_in *in, const struct hearer *hearer)
{
    char name[SV_NAME_MAX + 1];
    char other[SV_NAME_MAX + 1];
    uint8_t letter;

    while (sv_wire_get_u8(in, &letter)) {
        if (!sv_wire_get_text(in, name, sizeof name) ||
            !sv_wire_get_text(in, other, sizeof other))
            return false;
        if (hearer->link)
            hearer->link(hearer->context, letter, name, other);
    }
    return sv_wire_at_end(in);
}

bool tree_hear(enum sv_wire_type type, struct sv_wire_in *in,
               const struct hearer *hearer, const char **refusal)
{
    *refusal = NULL;
    switch (type) {
    case SV_WIRE_ROWS:
    case SV_WIRE_EVENTS:
        return hear_rows(in, hearer);
    case SV_WIRE_FAULTS:
        return hear_faults(in, hearer, refusal);
    case SV_WIRE_FACTS:
        return hear_facts(in, hearer);
    case SV_WIRE_LINKS:
        return hear_links(in, hearer);
    default:
        return type == SV_WIRE_END;
    }
}

static void hear(const struct tree *tree, enum sv_wire_type type,
                 struct sv_wire_in *in, const struct hearer *hearer)
{
    const char *refusal;

    if (!tree_hear(type, in, hearer, &refusal))
        die_of_nonsense(tree);
    if (refusal)
        sv_die(SV_EXIT_NO, refusal);
}

void tree_begin(struct tree *tree, enum sv_wire_type type)
{
    struct sv_wire_header header = {type, ++tree->serial};

    sv_wire_begin(&tree->out, &header);
    tree->asks_lasting = sv_wire_is_lasting(type);
}

static bool send_request(const struct tree *tree)
{
    return send(tree->fd, tree->out.bytes, tree->out.used, MSG_NOSIGNAL) >= 0;
}

/* The call's time is for what is asked for to become true. */
static int64_t time_to_answer(const struct tree *tree)
{
    int64_t least = sv_boottime() + ANSWER_MS * SV_MS;

    return tree->deadline > least ? tree->deadline : least;
}

enum asked tree_ask(struct tree *tree, const struct hearer *hearer)
{
    int64_t until = time_to_answer(tree);
    struct sv_wire_header header;
    struct sv_wire_in in;
    enum asked asked;

    if (!send_request(tree))
        return ASKED_LOST;
    do {
        asked = receive(tree, &in, &header, until);
        if (asked != ASKED)
            return asked;
        hear(tree, header.type, &in, hearer);
    } while (header.type != SV_WIRE_END || header.serial != tree->serial);
    return ASKED;
}

void tree_ask_surely(struct tree *tree, const struct hearer *hearer,
                     void (*again)(void *context))
{
    enum asked asked;

    while ((asked = tree_ask(tree, hearer)) == ASKED_LOST) {
        tree_reconnect(tree);
        if (again)
            again(hearer->context);
    }
    if (asked == ASKED_LATE)
        die_of_time(tree);
}

enum asked tree_listen(struct tree *tree, const struct hearer *hearer,
                       int64_t until)
{
    struct sv_wire_header header;
    struct sv_wire_in in;
    enum asked asked = receive(tree, &in, &header, until);

    if (asked == ASKED)
        hear(tree, header.type, &in, hearer);
    return asked;
}

/* ---- facts -------------------------------------------------------------- */

struct wanted_fact {
    const char *name;
    char *value;
};

static void take_fact(void *context, const char *name, const char *value)
{
    const struct wanted_fact *wanted = context;

    if (strcmp(name, wanted->name) == 0)
        memcpy(wanted->value, value, strlen(value) + 1);
}

void tree_fact(struct tree *tree, const char *name,
               char value[static SV_WIRE_FACT_MAX + 1])
{
    struct wanted_fact wanted = {name, value};
    const struct hearer hearer = {.context = &wanted, .fact = take_fact};

    *value = 0;
    tree_begin(tree, SV_WIRE_INFO);
    tree_ask_surely(tree, &hearer, NULL);
}

/* ---- lists -------------------------------------------------------------- */

static void add_row(void *context, const struct sv_wire_row *row)
{
    rows_add(context, row);
}

static void forget_rows(void *context)
{
    struct rows *rows = context;

    rows->count = 0;
}

void tree_list(struct tree *tree, struct rows *rows)
{
    const struct hearer hearer = {.context = rows, .row = add_row};

    rows->count = 0;
    tree_begin(tree, SV_WIRE_LIST);
    tree_ask_surely(tree, &hearer, forget_rows);
}

bool tree_list_named(struct tree *tree, char **names, struct rows *rows)
{
    const struct hearer hearer = {.context = rows, .row = add_row};

    tree_begin(tree, SV_WIRE_LIST);
    for (; *names; names++) {
        if (strlen(*names) > SV_NAME_MAX)
            return false;
        sv_wire_put_text(&tree->out, *names);
    }
    if (tree->out.full)
        return false;
    rows->count = 0;
    tree_ask_surely(tree, &hearer, forget_rows);
    return true;
}

static void keep_row(void *context, const struct sv_wire_row *row)
{
    memcpy(context, row, sizeof *row);
}

bool tree_look(struct tree *tree, const char *name, struct sv_wire_row *row)
{
    const struct hearer hearer = {.context = row, .row = keep_row};

    if (strlen(name) > SV_NAME_MAX)
        return false;
    *row->name = 0;
    tree_begin(tree, SV_WIRE_LIST);
    sv_wire_put_text(&tree->out, name);
    tree_ask_surely(tree, &hearer, NULL);
    return *row->name;
}
