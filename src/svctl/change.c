/* SPDX-License-Identifier: ISC */
/*
 * change.c - start, stop, restart, once, wait: ask, and see it through.
 *
 * First WATCH, then LIST, then COMMAND: so that nothing that happens is missed.
 * If svscan is killed meanwhile, all of that is done again with the next one,
 * and commands are repeated where what they ask for has not begun.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sv/blame.h"
#include "sv/clock.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/progress.h"
#include "svctl/show.h"
#include "svctl/verdict.h"

enum { CHANGE_TIMEOUT_MS = 60000 };

struct change {
    struct tree *tree;
    const struct call *call;
    enum goal goal;
    const char *letter;  /* of ORDER; NULL: only waits */
    struct target *targets; /* sorted by name */
    size_t count;
    struct rows others; /* that may be stopped as well, for whoever is told */
    struct progress progress;
    char shown[SV_NAME_MAX + 1]; /* the one that it is about */
};

/* ---- targets ------------------------------------------------------------ */

static int compare_name(const void *name, const void *target)
{
    return strcmp(name, ((const struct target *)target)->now.name);
}

static int compare_targets(const void *one, const void *other)
{
    return compare_name(((const struct target *)one)->now.name, other);
}

static struct target *target_of(const struct change *change, const char *name)
{
    return bsearch(name, change->targets, change->count,
                   sizeof *change->targets, compare_name);
}

static void take_targets(struct change *change, const struct rows *rows)
{
    change->targets =
        keep_or_die(calloc(rows->count + 1, sizeof *change->targets));
    change->count = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        change->targets[i].before = rows->rows[i];
        change->targets[i].now = rows->rows[i];
    }
    qsort(change->targets, change->count, sizeof *change->targets,
          compare_targets);
}

static bool is_stopped(const struct sv_wire_row *row)
{
    return !(row->flags & SV_ROW_WANT_UP) &&
           (row->state == SV_WIRE_STOPPING ||
            row->state == SV_WIRE_FINISHING || row->state == SV_WIRE_DOWN);
}

/* What needs a target is stopped before it. */
static void take_others(struct change *change)
{
    struct rows *others = &change->others;
    size_t kept = 0;

    tree_list(change->tree, others);
    for (size_t i = 0; i < others->count; i++)
        if (!is_stopped(&others->rows[i]) &&
            !target_of(change, others->rows[i].name))
            others->rows[kept++] = others->rows[i];
    others->count = kept;
    rows_sort(others);
}

static void see_row(void *context, const struct sv_wire_row *row)
{
    struct change *change = context;
    struct target *target = target_of(change, row->name);
    struct sv_wire_row *other = rows_find(&change->others, row->name);

    progress_see(&change->progress, row);
    if (target)
        target_see(target, change->goal, row);
    else if (other)
        *other = *row;
}

/* There is none such, any more, for which it may have a note that says more; or
 * it is not ours to command. */
static void see_fault(void *context, const char *name, const char *reason)
{
    struct target *target = target_of(context, name);

    if (!target)
        return;
    target->is_refused = true;
    if (!*target->now.note || strcmp(reason, SV_WIRE_UNKNOWN) != 0)
        snprintf(target->now.note, sizeof target->now.note, "%s", reason);
}

static struct hearer hearer_of(struct change *change)
{
    return (struct hearer){
        .context = change, .row = see_row, .fault = see_fault};
}

/* ---- requests ----------------------------------------------------------- */

static enum asked watch(struct change *change)
{
    const struct hearer hearer = hearer_of(change);

    tree_begin(change->tree, SV_WIRE_WATCH);
    return tree_ask(change->tree, &hearer);
}

/* What has become of them since they were last heard of. */
static enum asked look_again(struct change *change)
{
    const struct hearer hearer = hearer_of(change);
    struct sv_wire_out *out = &change->tree->out;

    tree_begin(change->tree, SV_WIRE_LIST);
    for (size_t i = 0; i < change->count; i++) {
        change->targets[i].is_unseen = change->tree->losses > 0;
        sv_wire_put_text(out, change->targets[i].now.name);
    }
    if (out->full) /* too many for a message: all */
        tree_begin(change->tree, SV_WIRE_LIST);

    enum asked asked = tree_ask(change->tree, &hearer);

    if (asked != ASKED || !change->others.count)
        return asked;
    for (size_t i = 0; i < change->others.count; i++)
        change->others.rows[i].state = SV_WIRE_GONE; /* unless it is told of */
    tree_begin(change->tree, SV_WIRE_LIST);
    return tree_ask(change->tree, &hearer);
}

/* Commands the targets [*from, ...) that want it, as many as a message has room
 * for; *from is then the first that is left. */
static enum asked command_some(struct change *change, size_t *from)
{
    const struct hearer hearer = hearer_of(change);
    struct sv_wire_out *out = &change->tree->out;
    size_t first = *from;
    size_t named = 0;
    size_t i;

    tree_begin(change->tree, SV_WIRE_ORDER);
    sv_wire_put_text(out, change->letter);
    for (i = first; i < change->count; i++) {
        if (!target_wants_request(&change->targets[i], change->goal))
            continue;
        sv_wire_put_text(out, change->targets[i].now.name);
        if (out->full)
            break;
        named++;
    }
    *from = i;

    enum asked asked = named ? tree_ask(change->tree, &hearer) : ASKED;

    for (i = first; asked == ASKED && i < *from; i++)
        change->targets[i].is_asked = true;
    return asked;
}

static enum asked command(struct change *change)
{
    enum asked asked = ASKED;

    for (size_t from = 0; change->letter && from < change->count;)
        if ((asked = command_some(change, &from)) != ASKED)
            break;
    return asked;
}

/* ---- seeing it through -------------------------------------------------- */

/* How many are not done yet?  *until becomes the time at which the first of
 * those that are settling is settled, *first the first of all. */
static size_t count_pending(const struct change *change, int64_t *until,
                            const struct target **first)
{
    int64_t realtime = sv_realtime();
    size_t pending = 0;

    for (size_t i = 0; i < change->count; i++) {
        struct target *target = &change->targets[i];
        enum verdict verdict = target_judge(target, change->goal, realtime);

        if (verdict == DONE || verdict == FAILED)
            continue;
        if (!pending++)
            *first = target;
        if (verdict == SETTLING) {
            int64_t at = sv_boottime() + target->settled - realtime;

            *until = at < *until ? at : *until;
        }
    }
    return pending;
}

static void see_link(void *context, unsigned char letter, const char *name,
                     const char *other)
{
    struct change *change = context;
    char words[SV_WIRE_NOTE_MAX + SV_NAME_MAX];

    if (strcmp(name, change->shown) == 0
        && *sv_blame_words((enum sv_blame)letter, other, words, sizeof words))
        progress_blame(&change->progress, letter, other);
}

/* For the line on the terminal, no more: what is done is told by events. */
static enum asked look_closer(struct change *change, const struct target *target)
{
    struct hearer hearer = hearer_of(change);
    struct tree *tree = change->tree;
    enum asked asked = ASKED;

    hearer.link = see_link;
    change->progress.blame = SV_BLAME_NOBODY;
    if (target->now.state == SV_WIRE_WAITING) {
        tree_begin(tree, SV_WIRE_GRAPH);
        asked = tree_ask(tree, &hearer);
    }
    if (asked != ASKED)
        return asked;
    tree_begin(tree, SV_WIRE_LIST);
    sv_wire_put_text(&tree->out, change->shown);
    if (change->progress.blame)
        sv_wire_put_text(&tree->out, change->progress.whom.name);
    hearer.fault = NULL; /* whom it waits for may be a bundle, or nothing */
    return tree_ask(tree, &hearer);
}

/* Who is being stopped; NULL: nobody. */
static const struct sv_wire_row *stopping_other(const struct change *change)
{
    const struct rows *others = &change->others;

    for (size_t i = 0; i < others->count; i++)
        if (is_stopped(&others->rows[i]) &&
            others->rows[i].state != SV_WIRE_DOWN)
            return &others->rows[i];
    return NULL;
}

static enum asked show(struct change *change, const struct target *target,
                       size_t pending)
{
    struct progress *progress = &change->progress;
    bool is_another = strcmp(change->shown, target->now.name) != 0;
    enum asked asked = ASKED;

    if (is_another) {
        progress->blame = SV_BLAME_NOBODY;
        snprintf(change->shown, sizeof change->shown, "%s", target->now.name);
    }
    if (progress_is_due(progress)
        || (is_another && target->now.state == SV_WIRE_WAITING))
        asked = look_closer(change, target);
    progress->other = stopping_other(change);
    progress_show(progress, &target->now, pending, change->tree->deadline);
    return asked;
}

/* until becomes the time at which the line has to be seen to. */
static enum asked show_in_time(struct change *change,
                               const struct target *target, size_t pending,
                               int64_t *until)
{
    const struct progress *progress = &change->progress;
    enum asked asked = ASKED;
    int64_t next = progress->again;

    if (sv_boottime() >= next) {
        asked = show(change, target, pending);
        next = progress->due;
    }
    *until = next < *until ? next : *until;
    return asked;
}

/* Hears events until all is done, svscan is lost, or the time is over. */
static enum asked await_all(struct change *change)
{
    const struct hearer hearer = hearer_of(change);
    const struct target *first = NULL;

    for (;;) {
        int64_t until = change->tree->deadline;
        size_t pending = count_pending(change, &until, &first);
        enum asked asked = ASKED;

        if (!pending)
            return ASKED;
        if (until == change->tree->deadline && change->progress.is_on)
            asked = show_in_time(change, first, pending, &until);
        if (asked == ASKED)
            asked = tree_listen(change->tree, &hearer, until);
        if (asked == ASKED_LOST ||
            (asked == ASKED_LATE && sv_boottime() >= change->tree->deadline))
            return asked;
    }
}

static bool is_any_finishing(const struct change *change)
{
    for (size_t i = 0; i < change->count; i++)
        if (change->targets[i].now.state == SV_WIRE_FINISHING)
            return true;
    return false;
}

/* Asked for while finish runs, once starts nothing: it says that there shall be
 * no restart after it. */
static enum asked await_finishes(struct change *change)
{
    const struct hearer hearer = hearer_of(change);
    enum asked asked = ASKED;

    while (asked == ASKED && is_any_finishing(change))
        asked = tree_listen(change->tree, &hearer, change->tree->deadline);
    return asked;
}

/* One attempt, with one svscan. */
static enum asked attempt(struct change *change)
{
    enum asked asked = ASKED;

    if (!change->call->no_wait)
        asked = watch(change);
    if (asked == ASKED && (change->tree->losses || !change->call->no_wait))
        asked = look_again(change);
    if (asked == ASKED && change->goal == GOAL_ONCE && !change->call->no_wait)
        asked = await_finishes(change);
    if (asked == ASKED)
        asked = command(change);
    if (asked == ASKED && !change->call->no_wait)
        asked = await_all(change);
    return asked;
}

/* ---- the result --------------------------------------------------------- */

static void reason_of_late(const struct target *target,
                           char reason[static REASON_MAX])
{
    char state[STATE_TEXT_MAX];

    snprintf(reason, REASON_MAX, "timed out: it is %s%s%s",
             row_state(state, &target->now), *target->now.note ? ": " : "",
             target->now.note);
}

static void say_done(const struct sv_wire_row *row)
{
    char state[STATE_TEXT_MAX];

    fprintf(stderr, "%s: %s\n", row->name, row_state(state, row));
}

static void json_target(struct json *json, const struct target *target,
                        const char *error, int64_t realtime)
{
    json_open(json, NULL, '{');
    json_row(json, &target->now, realtime);
    json_text(json, "error", error);
    json_close(json);
}

/* Says what became of one: the exit code. */
static int report_one(const struct call *call, const struct target *target,
                      enum verdict verdict, char reason[static REASON_MAX])
{
    *reason = 0;
    if (call->no_wait && !target->is_refused)
        return SV_EXIT_OK;
    if (verdict == DONE) {
        if (call->tells)
            say_done(&target->now);
        return SV_EXIT_OK;
    }
    if (verdict == FAILED)
        target_reason(target, reason);
    else
        reason_of_late(target, reason);
    sv_say(SV_FATAL, 0, SV_STRINGS(target->now.name, ": ", reason));
    return verdict == FAILED ? SV_EXIT_NO : SV_EXIT_TIMEOUT;
}

static int report(struct change *change)
{
    struct json *json = change->call->json ? json_answer() : NULL;
    int64_t realtime = sv_realtime();
    bool late = false;
    bool failed = false;

    progress_end(&change->progress);
    for (size_t i = 0; i < change->others.count; i++)
        if (is_stopped(&change->others.rows[i]))
            say_done(&change->others.rows[i]);
    if (json)
        json_open(json, "services", '[');
    for (size_t i = 0; i < change->count; i++) {
        struct target *target = &change->targets[i];
        enum verdict verdict = target_judge(target, change->goal, realtime);
        char reason[REASON_MAX];
        int code = report_one(change->call, target, verdict, reason);

        failed = failed || code == SV_EXIT_NO;
        late = late || code == SV_EXIT_TIMEOUT;
        if (json)
            json_target(json, target, reason, realtime);
    }
    if (json)
        json_end(json);
    show_end();
    return failed ? SV_EXIT_NO : late ? SV_EXIT_TIMEOUT : SV_EXIT_OK;
}

static void need_names(const struct call *call)
{
    if (!*call->args && !call->all)
        die_of_usage("which service? (-a is all)");
}

static int change(const struct call *call, char **names, enum goal goal,
                  const char *letter, int64_t timeout_ms)
{
    struct change change = {.call = call, .goal = goal, .letter = letter};
    struct rows rows = {0};
    int code;

    progress_begin(&change.progress, call->tells);
    change.tree = tree_open(call, timeout_ms);
    tree_choose(change.tree, names, call->all, &rows);
    take_targets(&change, &rows);
    rows_free(&rows);
    if (goal == GOAL_STOP && call->tells && !call->no_wait)
        take_others(&change);
    while (attempt(&change) == ASKED_LOST)
        tree_reconnect(change.tree);
    code = report(&change);
    free(change.targets);
    rows_free(&change.others);
    tree_close(change.tree);
    return code;
}

int verb_start(const struct call *call)
{
    need_names(call);
    return change(call, call->args, GOAL_START, "u", CHANGE_TIMEOUT_MS);
}

int verb_stop(const struct call *call)
{
    need_names(call);
    return change(call, call->args, GOAL_STOP, call->force ? "D" : "d",
                  CHANGE_TIMEOUT_MS);
}

int verb_restart(const struct call *call)
{
    need_names(call);
    return change(call, call->args, GOAL_RESTART, "r", CHANGE_TIMEOUT_MS);
}

int verb_once(const struct call *call)
{
    need_names(call);
    return change(call, call->args, GOAL_ONCE, "o", CHANGE_TIMEOUT_MS);
}

int verb_wait(const struct call *call)
{
    static const struct {
        const char *word;
        enum goal goal;
    } goals[] = {
        {"up", GOAL_IS_UP},
        {"ready", GOAL_IS_READY},
        {"down", GOAL_IS_DOWN},
    };
    enum goal goal = GOAL_IS_READY;
    char **names = call->args;

    for (size_t i = 0; *names && i < sizeof goals / sizeof *goals; i++)
        if (strcmp(*names, goals[i].word) == 0) {
            goal = goals[i].goal;
            names++;
            break;
        }
    if (!*names && !call->all)
        die_of_usage("wait for which service? (-a is all)");
    return change(call, names, goal, NULL, NO_TIMEOUT);
}
