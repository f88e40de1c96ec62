/* SPDX-License-Identifier: ISC */
/* test_svlog_shape.c - what stands before a line and after it, and lines as
 * JSON. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sv/say.h"
#include "svlog/find.h"
#include "svlog/shape.h"

/* 2026-11-26 15:04:05.678901234 UTC */
static const int64_t TIME = INT64_C(1795705445678901234);

static struct action action;

static void begin(void)
{
    setenv("TZ", "UTC", 1);
    sv_program = "svlog";
    action = (struct action){.to = TO_STDOUT, .stream = "stdout"};
}

/* The line as it is written, in the pieces [0, at) and [at, size); at 0: as it
 * is. */
static const char *shaped(const char *line, size_t size, size_t at)
{
    static char out[1024];
    char text[256] = "";
    struct shape shape;
    size_t made = 0;

    memcpy(text, line, size);
    ck_assert(shape_open(&shape, &action));
    shape_stamp(&shape, TIME);
    if (at > 0)
        made = shape_put(&shape, out, &(struct piece){text, at, true, false});
    made += shape_put(&shape, out + made,
                      &(struct piece){text + at, size - at, at == 0, true});
    ck_assert_uint_le(made, shape_most(&shape, size) + shape.tail_size);
    out[made] = 0;
    free(shape.head);
    return out;
}

#define SHAPED(line) shaped(line, sizeof(line) - 1, 0)

START_TEST(a_line_is_as_it_came)
{
    ck_assert_str_eq(SHAPED("a \xff\t\"b\""), "a \xff\t\"b\"\n");
    ck_assert_str_eq(SHAPED(""), "\n");
}
END_TEST

START_TEST(stamps_name_and_prefix_stand_in_this_order)
{
    action.has_label = action.has_date = action.has_utc = true;
    action.name = "web";
    action.prefix = "p";
    ck_assert_str_eq(SHAPED("x"),
                     "@400000006b084a8a287735f2 "
                     "2026-11-26 15:04:05.678901234  "
                     "2026-11-26T15:04:05.678901Z web: p x\n");
}
END_TEST

START_TEST(an_alert_says_who_gives_it)
{
    action.to = TO_ALERT;
    action.name = "web";
    ck_assert_str_eq(SHAPED("x"), "svlog: alert: web: x\n");
}
END_TEST

#define JSON(service, msg)                                                     \
    "{\"time\":\"2026-11-26T15:04:05.678901Z\"" service                        \
    ",\"stream\":\"stdout\",\"msg\":\"" msg "\"}\n"

START_TEST(json_has_time_service_stream_and_message)
{
    action.is_json = true;
    ck_assert_str_eq(SHAPED("x"), JSON("", "x"));
    action.name = "w\"b";
    action.prefix = "p\\";
    ck_assert_str_eq(SHAPED("x"), JSON(",\"service\":\"w\\\"b\"", "p\\\\ x"));
}
END_TEST

START_TEST(whatever_bytes_come_json_is_valid)
{
    action.is_json = true;
    ck_assert_str_eq(SHAPED("\t\x01\"\\\x7f"),
                     JSON("", "\\u0009\\u0001\\\"\\\\\\u007f"));
    ck_assert_str_eq(SHAPED("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
                     JSON("", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    ck_assert_str_eq(SHAPED("\xff\xc3(\xed\xa0\x80"),
                     JSON("", "\\u00ff\\u00c3(\\u00ed\\u00a0\\u0080"));
}
END_TEST

START_TEST(a_line_in_pieces_is_one_line)
{
    action.is_json = true;
    ck_assert_str_eq(shaped("abcdef", 6, 2), JSON("", "abcdef"));
    /* Nobody waits for the other half of a character. */
    ck_assert_str_eq(shaped("a\xc3\xa9", 3, 2), JSON("", "a\\u00c3\\u00a9"));
    action.is_json = false;
    ck_assert_str_eq(shaped("abcdef", 6, 2), "abcdef\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("svlog_shape");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_test(all, a_line_is_as_it_came);
    tcase_add_test(all, stamps_name_and_prefix_stand_in_this_order);
    tcase_add_test(all, an_alert_says_who_gives_it);
    tcase_add_test(all, json_has_time_service_stream_and_message);
    tcase_add_test(all, whatever_bytes_come_json_is_valid);
    tcase_add_test(all, a_line_in_pieces_is_one_line);
    suite_add_tcase(suite, all);
    srunner_run_all(runner, CK_ENV);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
