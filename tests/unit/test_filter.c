/* SPDX-License-Identifier: ISC */
/* Truths about lines from one descriptor to another. */
#include "unit.h"

#include "sv/filter.h"

static struct sv_filter filter;

/* Puts the first byte of the line in brackets. */
static size_t bracket(char head[static SV_FILTER_HEAD], const char *line,
                      size_t size, size_t *skip)
{
    ck_assert_uint_gt(size, 0);
    head[0] = '<';
    head[1] = line[0];
    head[2] = '>';
    *skip = 1;
    return 3;
}

static void begin(bool completes)
{
    put_text("out", "");
    filter = (struct sv_filter){
        .from = openat(service, "in", O_RDONLY | O_CLOEXEC),
        .to = openat(service, "out", O_WRONLY | O_CLOEXEC),
        .edit = bracket,
        .completes = completes,
    };
}

static const char *of(const char *text, bool completes)
{
    static char said[256];
    ssize_t n;

    put_text("in", text);
    begin(completes);
    ck_assert_int_eq(sv_filter_run(&filter), SV_FILTER_DONE);
    n = get_bytes("out", said, sizeof said - 1);
    ck_assert_int_ge(n, 0);
    said[n] = '\0';
    close(filter.from);
    close(filter.to);
    return said;
}

START_TEST(each_line_is_looked_at)
{
    ck_assert_str_eq(of("one\n\ntwo\n", false), "<o>ne\n<\n><t>wo\n");
    ck_assert_str_eq(of("", true), "");
}
END_TEST

START_TEST(a_last_line_is_completed_where_that_is_asked_for)
{
    ck_assert_str_eq(of("one\ntwo", false), "<o>ne\n<t>wo");
    ck_assert_str_eq(of("one\ntwo", true), "<o>ne\n<t>wo\n");
    ck_assert_str_eq(of("one\n", true), "<o>ne\n");
}
END_TEST

/* Lines one byte shorter and longer than the memory for one, and as long. */
START_TEST(a_long_line_is_looked_at_once)
{
    static char text[3 * SV_FILTER_LINE];
    static char said[sizeof text + 16];

    for (size_t size = SV_FILTER_LINE - 2; size < SV_FILTER_LINE + 2; size++) {
        memset(text, 'a', sizeof text);
        text[size] = '\n';
        text[sizeof text - 1] = '\n';
        put_bytes("in", text, sizeof text);
        begin(true);
        ck_assert_int_eq(sv_filter_run(&filter), SV_FILTER_DONE);
        ck_assert_int_eq(get_bytes("out", said, sizeof said),
                         (ssize_t)sizeof text + 4);
        ck_assert_mem_eq(said, "<a>aa", 5);
        ck_assert_mem_eq(said + size + 2, "\n<a>aa", 6);
        close(filter.from);
        close(filter.to);
    }
}
END_TEST

START_TEST(what_has_come_is_written_before_more_is_asked_for)
{
    int in[2], out[2];
    char said[16];

    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    if (fork() == 0) {
        filter = (struct sv_filter){
            .from = in[0], .to = out[1], .edit = bracket };
        close(in[1]);
        _exit(sv_filter_run(&filter) != SV_FILTER_DONE);
    }
    ck_assert_int_eq(fcntl(in[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(write(in[1], "a\nb", 3), 3);
    ck_assert_int_eq(read(out[0], said, sizeof said), 4);
    ck_assert_mem_eq(said, "<a>\n", 4);
    ck_assert_int_eq(write(in[1], "c\n", 2), 2);
    ck_assert_int_eq(read(out[0], said, sizeof said), 5);
    ck_assert_mem_eq(said, "<b>c\n", 5);
}
END_TEST

START_TEST(it_says_which_end_failed)
{
    filter = (struct sv_filter){ .from = -1, .to = -1, .edit = bracket };
    ck_assert_int_eq(sv_filter_run(&filter), SV_FILTER_UNREAD);
    put_text("in", "a\n");
    begin(false);
    close(filter.to);
    filter.to = -1;
    ck_assert_int_eq(sv_filter_run(&filter), SV_FILTER_UNWRITTEN);
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "filter", each_line_is_looked_at,
        a_last_line_is_completed_where_that_is_asked_for,
        a_long_line_is_looked_at_once,
        what_has_come_is_written_before_more_is_asked_for,
        it_says_which_end_failed);
}
