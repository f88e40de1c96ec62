/* SPDX-License-Identifier: ISC */
/* Truths about the table of svctl status. */
#include "unit.h"

#include "sv/clock.h"
#include "svctl/show.h"

static struct rows rows;
static char *shown;
static struct look look = {.realtime = INT64_C(1700000000000000000)};

static struct sv_wire_row row_of(const char *name, enum sv_wire_state state,
                                 unsigned flags)
{
    struct sv_wire_row row = {.state = state, .flags = flags};

    snprintf(row.name, sizeof row.name, "%s", name);
    row.stamp = sv_stamp_of(look.realtime - 3605 * SV_SECOND);
    return row;
}

static void show(void)
{
    size_t size;
    FILE *to = open_memstream(&shown, &size);

    ck_assert_ptr_nonnull(to);
    table_print(to, &rows, &look);
    fclose(to);
    rows_free(&rows);
}

START_TEST(columns_are_as_wide_as_what_is_in_them)
{
    struct sv_wire_row web = row_of("web", SV_WIRE_UP,
                                    SV_ROW_ANNOUNCES | SV_ROW_READY);
    struct sv_wire_row logger = row_of("web/log", SV_WIRE_UP, 0);
    struct sv_wire_row db = row_of("db", SV_WIRE_WAITING, SV_ROW_WANT_UP);

    web.pid = 4194304;
    logger.pid = 7;
    db.deaths = 1;
    db.restarts = 12;
    db.wstat = 3 << 8;
    rows_add(&rows, &db);
    rows_add(&rows, &web);
    rows_add(&rows, &logger);
    show();
    ck_assert_str_eq(
        shown,
        "NAME       STATE    READY  PID      UPTIME  RESTARTS  LAST-EXIT\n"
        "db         waiting  -      -        -       12        exit 3\n"
        "web        up       yes    4194304  1h00m   0         -\n"
        "  web/log  up       -      7        1h00m   0         -\n");
    free(shown);
}
END_TEST

START_TEST(what_is_wrong_stands_below_the_row)
{
    struct sv_wire_row web = row_of("web", SV_WIRE_DOWN, SV_ROW_CHANGED);

    stpcpy(web.note, "no run\033[31m");
    rows_add(&rows, &web);
    show();
    ck_assert_ptr_nonnull(strstr(shown, "\n  note: no run?[31m\n"));
    ck_assert_ptr_nonnull(strstr(shown, "\n  changed: "));
    free(shown);
}
END_TEST

static size_t longest_line(const char *text)
{
    size_t longest = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");

        longest = length > longest ? length : longest;
        text += length + (text[length] == '\n');
    }
    return longest;
}

START_TEST(a_long_name_has_a_line_of_its_own_on_a_terminal_and_is_whole)
{
    static const char name[] = "a-service-with-a-name-of-some-forty-letters";
    struct sv_wire_row row = row_of(name, SV_WIRE_FINISHING, 0);

    row.pid = 4194304;
    row.deaths = 1;
    row.wstat = 9;
    row.restarts = UINT32_MAX;
    rows_add(&rows, &row);
    look.width = 80;
    show();
    ck_assert_uint_le(longest_line(shown), 80);
    ck_assert_ptr_nonnull(strstr(shown, "forty-letters\n"));
    free(shown);
    rows_add(&rows, &row);
    look.width = 0;
    show();
    ck_assert_ptr_nonnull(strstr(shown, "forty-letters  finishing  "));
    free(shown);
}
END_TEST

START_TEST(only_the_state_is_coloured_and_by_what_it_means)
{
    struct sv_wire_row row = row_of("web", SV_WIRE_UP, 0);

    look.has_colour = true;
    rows_add(&rows, &row);
    row.flags = SV_ROW_PAUSED;
    rows_add(&rows, &row);
    row.flags = SV_ROW_WANT_UP;
    row.state = SV_WIRE_WAITING;
    rows_add(&rows, &row);
    row.flags = 0;
    row.state = SV_WIRE_DOWN;
    rows_add(&rows, &row);
    show();
    ck_assert_ptr_nonnull(strstr(shown, "web   \033[32mup\033[m       -"));
    ck_assert_ptr_nonnull(strstr(shown, "web   \033[33mpaused\033[m   -"));
    ck_assert_ptr_nonnull(strstr(shown, "web   \033[31mwaiting\033[m  -"));
    ck_assert_ptr_nonnull(strstr(shown, "web   down     -"));
    free(shown);
}
END_TEST

START_TEST(what_has_failed_is_red_though_nobody_wants_it)
{
    struct sv_wire_row row = row_of("web", SV_WIRE_DOWN, SV_ROW_FAILED);

    look.has_colour = true;
    rows_add(&rows, &row);
    show();
    ck_assert_ptr_nonnull(strstr(shown, "web   \033[31mfailed\033[m  -"));
    free(shown);
}
END_TEST

START_TEST(what_a_service_says_is_shown_of_those_that_are_named)
{
    struct sv_wire_row row = row_of("web", SV_WIRE_UP, 0);

    stpcpy(row.said, "serves 12 clients");
    rows_add(&rows, &row);
    show();
    ck_assert_ptr_null(strstr(shown, "serves"));
    free(shown);
    look.is_close = true;
    rows_add(&rows, &row);
    show();
    ck_assert_ptr_nonnull(strstr(shown, "\n  says: serves 12 clients\n"));
    free(shown);
}
END_TEST

START_TEST(a_long_note_is_broken_between_words_on_a_terminal)
{
    struct sv_wire_row row = row_of("web", SV_WIRE_DOWN, SV_ROW_CHANGED);
    size_t used = 0;

    while (used + 10 < sizeof row.note)
        used += (size_t)sprintf(row.note + used, "a%*sb ", (int)used % 5, "");
    row.note[used - 1] = 0;
    look.width = 80;
    rows_add(&rows, &row);
    show();
    ck_assert_uint_le(longest_line(shown), 80);
    ck_assert_ptr_nonnull(strstr(shown, "\n  note: ab a"));
    ck_assert_ptr_nonnull(strstr(shown, "b\n    a"));
    free(shown);
    look.width = 0;
    rows_add(&rows, &row);
    show();
    ck_assert_ptr_nonnull(strstr(shown, row.note));
    free(shown);
}
END_TEST

START_TEST(a_word_that_is_too_long_is_whole_on_a_line)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(to);
    look.width = 20;
    print_wrapped(to, "  note: ", "see /a/path/that/is/longer/than/a/line now",
                  &look);
    fclose(to);
    ck_assert_str_eq(text, "  note: see\n    /a/path/that/is/longer/than/a/line\n"
                           "    now\n");
    free(text);
}
END_TEST

START_TEST(columns_count_characters_and_control_characters_are_not_sent)
{
    struct sv_wire_row green = row_of("gr\303\274n", SV_WIRE_UP, 0);
    struct sv_wire_row bad = row_of("\302\233m\233\374", SV_WIRE_UP, 0);

    rows_add(&rows, &green);
    rows_add(&rows, &bad);
    show();
    ck_assert_ptr_nonnull(strstr(shown, "\ngr\303\274n  up     -"));
    ck_assert_ptr_nonnull(strstr(shown, "\n?m??  up     -"));
    free(shown);
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "table",
        what_has_failed_is_red_though_nobody_wants_it,
        what_a_service_says_is_shown_of_those_that_are_named,
        a_long_note_is_broken_between_words_on_a_terminal,
        a_word_that_is_too_long_is_whole_on_a_line,
        columns_count_characters_and_control_characters_are_not_sent,
        columns_are_as_wide_as_what_is_in_them,
        what_is_wrong_stands_below_the_row,
        a_long_name_has_a_line_of_its_own_on_a_terminal_and_is_whole,
        only_the_state_is_coloured_and_by_what_it_means);
}
