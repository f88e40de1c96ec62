/* SPDX-License-Identifier: ISC */
/* courses.c - the table of what loggers are made to do. */
#include "logs.h"

const char *const logger_names[LOGGERS] = { "svlog", "s6-log", "svlogd" };

const char *const damage_names[DAMAGES] = {
    "lines lost", "lines doubled", "lines torn", "lines out of order",
    "loggers that did not end as they should",
};

enum { LABEL = 26, DATE = 31, UTC_AND_NAME = 28 + 5 };

/* Archives are kept, all of them. */
#define KEEP "n1000000"

const struct course courses[COURSES] = {
    { .name = "plain", .small = "s20000",
      .places = { { "a", EVERY, 0 } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a" },
                  [S6_LOG] = { KEEP, SIZE, "./a" },
                  [SVLOGD] = { "./a" } } },
    { .name = "stamped", .small = "s4096",
      .places = { { "a", EVERY, LABEL } },
      .script = { [SVLOG] = { "t", KEEP, SIZE, "./a" },
                  [S6_LOG] = { "t", KEEP, SIZE, "./a" },
                  [SVLOGD] = { "-t", "./a" } } },
    { .name = "same-line", .text = SAME, .small = "s20000",
      .places = { { "a", EVERY, 0 } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a" },
                  [S6_LOG] = { KEEP, SIZE, "./a" },
                  [SVLOGD] = { "./a" } } },
    { .name = "same-line-stamped", .text = SAME, .small = "s4096",
      .places = { { "a", EVERY, LABEL } },
      .script = { [SVLOG] = { "t", KEEP, SIZE, "./a" },
                  [S6_LOG] = { "t", KEEP, SIZE, "./a" },
                  [SVLOGD] = { "-t", "./a" } } },
    { .name = "several", .small = "s6000",
      .places = { { "a", EVERY, 0 }, { "b", EVERY, 0 } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a", "./b" },
                  [S6_LOG] = { KEEP, SIZE, "./a", "./b" },
                  [SVLOGD] = { "./a", "./b" } } },
    /* The number of an odd line comes before a semicolon. */
    { .name = "selecting", .small = "s6000",
      .places = { { "a", EVEN, 0 }, { "b", ODD, LABEL }, { "c", EVERY, DATE } },
      .script = { [SVLOG] = { "--", "-^[0-9]*;", KEEP, SIZE, "./a", "f", "t",
                              "./b", "+", "T", "./c" },
                  [S6_LOG] = { "--", "-^[0-9]*;", KEEP, SIZE, "./a", "f", "t",
                               "./b", "+", "T", "./c" } } },
    { .name = "processing", .small = "s8000", .is_marked = true,
      .places = { { "a", EVERY, 0 }, { "b", EVERY, LABEL } },
      .script = { [SVLOG] = { "r50", KEEP, SIZE,
                              "?sed s/^/p/ && cat <&4 >&5 && echo >&5", "./a",
                              "?", "t", "./b" },
                  [S6_LOG] = { "r50", KEEP, SIZE,
                               "?sed s/^/p/ && cat <&4 >&5 && echo >&5", "./a",
                               "?", "t", "./b" } } },
    /* The in-flight file is in the first logdir, whichever that was. */
    { .name = "taking-turns", .small = "s6000",
      .places = { { "a", EVERY, 0 }, { "b", EVERY, LABEL } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a", "t", "./b" } },
      .other = { KEEP, SIZE, "t", "./b", "./a" } },
    { .name = "long-lines", .text = LONG, .small = "s100000",
      .places = { { "a", EVERY, 0 }, { "b", EVERY, LABEL } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a", "t", "./b" } } },
    { .name = "named-and-synced", .small = "s6000",
      .places = { { "a", EVERY, UTC_AND_NAME } },
      .script = { [SVLOG] = { ":utc", ":name=web", ":sync", KEEP, SIZE,
                              "./a" } } },
    { .name = "from-a-file", .source = FROM_FILE, .small = "s6000",
      .places = { { "a", EVERY, 0 }, { "b", EVERY, LABEL } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a", "t", "./b" } } },
    { .name = "from-a-socket", .source = FROM_SOCKET, .small = "s6000",
      .places = { { "a", EVERY, 0 } },
      .script = { [SVLOG] = { KEEP, SIZE, "./a" } } },
    { .name = "from-a-terminal", .source = FROM_TERMINAL, .small = "s6000",
      .places = { { "a", EVERY, LABEL } },
      .script = { [SVLOG] = { KEEP, SIZE, "t", "./a" } } },
};

bool place_has(const struct place *place, unsigned n)
{
    return place->part == EVERY || (place->part == ODD) == (n % 2 == 1);
}

bool course_has_window(const struct course *course)
{
    return course->source == FROM_SOCKET || course->source == FROM_TERMINAL;
}
