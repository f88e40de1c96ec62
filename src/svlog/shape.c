/* SPDX-License-Identifier: ISC */
/* shape.c - heads, tails, and lines as strings of JSON. */
#include <stdlib.h>
#include <string.h>

#include "sv/json.h"
#include "sv/say.h"
#include "sv/stamp.h"
#include "svlog/find.h"
#include "svlog/shape.h"

/* ---- what does not change ------------------------------------------------ */

/* Appends, if there is a place; returns the size either way, so that the same
 * words measure and make. */
static size_t add(char *to, size_t at, const char *text)
{
    size_t size = strlen(text);

    if (to != NULL)
        memcpy(to + at, text, size);
    return at + size;
}

static size_t add_json(char *to, size_t at, const char *text)
{
    char escaped[SV_JSON_ESCAPED + 1];
    size_t used;

    for (; *text; text += used) {
        escaped[sv_json_escape(escaped, text, strlen(text), &used)] = 0;
        at = add(to, at, escaped);
    }
    return at;
}

static size_t stamps_size(const struct action *action)
{
    if (action->is_json)
        return SV_STAMP_UTC - 1;
    return (action->has_label ? SV_STAMP_LABEL : 0U) +
           (action->has_date ? SV_STAMP_DATE : 0U) +
           (action->has_utc ? SV_STAMP_UTC : 0U);
}

/* The head, but for what the stamps say; *stamps is where they stand. */
static size_t text_head(char *to, const struct action *action, size_t *stamps)
{
    size_t at = 0;

    if (action->to == TO_ALERT)
        at = add(to, add(to, at, sv_program), ": alert: ");
    *stamps = at;
    at += stamps_size(action);
    if (action->name)
        at = add(to, add(to, at, action->name), ": ");
    if (action->prefix)
        at = add(to, add(to, at, action->prefix), " ");
    return at;
}

static size_t json_head(char *to, const struct action *action, size_t *stamps)
{
    size_t at = add(to, 0, "{\"time\":\"");

    *stamps = at;
    at = add(to, at + stamps_size(action), "\"");
    if (action->name)
        at = add(to, add_json(to, add(to, at, ",\"service\":\""), action->name),
                 "\"");
    at = add_json(to, add(to, at, ",\"stream\":\""), action->stream);
    at = add(to, at, "\",\"msg\":\"");
    if (action->prefix)
        at = add(to, add_json(to, at, action->prefix), " ");
    return at;
}

bool shape_open(struct shape *shape, const struct action *action)
{
    size_t (*head)(char *, const struct action *, size_t *) =
        action->is_json ? json_head : text_head;
    size_t stamps;

    *shape = (struct shape){.action = action, .tail = "\n", .expands = 1};
    if (action->is_json) {
        memcpy(shape->tail, "\"}\n", 3);
        shape->expands = SV_JSON_ESCAPED;
    }
    shape->tail_size = strlen(shape->tail);
    shape->head_size = head(NULL, action, &stamps);
    shape->head = malloc(shape->head_size + COPY_SLACK);
    if (!shape->head)
        return false;
    head(shape->head, action, &stamps);
    shape->stamps = shape->head + stamps;
    return true;
}

/* ---- what does ----------------------------------------------------------- */

void shape_stamp(struct shape *shape, int64_t realtime)
{
    const struct action *action = shape->action;
    char utc[SV_STAMP_UTC];
    char *at = shape->stamps;

    if (action->has_utc || action->is_json)
        sv_stamp_utc(utc, realtime);
    if (action->is_json) {
        memcpy(at, utc, SV_STAMP_UTC - 1);
        return;
    }
    if (action->has_label) {
        sv_stamp_label(at, realtime);
        at += SV_STAMP_LABEL;
    }
    if (action->has_date) {
        sv_stamp_date(at, realtime);
        at += SV_STAMP_DATE;
    }
    if (action->has_utc)
        memcpy(at, utc, SV_STAMP_UTC);
}

/* Most bytes need no escaping: they are copied as they are passed. */
static size_t put_json(char *to, const char *text, size_t size)
{
    const char *end = text + size;
    char *at = to;
    size_t used;

    for (; text < end; text += used) {
        if (*text >= ' ' && *text < 127 && *text != '"' && *text != '\\') {
            *at++ = *text;
            used = 1;
        } else {
            at += sv_json_escape(at, text, (size_t)(end - text), &used);
        }
    }
    return (size_t)(at - to);
}

size_t shape_put(const struct shape *shape, char *at,
                 const struct piece *piece)
{
    size_t size = 0;

    if (piece->begins)
        size += copy_over(at, shape->head, shape->head_size);
    if (shape->action->is_json)
        size += put_json(at + size, piece->text, piece->size);
    else
        size += copy_over(at + size, piece->text, piece->size);
    if (piece->ends)
        size += copy_over(at + size, shape->tail, shape->tail_size);
    return size;
}

size_t shape_most(const struct shape *shape, size_t size)
{
    return shape->head_size + shape->expands * size + shape->tail_size;
}
