/* SPDX-License-Identifier: ISC */
/*
 * wire.c - the messages of svscan's socket, packed and unpacked.
 *
 * A reader trusts nothing: each item is checked against what is left of the
 * message before a byte of it is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <skalibs/uint16.h>
#include <skalibs/uint32.h>
#include <skalibs/uint64.h>

#include "sv/say.h"
#include "sv/wire.h"

enum { SOCKET_MODE = 0600 };

/* Where the fields of a row lie; wire.h has the table. */
enum {
    ROW_STATE = 2,
    ROW_FLAGS = 4,
    ROW_PID = 8,
    ROW_STAMP = 16,
    ROW_READY = 28,
    ROW_RESTARTS = 40,
    ROW_DEATHS = 44,
    ROW_WSTAT = 48,
    ROW_DUE = 50,
    ROW_MEMORY = 58,
    ROW_TEXTS = 66,
};

static const char types[] = {
    SV_WIRE_LIST,   SV_WIRE_ORDER,   SV_WIRE_COMMAND, SV_WIRE_GRAPH,
    SV_WIRE_WATCH,  SV_WIRE_RESCAN,  SV_WIRE_MACHINE, SV_WIRE_INFO,
    SV_WIRE_UPGRADE, SV_WIRE_ROWS,   SV_WIRE_FAULTS,  SV_WIRE_FACTS,
    SV_WIRE_LINKS,  SV_WIRE_EVENTS,  SV_WIRE_END,
};

static const char lasting[] = {
    SV_WIRE_INFO, SV_WIRE_UPGRADE, SV_WIRE_FACTS, SV_WIRE_FAULTS, SV_WIRE_END,
};

/* ---- writing ------------------------------------------------------------ */

void sv_wire_begin(struct sv_wire_out *out, const struct sv_wire_header *header)
{
    out->bytes[0] = SV_WIRE_VERSION;
    out->bytes[1] = (char)header->type;
    uint16_pack_big(out->bytes + 2, 0);
    uint32_pack_big(out->bytes + 4, header->serial);
    out->used = SV_WIRE_HEADER;
    out->full = false;
}

/* Room for size bytes, or NULL. */
static char *more(struct sv_wire_out *out, size_t size)
{
    char *at = out->bytes + out->used;

    if (size > sizeof out->bytes - out->used) {
        out->full = true;
        return NULL;
    }
    out->used += size;
    return at;
}

static char *pack_text(char *at, const char *text, size_t length)
{
    uint16_pack_big(at, (uint16_t)length);
    memcpy(at + 2, text, length);
    return at + 2 + length;
}

void sv_wire_put_u8(struct sv_wire_out *out, uint8_t n)
{
    char *at = more(out, 1);

    if (at)
        *at = (char)n;
}

void sv_wire_put_u32(struct sv_wire_out *out, uint32_t n)
{
    char *at = more(out, 4);

    if (at)
        uint32_pack_big(at, n);
}

void sv_wire_put_text(struct sv_wire_out *out, const char *text)
{
    size_t length = strlen(text);
    char *at = more(out, 2 + length);

    if (at)
        pack_text(at, text, length);
}

/* The bytes, and two texts after them. */
static void put_two_texts(struct sv_wire_out *out, const char *before,
                          size_t size, const char *name, const char *text)
{
    size_t name_length = strlen(name);
    size_t text_length = strlen(text);
    char *at = more(out, size + 4 + name_length + text_length);

    if (!at)
        return;
    memcpy(at, before, size);
    pack_text(pack_text(at + size, name, name_length), text, text_length);
}

void sv_wire_put_fault(struct sv_wire_out *out, const char *name,
                       const char *reason)
{
    put_two_texts(out, "", 0, name, reason);
}

void sv_wire_put_fact(struct sv_wire_out *out, const char *name,
                      const char *value)
{
    put_two_texts(out, "", 0, name, value);
}

void sv_wire_put_link(struct sv_wire_out *out, uint8_t letter,
                      const char *name, const char *other)
{
    put_two_texts(out, (const char *)&letter, 1, name, other);
}

size_t sv_wire_row_pack(char buf[static SV_WIRE_ROW_MAX],
                        const struct sv_wire_row *row)
{
    char *end = buf + ROW_TEXTS;

    buf[ROW_STATE] = (char)row->state;
    buf[ROW_STATE + 1] = 0;
    uint32_pack_big(buf + ROW_FLAGS, row->flags);
    uint64_pack_big(buf + ROW_PID, (uint64_t)row->pid);
    tain_pack(buf + ROW_STAMP, &row->stamp);
    tain_pack(buf + ROW_READY, &row->ready);
    uint32_pack_big(buf + ROW_RESTARTS, row->restarts);
    uint32_pack_big(buf + ROW_DEATHS, row->deaths);
    uint16_pack_big(buf + ROW_WSTAT, row->wstat);
    uint64_pack_big(buf + ROW_DUE, row->due_ms);
    uint64_pack_big(buf + ROW_MEMORY, row->memory);
    end = pack_text(end, row->name, strnlen(row->name, SV_NAME_MAX));
    end = pack_text(end, row->note, strnlen(row->note, SV_WIRE_NOTE_MAX));
    uint32_pack_big(end, row->main_pid);
    end = pack_text(end + 4, row->said, strnlen(row->said, SV_WIRE_SAID_MAX));
    uint64_pack_big(end, (uint64_t)row->stamped);
    end += 8;
    uint16_pack_big(buf, (uint16_t)(end - buf));
    return (size_t)(end - buf);
}

void sv_wire_put_row(struct sv_wire_out *out, const struct sv_wire_row *row)
{
    char packed[SV_WIRE_ROW_MAX];
    size_t size = sv_wire_row_pack(packed, row);
    char *at = more(out, size);

    if (at)
        memcpy(at, packed, size);
}

/* ---- reading ------------------------------------------------------------ */

bool sv_wire_is_lasting(enum sv_wire_type type)
{
    return memchr(lasting, (char)type, sizeof lasting);
}

bool sv_wire_open(struct sv_wire_in *in, struct sv_wire_header *header,
                  const char *bytes, size_t size)
{
    if (size < SV_WIRE_HEADER || size > SV_WIRE_MAX ||
        !memchr(types, bytes[1], sizeof types))
        return false;
    if (bytes[0] != SV_WIRE_VERSION &&
        !sv_wire_is_lasting((enum sv_wire_type)bytes[1]))
        return false;
    header->type = (enum sv_wire_type)bytes[1];
    uint32_unpack_big(bytes + 4, &header->serial);
    *in = (struct sv_wire_in){bytes, size, SV_WIRE_HEADER};
    return true;
}

static size_t left(const struct sv_wire_in *in)
{
    return in->size - in->at;
}

bool sv_wire_at_end(const struct sv_wire_in *in)
{
    return left(in) == 0;
}

bool sv_wire_get_u8(struct sv_wire_in *in, uint8_t *n)
{
    if (left(in) < 1)
        return false;
    *n = (uint8_t)in->bytes[in->at++];
    return true;
}

bool sv_wire_get_u32(struct sv_wire_in *in, uint32_t *n)
{
    if (left(in) < 4)
        return false;
    uint32_unpack_big(in->bytes + in->at, n);
    in->at += 4;
    return true;
}

bool sv_wire_get_text(struct sv_wire_in *in, char *text, size_t size)
{
    const char *from = in->bytes + in->at;
    uint16_t length;

    if (left(in) < 2)
        return false;
    uint16_unpack_big(from, &length);
    if (length > left(in) - 2 || length >= size ||
        memchr(from + 2, 0, length))
        return false;
    memcpy(text, from + 2, length);
    text[length] = 0;
    in->at += 2 + (size_t)length;
    return true;
}

static bool unpack_tain(tain *stamp, const char *bytes)
{
    tain_unpack(bytes, stamp);
    return stamp->nano <= 999999999;
}

/* The part of a row before its texts. */
static bool unpack_fields(struct sv_wire_row *row, const char *bytes)
{
    uint32_t flags;
    uint64_t pid;

    uint32_unpack_big(bytes + ROW_FLAGS, &flags);
    uint64_unpack_big(bytes + ROW_PID, &pid);
    uint32_unpack_big(bytes + ROW_RESTARTS, &row->restarts);
    uint32_unpack_big(bytes + ROW_DEATHS, &row->deaths);
    uint16_unpack_big(bytes + ROW_WSTAT, &row->wstat);
    uint64_unpack_big(bytes + ROW_DUE, &row->due_ms);
    uint64_unpack_big(bytes + ROW_MEMORY, &row->memory);
    row->state = (enum sv_wire_state)(unsigned char)bytes[ROW_STATE];
    row->flags = flags;
    row->pid = (int64_t)pid;
    return row->state < SV_WIRE_STATES && pid <= INT_MAX &&
           unpack_tain(&row->stamp, bytes + ROW_STAMP) &&
           unpack_tain(&row->ready, bytes + ROW_READY);
}

static bool get_time(struct sv_wire_in *in, int64_t *time)
{
    uint64_t n;

    if (left(in) < 8)
        return false;
    uint64_unpack_big(in->bytes + in->at, &n);
    in->at += 8;
    *time = (int64_t)n;
    return n <= INT64_MAX;
}

/* What earlier ones of svscan did not tell. */
static bool get_addition(struct sv_wire_in *in, struct sv_wire_row *row)
{
    row->main_pid = 0;
    row->said[0] = 0;
    row->stamped = 0;
    return sv_wire_at_end(in) ||
           (sv_wire_get_u32(in, &row->main_pid) && row->main_pid <= INT_MAX &&
            sv_wire_get_text(in, row->said, sizeof row->said) &&
            (sv_wire_at_end(in) || get_time(in, &row->stamped)));
}

bool sv_wire_get_row(struct sv_wire_in *in, struct sv_wire_row *row)
{
    const char *bytes = in->bytes + in->at;
    uint16_t size;

    if (left(in) < SV_WIRE_ROW_FIXED)
        return false;
    uint16_unpack_big(bytes, &size);
    if (size < SV_WIRE_ROW_FIXED || size > left(in))
        return false;

    struct sv_wire_in texts = {bytes, size, ROW_TEXTS};

    if (!unpack_fields(row, bytes) ||
        !sv_wire_get_text(&texts, row->name, sizeof row->name) ||
        !sv_wire_get_text(&texts, row->note, sizeof row->note) ||
        !get_addition(&texts, row))
        return false;
    in->at += size;
    return true;
}

/* ---- the socket --------------------------------------------------------- */

/* The address of name below the directory fd, whatever the directory's path:
 * "/proc/self/fd/7/.svscan/socket". */
static struct sockaddr_un address_below(int fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char number[SV_NUMBER_MAX];
    char *end = stpcpy(address.sun_path, "/proc/self/fd/");

    end = stpcpy(end, sv_number(number, fd));
    *end++ = '/';
    stpcpy(end, name);
    return address;
}

/* Closes fd, keeps errno; returns -1. */
static int give_up(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

int sv_wire_connect(const char *live)
{
    int directory = open(live, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0)
        return -1;

    struct sockaddr_un address = address_below(directory, SV_TREE_SOCKET);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return give_up(directory);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        give_up(directory);
        return give_up(fd);
    }
    close(directory);
    return fd;
}

/* What somebody has granted by mode and group is as the socket before had it:
 * it outlives a svscan.  The group comes first: the mode is for it. */
static bool give_access(int live_fd, mode_t mode)
{
    struct stat old;
    bool has_old =
        fstatat(live_fd, SV_TREE_SOCKET, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISSOCK(old.st_mode);

    if (has_old &&
        fchownat(live_fd, SV_TREE_SOCKET_NEW, (uid_t)-1, old.st_gid, 0) < 0 &&
        errno != EPERM)
        return false;
    if (mode == SV_WIRE_MODE_KEPT)
        mode = has_old ? old.st_mode & 0777 : SOCKET_MODE;
    return fchmodat(live_fd, SV_TREE_SOCKET_NEW, mode, 0) == 0;
}

int sv_wire_listen(int live_fd, mode_t mode)
{
    struct sockaddr_un address = address_below(live_fd, SV_TREE_SOCKET_NEW);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (unlinkat(live_fd, SV_TREE_SOCKET_NEW, 0) < 0 && errno != ENOENT)
        return give_up(fd);
    /* Before bind, so that it is never more open than it should be. */
    if (fchmod(fd, SOCKET_MODE) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return give_up(fd);
    if (!give_access(live_fd, mode) || listen(fd, SOMAXCONN) < 0 ||
        renameat(live_fd, SV_TREE_SOCKET_NEW, live_fd, SV_TREE_SOCKET) < 0) {
        give_up(fd);
        int error = errno;

        unlinkat(live_fd, SV_TREE_SOCKET_NEW, 0);
        errno = error;
        return -1;
    }
    return fd;
}

static const char *const state_names[SV_WIRE_STATES] = {
    [SV_WIRE_DOWN] = "down",           [SV_WIRE_WAITING] = "waiting",
    [SV_WIRE_STARTING] = "starting",   [SV_WIRE_UP] = "up",
    [SV_WIRE_STOPPING] = "stopping",   [SV_WIRE_FINISHING] = "finishing",
    [SV_WIRE_GONE] = "gone",           [SV_WIRE_DONE] = "done",
};

const char *sv_wire_state_name(enum sv_wire_state state)
{
    return state < SV_WIRE_STATES ? state_names[state] : "unknown";
}
