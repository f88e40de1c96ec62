/* SPDX-License-Identifier: ISC */
/*
 * why.c - why: why a service is not up, in a sentence, and what to type next.
 *
 * From the service to who it waits for, to who that one waits for, and so on,
 * until somebody is found who waits for nobody: what that one does is the
 * reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/keep.h"
#include "svctl/links.h"
#include "svctl/print.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

struct why {
    const struct call *call;
    struct json *json; /* NULL: for people */
    struct links links;
    struct rows rows; /* all, sorted */
    int64_t realtime;
    char defs[SV_WIRE_FACT_MAX + 1]; /* where definitions are; "": not known */
};

/* What would help, or tell more. */
enum next {
    NEXT_NONE,
    NEXT_LOG,
    NEXT_RETRY, /* its log, or if it has none its start */
    NEXT_START, /* of what was asked for, and so of all that it needs */
    NEXT_CONT,
    NEXT_WAIT,
    NEXT_CHECK,     /* its definition */
    NEXT_CHECK_ALL, /* where that is none */
    NEXT_DEPS,
};

/* Where the search has come to. */
struct cause {
    const char *name;
    enum next next;
};

/* ---- what a service does ------------------------------------------------ */

static void put_ago(FILE *to, const struct why *why,
                    const struct sv_wire_row *row)
{
    char duration[WHEN_DURATION_MAX];
    int64_t age = row_age(row, why->realtime);

    if (age > 0)
        fprintf(to, ", %s ago", when_duration(duration, age / SV_SECOND));
}

/* What a shell, and others after it, mean by that. */
static const char *meaning_of(uint16_t wstat)
{
    if (wstat == SV_WSTAT_UNKNOWN || !WIFEXITED(wstat))
        return "";
    return WEXITSTATUS(wstat) == 127   ? " (command not found)"
           : WEXITSTATUS(wstat) == 126 ? " (command not executable)"
                                       : "";
}

static void put_deaths(FILE *to, const struct why *why,
                       const struct sv_wire_row *row)
{
    char exit[EXIT_TEXT_MAX];

    if (row->deaths > 1)
        fprintf(to, " %" PRIu32 " times", row->deaths);
    if (!row->deaths && !row->wstat)
        return;
    fprintf(to, ", %s%s%s", row->deaths > 1 ? "last " : "", row_exit(exit, row),
            meaning_of(row->wstat));
    put_ago(to, why, row);
}

static void put_note(FILE *to, const struct sv_wire_row *row)
{
    if (!*row->note)
        return;
    fputs(" (", to);
    print_clean(to, row->note);
    putc(')', to);
}

static void put_since(FILE *to, const struct why *why,
                      const struct sv_wire_row *row)
{
    char duration[WHEN_DURATION_MAX];

    fprintf(to, " for %s, pid %" PRId64,
            when_duration(duration, row_age(row, why->realtime) / SV_SECOND),
            row->pid);
}

static void put_due(FILE *to, const char *what, uint64_t due_ms)
{
    fprintf(to, "%s in %" PRIu64 ".%" PRIu64 " s", what, due_ms / 1000,
            due_ms % 1000 / 100);
}

/* It tells of its readiness by being asked.  What is not there to look at is no
 * reason not to go on. */
static bool is_checked(const struct why *why, const char *name)
{
    char dir[SV_PATH_MAX];

    sv_at(dir, why->call->live, name);
    return sv_at_exists(AT_FDCWD, dir, SV_CHECK) &&
           !sv_at_exists(AT_FDCWD, dir, SV_NOTIFICATION_FD) &&
           !sv_at_exists(AT_FDCWD, dir, SV_NOTIFY_SOCKET);
}

static enum next put_alive(FILE *to, const struct why *why,
                           const struct sv_wire_row *row)
{
    if (row->state == SV_WIRE_STOPPING) {
        fputs("is stopping", to);
        put_since(to, why, row);
        if (row->flags & SV_ROW_OVERDUE)
            put_note(to, row);
        if (row->due_ms)
            put_due(to, ", and is killed", row->due_ms);
        return NEXT_WAIT;
    }
    fputs(row->flags & SV_ROW_ONESHOT ? "is being done" : "runs", to);
    put_since(to, why, row);
    if (row->flags & SV_ROW_PAUSED) {
        fputs(", and is paused", to);
        return NEXT_CONT;
    }
    if (!(row->flags & SV_ROW_ONESHOT) && !row_is_ready(row))
        fputs(is_checked(why, row->name)
                  ? ", and its check has not succeeded yet"
                  : ", and has not said that it is ready", to);
    return NEXT_LOG;
}

static enum next put_unwanted(FILE *to, const struct why *why,
                              const struct sv_wire_row *row)
{
    if (*row->note && row->flags & SV_ROW_NEVER_STARTED) {
        fputs("can not be run: ", to);
        print_clean(to, row->note);
        return NEXT_CHECK_ALL;
    }
    if (row->flags & SV_ROW_NEVER_STARTED &&
        !(row->flags & SV_ROW_NORMALLY_UP)) {
        fputs("is disabled, and nobody has started it", to);
        return NEXT_START;
    }
    fputs("is down, and nobody wants it up", to);
    if (row->deaths || row->wstat) {
        fputs("; it ended", to);
        put_deaths(to, why, row);
    }
    return NEXT_START;
}

/* It is down, and not for long. */
static enum next put_wanted(FILE *to, const struct why *why,
                            const struct sv_wire_row *row)
{
    bool has_died = row->deaths > 0;

    fputs(has_died ? "died" : "has not been started", to);
    put_deaths(to, why, row);
    if (row->due_ms)
        put_due(to,
                has_died ? ", and is started again" : ", and is tried again",
                row->due_ms);
    put_note(to, row);
    return !has_died && *row->note ? NEXT_CHECK : NEXT_RETRY;
}

/* The rest of a sentence that begins with "it" or "which". */
static enum next put_row(FILE *to, const struct why *why,
                         const struct sv_wire_row *row)
{
    if (row_is_alive(row))
        return put_alive(to, why, row);
    if (row->state == SV_WIRE_DONE) {
        fputs("is done", to);
        return NEXT_NONE;
    }
    if (row->state == SV_WIRE_FINISHING) {
        fputs("has ended", to);
        put_deaths(to, why, row);
        fprintf(to, ", and is finishing (pid %" PRId64 ")", row->pid);
        return NEXT_LOG;
    }
    if (row->flags & SV_ROW_FAILED) {
        fputs("failed", to);
        put_deaths(to, why, row);
        if (!row->deaths)
            put_note(to, row);
        return NEXT_RETRY;
    }
    if (!(row->flags & SV_ROW_WANT_UP))
        return put_unwanted(to, why, row);
    return put_wanted(to, why, row);
}

/* ---- who waits for whom ------------------------------------------------- */

/* It waits for others, and for nothing else. */
static bool is_waiting(const struct sv_wire_row *row)
{
    return row->flags & SV_ROW_WANT_UP && !(row->flags & SV_ROW_FAILED) &&
           !row->due_ms &&
           (row->state == SV_WIRE_DOWN || row->state == SV_WIRE_WAITING);
}

static void put_missing(FILE *to, const struct why *why, const char *name)
{
    char hint[HINT_MAX];

    print_clean(to, name);
    fputs(", and there is no such service", to);
    print_clean(to, links_hint(&why->links, &why->rows, name, hint));
}

/* The bundle that holds the other and that name needs; NULL: there is none, or
 * it needs the other itself. */
static const char *bundle_between(const struct links *links, const char *name,
                                  const char *other)
{
    const char *bundle = NULL;
    size_t count;
    const struct link *link = links_of(links, name, &count);

    for (; count > 0; link++, count--) {
        if (!link_is_edge(link))
            continue;
        if (strcmp(link->other, other) == 0)
            return NULL;
        if (links_hold(links, link->other, other))
            bundle = link->other;
    }
    return bundle;
}

/* Says for whom, and goes on to that one; false: there the search ends. */
static bool put_blame(FILE *to, const struct why *why, struct cause *cause,
                      const struct link *blame)
{
    bool is_bundle = links_have(&why->links, cause->name, SV_LINK_BUNDLE);
    const char *between =
        bundle_between(&why->links, cause->name, blame->other);

    if (blame->letter == SV_BLAME_UNPAIRED) {
        fputs("is a producer for ", to);
        print_clean(to, blame->other);
        fputs(", whose consumer-for does not name it", to);
        cause->next = NEXT_CHECK;
        return false;
    }
    fputs(blame->letter == SV_BLAME_AFTER ? "comes after "
          : is_bundle                     ? "holds "
                                          : "needs ", to);
    if (between) {
        print_clean(to, between);
        fputs(", which holds ", to);
    }
    switch (blame->letter) {
    case SV_BLAME_MISSING:
        put_missing(to, why, blame->other);
        cause->next = NEXT_CHECK;
        return false;
    case SV_BLAME_CYCLE:
        fputs("itself, by way of ", to);
        print_clean(to, blame->other);
        cause->next = NEXT_DEPS;
        return false;
    case SV_BLAME_BROKEN:
        print_clean(to, blame->other);
        fputs(", which needs itself", to);
        cause->name = blame->other;
        cause->next = NEXT_DEPS;
        return false;
    default:
        print_clean(to, blame->other);
        fputs(", which ", to);
        cause->name = blame->other;
        return true;
    }
}

/* Each step leads to another name, or there would be a cycle. */
static void put_cause(FILE *to, const struct why *why, struct cause *cause)
{
    for (size_t left = why->links.count + 1; left > 0; left--) {
        const struct sv_wire_row *row = rows_find(&why->rows, cause->name);
        const struct link *blame =
            !row || is_waiting(row) ? links_blame(&why->links, cause->name)
                                    : NULL;

        if (blame) {
            if (!put_blame(to, why, cause, blame))
                return;
        } else if (row) {
            cause->next = put_row(to, why, row);
            return;
        } else {
            fputs("holds only what is up", to);
            return;
        }
    }
}

/* ---- a sentence --------------------------------------------------------- */

/* What "svctl log" would show of the service. */
static const char *log_of(const struct why *why, const char *name)
{
    const struct sv_wire_row *row = rows_find(&why->rows, name);

    if (row && (row->flags & SV_ROW_LOGGED || name_is_logger(name)))
        return name;
    return rows_find(&why->rows, SV_CATCH_ALL) ? SV_CATCH_ALL : NULL;
}

/* Where to look, if no command shows it. */
static void put_where_it_says(FILE *to, const struct why *why,
                              const struct cause *cause)
{
    if (cause->next != NEXT_LOG || log_of(why, cause->name))
        return;
    fputs("; what ", to);
    print_clean(to, cause->name);
    fputs(" writes goes where svscan's own messages go", to);
}

/* The command, after "svctl"; NULL: there is none to type. */
static const char *next_words(const struct why *why, const char *asked,
                              const struct cause *cause, const char **name)
{
    *name = cause->name;
    switch (cause->next) {
    case NEXT_LOG:
        *name = log_of(why, cause->name);
        return *name ? "log" : NULL;
    case NEXT_RETRY:
        *name = log_of(why, cause->name);
        if (*name)
            return "log";
        *name = cause->name;
        return "start";
    case NEXT_START:
        *name = asked;
        return "start";
    case NEXT_CONT:
        return "cont";
    case NEXT_WAIT:
        return "wait down";
    case NEXT_DEPS:
        return "deps";
    default:
        return NULL;
    }
}

/* A logger is in its service's definition; a tree may have none but its live
 * service directories. */
static void put_check(FILE *to, const struct why *why,
                      const struct cause *cause)
{
    const char *dir = *why->defs ? why->defs : why->call->live;
    int size = (int)strcspn(cause->name, "/");
    char path[SV_PATH_MAX];

    snprintf(path, sizeof path, "%s/%.*s", dir, size, cause->name);
    fputs("svctl check ", to);
    print_word(to, cause->next == NEXT_CHECK_ALL ? dir : path);
}

/* For a shell, and for svctl then, to which some names would be an option or a
 * pattern. */
static void put_name(FILE *to, const char *name)
{
    bool is_pattern = name_is_pattern(name);
    char word[2 * SV_NAME_MAX + 1];
    size_t used = 0;

    fputs(*name == '-' ? " -- " : " ", to);
    for (; *name && used + 2 < sizeof word; name++) {
        if (is_pattern && strchr("*?[\\", *name))
            word[used++] = '\\';
        word[used++] = *name;
    }
    word[used] = 0;
    print_word(to, word);
}

static void put_next(FILE *to, const struct why *why, const char *asked,
                     const struct cause *cause)
{
    const char *name;
    const char *words = next_words(why, asked, cause, &name);

    if (cause->next == NEXT_CHECK || cause->next == NEXT_CHECK_ALL)
        put_check(to, why, cause);

    if (!words)
        return;
    fputs("svctl ", to);
    if (why->call->given['r']) {
        fputs("-r ", to);
        print_word(to, why->call->live);
        putc(' ', to);
    }
    fputs(words, to);
    if (name)
        put_name(to, name);
}

static bool is_up(const struct why *why, const char *name)
{
    const struct sv_wire_row *row = rows_find(&why->rows, name);

    return row ? row_is_ready(row) && !(row->flags & SV_ROW_PAUSED)
               : !links_blame(&why->links, name);
}

/* The sentence, and what to type, into a text of its own each. */
static void explain(const struct why *why, const char *asked, char **sentence,
                    char **next)
{
    struct cause cause = {asked, NEXT_NONE};
    size_t size;
    FILE *to = keep_or_die(open_memstream(sentence, &size));
    FILE *to_next = keep_or_die(open_memstream(next, &size));

    print_clean(to, asked);
    fputs(is_up(why, asked) ? " is up: it " : " is not up: it ", to);
    put_cause(to, why, &cause);
    if (!is_up(why, asked)) {
        put_where_it_says(to, why, &cause);
        put_next(to_next, why, asked, &cause);
    }
    if (fclose(to) == EOF || fclose(to_next) == EOF)
        sv_die_sys("unable to find words");
}

static void print_plain(const struct why *why, const char *asked)
{
    char *sentence;
    char *next;

    explain(why, asked, &sentence, &next);
    fputs(sentence, stdout);
    if (*next) {
        fputs(": `", stdout);
        print_clean(stdout, next);
        putchar('`');
    }
    putchar('\n');
    free(sentence);
    free(next);
}

static void print_json(const struct why *why, const char *asked)
{
    char *sentence;
    char *next;

    explain(why, asked, &sentence, &next);
    json_open(why->json, NULL, '{');
    json_text(why->json, "name", asked);
    json_bool(why->json, "up", is_up(why, asked));
    json_text(why->json, "why", sentence);
    json_text(why->json, "next", next);
    json_close(why->json);
    free(sentence);
    free(next);
}

/* ---- the verb ----------------------------------------------------------- */

struct told {
    size_t count;
    bool is_any_down;
};

static void print_one(const struct why *why, const char *name,
                      struct told *told)
{
    if (why->json)
        print_json(why, name);
    else
        print_plain(why, name);
    told->count++;
    told->is_any_down = told->is_any_down || !is_up(why, name);
}

static void print_matches(const struct why *why, const char *pattern,
                          struct told *told)
{
    for (size_t i = 0; i < why->rows.count; i++)
        if (name_matches(pattern, why->rows.rows[i].name))
            print_one(why, why->rows.rows[i].name, told);
}

/* Without names: all that are not as they should be. */
static void print_trouble(const struct why *why, struct told *told)
{
    for (size_t i = 0; i < why->rows.count; i++)
        if (!row_is_well(&why->rows.rows[i]))
            print_one(why, why->rows.rows[i].name, told);
    if (!told->count && !why->json)
        puts("all services are as they should be");
}

static void print_all(const struct why *why, struct told *told)
{
    for (char **name = why->call->args; *name; name++)
        if (name_is_pattern(*name))
            print_matches(why, *name, told);
        else
            print_one(why, *name, told);
    if (!why->call->count)
        print_trouble(why, told);
}

/* A name is a service's or a bundle's; what others name in vain is explained by
 * whoever chooses. */
static void check_names(const struct why *why, struct tree *tree)
{
    struct rows chosen = {0};

    for (char **name = why->call->args; *name; name++) {
        char *one[] = {*name, NULL};

        if (!rows_find(&why->rows, *name) &&
            !links_have(&why->links, *name, SV_LINK_BUNDLE))
            tree_choose(tree, one, false, &chosen);
    }
    rows_free(&chosen);
}

int verb_why(const struct call *call)
{
    struct why why = {.call = call, .realtime = sv_realtime()};
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct told told = {0};

    tree_list(tree, &why.rows);
    rows_sort(&why.rows);
    tree_links(tree, &why.links);
    check_names(&why, tree);
    tree_fact(tree, "definitions", why.defs);
    tree_close(tree);
    if (call->json)
        json_open(why.json = json_answer(), "services", '[');
    print_all(&why, &told);
    if (call->json)
        json_end(why.json);
    show_end();
    rows_free(&why.rows);
    links_free(&why.links);
    return told.is_any_down ? SV_EXIT_NO : SV_EXIT_OK;
}
