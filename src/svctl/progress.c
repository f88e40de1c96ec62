/* SPDX-License-Identifier: ISC */
/*
 * progress.c - who is waited for, in one line on the terminal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sv/blame.h"
#include "sv/clock.h"
#include "svctl/ask.h"
#include "svctl/progress.h"
#include "svctl/verdict.h"

enum { AGAIN_MS = 100 };

void progress_begin(struct progress *progress, bool is_on)
{
    *progress = (struct progress){.is_on = is_on, .began = sv_boottime()};
    progress->due = progress->began + SV_SECOND;
}

bool progress_is_due(struct progress *progress)
{
    int64_t now = sv_boottime();

    if (now < progress->due)
        return false;
    progress->due = now + SV_SECOND - (now - progress->began) % SV_SECOND;
    return true;
}

void progress_blame(struct progress *progress, unsigned char letter,
                    const char *whom)
{
    progress->blame = (char)letter;
    if (strcmp(progress->whom.name, whom) == 0)
        return;
    progress->whom = (struct sv_wire_row){.state = SV_WIRE_GONE};
    snprintf(progress->whom.name, sizeof progress->whom.name, "%s", whom);
}

void progress_see(struct progress *progress, const struct sv_wire_row *row)
{
    if (progress->blame && strcmp(progress->whom.name, row->name) == 0)
        progress->whom = *row;
}

static void put_blame(const struct progress *progress)
{
    char words[SV_WIRE_NOTE_MAX + SV_NAME_MAX];
    const struct sv_wire_row *whom = &progress->whom;
    bool is_after = progress->blame == SV_BLAME_AFTER;

    if ((is_after || progress->blame == SV_BLAME_WAITS) &&
        whom->state != SV_WIRE_GONE)
        fprintf(stderr, "%s %s, which is %s", is_after ? "comes after" : "needs",
                whom->name, row_word(whom));
    else
        fputs(sv_blame_words((enum sv_blame)progress->blame, whom->name, words,
                             sizeof words),
              stderr);
}

static void put_what(const struct progress *progress,
                     const struct sv_wire_row *row)
{
    char state[STATE_TEXT_MAX];

    if (progress->blame &&
        (row->state == SV_WIRE_WAITING || row->state == SV_WIRE_DOWN)) {
        put_blame(progress);
        return;
    }
    fputs(row_state(state, row), stderr);
    if (progress->other && row->state != SV_WIRE_STOPPING)
        fprintf(stderr, ", and %s is %s", progress->other->name,
                row_state(state, progress->other));
    if (row->due_ms)
        fprintf(stderr, ", %s in %" PRIu64 " s",
                row->state == SV_WIRE_WAITING    ? "started"
                : row->state == SV_WIRE_STARTING ? "to be ready"
                                                 : "killed",
                (row->due_ms + 999) / 1000);
}

void progress_show(struct progress *progress, const struct sv_wire_row *row,
                   size_t pending, int64_t deadline)
{
    int64_t now = sv_boottime();

    if (!progress->is_on)
        return;
    progress->is_shown = true;
    progress->again = now + AGAIN_MS * SV_MS;
    fprintf(stderr, "\r\033[Kwaiting for %s: ", row->name);
    put_what(progress, row);
    fprintf(stderr, ", %" PRId64 " s", (now - progress->began) / SV_SECOND);
    if (deadline != NO_DEADLINE)
        fprintf(stderr, " of %" PRId64 " s",
                (deadline - progress->began + SV_SECOND / 2) / SV_SECOND);
    if (pending > 1)
        fprintf(stderr, ", and %zu more", pending - 1);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
