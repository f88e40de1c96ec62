/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svctl_json.c - whatever svscan sends as rows, and whatever bytes a line of
 * a log has, what svctl prints of it is one object of JSON, in a stream one line.
 *
 * The input is a message's body of rows; the bytes of a row's fields, which then
 * go through a message as well; and a line of a log.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "sv/clock.h"
#include "svctl/lag.h"
#include "svctl/print.h"
#include "svctl/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sv_wire_out out;

/* ---- what is printed ------------------------------------------------------ */

static void print_row(struct json *json, const struct sv_wire_row *row)
{
    struct lag lag = {.bytes = row->memory, .seconds = row->pid};

    snprintf(lag.ship.to, sizeof lag.ship.to, "%.*s",
             (int)sizeof lag.ship.to - 1, row->name);
    snprintf(lag.ship.problem, sizeof lag.ship.problem, "%.*s",
             (int)sizeof lag.ship.problem - 1, row->said);
    json_open(json, NULL, '{');
    json_row(json, row, sv_stamp_to_realtime(&row->ready));
    json_lag(json, &lag);
    json_text(json, "error", row->note);
    json_close(json);
}

static size_t print_rows(struct json *json, struct sv_wire_in *in)
{
    struct sv_wire_row row;
    size_t count = 0;

    for (; sv_wire_get_row(in, &row); count++)
        print_row(json, &row);
    return count;
}

/* A text of the bytes that are left, which become less. */
static void take_text(char *text, size_t room, const uint8_t **data,
                      size_t *size)
{
    size_t n = *size < room - 1 ? *size : room - 1;

    for (size_t i = 0; i < n; i++)
        text[i] = (*data)[i] ? (char)(*data)[i] : ' ';
    text[n] = 0;
    *data += n;
    *size -= n;
}

/* A row of any bytes that a row can have. */
static void make_row(struct sv_wire_row *row, const uint8_t *data, size_t size)
{
    uint64_t numbers[6] = {0};

    memcpy(numbers, data, size < sizeof numbers ? size : sizeof numbers);
    *row = (struct sv_wire_row){
        .state = (enum sv_wire_state)(numbers[0] % SV_WIRE_STATES),
        .flags = (unsigned)(numbers[0] >> 32),
        .pid = (int64_t)(numbers[1] & INT32_MAX),
        .stamp = sv_stamp_of((int64_t)(numbers[2] >> 1)),
        .ready = sv_stamp_of((int64_t)(numbers[3] >> 1)),
        .restarts = (uint32_t)numbers[4],
        .deaths = (uint32_t)(numbers[4] >> 32),
        .wstat = (uint16_t)(numbers[1] >> 48),
        .due_ms = numbers[5],
        .memory = numbers[3],
        .main_pid = (uint32_t)(numbers[5] & INT32_MAX),
        .stamped = (int64_t)(numbers[4] & INT64_MAX),
    };
    take_text(row->name, size % sizeof row->name + 1, &data, &size);
    take_text(row->note, size % sizeof row->note + 1, &data, &size);
    take_text(row->said, sizeof row->said, &data, &size);
}

static void print_made_row(struct json *json, const uint8_t *data, size_t size)
{
    const struct sv_wire_header header = {SV_WIRE_ROWS, 1};
    struct sv_wire_header heard;
    struct sv_wire_row row;
    struct sv_wire_in in;

    make_row(&row, data, size);
    sv_wire_begin(&out, &header);
    sv_wire_put_row(&out, &row);
    must(sv_wire_open(&in, &heard, out.bytes, out.used));
    must(print_rows(json, &in) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_wire_in in = {(const char *)data, size, 0};
    struct json json = {.is_line = size % 2};
    char *text;
    size_t text_size;

    json.to = open_memstream(&text, &text_size);
    must(json.to != NULL);
    json_open(&json, NULL, '{');
    json_open(&json, "services", '[');
    print_rows(&json, &in);
    print_made_row(&json, data, size);
    json_close(&json);
    print_line_json(&json, "web", (const char *)data, size);
    json_end(&json);
    must(fclose(json.to) == 0);
    must_be_object(text, text_size, json.is_line);
    free(text);
    return 0;
}
