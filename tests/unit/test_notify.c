/* SPDX-License-Identifier: ISC */
/* Truths about what a service says of itself by sd_notify. */
#include "unit.h"

#include "sv/notify.h"

static struct sv_notify said_by(const char *text)
{
    struct sv_notify said;

    ck_assert(sv_notify_parse(&said, text, strlen(text)));
    return said;
}

START_TEST(each_key_says_its_own)
{
    static const struct {
        const char *text;
        unsigned says;
    } cases[] = {
        { "READY=1", SV_NOTIFY_READY },
        { "RELOADING=1", SV_NOTIFY_RELOADING },
        { "STOPPING=1", SV_NOTIFY_STOPPING },
        { "WATCHDOG=1", SV_NOTIFY_ALIVE },
        { "WATCHDOG=trigger", SV_NOTIFY_SICK },
        { "WATCHDOG_USEC=1", SV_NOTIFY_WATCHDOG },
        { "MAINPID=2", SV_NOTIFY_MAIN_PID },
        { "STATUS=", SV_NOTIFY_STATUS },
        { "FDSTORE=1", SV_NOTIFY_STORE },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(said_by(cases[i].text).says, cases[i].says);
}
END_TEST

START_TEST(lines_add_up_and_the_last_counts)
{
    struct sv_notify said =
        said_by("STATUS=one\nREADY=1\nMAINPID=77\nSTATUS=two = 2\n");

    ck_assert_uint_eq(said.says, SV_NOTIFY_READY | SV_NOTIFY_STATUS
                                     | SV_NOTIFY_MAIN_PID);
    ck_assert_str_eq(said.status, "two = 2");
    ck_assert_int_eq(said.main_pid, 77);
}
END_TEST

START_TEST(what_cannot_be_is_not_said)
{
    static const char *const texts[] = {
        "",           "\n\n\n",      "READY",         "READY=",
        "READY=0",    "READY=11",    "ready=1",       " READY=1",
        "MAINPID=1",  "MAINPID=0",   "MAINPID=-5",    "MAINPID=2147483648",
        "MAINPID=",   "MAINPID=2x",  "WATCHDOG_USEC=", "WATCHDOG_USEC=-1",
        "WATCHDOG=0", "FDSTORE=2",   "=1",            "ERRNO=2",
        "BARRIER=1",  "X_READY=1",   "WATCHDOG_USEC=99999999999999999999",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(said_by(texts[i]).says == 0, "\"%s\" says something",
                      texts[i]);
}
END_TEST

START_TEST(times_are_rounded_up)
{
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=1").watchdog_ms, 1);
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=1000").watchdog_ms, 1);
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=1001").watchdog_ms, 2);
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=0").watchdog_ms, 0);
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=4294967295000").watchdog_ms,
                      UINT32_MAX);
    ck_assert_uint_eq(said_by("WATCHDOG_USEC=4294967295001").says, 0);
}
END_TEST

START_TEST(a_long_status_is_cut)
{
    char text[SV_NOTIFY_MAX + 1] = "STATUS=";

    memset(text + 7, 'x', sizeof text - 8);
    ck_assert_uint_eq(strlen(said_by(text).status), SV_NOTIFY_STATUS_MAX);
}
END_TEST

START_TEST(a_datagram_with_a_nul_or_too_long_says_nothing)
{
    static char text[SV_NOTIFY_MAX + 1];
    struct sv_notify said;

    ck_assert(!sv_notify_parse(&said, "READY=1\nX=\0", 11));
    ck_assert_uint_eq(said.says, 0);
    memset(text, '\n', sizeof text);
    ck_assert(!sv_notify_parse(&said, text, sizeof text));
    ck_assert(sv_notify_parse(&said, text, sizeof text - 1));
}
END_TEST

int main(void)
{
    return UNIT_RUN("notify", each_key_says_its_own,
                    lines_add_up_and_the_last_counts,
                    what_cannot_be_is_not_said, times_are_rounded_up,
                    a_long_status_is_cut,
                    a_datagram_with_a_nul_or_too_long_says_nothing);
}
