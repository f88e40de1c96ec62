/* SPDX-License-Identifier: ISC */
/* Truths about the bars of a boot. */
#include "unit.h"

#include "svctl/bars.h"

static struct bars bars;

static bool read_text(const char *text)
{
    return bars_read(&bars, text, strlen(text));
}

static const struct bar *bar_of(const char *name)
{
    for (size_t i = 0; i < bars.count; i++)
        if (strcmp(bars.bars[i].name, name) == 0)
            return &bars.bars[i];
    ck_abort_msg("there is no bar of %s", name);
    return NULL;
}

/* "mount db web", as they stand. */
static void stand(const char *names)
{
    char text[256] = "";

    for (size_t i = 0; i < bars.count; i++) {
        strcat(text, i ? " " : "");
        strcat(text, bars.bars[i].name);
    }
    ck_assert_str_eq(text, names);
}

static const char boot[] = "1000 tree\n"
                           "1010 start mount\n"
                           "1012 start plain\n1012 up plain\n"
                           "1015 fail noexec\n"
                           "1020 wait web\n1020 wait never\n1020 wait db\n"
                           "1021 taken\n"
                           "1025 fail plain\n"
                           "1210 up mount\n"
                           "1215 start db\n"
                           "1300 fail db\n"
                           "2215 up db\n"
                           "2220 start web\n"
                           "2221 over\n";

START_TEST(a_bar_has_all_times_of_its_service)
{
    const struct bar *bar;

    ck_assert(read_text(boot));
    ck_assert_int_eq(bars.began, 1000);
    ck_assert(bars.is_over);
    ck_assert_int_eq(bars.total, 1215);
    bar = bar_of("mount");
    ck_assert_int_eq(bar->started, 10);
    ck_assert_int_eq(bar->up, 210);
    ck_assert_int_eq(bar->failed, BAR_NEVER);
    ck_assert_int_eq(bar_took(bar), 200);
    bar = bar_of("web");
    ck_assert_int_eq(bar->started, 1220);
    ck_assert_int_eq(bar->up, BAR_NEVER);
    ck_assert_int_eq(bar_took(bar), BAR_NEVER);
    bars_free(&bars);
}
END_TEST

START_TEST(what_became_of_it_is_what_came_last)
{
    static const struct {
        const char *name;
        enum bar_state state;
    } ends[] = {
        {"mount", BAR_UP},      {"plain", BAR_FAILED}, {"noexec", BAR_FAILED},
        {"never", BAR_WAITS},   {"db", BAR_UP},        {"web", BAR_STARTS},
    };

    ck_assert(read_text(boot));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ck_assert_msg(bar_state(bar_of(ends[i].name)) == ends[i].state, "%s",
                      ends[i].name);
    ck_assert_uint_eq(bars.counts[BAR_UP], 2);
    ck_assert_uint_eq(bars.counts[BAR_FAILED], 2);
    ck_assert_uint_eq(bars.counts[BAR_WAITS], 1);
    ck_assert_uint_eq(bars.counts[BAR_STARTS], 1);
    bars_free(&bars);
}
END_TEST

START_TEST(bars_stand_by_their_start)
{
    ck_assert(read_text(boot));
    stand("mount plain noexec db web never");
    bars_free(&bars);
}
END_TEST

START_TEST(who_announces_nothing_takes_no_time)
{
    ck_assert(read_text("5 tree\n7 start a\n7 up a\n9 up b\n8 start c\n8 fail"
                        " c\n"));
    ck_assert_int_eq(bar_took(bar_of("a")), BAR_NEVER);
    ck_assert_int_eq(bar_took(bar_of("b")), BAR_NEVER);
    ck_assert_int_eq(bar_of("b")->started, 4);
    ck_assert_int_eq(bar_took(bar_of("c")), BAR_NEVER);
    ck_assert(!bars.is_over);
    bars_free(&bars);
}
END_TEST

START_TEST(no_time_lies_before_the_tree)
{
    ck_assert(read_text("500 tree\n7 start a\n7 up a\n"));
    ck_assert_int_eq(bar_of("a")->started, 0);
    ck_assert_int_eq(bars.total, 0);
    bars_free(&bars);
}
END_TEST

START_TEST(what_has_no_beginning_is_no_boot)
{
    ck_assert(!read_text(""));
    bars_free(&bars);
    ck_assert(!read_text("7 start a\n9 tree\n"));
    bars_free(&bars);
    ck_assert(!read_text("9 tree"));
    bars_free(&bars);
    ck_assert(read_text("9 tree\n"));
    ck_assert_uint_eq(bars.count, 0);
    bars_mark_chain(&bars);
    ck_assert_ptr_null(bars.last);
    bars_free(&bars);
}
END_TEST

START_TEST(the_chain_leads_from_the_last_to_the_first)
{
    ck_assert(read_text("0 tree\n1 start a\n5 up a\n2 start b\n9 up b\n"
                        "10 start c\n20 up c\n21 start d\n30 up d\n"
                        "3 start e\n29 up e\n40 start f\n50 fail f\n"));
    ck_assert(bars_link(&bars, "c", "a"));
    ck_assert(bars_link(&bars, "c", "b"));
    ck_assert(bars_link(&bars, "d", "c"));
    ck_assert(bars_link(&bars, "f", "d"));
    ck_assert(bars_link(&bars, "d", "e")); /* up later: it waited not for it */
    ck_assert(!bars_link(&bars, "d", "bundle"));
    ck_assert(bars_link(&bars, "bundle", "d"));
    bars_mark_chain(&bars);
    ck_assert_str_eq(bars.last->name, "d");
    ck_assert_str_eq(bar_of("d")->after->name, "c");
    ck_assert_str_eq(bar_of("c")->after->name, "b");
    ck_assert_ptr_null(bar_of("b")->after);
    ck_assert(bar_of("b")->is_in_chain && bar_of("d")->is_in_chain);
    ck_assert(!bar_of("a")->is_in_chain && !bar_of("e")->is_in_chain);
    bars_free(&bars);
}
END_TEST

START_TEST(a_chain_of_one_is_none)
{
    ck_assert(read_text("0 tree\n1 start a\n5 up a\n"));
    bars_mark_chain(&bars);
    ck_assert_str_eq(bars.last->name, "a");
    ck_assert(!bar_of("a")->is_in_chain);
    bars_free(&bars);
}
END_TEST

int main(void)
{
    return UNIT_RUN("bars",
                    a_bar_has_all_times_of_its_service,
                    what_became_of_it_is_what_came_last,
                    bars_stand_by_their_start,
                    who_announces_nothing_takes_no_time,
                    no_time_lies_before_the_tree,
                    what_has_no_beginning_is_no_boot,
                    the_chain_leads_from_the_last_to_the_first,
                    a_chain_of_one_is_none);
}
