/* SPDX-License-Identifier: ISC */
/* Truths about log lines and the stamps at their heads. */
#include "unit.h"

#include <time.h>

#include "svctl/print.h"
#include "svctl/show.h"

typedef void printing(FILE *to, const char *name, const char *line,
                      size_t size);

static void expect(printing *print, const char *name, const char *line,
                   const char *shown)
{
    char *bytes;
    size_t size;
    FILE *to = open_memstream(&bytes, &size);

    setenv("TZ", "UTC-1", 1);
    tzset();
    ck_assert_ptr_nonnull(to);
    print(to, name, line, strlen(line));
    fclose(to);
    ck_assert_str_eq(bytes, shown);
    free(bytes);
}

START_TEST(stamps_are_shown_in_local_time)
{
    expect(print_line, NULL, "@400000006553f1250ee6b280 one @",
           "2023-11-14 23:13:20.250 one @\n");
    expect(print_line, NULL, "@400000006553f1250ee6b280 ",
           "2023-11-14 23:13:20.250 \n");
    expect(print_line, NULL, "2023-11-14 23:13:20.250000000  two",
           "2023-11-14 23:13:20.250 two\n");
    expect(print_line, NULL, "2023-11-14T22:13:20.250000Z three",
           "2023-11-14 23:13:20.250 three\n");
}
END_TEST

START_TEST(what_is_no_stamp_is_shown_as_it_is)
{
    expect(print_line, NULL, "", "\n");
    expect(print_line, NULL, "@short", "@short\n");
    expect(print_line, NULL, "@400000006553f1250ee6b28x no",
           "@400000006553f1250ee6b28x no\n");
}
END_TEST

START_TEST(the_service_stands_behind_the_time)
{
    expect(print_line, "web", "@400000006553f1250ee6b280 one",
           "2023-11-14 23:13:20.250 web: one\n");
    expect(print_line, "web", "one", "web: one\n");
}
END_TEST

START_TEST(a_terminal_is_only_written_on)
{
    expect(print_line_clean, "web", "@400000006553f1250ee6b280 one\ttwo",
           "2023-11-14 23:13:20.250 web: one\ttwo\n");
    expect(print_line_clean, NULL, "\033[2Jgone\r\a\177\t\xc2\x9b",
           "?[2Jgone???\t?\n");
    expect(print_line_clean, NULL, "\xc3\xa4 \"\\\" \xff\xc3",
           "\xc3\xa4 \"\\\" ??\n");
    expect(print_line, NULL, "\033[2Jgone\r", "\033[2Jgone\r\n");
}
END_TEST

START_TEST(a_line_ends_where_it_ends)
{
    char *bytes;
    size_t size;
    FILE *to = open_memstream(&bytes, &size);

    /* Of a character that is cut, what follows is no part. */
    print_line_clean(to, NULL, "a\0b\xc3\xa4", 4);
    fclose(to);
    ck_assert_str_eq(bytes, "a?b?\n");
    free(bytes);
}
END_TEST

static void line_json(FILE *to, const char *name, const char *line,
                      size_t size)
{
    struct json json = {.to = to};

    json_open(&json, NULL, '{');
    print_line_json(&json, name, line, size);
    json_end(&json);
}

START_TEST(json_is_valid_whatever_the_bytes_are)
{
    expect(line_json, "web", "@400000006553f1250ee6b280 one",
           "{\"time\": \"2023-11-14T22:13:20.250000Z\", "
           "\"service\": \"web\", \"msg\": \"one\"}\n");
    expect(line_json, "w\"", "\xff\t\\",
           "{\"time\": null, \"service\": \"w\\\"\", "
           "\"msg\": \"\\u00ff\\u0009\\\\\"}\n");
    expect(line_json, "web", "",
           "{\"time\": null, \"service\": \"web\", \"msg\": \"\"}\n");
}
END_TEST

int main(void)
{
    return UNIT_RUN("print",
                    stamps_are_shown_in_local_time,
                    what_is_no_stamp_is_shown_as_it_is,
                    the_service_stands_behind_the_time,
                    a_terminal_is_only_written_on,
                    a_line_ends_where_it_ends,
                    json_is_valid_whatever_the_bytes_are);
}
