/* SPDX-License-Identifier: ISC */
/*
 * shipframe.h - a line of a log as a message for a collector.
 *
 *   syslog   "<PRI>1 TIME HOST SERVICE - MSGID - TEXT", as RFC 5424 has it; on a
 *            stream with its size and a space before it (RFC 6587, octet
 *            counting)
 *   JSON     {"time":TIME,"host":HOST,"service":SERVICE,"msg":TEXT} and a
 *            newline; of a loss, "lost_lines" and "lost_bytes" as well
 *
 * TIME is that of the line's stamp in UTC, with microseconds; "-", or null, if
 * it has none.  A service without a name, or a host, is "-".
 */
#ifndef SVLOG_SHIPFRAME_H
#define SVLOG_SHIPFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HOST_MAX = 255,   /* as RFC 5424 says */
    FRAME_SERVICE_MAX = 48,
    FRAME_HEAD_MAX = 640, /* bytes around the text, in any form */
    FRAME_SWELL = 6,      /* bytes of JSON that one byte of text may become */
};

struct frame {
    unsigned int priority; /* facility * 8 + severity */
    bool is_json;
    bool is_counted; /* syslog with its size before it */
    char host[FRAME_HOST_MAX + 1];
    char service[FRAME_SERVICE_MAX + 1];
};

#define FRAME_NO_TIME INT64_MIN

/* Puts the name where it belongs: what RFC 5424 does not allow in it (spaces,
 * control characters, what is not ASCII) becomes "_", and it is cut to size. */
void frame_set_host(struct frame *frame, const char *name);
void frame_set_service(struct frame *frame, const char *name);

/* Reads "daemon.info": a facility and a severity by the names of syslog.conf, or
 * either alone.  False, and *priority as it was, if it is none. */
bool frame_priority(const char *text, unsigned int *priority);

/* Writes a message of size bytes of text into buf, which has room for
 * FRAME_HEAD_MAX and those, or with JSON FRAME_SWELL times those; returns how
 * many bytes it has. */
size_t frame_line(char *buf, const struct frame *frame, int64_t realtime,
                  const char *text, size_t size);

/* The message that so much was lost; its text is less than FRAME_HEAD_MAX. */
size_t frame_loss(char *buf, const struct frame *frame, int64_t realtime,
                  uint64_t lines, uint64_t bytes);

#endif
