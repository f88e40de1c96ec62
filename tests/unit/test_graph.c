/* SPDX-License-Identifier: ISC */
/* Truths about the graph: stories, and random graphs beside a naive model. */
#include "unit.h"

#include "engine/graph.h"

static struct graph graph;

static void begin(void)
{
    ck_assert(graph_open(&graph));
}

static struct graph_node *node(const char *name)
{
    struct graph_node *found = graph_name(&graph, name);

    ck_assert_ptr_nonnull(found);
    return found;
}

/* service("web", "db", NULL): web needs db.  ":db" is after db. */
static void connect(const char *name, bool is_bundle, const char *const *to)
{
    struct graph_link links[8];
    size_t n = 0;

    for (; to[n] != NULL; n++)
        links[n] = (struct graph_link){
            is_bundle        ? GRAPH_HOLDS
            : *to[n] == ':' ? GRAPH_AFTER
                            : GRAPH_NEEDS,
            to[n] + (*to[n] == ':')
        };
    graph_define(&graph, node(name), is_bundle);
    ck_assert(graph_connect(&graph, node(name), links, n));
}

#define SERVICE(name, ...)                                                     \
    connect(name, false, (const char *const[]){ __VA_ARGS__ })
#define BUNDLE(name, ...)                                                      \
    connect(name, true, (const char *const[]){ __VA_ARGS__ })

static void tell(const char *name, unsigned facts)
{
    graph_tell(&graph, node(name), facts);
    graph_settle(&graph);
}

static bool may_start(const char *name)
{
    graph_settle(&graph);
    return graph_may_start(node(name));
}

static bool may_stop(const char *name)
{
    graph_settle(&graph);
    return graph_may_stop(node(name));
}

static void blames(const char *name, enum sv_blame why, const char *whom)
{
    struct graph_blame blame;

    graph_settle(&graph);
    blame = graph_blame(node(name));
    ck_assert_int_eq(blame.why, why);
    ck_assert_str_eq(blame.whom != NULL ? blame.whom->name : "", whom);
}

static bool was_touched(const char *name)
{
    const struct graph_node *touched;
    bool found = false;

    graph_settle(&graph);
    while ((touched = graph_next_touched(&graph)) != NULL)
        found |= strcmp(touched->name, name) == 0;
    return found;
}

enum {
    GOING = GRAPH_WANTED | GRAPH_RUNNING | GRAPH_GOING,
    WANTED = GRAPH_WANTED,
    STARTING = GRAPH_WANTED | GRAPH_RUNNING,
    UP = GRAPH_WANTED | GRAPH_RUNNING | GRAPH_UP,
};

/* ---- stories ------------------------------------------------------------- */

START_TEST(who_needs_something_waits_until_that_is_up)
{
    begin();
    SERVICE("web", "db", NULL);
    SERVICE("db", NULL);
    tell("web", WANTED);
    tell("db", WANTED);
    ck_assert(may_start("db") && !may_start("web"));
    blames("web", SV_BLAME_WAITS, "db");
    tell("db", STARTING);
    ck_assert(!may_start("web"));
    ck_assert(was_touched("db"));
    tell("db", UP);
    ck_assert(may_start("web") && was_touched("web"));
    blames("web", SV_BLAME_NOBODY, "");
    graph_close(&graph);
}
END_TEST

START_TEST(who_is_needed_stops_when_nobody_runs_who_needs_it)
{
    begin();
    SERVICE("web", "db", NULL);
    SERVICE("db", NULL);
    tell("db", UP);
    tell("web", UP);
    ck_assert(may_stop("web") && !may_stop("db"));
    tell("web", GRAPH_RUNNING);
    ck_assert(!may_stop("db"));
    tell("web", 0);
    ck_assert(may_stop("db") && was_touched("db"));
    graph_close(&graph);
}
END_TEST

START_TEST(who_comes_after_holds_up_a_stop_only_if_it_stops_as_well)
{
    begin();
    SERVICE("web", ":mail", NULL);
    SERVICE("mail", NULL);
    tell("mail", UP);
    tell("web", UP);
    ck_assert(may_stop("mail"));
    tell("web", GRAPH_RUNNING);
    ck_assert(!may_stop("mail"));
    tell("web", UP);
    ck_assert(may_stop("mail"));
    graph_stop_all(&graph);
    ck_assert(!may_stop("mail"));
    tell("web", 0);
    ck_assert(may_stop("mail") && was_touched("mail"));
    graph_close(&graph);
}
END_TEST

START_TEST(who_is_restarted_waits_for_users_that_are_as_well)
{
    begin();
    SERVICE("web", "tier", NULL);
    SERVICE("site", "db", NULL);
    BUNDLE("tier", "db", NULL);
    SERVICE("db", NULL);
    tell("db", GOING);
    tell("site", UP);
    tell("web", GOING);
    ck_assert(graph_may_go(node("web")) && !graph_may_go(node("db")));
    tell("web", WANTED);
    ck_assert(graph_may_go(node("db")) && was_touched("db"));
    ck_assert(!may_stop("db") && !may_start("web"));
    graph_close(&graph);
}
END_TEST

START_TEST(what_failed_is_told_to_all_that_need_it_and_to_nobody_else)
{
    begin();
    SERVICE("site", "web", NULL);
    SERVICE("web", "db", NULL);
    SERVICE("db", NULL);
    SERVICE("mail", ":db", NULL);
    tell("site", WANTED);
    tell("web", WANTED);
    tell("mail", WANTED);
    tell("db", WANTED);
    ck_assert(!may_start("mail"));
    blames("mail", SV_BLAME_AFTER, "db");
    tell("db", GRAPH_WANTED | GRAPH_FAILED);
    blames("web", SV_BLAME_FAILED, "db");
    blames("site", SV_BLAME_NEEDS, "web");
    ck_assert(graph_is_hopeless(node("site")));
    ck_assert(may_start("mail"));
    tell("db", UP);
    ck_assert(may_start("web") && !graph_is_hopeless(node("site")));
    graph_close(&graph);
}
END_TEST

START_TEST(what_nobody_wants_is_waited_for_and_named)
{
    begin();
    SERVICE("web", "db", NULL);
    SERVICE("db", NULL);
    SERVICE("mail", ":db", NULL);
    tell("web", WANTED);
    blames("web", SV_BLAME_UNWANTED, "db");
    ck_assert(may_start("mail"));
    graph_close(&graph);
}
END_TEST

START_TEST(a_name_that_is_missing_is_missed_until_it_comes)
{
    begin();
    SERVICE("web", "db", NULL);
    SERVICE("mail", ":db", NULL);
    tell("web", WANTED);
    blames("web", SV_BLAME_MISSING, "db");
    ck_assert(may_start("mail"));
    SERVICE("db", NULL);
    tell("db", UP);
    ck_assert(may_start("web"));
    graph_forget(&graph, node("db"));
    blames("web", SV_BLAME_MISSING, "db");
    graph_close(&graph);
}
END_TEST

START_TEST(a_cycle_is_an_error_of_those_on_it)
{
    begin();
    SERVICE("a", "b", NULL);
    SERVICE("b", "c", NULL);
    SERVICE("c", "a", NULL);
    SERVICE("d", "a", NULL);
    SERVICE("e", NULL);
    SERVICE("c2", "e", NULL);
    tell("a", WANTED);
    tell("d", WANTED);
    tell("e", UP);
    blames("a", SV_BLAME_CYCLE, "b");
    blames("c", SV_BLAME_CYCLE, "a");
    blames("d", SV_BLAME_BROKEN, "a");
    ck_assert(may_start("c2"));
    SERVICE("c", "e", NULL); /* mended */
    ck_assert(may_start("c") && !may_start("a"));
    tell("c", UP);
    tell("b", UP);
    ck_assert(may_start("a"));
    graph_close(&graph);
}
END_TEST

START_TEST(those_on_a_cycle_that_were_started_by_force_may_stop)
{
    begin();
    SERVICE("a", "b", NULL);
    SERVICE("b", "a", NULL);
    tell("a", UP);
    tell("b", UP);
    ck_assert(may_stop("a") && may_stop("b"));
    SERVICE("a", "a", NULL);
    tell("b", 0);
    ck_assert(may_stop("a") && !may_start("a"));
    graph_close(&graph);
}
END_TEST

START_TEST(a_cycle_that_after_closes_is_none)
{
    begin();
    SERVICE("a", "b", NULL);
    SERVICE("b", ":a", NULL);
    SERVICE("c", ":c", NULL);
    tell("a", WANTED);
    tell("b", WANTED);
    ck_assert(may_start("b") && !may_start("a"));
    ck_assert(may_start("c"));
    tell("b", UP);
    ck_assert(may_start("a"));
    graph_close(&graph);
}
END_TEST

START_TEST(a_bundle_is_up_when_all_that_it_holds_is)
{
    begin();
    BUNDLE("net", "eth", "tier", NULL);
    BUNDLE("tier", "dhcp", NULL);
    SERVICE("eth", NULL);
    SERVICE("dhcp", NULL);
    SERVICE("web", "net", NULL);
    tell("web", WANTED);
    tell("eth", UP);
    tell("dhcp", STARTING);
    blames("web", SV_BLAME_WAITS, "dhcp");
    tell("dhcp", UP);
    ck_assert(may_start("web"));
    ck_assert(may_stop("dhcp"));
    tell("web", UP);
    ck_assert(!may_stop("dhcp") && !may_stop("eth"));
    tell("web", 0);
    ck_assert(may_stop("dhcp") && may_stop("eth"));
    graph_close(&graph);
}
END_TEST

START_TEST(a_bundle_in_a_bundle_in_itself_harms_who_needs_it_only)
{
    begin();
    BUNDLE("one", "two", "web", NULL);
    BUNDLE("two", "one", NULL);
    SERVICE("web", NULL);
    SERVICE("site", "one", NULL);
    tell("web", WANTED);
    tell("site", WANTED);
    ck_assert(may_start("web"));
    blames("site", SV_BLAME_BROKEN, "one");
    blames("one", SV_BLAME_CYCLE, "two");
    graph_close(&graph);
}
END_TEST

START_TEST(an_empty_bundle_is_up)
{
    begin();
    BUNDLE("none", NULL);
    SERVICE("web", "none", NULL);
    ck_assert(may_start("web"));
    graph_close(&graph);
}
END_TEST

START_TEST(who_feeds_needs_one_that_reads_from_it)
{
    const struct graph_link feeds[] = { { GRAPH_FEEDS, "log" },
                                        { GRAPH_FEEDS, "other" } };
    const struct graph_link reads[] = { { GRAPH_READS, "web" } };

    begin();
    SERVICE("log", NULL);
    SERVICE("web", NULL);
    SERVICE("user", "web", NULL);
    ck_assert(graph_connect(&graph, node("web"), feeds, 1));
    tell("web", WANTED);
    tell("user", WANTED);
    tell("log", UP);
    ck_assert(!may_start("web") && graph_is_hopeless(node("web")));
    blames("web", SV_BLAME_UNPAIRED, "log");
    blames("user", SV_BLAME_NEEDS, "web");
    ck_assert(graph_connect(&graph, node("log"), reads, 1));
    ck_assert(may_start("web") && may_start("log"));
    tell("log", WANTED);
    blames("web", SV_BLAME_WAITS, "log");
    ck_assert(may_start("log")); /* it waits for nobody that it reads from */
    tell("log", UP);
    tell("web", UP);
    ck_assert(!may_stop("log") && may_stop("web"));
    ck_assert(graph_connect(&graph, node("web"), feeds, 2));
    ck_assert(!may_start("web"));
    blames("web", SV_BLAME_UNPAIRED, "other");
    graph_close(&graph);
}
END_TEST

START_TEST(who_feeds_itself_is_a_cycle)
{
    const struct graph_link one[] = { { GRAPH_FEEDS, "b" },
                                      { GRAPH_READS, "b" } };
    const struct graph_link other[] = { { GRAPH_FEEDS, "a" },
                                        { GRAPH_READS, "a" } };

    begin();
    SERVICE("a", NULL);
    SERVICE("b", NULL);
    ck_assert(graph_connect(&graph, node("a"), one, 2));
    ck_assert(graph_connect(&graph, node("b"), other, 2));
    tell("a", WANTED);
    ck_assert(!may_start("a") && !may_start("b"));
    blames("a", SV_BLAME_CYCLE, "b");
    graph_close(&graph);
}
END_TEST

START_TEST(names_that_nobody_uses_are_freed)
{
    begin();
    SERVICE("web", "db", "db", ":db", NULL);
    ck_assert_uint_eq(node("web")->outs, 2);
    ck_assert_uint_eq(graph.count, 2);
    graph_forget(&graph, node("web"));
    ck_assert_uint_eq(graph.count, 0);
    ck_assert_ptr_null(graph.first);
    graph_close(&graph);
}
END_TEST

/* A tree of thousands that stops goes one by one. */
START_TEST(one_that_goes_costs_no_look_at_all_others)
{
    begin();
    SERVICE("db", NULL);
    SERVICE("web", "db", ":mail", NULL);
    SERVICE("mail", NULL);
    tell("web", GRAPH_RUNNING | GRAPH_GOING);
    ck_assert(!may_stop("db") && !may_stop("mail"));
    graph_forget(&graph, node("web"));
    ck_assert(!graph.is_dirty);
    ck_assert(may_stop("db") && may_stop("mail"));
    ck_assert(graph_may_go(node("db")) && graph_may_go(node("mail")));
    graph_close(&graph);
}
END_TEST

/* ---- beside a naive model ------------------------------------------------ */

enum { NODES = 12, ROUNDS = 3000 };

static bool edge[GRAPH_KINDS][NODES][NODES];
static unsigned fact[NODES];
static bool is_bundle[NODES];
static bool is_defined[NODES];
static bool hard_path[NODES][NODES];
static bool any_path[NODES][NODES];

static bool is_hard_edge(int a, int b)
{
    return edge[GRAPH_NEEDS][a][b] || edge[GRAPH_HOLDS][a][b];
}

static void close_paths(void)
{
    for (int a = 0; a < NODES; a++)
        for (int b = 0; b < NODES; b++) {
            hard_path[a][b] = is_hard_edge(a, b);
            any_path[a][b] = hard_path[a][b] || edge[GRAPH_AFTER][a][b];
        }
    for (int k = 0; k < NODES; k++)
        for (int a = 0; a < NODES; a++)
            for (int b = 0; b < NODES; b++) {
                hard_path[a][b] |= hard_path[a][k] && hard_path[k][b];
                any_path[a][b] |= any_path[a][k] && any_path[k][b];
            }
}

static bool model_is_up(int n)
{
    if (!is_bundle[n])
        return is_defined[n] && fact[n] & GRAPH_UP;
    if (hard_path[n][n])
        return false;
    for (int to = 0; to < NODES; to++)
        if (is_hard_edge(n, to) && !model_is_up(to))
            return false;
    return true;
}

static bool model_is_dead(int n)
{
    bool dead = false;

    if (!is_defined[n])
        return true;
    if (!is_bundle[n]) {
        if (fact[n] & GRAPH_UP)
            return false;
        if (fact[n] & GRAPH_FAILED)
            return true;
        if (fact[n] & GRAPH_RUNNING)
            return false;
        if (!(fact[n] & GRAPH_WANTED))
            return true;
    }
    if (hard_path[n][n])
        return true;
    for (int to = 0; to < NODES; to++)
        dead |= is_hard_edge(n, to) && model_is_dead(to);
    return dead;
}

static bool model_is_pending(int n)
{
    if (!is_bundle[n])
        return is_defined[n] && fact[n] & GRAPH_WANTED && !model_is_up(n)
               && !model_is_dead(n);
    for (int to = 0; to < NODES; to++)
        if (!hard_path[n][n] && is_hard_edge(n, to) && model_is_pending(to))
            return true;
    return false;
}

static bool model_may_start(int n)
{
    if (hard_path[n][n])
        return false;
    for (int to = 0; to < NODES; to++) {
        if (is_hard_edge(n, to) && !model_is_up(to))
            return false;
        if (edge[GRAPH_AFTER][n][to] && !any_path[to][n]
            && model_is_pending(to))
            return false;
        if (is_bundle[n] && is_hard_edge(n, to) && model_is_pending(to))
            return false;
    }
    return true;
}

/* Running, and along a soft edge not to stay so. */
static bool model_holds_up(int from, int n, unsigned mask)
{
    return (fact[from] & mask)
           && (mask == GRAPH_GOING || is_hard_edge(from, n) || graph.all_stops
               || !(fact[from] & WANTED));
}

/* GRAPH_RUNNING: to be stopped; GRAPH_GOING: to be restarted. */
static bool model_may_go(int n, unsigned mask)
{
    for (int from = 0; from < NODES; from++) {
        bool leads = (is_hard_edge(from, n) && !hard_path[n][from])
                     || (edge[GRAPH_AFTER][from][n] && !any_path[n][from]);

        if (!leads || !is_defined[from])
            continue;
        if (is_bundle[from] ? !model_may_go(from, mask)
                            : model_holds_up(from, n, mask))
            return false;
    }
    return true;
}

static const char *name_of(int n)
{
    static char names[NODES][16];

    snprintf(names[n], sizeof names[n], "n%d", n);
    return names[n];
}

static void redefine(int n)
{
    struct graph_link links[2 * NODES];
    size_t count = 0;
    int density = rand() % 6;

    is_defined[n] = rand() % 8 != 0;
    is_bundle[n] = is_defined[n] && rand() % 4 == 0;
    fact[n] = 0;
    for (int to = 0; to < NODES; to++) {
        enum graph_kind kind = is_bundle[n]       ? GRAPH_HOLDS
                               : rand() % 4 == 0 ? GRAPH_AFTER
                                                 : GRAPH_NEEDS;

        for (int k = 0; k < GRAPH_KINDS; k++)
            edge[k][n][to] = false;
        if (!is_defined[n] || rand() % 12 >= density)
            continue;
        edge[kind][n][to] = true;
        links[count++] = (struct graph_link){ kind, name_of(to) };
    }
    graph_forget(&graph, node(name_of(n)));
    if (!is_defined[n])
        return;
    graph_define(&graph, node(name_of(n)), is_bundle[n]);
    ck_assert(graph_connect(&graph, node(name_of(n)), links, count));
}

static void change_fact(int n)
{
    static const unsigned facts[] = {
        0,  WANTED, STARTING, UP, GRAPH_RUNNING, GRAPH_RUNNING | GRAPH_UP,
        WANTED | GRAPH_FAILED, GRAPH_FAILED, STARTING | GRAPH_GOING,
    };

    if (!is_defined[n] || is_bundle[n])
        return;
    fact[n] = facts[(size_t)rand() % (sizeof facts / sizeof *facts)];
    graph_tell(&graph, node(name_of(n)), fact[n]);
}

static void compare(int round)
{
    close_paths();
    graph_settle(&graph);
    for (int n = 0; n < NODES; n++) {
        const struct graph_node *it = graph_find(&graph, name_of(n));
        struct graph_blame blame;

        if (it == NULL || !is_defined[n])
            continue;
        ck_assert_msg(graph_may_start(it) == model_may_start(n),
                      "round %d: start of n%d", round, n);
        ck_assert_msg(graph_may_stop(it) == model_may_go(n, GRAPH_RUNNING),
                      "round %d: stop of n%d", round, n);
        ck_assert_msg(graph_may_go(it) == model_may_go(n, GRAPH_GOING),
                      "round %d: restart of n%d", round, n);
        if (is_bundle[n])
            continue;
        blame = graph_blame(it);
        ck_assert_msg((blame.why == SV_BLAME_NOBODY) == graph_may_start(it),
                      "round %d: blame of n%d", round, n);
    }
}

START_TEST(random_graphs_are_as_a_naive_model_has_them)
{
    srand(1);
    begin();
    memset(is_defined, 0, sizeof is_defined);
    memset(is_bundle, 0, sizeof is_bundle);
    memset(edge, 0, sizeof edge);
    for (int round = 0; round < ROUNDS; round++) {
        int n = rand() % NODES;

        if (round == ROUNDS / 2)
            graph_stop_all(&graph);
        if (rand() % 5 == 0)
            redefine(n);
        else
            change_fact(n);
        compare(round);
    }
    graph_close(&graph);
}
END_TEST

/* ---- many ---------------------------------------------------------------- */

enum { MANY = 10000 };

static const char *numbered(int n)
{
    static char name[16];

    snprintf(name, sizeof name, "s%d", n);
    return name;
}

/* Each needs the one before; and all of them, at the other end, is needed by
 * one. */
START_TEST(ten_thousand_in_a_chain_and_as_many_side_by_side)
{
    static char names[MANY][8];
    static struct graph_link links[MANY];
    int started = 0;

    begin();
    for (int n = 0; n < MANY; n++) {
        memcpy(names[n], numbered(n), sizeof names[n]);
        links[n] = (struct graph_link){ GRAPH_NEEDS, names[n] };
    }
    for (int n = 0; n < MANY; n++) {
        graph_define(&graph, node(numbered(n)), false);
        ck_assert(graph_connect(&graph, node(names[n]),
                                &links[n > 0 ? n - 1 : 0], n > 0));
        graph_tell(&graph, node(names[n]), WANTED);
    }
    graph_define(&graph, node("all"), false);
    ck_assert(graph_connect(&graph, node("all"), links, MANY));
    graph_tell(&graph, node("all"), WANTED);
    graph_settle(&graph);
    for (struct graph_node *at; (at = graph_next_touched(&graph)) != NULL;) {
        if (at->facts != WANTED || !graph_may_start(at))
            continue;
        started++;
        graph_tell(&graph, at, UP);
        graph_settle(&graph);
    }
    ck_assert_int_eq(started, MANY + 1);
    ck_assert(!graph_may_stop(node("s0")) && graph_may_stop(node("all")));
    graph_close(&graph);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "graph", who_needs_something_waits_until_that_is_up,
        who_is_needed_stops_when_nobody_runs_who_needs_it,
        who_comes_after_holds_up_a_stop_only_if_it_stops_as_well,
        who_is_restarted_waits_for_users_that_are_as_well,
        what_failed_is_told_to_all_that_need_it_and_to_nobody_else,
        what_nobody_wants_is_waited_for_and_named,
        a_name_that_is_missing_is_missed_until_it_comes,
        a_cycle_is_an_error_of_those_on_it,
        those_on_a_cycle_that_were_started_by_force_may_stop,
        a_cycle_that_after_closes_is_none,
        a_bundle_is_up_when_all_that_it_holds_is,
        a_bundle_in_a_bundle_in_itself_harms_who_needs_it_only,
        an_empty_bundle_is_up, names_that_nobody_uses_are_freed,
        one_that_goes_costs_no_look_at_all_others,
        who_feeds_needs_one_that_reads_from_it,
        who_feeds_itself_is_a_cycle,
        random_graphs_are_as_a_naive_model_has_them,
        ten_thousand_in_a_chain_and_as_many_side_by_side);
}
