/* SPDX-License-Identifier: ISC */
/* ship.c - how far a logdir has been sent, and what of it was lost. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/uint64.h>

#include "sv/at.h"
#include "sv/dated.h"
#include "sv/say.h"
#include "sv/ship.h"

/* ---- the text ----------------------------------------------------------- */

static void clean(char to[static SV_SHIP_TEXT + 1], const char *from)
{
    size_t i = 0;

    for (; i < SV_SHIP_TEXT && from[i]; i++)
        to[i] = (unsigned char)from[i] < ' ' || from[i] == 127 ? '?' : from[i];
    to[i] = 0;
}

size_t sv_ship_pack(char buf[static SV_SHIP_SIZE], const struct sv_ship *ship)
{
    char to[SV_SHIP_TEXT + 1];
    char problem[SV_SHIP_TEXT + 1];

    clean(to, ship->to);
    clean(problem, ship->problem);
    return (size_t)snprintf(
        buf, SV_SHIP_SIZE,
        "ship 1\ndevice %" PRIu64 "\ninode %" PRIu64 "\nborn %" PRIu64
        "\noffset %" PRIu64 "\nchanged %" PRId64 "\nlines %" PRIu64
        "\nlost-lines %" PRIu64 "\nlost-bytes %" PRIu64
        "\nto %s\nproblem %s\n",
        ship->at.file.dev, ship->at.file.ino, ship->at.file.born,
        ship->at.offset, ship->at.changed, ship->lines, ship->lost_lines,
        ship->lost_bytes, to, problem);
}

size_t sv_lost_pack(char buf[static SV_SHIP_SIZE], const struct sv_lost *lost)
{
    return (size_t)snprintf(buf, SV_SHIP_SIZE,
                            "lost 1\nlines %" PRIu64 "\nbytes %" PRIu64
                            "\nlast %s\n",
                            lost->lines, lost->bytes, lost->last);
}

/* The value of the line at *at, which has to begin with name; goes to the next
 * line.  NULL if it does not. */
static const char *take(char **at, const char *name)
{
    size_t size = strlen(name);
    char *value = *at + size + 1;
    char *end;

    if (strncmp(*at, name, size) != 0 || (*at)[size] != ' ')
        return NULL;
    end = strchr(value, '\n');
    if (!end)
        return NULL;
    *end = 0;
    *at = end + 1;
    return value;
}

static bool take_number(char **at, const char *name, uint64_t *number)
{
    const char *value = take(at, name);

    return value && uint640_scan(value, number) &&
           (*value != '0' || !value[1]);
}

/* Of a time, which may be before 1970. */
static bool take_time(char **at, const char *name, int64_t *time)
{
    const char *value = take(at, name);
    char again[SV_NUMBER_MAX];

    return value && int64_scan(value, time) > 0 &&
           strcmp(sv_number(again, *time), value) == 0;
}

static bool take_text(char **at, const char *name, char *text, size_t size)
{
    const char *value = take(at, name);

    if (!value || strlen(value) >= size)
        return false;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    stpcpy(text, value);
    return true;
}

/* A copy that can be cut, with a NUL. */
static bool copy(char text[static SV_SHIP_SIZE + 1], const char *buf,
                 size_t size)
{
    if (size > SV_SHIP_SIZE || memchr(buf, 0, size))
        return false;
    memcpy(text, buf, size);
    text[size] = 0;
    return true;
}

bool sv_ship_unpack(struct sv_ship *ship, const char *buf, size_t size)
{
    char text[SV_SHIP_SIZE + 1];
    struct sv_ship read = {0};
    uint64_t version;
    char *at = text;

    if (!copy(text, buf, size) || !take_number(&at, "ship", &version) ||
        version != 1 || !take_number(&at, "device", &read.at.file.dev) ||
        !take_number(&at, "inode", &read.at.file.ino) ||
        !take_number(&at, "born", &read.at.file.born) ||
        !take_number(&at, "offset", &read.at.offset) ||
        !take_time(&at, "changed", &read.at.changed) ||
        !take_number(&at, "lines", &read.lines) ||
        !take_number(&at, "lost-lines", &read.lost_lines) ||
        !take_number(&at, "lost-bytes", &read.lost_bytes) ||
        !take_text(&at, "to", read.to, sizeof read.to) ||
        !take_text(&at, "problem", read.problem, sizeof read.problem) ||
        *at || read.at.offset > INT64_MAX)
        return false;
    *ship = read;
    return true;
}

bool sv_lost_unpack(struct sv_lost *lost, const char *buf, size_t size)
{
    char text[SV_SHIP_SIZE + 1];
    struct sv_lost read = {0};
    uint64_t version;
    char *at = text;

    if (!copy(text, buf, size) || !take_number(&at, "lost", &version) ||
        version != 1 || !take_number(&at, "lines", &read.lines) ||
        !take_number(&at, "bytes", &read.bytes) ||
        !take_text(&at, "last", read.last, sizeof read.last) || *at ||
        (*read.last && !sv_log_is_archive(read.last)))
        return false;
    *lost = read;
    return true;
}

/* ---- the files ---------------------------------------------------------- */

/* Its size, or -1 with errno set: 0, if there is no such file. */
static ssize_t read_file(int dir, const char *file, char buf[SV_SHIP_SIZE + 1])
{
    ssize_t n = sv_at_read(dir, ".", file, buf, SV_SHIP_SIZE + 1);

    if (n < 0 && errno == ENOENT)
        errno = 0;
    return n;
}

bool sv_ship_read(int dir, struct sv_ship *ship)
{
    char buf[SV_SHIP_SIZE + 1];
    ssize_t n = read_file(dir, SV_SHIP, buf);

    *ship = (struct sv_ship){.at.changed = INT64_MIN};
    if (n < 0)
        return false;
    if (sv_ship_unpack(ship, buf, (size_t)n))
        return true;
    errno = EINVAL;
    return false;
}

bool sv_lost_read(int dir, struct sv_lost *lost)
{
    char buf[SV_SHIP_SIZE + 1];
    ssize_t n = read_file(dir, SV_LOST, buf);

    *lost = (struct sv_lost){0};
    if (n < 0)
        return false;
    if (sv_lost_unpack(lost, buf, (size_t)n))
        return true;
    errno = EINVAL;
    return false;
}

bool sv_ship_write(int dir, const struct sv_ship *ship)
{
    char buf[SV_SHIP_SIZE];
    size_t size = sv_ship_pack(buf, ship);

    return sv_at_replace(dir, ".", SV_SHIP, SV_SHIP_NEW, buf, size);
}

bool sv_lost_write(int dir, const struct sv_lost *lost)
{
    char buf[SV_SHIP_SIZE];
    size_t size = sv_lost_pack(buf, lost);

    return sv_at_replace(dir, ".", SV_LOST, SV_LOST_NEW, buf, size);
}

/* ---- how far behind ----------------------------------------------------- */

bool sv_ship_lag(int dir, const struct sv_ship *ship, uint64_t *bytes,
                 int64_t *since)
{
    struct sv_log_reader reader;
    char head[SV_DATED_MAX];
    bool was_found;
    ssize_t n;

    *since = INT64_MIN;
    if (!sv_log_measure(dir, &ship->at, bytes))
        return false;
    if (!*bytes)
        return true;
    if (!sv_log_begin_at(&reader, dir, &ship->at, &was_found))
        return false;
    n = sv_log_read(&reader, head, sizeof head);
    if (n > 0)
        sv_dated(head, (size_t)n, since);
    sv_log_end(&reader);
    return n >= 0;
}
