/* SPDX-License-Identifier: ISC */
/*
 * chart.c - chart: the boot as a timeline.
 *
 * The file that svscan wrote is read as it is, so that the chart is to be had
 * also when no svscan runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/boot.h"
#include "sv/clock.h"
#include "sv/json.h"
#include "sv/say.h"
#include "svctl/chart.h"
#include "svctl/links.h"
#include "svctl/scale.h"
#include "svctl/svctl.h"
#include "svctl/when.h"

enum {
    WIDTH = 80,
    NAME_LEAST = 12,
    TIME = 8,  /* columns of a time, or a state */
    GAP = 2,
    CELLS_LEAST = 10,
    MARK_EVERY = 10, /* columns at least between the marks of the axis */
};

/* ---- what text and picture share ----------------------------------------- */

/* What is not up comes behind it, the worst first. */
char *chart_sum(char buf[static CHART_SUM_MAX], const struct bars *bars)
{
    char took[SCALE_TEXT_MAX];
    size_t n = (size_t)snprintf(buf, CHART_SUM_MAX, "%zu of %zu services up",
                                bars->counts[BAR_UP], bars->count);

    if (bars->last)
        n += (size_t)snprintf(buf + n, CHART_SUM_MAX - n, " in %s",
                              scale_time(took, bars->last->up));
    if (!bars->is_over)
        n += (size_t)snprintf(buf + n, CHART_SUM_MAX - n, " so far");
    for (enum bar_state state = BAR_STATES; state-- > 0;)
        if (state != BAR_UP && bars->counts[state])
            n += (size_t)snprintf(buf + n, CHART_SUM_MAX - n, ", %zu %s",
                                  bars->counts[state], bar_word(state));
    return buf;
}

int64_t chart_end(const struct bars *bars)
{
    int64_t end = bars->total + bars->total / 12;

    return end < 1000 ? 1000 : end;
}

size_t chart_width(const char *name)
{
    size_t left = strlen(name);
    size_t width = 0;

    while (left) {
        char escaped[SV_JSON_ESCAPED];
        size_t used;
        bool is_wide = (unsigned char)*name >= 0xe3;

        sv_json_escape(escaped, name, left, &used);
        width += is_wide && used > 2 ? 2 : 1;
        name += used;
        left -= used;
    }
    return width;
}

/* ---- text ---------------------------------------------------------------- */

/* What a column of a bar shows. */
enum glyph { WAITS, STARTS, UP, FAILED, NOTHING };

static const struct {
    const char *ascii;
    const char *utf8;
    int colour;
    const char *word;
} glyphs[] = {
    [WAITS] = {".", "\xc2\xb7", 0, "waiting"},
    [STARTS] = {"#", "\xe2\x96\x88", 33, "starting"},
    [UP] = {"=", "\xe2\x94\x81", 32, "up"},
    [FAILED] = {"x", "x", 31, "failed"},
    [NOTHING] = {" ", " ", 0, NULL},
};

/* Of the time from `from` to `to`. */
static enum glyph glyph_of(const struct bar *bar, int64_t from, int64_t to)
{
    if (bar->failed != BAR_NEVER && from <= bar->failed && bar->failed < to)
        return FAILED;
    if (bar_state(bar) == BAR_FAILED && from > bar->failed)
        return NOTHING;
    if (bar->started == BAR_NEVER || to <= bar->started)
        return WAITS;
    if (bar->up == BAR_NEVER || (from < bar->up && bar->up > bar->started))
        return STARTS;
    return UP;
}

struct page {
    FILE *to;
    const struct look *look;
    bool is_utf8;
    size_t name;  /* columns of names */
    size_t cells; /* ... of bars */
    int64_t end;
};

static void put_glyph(const struct page *page, enum glyph glyph)
{
    fputs(page->is_utf8 ? glyphs[glyph].utf8 : glyphs[glyph].ascii, page->to);
}

static void colour(const struct page *page, int colour)
{
    if (page->look->has_colour)
        fprintf(page->to, colour ? "\033[%dm" : "\033[m", colour);
}

static void put_bar(const struct page *page, const struct bar *bar)
{
    int last = 0;
    int64_t cells = (int64_t)page->cells;

    for (int64_t i = 0; i < cells; i++) {
        enum glyph glyph = glyph_of(bar, page->end * i / cells,
                                    page->end * (i + 1) / cells);

        if (glyphs[glyph].colour != last)
            colour(page, glyphs[glyph].colour);
        last = glyphs[glyph].colour;
        put_glyph(page, glyph);
    }
    if (last)
        colour(page, 0);
}

static void put_name(const struct page *page, const char *name)
{
    size_t width = chart_width(name);

    print_clean(page->to, name);
    if (width > page->name) {
        putc('\n', page->to);
        width = 0;
    }
    fprintf(page->to, "%*s", (int)(page->name - width + GAP), "");
}

static void put_times(const struct page *page, const struct bar *bar)
{
    char at[SCALE_TEXT_MAX];
    char took[SCALE_TEXT_MAX];
    enum bar_state state = bar_state(bar);

    put_name(page, bar->name);
    fprintf(page->to, "%*s%*s", TIME,
            state == BAR_UP ? scale_time(at, bar->up) : bar_word(state),
            GAP + TIME,
            bar_took(bar) == BAR_NEVER ? "-"
                                       : scale_time(took, bar_took(bar)));
}

static void put_row(const struct page *page, const struct bar *bar)
{
    put_times(page, bar);
    fprintf(page->to, "%*s", GAP, "");
    put_bar(page, bar);
    putc('\n', page->to);
}

/* A mark that has no room behind the last one is left out. */
static void put_axis(const struct page *page)
{
    int64_t step = scale_step(page->end, (unsigned)(page->cells / MARK_EVERY));
    size_t column = 0;

    fprintf(page->to, "%-*s%*s%*s%*s", (int)(page->name + GAP), "NAME", TIME,
            "UP-AT", GAP + TIME, "TOOK", GAP, "");
    for (int64_t at = 0; at < page->end; at += step) {
        char mark[SCALE_TEXT_MAX];
        size_t place = (size_t)(at * (int64_t)page->cells / page->end);
        size_t size = strlen(scale_mark(mark, at, step));

        if ((column && place <= column) || place + size > page->cells)
            continue;
        fprintf(page->to, "%*s%s", (int)(place - column), "", mark);
        column = place + size;
    }
    putc('\n', page->to);
}

static void put_legend(const struct page *page)
{
    for (enum glyph i = WAITS; i < NOTHING; i++) {
        fprintf(page->to, "%s ", glyphs[i].word);
        if (glyphs[i].colour)
            colour(page, glyphs[i].colour);
        put_glyph(page, i);
        if (glyphs[i].colour)
            colour(page, 0);
        fputs(i + 1 < NOTHING ? "  " : "\n", page->to);
    }
}

/* From the last back to the first, as one looks for what to mend. */
static void put_chain(const struct page *page, const struct bars *bars)
{
    if (!bars->last || !bars->last->after)
        return;
    fputs("\nThe longest chain, from its end:\n", page->to);
    for (const struct bar *bar = bars->last; bar; bar = bar->after) {
        put_times(page, bar);
        putc('\n', page->to);
    }
}

static size_t longest_name(const struct bars *bars)
{
    size_t longest = strlen("NAME");

    for (size_t i = 0; i < bars->count; i++)
        if (chart_width(bars->bars[i].name) > longest)
            longest = chart_width(bars->bars[i].name);
    return longest;
}

void chart_print(FILE *to, const struct bars *bars,
                 const struct occasion *occasion, const struct look *look,
                 bool is_utf8)
{
    size_t width = look->width ? look->width : WIDTH;
    size_t most = width / 3 > NAME_LEAST ? width / 3 : NAME_LEAST;
    struct page page = {.to = to, .look = look, .is_utf8 = is_utf8};
    char when[WHEN_LOCAL_MAX];
    char sum[CHART_SUM_MAX];
    size_t others = GAP + TIME + GAP + TIME + GAP;

    page.name = longest_name(bars);
    if (page.name > most)
        page.name = most;
    others += page.name;
    page.cells = width > others + CELLS_LEAST ? width - others : CELLS_LEAST;
    page.end = chart_end(bars);
    print_clean(to, occasion->live);
    fprintf(to, " began %s\n%s\n\n", when_local(when, occasion->began),
            chart_sum(sum, bars));
    put_axis(&page);
    for (size_t i = 0; i < bars->count; i++)
        put_row(&page, &bars->bars[i]);
    putc('\n', to);
    put_legend(&page);
    put_chain(&page, bars);
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_us(struct json *json, const char *name, int64_t us)
{
    if (us == BAR_NEVER)
        json_null(json, name);
    else
        json_number(json, name, (uint64_t)us);
}

static void print_json(const struct bars *bars,
                       const struct occasion *occasion)
{
    struct json *json = json_answer();

    json_time(json, "began", occasion->began);
    json_bool(json, "over", bars->is_over);
    put_us(json, "total_us", bars->total);
    json_open(json, "services", '[');
    for (size_t i = 0; i < bars->count; i++) {
        const struct bar *bar = &bars->bars[i];

        json_open(json, NULL, '{');
        json_text(json, "name", bar->name);
        json_text(json, "state", bar_word(bar_state(bar)));
        put_us(json, "started_us", bar->started);
        put_us(json, "up_us", bar->up);
        put_us(json, "failed_us", bar->failed);
        json_text(json, "waited_for", bar->after ? bar->after->name : NULL);
        json_close(json);
    }
    json_end(json);
}

/* ---- the verb ------------------------------------------------------------ */

static bool is_utf8_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!locale || !*locale)
            locale = getenv(names[i]);
    return locale &&
           (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

static void read_boot(const char *live, struct bars *bars)
{
    static char text[SV_BOOT_SIZE_MAX];
    int dir = open(live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ssize_t size = -1;

    if (dir >= 0)
        size = sv_at_read(dir, ".", SV_TREE_BOOT, text, SV_BOOT_SIZE_MAX);
    if (size < 0 && errno == ENOENT)
        sv_die(SV_EXIT_SYSTEM, "no record of the boot in ", live, "/",
               SV_TREE_BOOT, ": no svscan of this version began that tree");
    if (size < 0)
        sv_die_sys("unable to read ", live, "/", SV_TREE_BOOT);
    if (!bars_read(bars, text, (size_t)size))
        sv_die(SV_EXIT_SYSTEM, "not a record of a boot: ", live, "/",
               SV_TREE_BOOT);
    close(dir);
}

enum { DEPTH = 8 }; /* of bundles in bundles */

/* Who needs a bundle needs what that holds. */
static void link_through(struct bars *bars, const struct links *links,
                         const char *name, const char *other, int depth)
{
    size_t count;
    const struct link *held = links_of(links, other, &count);

    if (bars_link(bars, name, other) || depth == 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (held[i].letter == SV_LINK_HOLDS)
            link_through(bars, links, name, held[i].other, depth - 1);
}

/* Without an svscan there is the chart, and no chain. */
static void learn_links(const struct call *call, struct bars *bars)
{
    struct tree *tree = tree_try(call, NO_TIMEOUT);
    struct links links = {0};

    if (!tree)
        return;
    tree_links(tree, &links);
    for (size_t i = 0; i < links.count; i++)
        if (link_is_edge(&links.list[i]))
            link_through(bars, &links, links.list[i].name,
                         links.list[i].other, DEPTH);
    links_free(&links);
    tree_close(tree);
}

int verb_chart(const struct call *call)
{
    char host[256] = "";
    struct occasion occasion = {.live = call->live, .host = host};
    struct look look = look_of(1);
    struct bars bars;

    tree_must_be_named(call);
    if (call->svg && call->json)
        die_of_usage("chart is a picture (--svg) or JSON, not both");
    read_boot(call->live, &bars);
    learn_links(call, &bars);
    bars_mark_chain(&bars);
    gethostname(host, sizeof host - 1);
    occasion.began =
        sv_realtime() - (sv_boottime() - bars.began * (SV_MS / 1000));
    if (call->svg)
        chart_draw(stdout, &bars, &occasion);
    else if (call->json)
        print_json(&bars, &occasion);
    else
        chart_print(stdout, &bars, &occasion, &look, is_utf8_locale());
    show_end();
    bars_free(&bars);
    return SV_EXIT_OK;
}
