/* SPDX-License-Identifier: ISC */
/*
 * picture.c - the boot as an SVG picture.
 *
 * A table with a timeline in its middle: names to its left, times to its right,
 * each in a column as wide as it needs, so that no label lies upon another or
 * beside the picture, whatever the bars are like.  Source: SVG 1.1.
 */
#include <inttypes.h>
#include <string.h>

#include "sv/json.h"
#include "svctl/chart.h"
#include "svctl/scale.h"
#include "svctl/when.h"

enum {
    MARGIN = 16,
    TITLE = 36, /* base lines of what stands above the bars */
    SUBTITLE = 56,
    LEGEND = 84,
    AXIS = 112,
    TOP = 120, /* of the first row */
    PLOT = 760,
    GAP = 12,
    TIMES = 76, /* a column of times */
    ROW = 22,
    MANY = 60, /* rows, above which they are lower ... */
    LOW_ROW = 16,
    LONG = 25, /* ... and above which the axis is repeated below */
    PARTS = 10, /* of the axis, at most */
    NAME_MAX_WIDTH = 36, /* columns; what is longer is cut */
    LINE_MAX_WIDTH = 120,
};

static const double column = 7.4; /* of a monospaced font of 12 pixels */

static const char style[] =
    "text{fill:#24292f}"
    ".b{font-weight:bold}"
    ".n{font-family:monospace;text-anchor:end}"
    ".r{text-anchor:end}"
    ".m{text-anchor:middle}"
    ".q{fill:#6a737d}"
    ".x{fill:#c62828}"
    ".z{fill:#f5f7f9}"
    ".g{stroke:#d9dee3}"
    ".w0{fill:#d4dae0}"
    ".w1{fill:#f0a30a}"
    ".w2{fill:#b5dfd0}"
    ".w3{fill:#d93025}"
    ".c{fill:none;stroke:#24292f;stroke-width:1.5}";

struct picture {
    FILE *to;
    const struct bars *bars;
    int64_t end;
    int left;   /* of the plot */
    int width;
    int row;    /* its height */
    int bottom; /* of the last row */
    int height;
};

/* ---- texts --------------------------------------------------------------- */

/* XML may not hold every character, however it is written. */
static void put_character(FILE *to, const char *bytes, const char *escaped,
                          size_t used)
{
    unsigned char c = (unsigned char)*bytes;

    if (c < ' ' || c == 127 ||
        (used == 3 && memcmp(bytes, "\xef\xbf", 2) == 0 &&
         (unsigned char)bytes[2] >= 0xbe))
        putc('?', to);
    else if (strchr("<>&\"", c) || (c >= 0x80 && *escaped == '\\'))
        fprintf(to, "&#%u;", c);
    else
        fwrite(bytes, 1, used, to);
}

/* At most so many columns: what is longer ends with three dots. */
static void put_text(FILE *to, const char *text, size_t columns)
{
    size_t left = strlen(text);
    size_t width = chart_width(text);
    size_t done = 0;

    while (left) {
        char escaped[SV_JSON_ESCAPED];
        size_t used;

        sv_json_escape(escaped, text, left, &used);
        done += used > 2 && (unsigned char)*text >= 0xe3 ? 2 : 1;
        if (width > columns && done + 3 > columns) {
            fputs("...", to);
            return;
        }
        put_character(to, text, escaped, used);
        text += used;
        left -= used;
    }
}

static void label(const struct picture *picture, double x, double y,
                  const char *class, const char *text)
{
    fprintf(picture->to, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x,
            y);
    put_text(picture->to, text, LINE_MAX_WIDTH);
    fputs("</text>\n", picture->to);
}

/* ---- bars ---------------------------------------------------------------- */

static double x_of(const struct picture *picture, int64_t us)
{
    return picture->left + PLOT * ((double)us / (double)picture->end);
}

static double middle_of(const struct picture *picture, const struct bar *bar)
{
    return TOP + picture->row * ((double)(bar - picture->bars->bars) + 0.5);
}

static void box(const struct picture *picture, enum bar_state state,
                double from, double to, double middle, double height)
{
    if (to > from)
        fprintf(picture->to,
                "<rect class=\"w%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"%.1f\"/>\n",
                (int)state, from, middle - height / 2, to - from, height);
}

/* Where a line must not be invisible, however short what it shows was. */
static double at_least(double from, double to)
{
    return to < from + 1.5 ? from + 1.5 : to;
}

static void draw_bar(const struct picture *picture, const struct bar *bar)
{
    double middle = middle_of(picture, bar);
    double height = picture->row - 6;
    double right = picture->left + PLOT;
    double failed = x_of(picture, bar->failed);
    double started = x_of(picture, bar->started);
    double up = x_of(picture, bar->up);
    bool has_failed = bar_state(bar) == BAR_FAILED;

    if (bar->started == BAR_NEVER)
        started = bar->failed == BAR_NEVER ? right : failed;
    if (bar->up == BAR_NEVER)
        up = bar->failed == BAR_NEVER ? right : failed;
    box(picture, BAR_WAITS, picture->left, started, middle, 3);
    if (bar->up != BAR_NEVER)
        box(picture, BAR_UP, up, has_failed ? failed : right, middle, height);
    if (bar->started != BAR_NEVER && bar->up != bar->started)
        box(picture, BAR_STARTS, started, at_least(started, up), middle,
            height);
    if (bar->failed != BAR_NEVER)
        box(picture, BAR_FAILED, failed, failed + 4, middle, height);
}

/* What a browser shows when one points at it. */
static void put_tip(const struct picture *picture, const struct bar *bar)
{
    char text[SCALE_TEXT_MAX];

    fputs("<title>", picture->to);
    put_text(picture->to, bar->name, SIZE_MAX);
    fprintf(picture->to, ": %s", bar_word(bar_state(bar)));
    if (bar->started != BAR_NEVER)
        fprintf(picture->to, ", started at %s",
                scale_time(text, bar->started));
    if (bar->up != BAR_NEVER)
        fprintf(picture->to, ", up at %s", scale_time(text, bar->up));
    if (bar->failed != BAR_NEVER)
        fprintf(picture->to, ", failed at %s", scale_time(text, bar->failed));
    if (bar->after) {
        fputs(", waited for ", picture->to);
        put_text(picture->to, bar->after->name, SIZE_MAX);
    }
    fputs("</title>\n", picture->to);
}

static void draw_row(const struct picture *picture, const struct bar *bar)
{
    char text[SCALE_TEXT_MAX];
    enum bar_state state = bar_state(bar);
    double line = middle_of(picture, bar) + 4;
    double right = picture->left + PLOT + GAP;

    fputs("<g>", picture->to);
    put_tip(picture, bar);
    fprintf(picture->to, "<text class=\"n%s\" x=\"%d\" y=\"%.1f\">",
            bar->is_in_chain ? " b" : "", picture->left - GAP, line);
    put_text(picture->to, bar->name, NAME_MAX_WIDTH);
    fputs("</text>\n", picture->to);
    draw_bar(picture, bar);
    label(picture, right + TIMES, line,
          state == BAR_UP ? "r" : state == BAR_FAILED ? "r x" : "r q",
          state == BAR_UP ? scale_time(text, bar->up) : bar_word(state));
    if (bar_took(bar) != BAR_NEVER)
        label(picture, right + 2 * TIMES, line, "r",
              scale_time(text, bar_took(bar)));
    fputs("</g>\n", picture->to);
}

/* From the end of the one to the start of the other, which is at once. */
static void draw_chain(const struct picture *picture)
{
    for (const struct bar *bar = picture->bars->last; bar && bar->after;
         bar = bar->after)
        fprintf(picture->to,
                "<path class=\"c\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n",
                x_of(picture, bar->after->up),
                middle_of(picture, bar->after), middle_of(picture, bar),
                x_of(picture, bar->started));
}

/* ---- around the bars ----------------------------------------------------- */

static void draw_background(const struct picture *picture)
{
    fprintf(picture->to,
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            picture->width, picture->height);
    for (size_t i = 1; i < picture->bars->count; i += 2)
        fprintf(picture->to,
                "<rect class=\"z\" x=\"%d\" y=\"%d\" width=\"%d\" "
                "height=\"%d\"/>\n",
                MARGIN, TOP + picture->row * (int)i,
                picture->width - 2 * MARGIN, picture->row);
}

static void draw_axis(const struct picture *picture)
{
    int64_t step = scale_step(picture->end, PARTS);
    bool is_long = picture->bars->count > LONG;
    char text[SCALE_TEXT_MAX];

    for (int64_t at = 0; at < picture->end; at += step) {
        double x = x_of(picture, at);

        fprintf(picture->to,
                "<path class=\"g\" d=\"M%.1f %dV%d\"/>\n", x, TOP - 4,
                picture->bottom + 4);
        label(picture, x, AXIS, "m q", scale_mark(text, at, step));
        if (is_long)
            label(picture, x, picture->bottom + 18, "m q",
                  scale_mark(text, at, step));
    }
    label(picture, picture->left + PLOT + GAP + TIMES, AXIS, "r q", "up at");
    label(picture, picture->left + PLOT + GAP + 2 * TIMES, AXIS, "r q",
          "took");
}

static void draw_legend(const struct picture *picture)
{
    double x = picture->left;

    for (int state = 0; state < BAR_STATES; state++) {
        box(picture, (enum bar_state)state, x, x + 22, LEGEND - 4,
            state == BAR_WAITS ? 3 : 12);
        label(picture, x + 28, LEGEND, "", bar_word((enum bar_state)state));
        x += 110;
    }
    if (!picture->bars->last || !picture->bars->last->after)
        return;
    fprintf(picture->to, "<path class=\"c\" d=\"M%.1f %dh22\"/>\n", x,
            LEGEND - 4);
    label(picture, x + 28, LEGEND, "b", "the longest chain");
}

static void draw_title(const struct picture *picture,
                       const struct occasion *occasion)
{
    char sum[CHART_SUM_MAX];
    char when[WHEN_LOCAL_MAX];

    fprintf(picture->to,
            "<text class=\"b\" x=\"%d\" y=\"%d\" font-size=\"18\">",
            MARGIN, TITLE);
    put_text(picture->to, occasion->host, NAME_MAX_WIDTH);
    fprintf(picture->to,
            ": %s</text>\n<text class=\"q\" x=\"%d\" y=\"%d\">",
            chart_sum(sum, picture->bars), MARGIN, SUBTITLE);
    put_text(picture->to, occasion->live, LINE_MAX_WIDTH);
    fprintf(picture->to, " began %s</text>\n",
            when_local(when, occasion->began));
}

static void lay_out(struct picture *picture)
{
    const struct bars *bars = picture->bars;
    size_t longest = 8;

    for (size_t i = 0; i < bars->count; i++)
        if (chart_width(bars->bars[i].name) > longest)
            longest = chart_width(bars->bars[i].name);
    if (longest > NAME_MAX_WIDTH)
        longest = NAME_MAX_WIDTH;
    picture->end = chart_end(bars);
    picture->left = MARGIN + (int)((double)longest * column) + 2 * GAP;
    picture->width = picture->left + PLOT + GAP + 2 * TIMES + MARGIN;
    picture->row = bars->count > MANY ? LOW_ROW : ROW;
    picture->bottom = TOP + picture->row * (int)bars->count;
    picture->height = picture->bottom + MARGIN + (bars->count > LONG ? 16 : 0);
}

void chart_draw(FILE *to, const struct bars *bars,
                const struct occasion *occasion)
{
    struct picture picture = {.to = to, .bars = bars};

    lay_out(&picture);
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
            "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<style type=\"text/css\">%s</style>\n",
            picture.width, picture.height, picture.width, picture.height,
            style);
    draw_background(&picture);
    draw_title(&picture, occasion);
    draw_legend(&picture);
    draw_axis(&picture);
    for (size_t i = 0; i < bars->count; i++)
        draw_row(&picture, &bars->bars[i]);
    draw_chain(&picture);
    fputs("</svg>\n", to);
}
