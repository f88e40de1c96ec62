/* SPDX-License-Identifier: ISC */
/* work.c - from the in-flight file to the logs, a slice at a time. */
#include "sv/clock.h"
#include "svlog/logger.h"
#include "svlog/rotate.h"
#include "svlog/straight.h"

struct logger logger;

static bool flush_outputs(int64_t now)
{
    bool done = true;

    for (size_t i = 0; i < logger.script.count; i++)
        done &= output_flush(logger.outputs + i, now);
    return done;
}

static void mark_logdirs(struct ledger *ledger)
{
    ledger->marks = logger.logdirs_count;
    for (size_t i = 0; i < logger.logdirs_count; i++)
        ledger->mark[i] = (struct logdir_mark){
            logger.logdirs[i].dev, logger.logdirs[i].ino,
            logger.logdirs[i].born, logger.logdirs[i].size};
}

/* All output is written: says so in the ledger. */
static bool settle(int64_t now)
{
    if (!logger.logdirs_count)
        return true;
    if (logger.logdirs[0].retry_at)
        return false;
    mark_logdirs(&logger.input.inflight.ledger);
    logger.input.inflight.ledger.column = logger.lines.column;
    logger.input.inflight.ledger.left_out =
        logger.lines.column ? ~logger.selected : 0;
    logger.input.inflight.ledger.dropped = logger.script.rate.dropped;
    if (!input_settle(&logger.input)) {
        rotate_failed(logger.logdirs, "write to", "/" INFLIGHT, now);
        return false;
    }
    logger.is_ahead = false;
    return true;
}

/* Looks at what has gone straight to current. */
static bool catch_up(int64_t now)
{
    if (!logger.is_ahead)
        return true;
    if (logger.logdirs[0].retry_at)
        return false;
    if (!straight_look(logger.logdirs, logger.looked_upto, &logger.lines,
                       logger.input.window)) {
        rotate_failed(logger.logdirs, "look at", "/current", now);
        return false;
    }
    logger.looked_upto = logger.logdirs[0].size;
    return true;
}

/* Between lines only, so that an archive ends with a line. */
static bool rotate_logdirs(int64_t now)
{
    bool done = true;

    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (logger.lines.column == 0 || rotate_is_exchanging(logger.logdirs + i))
            done &= rotate(logger.logdirs + i, now);
    return done;
}

/* For how many pieces of this slice is there room? */
static size_t room(void)
{
    size_t left = (size_t)(logger.lines.end - logger.lines.at);
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < logger.script.count; i++) {
        size_t pieces = output_room(logger.outputs + i, left);

        least = pieces < least ? pieces : least;
    }
    return least;
}

/* Is it time to write?  Between lines, since a rotation may follow. */
static bool is_writing_due(void)
{
    if (logger.lines.column > 0)
        return false;
    for (size_t i = 0; i < logger.script.count; i++)
        if (logger.outputs[i].size >= logger.outputs[i].due)
            return true;
    return false;
}

/* As much as has room in the logdir, and no more than leaves the memory small
 * that is touched where a line becomes several times its size. */
static void know_what_is_due(void)
{
    for (size_t i = 0; i < logger.script.count; i++) {
        struct output *output = logger.outputs + i;

        output->due = WINDOW + WINDOW / 2;
        if (output->logdir && rotate_room(output->logdir) < output->due)
            output->due = rotate_room(output->logdir);
    }
}

bool work_may_go_straight(void)
{
    return logger.is_plain && !logger.is_stopping &&
           logger.input.source != SOURCE_OTHER &&
           straight_room(logger.logdirs) > 0;
}

static enum rest what_follows(void)
{
    if (logger.input.has_ended && !logger.input.passing &&
        input_is_in_window(&logger.input))
        return REST_NONE;
    /* What waits in flight for the end of its line keeps what comes after it
     * from going straight. */
    if (logger.input.held == WINDOW || work_may_go_straight())
        return REST_PIECES;
    return REST_COMES;
}

static void stamp_outputs(void)
{
    int64_t now = sv_realtime();

    for (size_t i = 0; i < logger.script.count; i++)
        output_stamp(logger.outputs + i, now);
}

/* Says how many lines were dropped, when that is due, and before the end.  Only
 * between lines; the outputs are empty.  True if something was said. */
static bool put_notice(int64_t now)
{
    static char text[RATE_NOTICE + COPY_SLACK];
    struct rate *rate = &logger.script.rate;
    struct piece piece = {text, 0, true, true};

    if (!rate->dropped || logger.lines.column ||
        (now < rate_due(rate) && what_follows() != REST_NONE))
        return false;
    piece.size = rate_notice(rate, text);
    stamp_outputs();
    for (size_t i = 0; i < logger.script.count; i++)
        if (logger.notices & UINT64_C(1) << i)
            output_put(logger.outputs + i, &piece);
    return true;
}

/* The whole line decides, or as much of it as a window holds. */
static uint64_t select_for(const struct piece *line, int64_t now)
{
    ptrdiff_t at = line->text - logger.input.window;

    if (logger.script.rate.lines && !rate_admits(&logger.script.rate, now))
        return 0;
    if (!logger.script.selects)
        return script_all(&logger.script);
    return script_select(&logger.script, logger.input.window + at, line->size);
}

static void put_piece(const struct piece *piece, int64_t now)
{
    if (piece->begins)
        logger.selected = select_for(piece, now);
    for (size_t i = 0; i < logger.script.count; i++)
        if (logger.selected & UINT64_C(1) << i)
            output_put(logger.outputs + i, piece);
}

/* Works lines of the window, up to where an output is full or a rotation due.
 * All lines of a slice bear one stamp.  False if there was no line. */
static bool work_slice(int64_t now)
{
    struct piece piece;
    bool has_worked = put_notice(now);
    size_t left;

    lines_begin(&logger.lines, logger.input.window, logger.input.held,
                what_follows());
    script_begin(&logger.script, logger.lines.end);
    know_what_is_due();
    for (left = room(); left && !is_writing_due() &&
                        lines_next(&logger.lines, &piece);
         left--) {
        if (!has_worked)
            stamp_outputs();
        has_worked = true;
        put_piece(&piece, now);
    }
    input_drop(&logger.input, (size_t)(logger.lines.at - logger.input.window));
    return has_worked;
}

static bool fill_window(int64_t now)
{
    if (input_fill(&logger.input))
        return true;
    rotate_failed(logger.logdirs, "read", "/" INFLIGHT, now);
    return false;
}

/* Clears the timers that are over.  What has failed is tried again then; until
 * then nothing is worked. */
static void expire_timers(int64_t now)
{
    for (size_t i = 0; i < logger.logdirs_count; i++)
        if (logger.logdirs[i].retry_at <= now)
            logger.logdirs[i].retry_at = 0;
}

/* What is done with a previous does not wait for slow outputs. */
static void finish_rotations(int64_t now)
{
    for (size_t i = 0; i < logger.logdirs_count; i++) {
        rotate_finish(logger.logdirs + i, now);
        rotate_by_time(logger.logdirs + i, now);
    }
}

/* A rotation changes the marks, hence settle() again, even if another logdir's
 * has failed. */
bool work(void)
{
    int64_t now = sv_boottime();

    expire_timers(now);
    finish_rotations(now);
    do {
        bool may_write;

        if (!flush_outputs(now) || !catch_up(now) || !settle(now))
            return false;
        may_write = rotate_logdirs(now);
        if (!settle(now) || !may_write || !fill_window(now))
            return false;
    } while (work_slice(now));
    return true;
}
