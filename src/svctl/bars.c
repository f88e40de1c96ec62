/* SPDX-License-Identifier: ISC */
/*
 * bars.c - the boot of a tree, a bar for each service.
 */
#include <stdlib.h>
#include <string.h>

#include "sv/boot.h"
#include "svctl/bars.h"
#include "svctl/keep.h"

/* ---- what became of one -------------------------------------------------- */

enum bar_state bar_state(const struct bar *bar)
{
    if (bar->failed > bar->up)
        return BAR_FAILED;
    if (bar->up != BAR_NEVER)
        return BAR_UP;
    return bar->started != BAR_NEVER ? BAR_STARTS : BAR_WAITS;
}

const char *bar_word(enum bar_state state)
{
    static const char *const words[BAR_STATES] = {"waiting", "starting",
                                                  "up", "failed"};

    return words[state];
}

int64_t bar_took(const struct bar *bar)
{
    int64_t end = bar->up != BAR_NEVER ? bar->up : bar->failed;

    return end > bar->started && bar->started != BAR_NEVER
               ? end - bar->started
               : BAR_NEVER;
}

/* ---- from lines to bars -------------------------------------------------- */

/* For now each line is a bar of its own. */
static void add(struct bars *bars, const struct sv_boot_line *line)
{
    struct bar bar = {
        .started = BAR_NEVER, .up = BAR_NEVER, .failed = BAR_NEVER};
    int64_t at = line->at > bars->began ? line->at - bars->began : 0;

    if (line->event == SV_BOOT_START)
        bar.started = at;
    else if (line->event == SV_BOOT_UP)
        bar.up = at;
    else if (line->event == SV_BOOT_FAIL)
        bar.failed = at;
    bar.name = keep_text(line->name);
    bars->bars =
        keep_room(bars->bars, bars->count, &bars->room, sizeof *bars->bars);
    bars->bars[bars->count++] = bar;
}

static int64_t first_of(int64_t one, int64_t other)
{
    if (one == BAR_NEVER || other == BAR_NEVER)
        return one == BAR_NEVER ? other : one;
    return one < other ? one : other;
}

static void merge(struct bar *bar, struct bar *other)
{
    bar->started = first_of(bar->started, other->started);
    bar->up = first_of(bar->up, other->up);
    bar->failed = first_of(bar->failed, other->failed);
    free(other->name);
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(((const struct bar *)one)->name,
                  ((const struct bar *)other)->name);
}

static void merge_all(struct bars *bars)
{
    size_t n = 0;

    qsort(bars->bars, bars->count, sizeof *bars->bars, compare_names);
    for (size_t i = 0; i < bars->count; i++)
        if (n > 0 && strcmp(bars->bars[n - 1].name, bars->bars[i].name) == 0)
            merge(&bars->bars[n - 1], &bars->bars[i]);
        else
            bars->bars[n++] = bars->bars[i];
    bars->count = n;
}

/* Those that never started are last; a bar that was up and no line says since
 * when was there before all. */
static int compare_times(const void *one, const void *other)
{
    const struct bar *a = one;
    const struct bar *b = other;
    uint64_t first = (uint64_t)(a->started != BAR_NEVER ? a->started
                                                        : a->failed);
    uint64_t second = (uint64_t)(b->started != BAR_NEVER ? b->started
                                                         : b->failed);

    if (first != second)
        return first < second ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void sum_up(struct bars *bars)
{
    for (size_t i = 0; i < bars->count; i++) {
        struct bar *bar = &bars->bars[i];
        int64_t end = bar->up > bar->failed ? bar->up : bar->failed;

        if (bar->started == BAR_NEVER)
            bar->started = bar->up;
        if (bar->up == BAR_NEVER && bar->failed != BAR_NEVER &&
            bar->started > bar->failed)
            bar->started = BAR_NEVER; /* another start, after the boot's */
        bars->counts[bar_state(bar)]++;
        if (end > bars->total)
            bars->total = end;
    }
}

static int compare_named(const void *one, const void *other)
{
    return compare_names(*(const struct bar *const *)one,
                         *(const struct bar *const *)other);
}

static void sort(struct bars *bars)
{
    qsort(bars->bars, bars->count, sizeof *bars->bars, compare_times);
    bars->by_name = keep_or_die(calloc(bars->count, sizeof *bars->by_name));
    for (size_t i = 0; i < bars->count; i++)
        bars->by_name[i] = &bars->bars[i];
    qsort(bars->by_name, bars->count, sizeof *bars->by_name, compare_named);
}

bool bars_read(struct bars *bars, const char *text, size_t size)
{
    struct sv_boot_line line;
    const char *end = text + size;

    *bars = (struct bars){.began = BAR_NEVER};
    while (sv_boot_read(&text, end, &line)) {
        if (bars->began == BAR_NEVER && line.event != SV_BOOT_TREE)
            break;
        if (line.event == SV_BOOT_TREE)
            bars->began = line.at;
        else if (line.event == SV_BOOT_OVER)
            bars->is_over = true;
        else if (*line.name)
            add(bars, &line);
    }
    if (bars->count) {
        merge_all(bars);
        sum_up(bars);
        sort(bars);
    }
    return bars->began != BAR_NEVER;
}

void bars_free(struct bars *bars)
{
    for (size_t i = 0; i < bars->count; i++)
        free(bars->bars[i].name);
    free(bars->bars);
    free(bars->by_name);
}

/* ---- who waited for whom ------------------------------------------------- */

static struct bar *find(const struct bars *bars, const char *name)
{
    const struct bar key = {.name = (char *)(uintptr_t)name};
    const struct bar *at = &key;
    struct bar **found =
        bars->count ? bsearch(&at, bars->by_name, bars->count,
                              sizeof *bars->by_name, compare_named)
                    : NULL;

    return found ? *found : NULL;
}

bool bars_link(struct bars *bars, const char *name, const char *other)
{
    struct bar *bar = find(bars, name);
    struct bar *before = find(bars, other);

    if (bar && before && before->up != BAR_NEVER &&
        before->up <= bar->started &&
        (!bar->after || before->up > bar->after->up))
        bar->after = before;
    return before != NULL;
}

void bars_mark_chain(struct bars *bars)
{
    struct bar *bar = NULL;

    for (size_t i = 0; i < bars->count; i++)
        if (bar_state(&bars->bars[i]) == BAR_UP &&
            (!bar || bars->bars[i].up > bar->up))
            bar = &bars->bars[i];
    bars->last = bar;
    if (!bar || !bar->after)
        return;
    for (; bar && !bar->is_in_chain; bar = bar->after)
        bar->is_in_chain = true;
}
