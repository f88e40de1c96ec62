/* SPDX-License-Identifier: ISC */
/*
 * fuzz_notify.c - what a datagram of any content says.
 *
 * What it says can be written as a datagram again, which says the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sv/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static size_t put(char *to, const char *line)
{
    return (size_t)sprintf(to, "%s\n", line);
}

static size_t spell(const struct sv_notify *said, char *to)
{
    static const struct {
        unsigned flag;
        const char *line;
    } lines[] = {
        { SV_NOTIFY_READY, "READY=1" },       { SV_NOTIFY_SICK,
                                                "WATCHDOG=trigger" },
        { SV_NOTIFY_STOPPING, "STOPPING=1" }, { SV_NOTIFY_ALIVE,
                                                "WATCHDOG=1" },
        { SV_NOTIFY_STORE, "FDSTORE=1" },     { SV_NOTIFY_RELOADING,
                                                "RELOADING=1" },
    };
    char *at = to;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (said->says & lines[i].flag)
            at += put(at, lines[i].line);
    if (said->says & SV_NOTIFY_WATCHDOG)
        at += sprintf(at, "WATCHDOG_USEC=%llu\n",
                      1000ULL * said->watchdog_ms);
    if (said->says & SV_NOTIFY_MAIN_PID)
        at += sprintf(at, "MAINPID=%d\n", (int)said->main_pid);
    if (said->says & SV_NOTIFY_STATUS)
        at += sprintf(at, "STATUS=%s", said->status);
    return (size_t)(at - to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_notify said, again;
    char text[SV_NOTIFY_MAX];

    if (!sv_notify_parse(&said, (const char *)data, size)) {
        must(size > SV_NOTIFY_MAX || memchr(data, 0, size) != NULL);
        must(said.says == 0);
        return 0;
    }
    must(!(said.says & SV_NOTIFY_MAIN_PID) || said.main_pid > 1);
    must(strlen(said.status) <= SV_NOTIFY_STATUS_MAX
         && strchr(said.status, '\n') == NULL);
    must(sv_notify_parse(&again, text, spell(&said, text)));
    must(again.says == said.says && again.main_pid == said.main_pid
         && again.watchdog_ms == said.watchdog_ms
         && strcmp(again.status, said.status) == 0);
    return 0;
}
