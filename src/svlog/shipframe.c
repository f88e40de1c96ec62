/* SPDX-License-Identifier: ISC */
/* shipframe.c - a line of a log as a message for a collector. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sv/json.h"
#include "sv/stamp.h"
#include "svlog/shipframe.h"

enum { TIME_MAX = 40, SEVERITY_WARNING = 4 };

/* ---- names -------------------------------------------------------------- */

static void set_name(char *to, size_t room, const char *name)
{
    size_t i = 0;

    for (; i < room && name[i]; i++)
        to[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '_';
    if (!i)
        to[i++] = '-';
    to[i] = 0;
}

void frame_set_host(struct frame *frame, const char *name)
{
    set_name(frame->host, FRAME_HOST_MAX, name);
}

void frame_set_service(struct frame *frame, const char *name)
{
    set_name(frame->service, FRAME_SERVICE_MAX, name);
}

static const char *const facilities[] = {
    "kern",   "user",   "mail",   "daemon", "auth",   "syslog",
    "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
    "ntp",    "audit",  "alert",  "clock",  "local0", "local1",
    "local2", "local3", "local4", "local5", "local6", "local7",
};

static const char *const severities[] = {
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
};

static bool find_word(const char *word, size_t size, const char *const *words,
                      size_t count, unsigned int *index)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == size && !memcmp(words[i], word, size)) {
            *index = (unsigned int)i;
            return true;
        }
    return false;
}

bool frame_priority(const char *text, unsigned int *priority)
{
    size_t size = strcspn(text, ".");
    unsigned int facility = *priority >> 3;
    unsigned int severity = *priority & 7;
    const char *rest = text + size;
    bool is_facility = find_word(text, size, facilities,
                                 sizeof facilities / sizeof *facilities,
                                 &facility);

    if (*rest == '.' && !is_facility && size)
        return false;
    if (!is_facility || *rest == '.')
        if (!find_word(*rest == '.' ? rest + 1 : text,
                       strlen(*rest == '.' ? rest + 1 : text), severities,
                       sizeof severities / sizeof *severities, &severity))
            return false;
    *priority = facility << 3 | severity;
    return true;
}

/* ---- messages ----------------------------------------------------------- */

/* "2026-11-23T02:29:10.378332Z", or none where there is none. */
static const char *time_text(char buf[static TIME_MAX], int64_t realtime,
                             const char *none)
{
    if (realtime == FRAME_NO_TIME)
        return none;
    sv_stamp_utc(buf, realtime);
    buf[SV_STAMP_UTC - 1] = 0; /* the blank */
    return buf;
}

static size_t put_json_text(char *buf, const char *text, size_t size)
{
    size_t n = 0;

    while (size) {
        size_t used;

        n += sv_json_escape(buf + n, text, size, &used);
        text += used;
        size -= used;
    }
    return n;
}

static size_t put_json(char *buf, const struct frame *frame, int64_t realtime,
                       const char *fields, const char *text, size_t size)
{
    char when[TIME_MAX];
    const char *time = time_text(when, realtime, NULL);
    const char *quote = time ? "\"" : "";
    size_t n;

    n = (size_t)sprintf(buf, "{\"time\":%s%s%s,\"host\":\"", quote,
                        time ? time : "null", quote);
    n += put_json_text(buf + n, frame->host, strlen(frame->host));
    n += (size_t)sprintf(buf + n, "\",\"service\":\"");
    n += put_json_text(buf + n, frame->service, strlen(frame->service));
    n += (size_t)sprintf(buf + n, "\"%s,\"msg\":\"", fields);
    n += put_json_text(buf + n, text, size);
    n += (size_t)sprintf(buf + n, "\"}\n");
    return n;
}

static size_t put_syslog(char *buf, const struct frame *frame,
                         unsigned int priority, int64_t realtime,
                         const char *id, const char *text, size_t size)
{
    char head[FRAME_HEAD_MAX];
    char when[TIME_MAX];
    int n = snprintf(head, sizeof head, "<%u>1 %s %s %s - %s - ", priority,
                     time_text(when, realtime, "-"), frame->host,
                     frame->service, id);
    size_t used = 0;

    if (frame->is_counted)
        used = (size_t)sprintf(buf, "%zu ", (size_t)n + size);
    memcpy(buf + used, head, (size_t)n);
    memcpy(buf + used + n, text, size);
    return used + (size_t)n + size;
}

size_t frame_line(char *buf, const struct frame *frame, int64_t realtime,
                  const char *text, size_t size)
{
    return frame->is_json
               ? put_json(buf, frame, realtime, "", text, size)
               : put_syslog(buf, frame, frame->priority, realtime, "-", text,
                            size);
}

size_t frame_loss(char *buf, const struct frame *frame, int64_t realtime,
                  uint64_t lines, uint64_t bytes)
{
    char fields[96];
    char text[160];
    int n = snprintf(text, sizeof text,
                     "svlog ship: lost %" PRIu64 " lines, %" PRIu64
                     " bytes: removed for their size before they were sent",
                     lines, bytes);

    snprintf(fields, sizeof fields,
             ",\"lost_lines\":%" PRIu64 ",\"lost_bytes\":%" PRIu64, lines,
             bytes);
    if (frame->is_json)
        return put_json(buf, frame, realtime, fields, text, (size_t)n);
    return put_syslog(buf, frame, (frame->priority & ~7U) | SEVERITY_WARNING,
                      realtime, "LOST", text, (size_t)n);
}
