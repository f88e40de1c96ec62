/* SPDX-License-Identifier: ISC */
/* Truths about the chart of a boot as text. */
#include "unit.h"

#include "sv/paths.h"
#include "svctl/chart.h"

static struct bars bars;
static char *shown;
static struct look look;
static const struct occasion occasion = {.live = "/run/sv", .host = "vm"};

static void print_bars(bool is_utf8)
{
    size_t size;
    FILE *to = open_memstream(&shown, &size);

    ck_assert_ptr_nonnull(to);
    bars_mark_chain(&bars);
    chart_print(to, &bars, &occasion, &look, is_utf8);
    fclose(to);
}

static void show_in(const char *text, bool is_utf8)
{
    ck_assert(bars_read(&bars, text, strlen(text)));
    print_bars(is_utf8);
}

static void show(const char *text)
{
    show_in(text, false);
}

static void done(void)
{
    bars_free(&bars);
    free(shown);
}

/* The line of a service; NULL: none. */
static char *line_of(const char *name)
{
    size_t size = strlen(name);
    char *at = shown;

    while (at && !(strncmp(at, name, size) == 0 && at[size] == ' '))
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    return at ? strndup(at, strcspn(at, "\n")) : NULL;
}

/* mount takes half of the time, db the other half. */
static const char boot[] = "0 tree\n"
                           "0 start mount\n600000 up mount\n"
                           "0 start plain\n0 up plain\n"
                           "0 start bad\n300000 fail bad\n"
                           "0 wait db\n0 wait never\n0 taken\n"
                           "600000 start db\n1200000 up db\n"
                           "1200000 over\n";

static void must_be(const char *name, const char *expected)
{
    char *line = line_of(name);

    ck_assert_msg(line != NULL, "no line of %s in\n%s", name, shown);
    ck_assert_str_eq(line, expected);
    free(line);
}

static void must_hold(const char *name, const char *part)
{
    char *line = line_of(name);

    ck_assert_msg(line != NULL && strstr(line, part) != NULL, "%s", shown);
    free(line);
}

/* 26 columns of bars, of 50 ms each. */
static void show_boot(bool is_utf8)
{
    look.width = 5 + 2 + 8 + 2 + 8 + 2 + 26;
    show_in(boot, is_utf8);
}

START_TEST(a_bar_waits_then_starts_then_is_up)
{
    show_boot(false);
    must_be("NAME", "NAME      UP-AT      TOOK  0                   1 s");
    must_be("mount", "mount    600 ms    600 ms  ############==============");
    must_be("db", "db       1.20 s    600 ms  ............############==");
    must_be("plain", "plain    0.0 ms         -  ==========================");
    done();
}
END_TEST

START_TEST(a_bar_ends_where_its_service_failed)
{
    show_boot(false);
    must_be("bad", "bad      failed    300 ms  ######x                   ");
    done();
    show("0 tree\n0 start a\n500 fail a\n700 up a\n700 start b\n700 up b\n"
         "900 fail b\n1200 over\n");
    must_hold("a", "x");
    must_hold("a", "==");
    must_hold("b", "==x");
    done();
}
END_TEST

START_TEST(what_never_comes_waits_to_the_end)
{
    show_boot(false);
    must_be("never", "never   waiting         -  ..........................");
    done();
}
END_TEST

START_TEST(the_sum_says_who_is_not_up)
{
    show_boot(false);
    ck_assert_ptr_nonnull(
        strstr(shown, "\n3 of 5 services up in 1.20 s, 1 failed, 1 waiting\n"));
    done();
    show("0 tree\n0 start a\n500 start b\n700 up b\n");
    ck_assert_ptr_nonnull(
        strstr(shown, "\n1 of 2 services up in 0.7 ms so far, 1 starting\n"));
    done();
    show("0 tree\n9 over\n");
    ck_assert_ptr_nonnull(strstr(shown, "\n0 of 0 services up\n"));
    done();
}
END_TEST

START_TEST(the_chain_is_told_from_its_end)
{
    look.width = 0;
    ck_assert(bars_read(&bars, boot, strlen(boot)));
    bars_link(&bars, "db", "mount");
    print_bars(false);
    ck_assert_ptr_nonnull(strstr(shown,
                                 "\ndb       1.20 s    600 ms\n"
                                 "mount    600 ms    600 ms\n"));
    done();
}
END_TEST

START_TEST(no_line_is_longer_than_the_terminal)
{
    for (look.width = 50; look.width < 200; look.width++) {
        show(boot);
        for (char *at = shown; *at; at += strcspn(at, "\n") + 1)
            ck_assert_msg(strcspn(at, "\n") <= look.width, "%zu:\n%s",
                          look.width, shown);
        done();
    }
}
END_TEST

START_TEST(plain_means_plain)
{
    show_boot(false);
    for (const char *at = shown; *at; at++)
        ck_assert_msg(*at == '\n' || (*at >= ' ' && *at < 127), "%s", at);
    done();
    look.has_colour = true;
    show_boot(true);
    look.has_colour = false;
    ck_assert_ptr_nonnull(strstr(shown, "\033[33m\xe2\x96\x88"));
    done();
}
END_TEST

START_TEST(a_long_name_has_a_line_of_its_own)
{
    char text[SV_NAME_MAX + 64], name[SV_NAME_MAX + 1];

    look.width = 80;
    memset(name, 'n', SV_NAME_MAX);
    name[SV_NAME_MAX] = 0;
    snprintf(text, sizeof text, "0 tree\n0 start %s\n0 up %s\n", name, "b");
    show(text);
    ck_assert_ptr_nonnull(strstr(shown, name));
    ck_assert_ptr_nonnull(strstr(strstr(shown, name), "n\n        "));
    done();
}
END_TEST

START_TEST(names_are_as_wide_as_they_look)
{
    ck_assert_uint_eq(chart_width(""), 0);
    ck_assert_uint_eq(chart_width("web 1"), 5);
    ck_assert_uint_eq(chart_width("caf\xc3\xa9"), 4);
    ck_assert_uint_eq(chart_width("\xe6\x95\xb0\xe6\x8d\xae"), 4);
    ck_assert_uint_eq(chart_width("\xe2\x80\xa6"), 1);
    ck_assert_uint_eq(chart_width("\xe6\x95"), 2);
}
END_TEST

/* ---- the picture --------------------------------------------------------- */

static void draw(const char *text)
{
    size_t size;
    FILE *to = open_memstream(&shown, &size);

    ck_assert_ptr_nonnull(to);
    ck_assert(bars_read(&bars, text, strlen(text)));
    bars_link(&bars, "db", "mount");
    bars_mark_chain(&bars);
    chart_draw(to, &bars, &occasion);
    fclose(to);
}

static size_t count_of(const char *what)
{
    size_t n = 0;

    for (const char *at = shown; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

START_TEST(a_picture_shows_what_there_is)
{
    draw(boot);
    ck_assert_uint_eq(count_of("<g>"), 5);
    ck_assert_uint_eq(count_of("</g>"), 5);
    /* of each a box is in the legend */
    ck_assert_uint_eq(count_of("<rect class=\"w1\""), 3 + 1);
    ck_assert_uint_eq(count_of("<rect class=\"w2\""), 3 + 1);
    ck_assert_uint_eq(count_of("<rect class=\"w3\""), 1 + 1);
    ck_assert_uint_eq(count_of("<rect class=\"w0\""), 2 + 1);
    ck_assert_uint_eq(count_of("<path class=\"c\""), 1 + 1);
    ck_assert_uint_eq(count_of("class=\"n b\""), 2);
    ck_assert_uint_eq(count_of("db: up, started at 600 ms, up at 1.20 s, "
                               "waited for mount</title>"),
                      1);
    done();
}
END_TEST

START_TEST(a_name_cannot_break_a_picture)
{
    draw("0 tree\n0 start <a>&\"\xff'\xef\xbf\xbf\n");
    ck_assert_uint_eq(count_of("<a>"), 0);
    ck_assert_uint_eq(count_of(">&#60;a&#62;&#38;&#34;&#255;'?: starting"), 1);
    done();
}
END_TEST

/* Every x, with the width beside it, lies within the picture. */
START_TEST(nothing_runs_out_of_the_picture)
{
    int width = 0;

    draw(boot);
    sscanf(strstr(shown, " width=\"") + 8, "%d", &width);
    ck_assert_int_gt(width, 800);
    for (const char *at = shown; (at = strstr(at, " x=\"")) != NULL; at++) {
        double x = 0, w = 0;

        sscanf(at, " x=\"%lf\" y=\"%*[0-9.]\" width=\"%lf\"", &x, &w);
        ck_assert(x >= 0 && x + w <= width);
    }
    done();
}
END_TEST

int main(void)
{
    return UNIT_RUN("chart",
                    a_bar_waits_then_starts_then_is_up,
                    a_bar_ends_where_its_service_failed,
                    what_never_comes_waits_to_the_end,
                    the_sum_says_who_is_not_up, the_chain_is_told_from_its_end,
                    no_line_is_longer_than_the_terminal, plain_means_plain,
                    a_long_name_has_a_line_of_its_own,
                    names_are_as_wide_as_they_look,
                    a_picture_shows_what_there_is,
                    a_name_cannot_break_a_picture,
                    nothing_runs_out_of_the_picture);
}
