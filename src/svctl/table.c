/* SPDX-License-Identifier: ISC */
/*
 * table.c - the table of svctl status.
 *
 * Columns are as wide as what is in them.  On a terminal the name gets what is
 * left of the line; one that is longer stands on a line of its own, whole, so
 * that it can be copied.  Where not even a short name would be left room, the
 * last columns are left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/json.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/enable.h"
#include "svctl/show.h"
#include "svctl/verdict.h"
#include "svctl/when.h"

enum column { NAME, STATE, READY, PID, UPTIME, RESTARTS, LAST_EXIT, COLUMNS };

enum {
    CELL_MAX = SV_NAME_MAX + 4,
    GAP = 2,
    NAME_LEAST = 12,
    INDENT = 4, /* of what is too long for a line, and goes on below */
};

static const char *const headings[COLUMNS] = {
    [NAME] = "NAME",         [STATE] = "STATE",   [READY] = "READY",
    [PID] = "PID",           [UPTIME] = "UPTIME", [RESTARTS] = "RESTARTS",
    [LAST_EXIT] = "LAST-EXIT",
};

struct cells {
    char text[COLUMNS][CELL_MAX];
};

struct layout {
    size_t widths[COLUMNS];
    size_t shown; /* how many of them */
};

enum colour { PLAIN = 0, RED = 31, GREEN = 32, YELLOW = 33 };

struct look look_of(int fd)
{
    struct look look = {.realtime = sv_realtime(), .definitions = -1};
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    struct winsize size;

    if (!isatty(fd))
        return look;
    look.width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                     ? size.ws_col
                     : 80;
    look.has_colour = !(no_colour && *no_colour) &&
                      !(terminal && strcmp(terminal, "dumb") == 0);
    return look;
}

/* The bytes of the character at text, of which there are room at most, and
 * whether a terminal does nothing for it but show it.  U+0080 to U+009F are
 * control characters that some heed. */
static size_t character(const char *text, size_t room, bool *is_clean)
{
    char escaped[SV_JSON_ESCAPED];
    size_t used;
    size_t size = sv_json_escape(escaped, text, room, &used);
    bool is_plain = size == used && memcmp(escaped, text, size) == 0;
    bool is_control = *text == '\302' && used == 2 &&
                      (text[1] & 0xe0) == 0x80;

    *is_clean = (is_plain && !is_control) || *text == '"' || *text == '\\';
    return used;
}

/* How wide it is on a terminal, where each character is. */
static size_t columns_of(const char *text, size_t size)
{
    size_t columns = 0;
    bool is_clean;

    for (size_t i = 0; i < size; i += character(text + i, size - i, &is_clean))
        columns++;
    return columns;
}

static size_t width_of(const char *text)
{
    return columns_of(text, strlen(text));
}

void print_clean_bytes(FILE *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        bool is_clean;
        size_t used = character(text + i, size - i, &is_clean);

        if (is_clean)
            fwrite(text + i, 1, used, to);
        else
            putc('?', to);
        i += used;
    }
}

void print_clean(FILE *to, const char *text)
{
    print_clean_bytes(to, text, strlen(text));
}

void print_wrapped(FILE *to, const char *lead, const char *text,
                   const struct look *look)
{
    size_t column = strlen(lead);
    const char *word = text;

    fputs(lead, to);
    while (*word) {
        size_t size = strcspn(word, " ");
        size_t columns = columns_of(word, size) + (word > text);

        if (look->width && column + columns > look->width && column > INDENT) {
            fprintf(to, "\n%*s", INDENT, "");
            column = INDENT - (word > text);
        } else if (word > text) {
            putc(' ', to);
        }
        print_clean_bytes(to, word, size);
        column += columns;
        word += size + (word[size] == ' ');
    }
    putc('\n', to);
}

static const char *state_word(const struct sv_wire_row *row)
{
    if (row_is_alive(row) && row->flags & SV_ROW_PAUSED)
        return "paused";
    return row_word(row);
}

static enum colour state_colour(const struct sv_wire_row *row)
{
    bool is_wanted = row->flags & (SV_ROW_WANT_UP | SV_ROW_FAILED) ||
                     *row->note;

    if (row->state == SV_WIRE_DOWN || row->state == SV_WIRE_WAITING)
        return is_wanted ? RED : PLAIN;
    return row_is_ready(row) && !(row->flags & SV_ROW_PAUSED) ? GREEN : YELLOW;
}

void print_state_word(FILE *to, const struct sv_wire_row *row, bool has_colour)
{
    enum colour colour = has_colour ? state_colour(row) : PLAIN;

    if (colour)
        fprintf(to, "\033[%dm%s\033[m", (int)colour, state_word(row));
    else
        fputs(state_word(row), to);
}

static void fill_exit(char *text, const struct sv_wire_row *row)
{
    if (!row->deaths && !row->wstat)
        stpcpy(text, "-");
    else if (row->wstat == SV_WSTAT_UNKNOWN)
        stpcpy(text, "unknown");
    else if (WIFSIGNALED(row->wstat))
        snprintf(text, CELL_MAX, "SIG%s",
                 sv_signal_name(WTERMSIG(row->wstat)));
    else
        snprintf(text, CELL_MAX, "exit %d", WEXITSTATUS(row->wstat));
}

static void fill_uptime(char *text, const struct sv_wire_row *row,
                        int64_t realtime)
{
    char duration[WHEN_DURATION_MAX];
    int64_t uptime = row_uptime(row, realtime);

    stpcpy(text, uptime < 0 ? "-"
                            : when_duration(duration, uptime / SV_SECOND));
}

static void fill_cells(struct cells *cells, const struct sv_wire_row *row,
                       int64_t realtime)
{
    const char *ready = !row_is_alive(row) || !(row->flags & SV_ROW_ANNOUNCES)
                            ? "-"
                        : row->flags & SV_ROW_READY ? "yes"
                                                    : "no";

    snprintf(cells->text[NAME], CELL_MAX, "%s%s",
             name_is_logger(row->name) ? "  " : "", row->name);
    stpcpy(cells->text[STATE], state_word(row));
    stpcpy(cells->text[READY], ready);
    if (row->pid)
        snprintf(cells->text[PID], CELL_MAX, "%" PRId64, row->pid);
    else
        stpcpy(cells->text[PID], "-");
    fill_uptime(cells->text[UPTIME], row, realtime);
    snprintf(cells->text[RESTARTS], CELL_MAX, "%" PRIu32, row->restarts);
    fill_exit(cells->text[LAST_EXIT], row);
}

/* Leaves out what does not fit, and gives the name what is left. */
static void fit(struct layout *layout, size_t width)
{
    size_t *name = &layout->widths[NAME];
    size_t least = *name < NAME_LEAST ? *name : NAME_LEAST;
    size_t others = 0;

    for (size_t i = NAME + 1; i < COLUMNS; i++)
        others += GAP + layout->widths[i];
    while (least + others > width && layout->shown > STATE + 1)
        others -= GAP + layout->widths[--layout->shown];
    if (*name + others > width)
        *name = width > least + others ? width - others : least;
}

static void measure(struct layout *layout, const struct rows *rows,
                    const struct look *look)
{
    struct cells cells = {0};

    layout->shown = COLUMNS;
    for (size_t i = 0; i < COLUMNS; i++)
        layout->widths[i] = strlen(headings[i]);
    for (size_t r = 0; r < rows->count; r++) {
        fill_cells(&cells, &rows->rows[r], look->realtime);
        for (size_t i = 0; i < COLUMNS; i++)
            if (width_of(cells.text[i]) > layout->widths[i])
                layout->widths[i] = width_of(cells.text[i]);
    }
    if (look->width)
        fit(layout, look->width);
}

static void pad(FILE *to, size_t used, size_t width)
{
    for (; used < width; used++)
        putc(' ', to);
}

static void print_cells(FILE *to, const char *const *texts,
                        const struct layout *layout, enum colour state_colour)
{
    const size_t *widths = layout->widths;
    size_t length = width_of(texts[NAME]);

    print_clean(to, texts[NAME]);
    if (length > widths[NAME]) {
        putc('\n', to);
        length = 0;
    }
    pad(to, length, widths[NAME]);
    for (size_t i = NAME + 1; i < layout->shown; i++) {
        enum colour colour = i == STATE ? state_colour : PLAIN;

        pad(to, 0, GAP);
        if (colour)
            fprintf(to, "\033[%dm%s\033[m", (int)colour, texts[i]);
        else
            fputs(texts[i], to);
        if (i + 1 < layout->shown)
            pad(to, strlen(texts[i]), widths[i]);
    }
    putc('\n', to);
}

static void print_row(FILE *to, const struct sv_wire_row *row,
                      const struct layout *layout, const struct look *look)
{
    struct cells cells = {0};
    const char *texts[COLUMNS];

    fill_cells(&cells, row, look->realtime);
    for (size_t i = 0; i < COLUMNS; i++)
        texts[i] = cells.text[i];
    print_cells(to, texts, layout,
                look->has_colour ? state_colour(row) : PLAIN);
    if (*row->note)
        print_wrapped(to, "  note: ", row->note, look);
    if (*row->said && look->is_close)
        print_wrapped(to, "  says: ", row->said, look);
    if (look->is_close && look->definitions >= 0 &&
        !is_enabled(look->definitions, row->name))
        print_wrapped(to, "  disabled: ", "it is left down at the next boot",
                      look);
    if (row->flags & SV_ROW_CHANGED)
        print_wrapped(to, "  changed: ",
                      "its definition is newer; a restart takes it up, once "
                      "complete", look);
}

void table_print(FILE *to, const struct rows *rows, const struct look *look)
{
    struct layout layout;

    measure(&layout, rows, look);
    print_cells(to, headings, &layout, PLAIN);
    for (size_t i = 0; i < rows->count; i++)
        print_row(to, &rows->rows[i], &layout, look);
}

void show_end(void)
{
    if (fflush(stdout) == EOF || ferror(stdout))
        sv_die_sys("unable to write to stdout");
}
