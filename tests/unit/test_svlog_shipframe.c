/* SPDX-License-Identifier: ISC */
/* Truths about messages for a collector, and where it is. */
#include "unit.h"

#include <arpa/inet.h>

#include "sv/clock.h"
#include "svlog/shipframe.h"
#include "svlog/shipsocket.h"

#define WHEN (INT64_C(1795400950) * SV_SECOND + 378332479)

static void expect(const struct frame *frame, int64_t when, const char *text,
                   const char *message)
{
    char buf[FRAME_HEAD_MAX + 1000];
    size_t n = frame_line(buf, frame, when, text, strlen(text));

    buf[n] = 0;
    ck_assert_str_eq(buf, message);
}

static struct frame frame_of(const char *host, const char *name)
{
    struct frame frame = {.priority = 30};

    frame_set_host(&frame, host);
    frame_set_service(&frame, name);
    return frame;
}

START_TEST(a_message_is_what_rfc_5424_says)
{
    struct frame frame = frame_of("vm", "web");

    expect(&frame, WHEN, "hello",
           "<30>1 2026-11-23T02:29:10.378332Z vm web - - - hello");
    expect(&frame, FRAME_NO_TIME, "", "<30>1 - vm web - - - ");
    frame.is_counted = true;
    expect(&frame, FRAME_NO_TIME, "hello", "26 <30>1 - vm web - - - hello");
}
END_TEST

START_TEST(names_hold_no_spaces_and_have_an_end)
{
    static const char longest[] = "12345678901234567890123456789012345678901234"
                                  "5678";
    struct frame frame = frame_of("a b\n", "");

    expect(&frame, FRAME_NO_TIME, "x", "<30>1 - a_b_ - - - - x");
    frame_set_service(&frame, "12345678901234567890123456789012345678901234"
                              "56789");
    ck_assert_str_eq(frame.service, longest);
}
END_TEST

START_TEST(json_is_a_line)
{
    struct frame frame = frame_of("vm", "web");

    frame.is_json = true;
    expect(&frame, FRAME_NO_TIME, "a\"b\xff",
           "{\"time\":null,\"host\":\"vm\",\"service\":\"web\","
           "\"msg\":\"a\\\"b\\u00ff\"}\n");
}
END_TEST

START_TEST(a_loss_is_told)
{
    struct frame frame = frame_of("vm", "web");
    char buf[FRAME_HEAD_MAX];

    buf[frame_loss(buf, &frame, FRAME_NO_TIME, 3, 99)] = 0;
    ck_assert_str_eq(buf, "<28>1 - vm web - LOST - svlog ship: lost 3 lines, "
                          "99 bytes: removed for their size before they were "
                          "sent");
}
END_TEST

START_TEST(priorities_have_names)
{
    unsigned int priority = 30;

    ck_assert(frame_priority("local3.err", &priority));
    ck_assert_uint_eq(priority, 19 * 8 + 3);
    ck_assert(frame_priority("debug", &priority));
    ck_assert_uint_eq(priority, 19 * 8 + 7);
    ck_assert(frame_priority("user", &priority));
    ck_assert_uint_eq(priority, 1 * 8 + 7);
    ck_assert(!frame_priority("nobody.info", &priority));
    ck_assert(!frame_priority("user.", &priority));
    ck_assert(!frame_priority("", &priority));
    ck_assert_uint_eq(priority, 1 * 8 + 7);
}
END_TEST

START_TEST(a_collector_is_a_scheme_and_where_it_is)
{
    static const char *const bad[] = {
        "", "udp", "udp:", "udp:host:", "udp:host:0", "udp:host:65536",
        "udp:host:1x", "tcp:[::1", "tcp:[::1]1", "unix:socket", "http://host",
    };
    struct collector collector;

    ck_assert(collector_parse(&collector, "udp:host"));
    ck_assert(!collector.is_stream && !collector.is_unix);
    ck_assert_uint_eq(collector.port, 514);
    ck_assert(collector_parse(&collector, "tcp:[::1]:99"));
    ck_assert(collector.is_stream);
    ck_assert_str_eq(collector.host, "::1");
    ck_assert_uint_eq(collector.port, 99);
    ck_assert(collector_parse(&collector, "unix-stream:/a:b"));
    ck_assert(collector.is_stream && collector.is_unix);
    ck_assert_str_eq(collector.host, "/a:b");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!collector_parse(&collector, bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(a_host_is_an_address_or_a_name_of_a_file)
{
    struct sockaddr_storage address;
    char hosts[sizeof unit_scratch + 64];
    socklen_t size;

    snprintf(hosts, sizeof hosts, "/proc/self/fd/%d/hosts", service);
    put_text("hosts", "# 10.0.0.9 logs\n10.0.0.1 other logs.example # logs\n"
                      "bad logs\n10.0.0.2\tLOGS\n");
    ck_assert(collector_resolve("logs", 7, hosts, &address, &size));
    ck_assert_uint_eq(((struct sockaddr_in *)&address)->sin_addr.s_addr,
                      inet_addr("10.0.0.2"));
    ck_assert(collector_resolve("::1", 7, hosts, &address, &size));
    ck_assert_int_eq(address.ss_family, AF_INET6);
    ck_assert(!collector_resolve("nobody", 7, hosts, &address, &size));
    ck_assert(!collector_resolve("nobody", 7, "/nothing", &address, &size));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH("ship",
                               a_message_is_what_rfc_5424_says,
                               names_hold_no_spaces_and_have_an_end,
                               json_is_a_line,
                               a_loss_is_told,
                               priorities_have_names,
                               a_collector_is_a_scheme_and_where_it_is,
                               a_host_is_an_address_or_a_name_of_a_file);
}
