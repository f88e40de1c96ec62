/* SPDX-License-Identifier: ISC */
/*
 * notify.c - what a service says of itself by sd_notify(3).
 */
#include <string.h>

#include "sv/notify.h"

enum { USEC_PER_MS = 1000 };

static bool is(const char *text, size_t size, const char *other)
{
    return size == strlen(other) && memcmp(text, other, size) == 0;
}

/* Digits only, and no more than most. */
static bool read_number(const char *text, size_t size, uint64_t most,
                        uint64_t *number)
{
    uint64_t n = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = 10 * n + (uint64_t)(text[i] - '0');
        if (n > most)
            return false;
    }
    *number = n;
    return size > 0;
}

static void read_watchdog(struct sv_notify *said, const char *value,
                          size_t size)
{
    uint64_t usec = 0;

    if (!read_number(value, size, (uint64_t)UINT32_MAX * USEC_PER_MS, &usec))
        return;
    said->says |= SV_NOTIFY_WATCHDOG;
    said->watchdog_ms = (uint32_t)((usec + USEC_PER_MS - 1) / USEC_PER_MS);
}

static void read_main_pid(struct sv_notify *said, const char *value,
                          size_t size)
{
    uint64_t pid = 0;

    if (!read_number(value, size, INT32_MAX, &pid) || pid <= 1)
        return;
    said->says |= SV_NOTIFY_MAIN_PID;
    said->main_pid = (int32_t)pid;
}

static void read_status(struct sv_notify *said, const char *value, size_t size)
{
    if (size > SV_NOTIFY_STATUS_MAX)
        size = SV_NOTIFY_STATUS_MAX;
    memcpy(said->status, value, size);
    said->status[size] = '\0';
    said->says |= SV_NOTIFY_STATUS;
}

static void read_liveness(struct sv_notify *said, const char *value,
                          size_t size)
{
    if (is(value, size, "1"))
        said->says |= SV_NOTIFY_ALIVE;
    if (is(value, size, "trigger"))
        said->says |= SV_NOTIFY_SICK;
}

static const struct {
    const char *key;
    unsigned flag; /* what the value "1" says; else: */
    void (*read)(struct sv_notify *said, const char *value, size_t size);
} keys[] = {
    { "READY", SV_NOTIFY_READY, NULL },
    { "RELOADING", SV_NOTIFY_RELOADING, NULL },
    { "STOPPING", SV_NOTIFY_STOPPING, NULL },
    { "FDSTORE", SV_NOTIFY_STORE, NULL },
    { "WATCHDOG", 0, read_liveness },
    { "WATCHDOG_USEC", 0, read_watchdog },
    { "MAINPID", 0, read_main_pid },
    { "STATUS", 0, read_status },
};

static void read_line(struct sv_notify *said, const char *line, size_t size)
{
    const char *equals = memchr(line, '=', size);

    if (equals == NULL)
        return;

    size_t key = (size_t)(equals - line);
    const char *value = equals + 1;

    size -= key + 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!is(line, key, keys[i].key))
            continue;
        if (keys[i].read != NULL)
            keys[i].read(said, value, size);
        else if (is(value, size, "1"))
            said->says |= keys[i].flag;
    }
}

bool sv_notify_parse(struct sv_notify *said, const char *bytes, size_t size)
{
    const char *end = bytes + size;

    *said = (struct sv_notify){ 0 };
    if (size > SV_NOTIFY_MAX || memchr(bytes, '\0', size) != NULL)
        return false;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *stop = newline != NULL ? newline : end;

        read_line(said, bytes, (size_t)(stop - bytes));
        bytes = newline != NULL ? newline + 1 : end;
    }
    return true;
}
