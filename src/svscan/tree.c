/* SPDX-License-Identifier: ISC */
/*
 * tree.c - what tells the tree to do something, and the hooks between parts.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/definition.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svscan/tree.h"

enum { PIPE_SIZE = 4096 };

bool tree_has_defs(const struct tree *tree)
{
    return tree->options->defs != NULL;
}

/* ---- commands and signals ------------------------------------------------ */

static void hang_up(struct tree *tree)
{
    scan_all(tree);
    scan_nuke(tree, false);
}

/* Kills nobody and waits for nobody: what runs is for the next svscan. */
static void leave_at_once(struct tree *tree)
{
    tree->engine.loop.stop = true;
}

void tree_command(struct tree *tree, char letter)
{
    char text[2] = { letter, '\0' };

    switch (letter) {
    case 'z': /* services are reaped as they die; this is for all else */
        handle_reap(tree);
        return;
    case 'a':
        scan_all(tree);
        return;
    case 'b':
        leave_at_once(tree);
        return;
    case 'h':
        hang_up(tree);
        return;
    case 'i':
    case 't':
        stop_begin_noted(tree, false);
        return;
    case 'q':
        stop_begin_noted(tree, true);
        return;
    case 'n':
    case 'N':
        scan_nuke(tree, letter == 'N');
        return;
    default:
        sv_warn("received unknown control command: ", text);
        return;
    }
}

static void on_control(struct watch *watch, uint32_t events)
{
    struct tree *tree = CONTAINER(watch, struct tree, control);
    char letters[64];
    ssize_t n = read(watch->fd, letters, sizeof letters);

    (void)events;
    for (ssize_t i = 0; i < n && !tree->engine.loop.stop; i++)
        tree_command(tree, letters[i]);
}

/* What a signal means: the letter that means the same; 0: nothing.  And may a
 * script have another meaning? */
static const struct {
    int signal;
    char letter;
    bool is_free;
} meanings[] = {
    { SIGALRM, 'a', false }, { SIGABRT, 'b', false }, { SIGHUP, 'h', true },
    { SIGINT, 'i', true },   { SIGTERM, 't', true },  { SIGQUIT, 'q', true },
    { SIGUSR1, 0, true },    { SIGUSR2, 0, true },    { SIGPWR, 0, true },
    { SIGWINCH, 0, true },   { SIGCHLD, 'z', false },
};

enum { SIGNALS = sizeof meanings / sizeof *meanings };

/* When all has stopped nothing begins any more. */
static bool has_script(struct tree *tree, int signal)
{
    return tree->phase != STOP_DONE && handle_signal(tree, signal);
}

static void on_signal(struct loop *loop, int signal)
{
    struct engine *engine = CONTAINER(loop, struct engine, loop);
    struct tree *tree = TREE_OF(engine);
    size_t i = 0;

    while (i < SIGNALS && meanings[i].signal != signal)
        i++;
    if (i == SIGNALS || (meanings[i].is_free && has_script(tree, signal)))
        return;
    if (meanings[i].letter != 0)
        tree_command(tree, meanings[i].letter);
}

static bool open_control(struct tree *tree)
{
    int live = tree->engine.live;
    int fd = line_claim(&tree->engine, SV_KIND_CONTROL, 0, 0, NULL);

    if (fd < 0 && mkfifoat(live, SV_TREE_CONTROL, 0600) < 0 && errno != EEXIST)
        return false;
    if (fd < 0)
        fd = loop_fd(openat(live, SV_TREE_CONTROL,
                            O_RDWR | O_NONBLOCK | O_CLOEXEC));

    if (fd < 0)
        return false;
    fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
    tree->engine.listener = fd;
    return loop_watch(&tree->engine.loop, &tree->control, fd, EPOLLIN,
                      on_control);
}

static void on_period(struct timer *timer)
{
    struct tree *tree = CONTAINER(timer, struct tree, period);

    scan_all(tree);
    loop_arm(&tree->engine.loop, timer,
             sv_boottime() + tree->options->period_ms * SV_MS, on_period);
}

/* ---- hooks of the engine ------------------------------------------------- */

static void on_changed(struct service *service)
{
    struct tree *tree = TREE_OF(service->engine);

    order_see(&tree->order, service);
    boot_see(&tree->boot, service);
    if (tree->is_serving)
        serve_changed(&tree->serve, service);
}

static void on_taken(struct service *service)
{
    definition_take(&TREE_OF(service->engine)->order, service);
}

static bool on_must_wait(struct service *service)
{
    return order_must_wait(&TREE_OF(service->engine)->order, service);
}

static void on_stop_failed(struct service *service)
{
    order_stop_failed(&TREE_OF(service->engine)->order, service);
}

static struct service *on_consumer(struct service *service)
{
    return definition_consumer(service);
}

static void on_round_over(struct engine *engine)
{
    struct tree *tree = TREE_OF(engine);

    order_run(&tree->order);
    boot_run(&tree->boot, tree->defs.unquiet == NULL);
    if (tree->is_serving)
        serve_flush(&tree->serve);
}

static void on_may_stop(struct service *service)
{
    stop_turn(TREE_OF(service->engine), service);
}

/* What a definition says of others counts at once, whatever the copy. */
static int open_definition(struct engine *engine, const char *name)
{
    struct tree *tree = TREE_OF(engine);
    char path[SV_PATH_MAX];

    if (!tree_has_defs(tree) || !defs_is_ours(&tree->defs, name))
        return -1;
    return open(sv_at(path, tree->options->defs, name),
                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The copy is brought up to date; and it may have got a logger, or a word of
 * what is wrong. */
static void on_before_start(struct service *service)
{
    struct tree *tree = TREE_OF(service->engine);

    if (!tree_has_defs(tree) || service->is_foreign || service->is_logger)
        return;
    if (defs_refresh(&tree->defs, service->name))
        scan_entry(tree, service->name);
    service->is_changed = defs_is_changed(&tree->defs, service->name);
}

/* A definition that has gone leaves with the last of the pair. */
static void forget_definition(struct tree *tree, struct service *service)
{
    const struct service *partner =
        service->is_logger ? service->producer : service->logger;
    char name[SV_NAME_MAX + 1];
    size_t n = strcspn(service->name, "/");

    if (!tree_has_defs(tree) || service->is_foreign || partner != NULL
        || n >= sizeof name)
        return;
    memcpy(name, service->name, n);
    name[n] = '\0';
    if (defs_is_gone(&tree->defs, name))
        defs_forget(&tree->defs, name);
}

/* A service that ended while nobody looked leaves before its logger has been
 * taken up: that is done now, so that what it said last is read. */
static void let_logger_go(struct tree *tree, struct service *service)
{
    if (service->logger == NULL && service->log_fifo >= 0)
        scan_logger(tree, service);
    if (service->logger == NULL)
        return;
    if (tree->phase == STOP_NOT)
        stop_drain(tree, service->logger);
    else
        stop_wake(service->logger);
}

static void on_left(struct service *service)
{
    struct tree *tree = TREE_OF(service->engine);

    if (tree->is_serving)
        serve_left(&tree->serve, service);
    definition_leave(&tree->order, service);
    boot_forget(&tree->boot, service);
    let_logger_go(tree, service);
    forget_definition(tree, service);
    stop_advance(tree, service);
    /* As s6-svscan, which starts a supervisor again that has left by itself. */
    if (tree->phase == STOP_NOT && service->is_active)
        scan_soon(tree);
}

/* ---- hooks of the definitions -------------------------------------------- */

static void on_appeared(void *context, const char *name)
{
    struct tree *tree = context;

    if (tree->phase == STOP_NOT)
        scan_entry(tree, name);
}

static void on_removed(void *context, const char *name)
{
    struct tree *tree = context;
    struct service *service = service_by_name(&tree->engine, name);

    if (service != NULL && !service->is_foreign) {
        scan_remove(service);
        return;
    }
    definition_leave_bundle(&tree->order, name);
    defs_forget(&tree->defs, name);
}

static void notify(int fd)
{
    if (fd >= 0 && (write(fd, "\n", 1) < 0 || close(fd) < 0))
        sv_warn_sys("unable to say that we are ready");
}

/* From here on a svscan after us goes on, and does not begin anew. */
static void note_runs(struct tree *tree)
{
    struct sv_children *children = &tree->engine.children;
    uint32_t restarts;
    unsigned flags = sv_children_tree(children, &restarts);

    sv_children_set_tree(children, flags | SV_TREE_RUNS, tree->restarts);
}

/* Who is told that we are ready, or up, may command all that there is. */
static void take_all(struct tree *tree)
{
    note_runs(tree);
    notify(tree->options->notify);
    scan_all(tree);
    line_say(&tree->engine, SV_HOLD_UP, 0);
}

static void on_gathered(void *context)
{
    struct tree *tree = context;

    if (tree->phase == STOP_NOT)
        take_all(tree);
    serve_listen_again(&tree->serve);
}

/* A definition that was mended need not wait for the next try. */
static void on_definition_changed(void *context, const char *name)
{
    struct tree *tree = context;
    struct service *service = service_by_name(&tree->engine, name);

    if (service == NULL) { /* a bundle, which may be none any more */
        if (!tree->defs.is_gathering)
            on_appeared(tree, name);
        return;
    }
    if (service->is_foreign)
        return;
    definition_take(&tree->order, service);
    service->is_changed = defs_is_changed(&tree->defs, name);
    on_changed(service);
    if (service->is_changed && service->is_failing)
        service_retry(service);
}

static const struct defs_hooks defs_hooks = {
    .appeared = on_appeared,
    .gathered = on_gathered,
    .removed = on_removed,
    .changed = on_definition_changed,
};

/* ---- hooks of the socket ------------------------------------------------- */

static bool fault_hook(void *context, size_t i, const char **name,
                       const char **note)
{
    struct tree *tree = context;

    return tree_has_defs(tree) && defs_fault(&tree->defs, i, name, note);
}

static const char *note_hook(void *context, const char *name)
{
    struct tree *tree = context;
    const char *note =
        tree_has_defs(tree) ? defs_note(&tree->defs, name) : NULL;

    return note != NULL ? note : definition_fault(&tree->order, name);
}

static const char *order_hook(void *context, char letter, const char *name,
                              order_permit *may, void *client)
{
    struct order *order = &((struct tree *)context)->order;

    if (letter == 'd' || letter == 'D')
        return order_stop(order, name, letter == 'D', may, client);
    return order_start(order, name,
                       letter == 'u'   ? ORDER_UP
                       : letter == 'o' ? ORDER_ONCE
                                       : ORDER_AGAIN,
                       may, client);
}

static void ordered_hook(void *context)
{
    order_commit(&((struct tree *)context)->order);
}

static const struct graph *graph_hook(void *context)
{
    struct graph *graph = &((struct tree *)context)->order.graph;

    graph_settle(graph);
    return graph;
}

static void rescan_hook(void *context)
{
    struct tree *tree = context;

    if (tree->phase == STOP_NOT) {
        if (tree_has_defs(tree) && !defs_rescan(&tree->defs))
            sv_warn_sys("unable to read the definitions in ",
                        tree->options->defs);
        scan_all(tree);
    }
    serve_rescanned(&tree->serve);
}

static const char *machine_hook(void *context, char letter)
{
    struct tree *tree = context;

    if (tree->engine.line.fd < 0)
        return "no init of ours is above this tree";
    if (!line_say(&tree->engine, SV_HOLD_MACHINE, letter))
        return "init does not take the request";
    return NULL;
}

static const char *upgrade_hook(void *context, char letter)
{
    return letter == SV_UPGRADE_INIT ? upgrade_begin_init(context)
                                     : upgrade_begin(context);
}

static void info_hook(void *context, struct sv_wire_out *out)
{
    const struct tree *tree = context;
    char number[SV_NUMBER_MAX];

    sv_wire_put_fact(out, "version", SV_VERSION);
    sv_wire_put_fact(out, "pid", sv_number(number, getpid()));
    sv_wire_put_fact(
        out, "uptime_ms",
        sv_number(number, (sv_boottime() - tree->began) / SV_MS));
    if (tree->options->defs != NULL
        && strlen(tree->options->defs) <= SV_WIRE_FACT_MAX)
        sv_wire_put_fact(out, "definitions", tree->options->defs);
    sv_wire_put_fact(out, "restarts", sv_number(number, tree->restarts));
    if (tree->engine.line.fd >= 0 && tree->engine.init_version[0] != '\0')
        sv_wire_put_fact(out, "init", tree->engine.init_version);
}

static bool open_serve(struct tree *tree)
{
    struct engine *engine = &tree->engine;
    const struct serve_hooks hooks = { .context = tree,
                                       .fault = fault_hook,
                                       .note = note_hook,
                                       .order = order_hook,
                                       .ordered = ordered_hook,
                                       .graph = graph_hook,
                                       .rescan = rescan_hook,
                                       .machine = machine_hook,
                                       .upgrade = upgrade_hook,
                                       .info = info_hook };
    int fd = line_claim(engine, SV_KIND_LISTENER, 0, 0, NULL);

    if (fd < 0) {
        fd = loop_fd(sv_wire_listen(engine->live, tree->options->mode));
        if (fd < 0)
            return false;
        line_hold(engine, SV_KIND_LISTENER, 0, 0, 0, fd);
    }
    tree->is_serving = serve_open(&tree->serve, engine, fd, &hooks);
    return tree->is_serving;
}

/* ---- all of it ----------------------------------------------------------- */

static void on_stop(struct engine *engine)
{
    stop_begin(TREE_OF(engine), false);
}

static void on_upgraded(struct engine *engine)
{
    upgrade_init_ended(TREE_OF(engine),
                       engine->upgraded == SV_UPGRADE_DONE
                           ? NULL
                           : sv_upgrade_reason(engine->upgraded));
}

static void resume(struct engine *engine, const struct handover *resumed)
{
    if (resumed == NULL)
        return;
    engine->is_resumed = true;
    engine->inherited_files = (struct rlimit){
        .rlim_cur = (rlim_t)resumed->files_soft,
        .rlim_max = (rlim_t)resumed->files_hard,
    };
}

static bool open_engine(struct tree *tree, int live)
{
    struct engine *engine = &tree->engine;
    int signals[SIGNALS + 1] = { 0 };
    size_t n = 0;

    tree->has_strangers = tree->options->resumed != NULL
                              ? tree->options->resumed->has_strangers
                              : handle_has_strangers();

    for (size_t i = 0; i < SIGNALS; i++)
        if (meanings[i].signal != SIGCHLD || tree->has_strangers)
            signals[n++] = meanings[i].signal;
    if (!loop_open(&engine->loop, signals, on_signal))
        return false;
    engine->live = live;
    engine->defs = tree->options->defs;
    engine->shared_lock = SV_TREE_SERVICE_LOCK;
    engine->hooks = (struct hooks){ .taken = on_taken,
                                    .must_wait = on_must_wait,
                                    .consumer = on_consumer,
                                    .round_over = on_round_over,
                                    .stop_failed = on_stop_failed,
                                    .changed = on_changed,
                                    .before_start = on_before_start,
                                    .left = on_left };
    if (!order_open(&tree->order, engine))
        return false;
    tree->order.open_definition = open_definition;
    tree->order.may_stop = on_may_stop;
    engine->on_stop = on_stop;
    engine->on_upgraded = on_upgraded;
    resume(engine, tree->options->resumed);
    return engine_open(engine, tree->lock, SV_TREE_CHILDREN, SV_TREE_CHILDREN_NEW,
                       tree->options->services_max);
}

/* Nothing of an earlier svscan is to be gone on with. */
static bool begins_anew(struct tree *tree)
{
    const struct sv_children *children = &tree->engine.children;
    uint32_t restarts;

    return (sv_children_tree(children, &restarts) & SV_TREE_RUNS) == 0
           && children->copied == 0 && tree->options->resumed == NULL;
}

/* Who begins as the child of process 1 is the first of its system, and nobody
 * else is there yet. */
static bool is_first(struct tree *tree)
{
    return begins_anew(tree) && tree->engine.line.fd >= 0 && getppid() == 1;
}

bool tree_open(struct tree *tree, int live)
{
    const struct options *options = tree->options;
    struct engine *engine = &tree->engine;

    tree->began = sv_boottime();
    tree->control.fd = -1;
    tree->serve.listener.fd = -1;
    tree->catch_all_fifo = -1;
    tree->upgrade.probe.fd = -1;
    if (!open_engine(tree, live))
        return false;
    if (options->resumed != NULL && !handover_keep(engine))
        return false;
    if (options->line >= 0 && !line_open(engine, options->line))
        sv_warn_sys("unable to talk to init (going on without it)");
    line_sort(engine);
    return open_control(tree)
           && (options->defs == NULL
               || defs_open(&tree->defs, &engine->loop, live, options->defs,
                            is_first(tree), &defs_hooks, tree))
           && open_serve(tree);
}

/* What was said of the tree by a svscan before us, and by us: a restart counts
 * if that one neither left nor became us.  Returns its flags. */
static unsigned note_begin(struct tree *tree)
{
    struct sv_children *children = &tree->engine.children;
    unsigned flags = sv_children_tree(children, &tree->restarts);

    /* Before the note that it runs: what is killed in between begins anew. */
    boot_open(&tree->boot, &tree->engine, begins_anew(tree));
    if ((flags & SV_TREE_RUNS) != 0 && tree->options->resumed == NULL)
        tree->restarts++;
    return flags;
}

/* Nobody has died: the next svscan starts as it is told to. */
static void note_end(struct tree *tree)
{
    if (tree->phase != STOP_DONE)
        sv_children_set_tree(&tree->engine.children, 0, tree->restarts);
}

void tree_run(struct tree *tree)
{
    struct engine *engine = &tree->engine;
    unsigned flags = note_begin(tree);

    /* Everything is taken up first, and nothing started. */
    if ((flags & SV_TREE_STOPS) != 0)
        engine->is_stopping = true;
    if (begins_anew(tree) && tree_has_defs(tree) && defs_gather(&tree->defs))
        serve_wait(&tree->serve); /* or there would be no such service */
    else
        take_all(tree);
    order_run(&tree->order);
    boot_begin(&tree->boot);
    boot_run(&tree->boot, tree->defs.unquiet == NULL);
    if ((flags & SV_TREE_STOPS) != 0)
        stop_begin_noted(tree, (flags & SV_TREE_LOGGERS_TOO) != 0);
    if (tree->options->period_ms > 0)
        loop_arm(&engine->loop, &tree->period,
                 sv_boottime() + tree->options->period_ms * SV_MS, on_period);
    loop_run(&engine->loop);
    boot_run(&tree->boot, false);
    note_end(tree);
}
