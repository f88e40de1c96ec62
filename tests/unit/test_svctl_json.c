/* SPDX-License-Identifier: ISC */
/* Truths about rows as JSON. */
#include "unit.h"

#include "sv/clock.h"
#include "svctl/show.h"

static char *shown;
static size_t shown_size;

/* An object in memory, open. */
static struct json begin(void)
{
    struct json json = {.to = open_memstream(&shown, &shown_size)};

    ck_assert_ptr_nonnull(json.to);
    json_open(&json, NULL, '{');
    return json;
}

static void end(struct json *json)
{
    json_end(json);
    fclose(json->to);
}

static void expect(struct json *json, const char *text)
{
    end(json);
    ck_assert_str_eq(shown, text);
    free(shown);
}

static void expect_string(const char *text, const char *wanted)
{
    FILE *to = open_memstream(&shown, &shown_size);

    ck_assert_ptr_nonnull(to);
    json_text(&(struct json){.to = to}, NULL, text);
    fclose(to);
    ck_assert_str_eq(shown, wanted);
    free(shown);
}

START_TEST(a_string_is_always_json)
{
    expect_string("web", "\"web\"");
    expect_string("a\"b\\c", "\"a\\\"b\\\\c\"");
    expect_string("a\nb\177", "\"a\\u000ab\\u007f\"");
    expect_string("gr\303\274n \342\202\254 \360\237\220\247",
                  "\"gr\303\274n \342\202\254 \360\237\220\247\"");
}
END_TEST

START_TEST(what_is_no_utf8_comes_out_as_latin_1)
{
    expect_string("gr\374n", "\"gr\\u00fcn\"");
    expect_string("\303", "\"\\u00c3\"");
    expect_string("\300\200", "\"\\u00c0\\u0080\"");
    expect_string("\355\240\200", "\"\\u00ed\\u00a0\\u0080\"");
    expect_string("\364\220\200\200",
                  "\"\\u00f4\\u0090\\u0080\\u0080\"");
}
END_TEST

START_TEST(a_row_has_the_fields_that_the_manual_promises)
{
    struct sv_wire_row row = {
        .state = SV_WIRE_UP,
        .flags = SV_ROW_WANT_UP | SV_ROW_LOGGED,
        .pid = 12,
        .stamp = sv_stamp_of(INT64_C(1700000000000000000)),
        .restarts = 2,
        .deaths = 3,
        .wstat = 15,
        .memory = UINT64_MAX,
        .name = "web",
    };
    struct json json = begin();

    json_row(&json, &row, INT64_C(1700000001500000000));
    expect(&json,
        "{\"name\": \"web\", \"state\": \"up\", \"ready\": true, "
        "\"pid\": 12, \"since\": \"2023-11-14T22:13:20.000000Z\", "
        "\"uptime_ms\": 1500, \"restarts\": 2, \"deaths\": 3, "
        "\"last_exit\": {\"code\": null, \"signal\": \"TERM\"}, "
        "\"wanted\": true, \"normally_up\": false, \"paused\": false, "
        "\"announces\": false, \"changed\": false, \"foreign\": false, "
        "\"has_logger\": true, \"leaving\": false, \"adopted\": false, "
        "\"failed\": false, \"oneshot\": false, \"unhealthy\": false, "
        "\"reloading\": false, \"overdue\": false, \"never_started\": false, "
        "\"due_ms\": 0, \"memory_bytes\": null, \"note\": null, "
        "\"said\": null, \"main_pid\": null}\n");
}
END_TEST

START_TEST(how_a_run_ended_is_a_code_or_a_signal_or_unknown)
{
    static const struct {
        uint16_t wstat;
        const char *shown;
    } ends[] = {
        {3 << 8, "{\"code\": 3, \"signal\": null}"},
        {9, "{\"code\": null, \"signal\": \"KILL\"}"},
        {SV_WSTAT_UNKNOWN, "{\"code\": null, \"signal\": null}"},
    };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct sv_wire_row row = {.deaths = 1, .wstat = ends[i].wstat};
        struct json json = begin();

        json_row(&json, &row, 0);
        end(&json);
        ck_assert_ptr_nonnull(strstr(shown, ends[i].shown));
        free(shown);
    }
}
END_TEST

START_TEST(a_oneshot_that_is_done_has_an_uptime)
{
    struct sv_wire_row row = {
        .state = SV_WIRE_DONE,
        .flags = SV_ROW_ONESHOT,
        .stamp = sv_stamp_of(INT64_C(1700000000000000000)),
    };
    struct json json = begin();

    json_row(&json, &row, INT64_C(1700000002000000000));
    end(&json);
    ck_assert_ptr_nonnull(strstr(shown, "\"uptime_ms\": 2000,"));
    free(shown);
}
END_TEST

START_TEST(commas_stand_between_values_and_objects_of_a_list_on_lines)
{
    struct json json = begin();

    json_open(&json, "a", '[');
    json_close(&json);
    json_open(&json, "b", '[');
    json_text(&json, NULL, "x");
    json_number(&json, NULL, UINT64_MAX);
    json_open(&json, NULL, '{');
    json_bool(&json, "c", true);
    json_close(&json);
    json_close(&json);
    json_null(&json, "d");
    json_text(&json, "e", "");
    json_bytes(&json, "f", "", 0);
    expect(&json, "{\"a\": [], \"b\": [\"x\", 18446744073709551615, \n"
                  "  {\"c\": true}], \"d\": null, \"e\": null, "
                  "\"f\": \"\"}\n");
}
END_TEST

START_TEST(an_object_of_a_stream_is_one_line)
{
    struct json json = begin();

    json.is_line = true;
    json_open(&json, "a", '[');
    json_open(&json, NULL, '{');
    expect(&json, "{\"a\": [{}]}\n");
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "json",
        a_string_is_always_json, what_is_no_utf8_comes_out_as_latin_1,
        a_row_has_the_fields_that_the_manual_promises,
        how_a_run_ended_is_a_code_or_a_signal_or_unknown,
        a_oneshot_that_is_done_has_an_uptime,
        commas_stand_between_values_and_objects_of_a_list_on_lines,
        an_object_of_a_stream_is_one_line);
}
