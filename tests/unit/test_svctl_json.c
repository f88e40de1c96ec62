/* SPDX-License-Identifier: ISC */
/* Truths about rows as JSON. */
#include "unit.h"

#include "sv/clock.h"
#include "svctl/show.h"

static void expect_string(const char *text, const char *json)
{
    char *shown;
    size_t size;
    FILE *to = open_memstream(&shown, &size);

    ck_assert_ptr_nonnull(to);
    json_string(to, text);
    fclose(to);
    ck_assert_str_eq(shown, json);
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
    char *shown;
    size_t size;
    FILE *to = open_memstream(&shown, &size);

    ck_assert_ptr_nonnull(to);
    json_row(to, &row, INT64_C(1700000001500000000));
    fclose(to);
    ck_assert_str_eq(
        shown,
        "{\"name\": \"web\", \"state\": \"up\", \"ready\": true, "
        "\"pid\": 12, \"since\": \"2023-11-14T22:13:20.000000Z\", "
        "\"uptime_ms\": 1500, \"restarts\": 2, \"deaths\": 3, "
        "\"last_exit\": {\"code\": null, \"signal\": \"TERM\"}, "
        "\"wanted\": true, \"normally_up\": false, \"paused\": false, "
        "\"announces\": false, \"changed\": false, \"foreign\": false, "
        "\"has_logger\": true, \"leaving\": false, \"adopted\": false, "
        "\"failed\": false, \"oneshot\": false, \"unhealthy\": false, "
        "\"reloading\": false, "
        "\"due_ms\": 0, \"memory\": null, \"note\": null, "
        "\"said\": null, \"main_pid\": null}");
    free(shown);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "json",
        a_string_is_always_json, what_is_no_utf8_comes_out_as_latin_1,
        a_row_has_the_fields_that_the_manual_promises);
}
