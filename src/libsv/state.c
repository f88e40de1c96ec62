/* SPDX-License-Identifier: ISC */
/*
 * state.c - a sealed memfd from a program to the one that it becomes.
 *
 * Nothing here allocates: process 1 does this too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <skalibs/types.h>

#include "sv/say.h"
#include "sv/state.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

enum {
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
    FIRST_FD = 3,
};

/* Newer kernels want to be told that the file will never be executed, and say
 * so in their log; older ones refuse the flag. */
int sv_state_make(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

    if (fd == -1 && errno == EINVAL)
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd;
}

void sv_state_begin(struct sv_state *state, const char *magic, size_t size)
{
    memset(state, 0, sizeof *state);
    memcpy(state->magic, magic, strnlen(magic, sizeof state->magic - 1));
    state->version = SV_STATE_VERSION;
    state->size = (uint32_t)size;
    state->pid = getpid();
}

bool sv_state_write(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t n = write(fd, at, size);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool sv_state_seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, SEALS) == 0;
}

void sv_state_mark(int fd, bool survive)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, survive ? 0 : FD_CLOEXEC);
}

/* By hand: unsetenv(3) may bring an allocator along. */
static void forget_variable(const char *value)
{
    char **to = environ;

    for (char **from = environ; *from; from++)
        if (*from + strlen(SV_STATE_VARIABLE "=") != value)
            *to++ = *from;
    *to = NULL;
}

int sv_state_given(void)
{
    const char *value = getenv(SV_STATE_VARIABLE);
    unsigned int fd;
    bool is_number;

    if (!value)
        return -1;
    is_number = uint0_scan(value, &fd) != 0;
    forget_variable(value);
    if (!is_number || fd < FIRST_FD ||
        fcntl((int)fd, F_SETFD, FD_CLOEXEC) == -1)
        return -1;
    return (int)fd;
}

bool sv_state_read_more(int fd, void *bytes, size_t size)
{
    char *at = bytes;

    while (size > 0) {
        ssize_t n = read(fd, at, size);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EPROTO;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* A file that somebody can still change is none that we were given. */
static bool is_ours(int fd, const char *magic, const struct sv_state *state)
{
    int seals = fcntl(fd, F_GET_SEALS);

    return seals != -1 && (seals & SEALS) == SEALS &&
           strncmp(state->magic, magic, sizeof state->magic) == 0 &&
           state->pid == getpid() && state->size >= sizeof *state;
}

bool sv_state_read(int fd, const char *magic, struct sv_state *state,
                   size_t size)
{
    memset(state, 0, size);
    if (lseek(fd, 0, SEEK_SET) == -1 ||
        !sv_state_read_more(fd, state, sizeof *state))
        return false;
    if (!is_ours(fd, magic, state)) {
        errno = EPROTO;
        return false;
    }
    if (state->version > SV_STATE_VERSION) {
        errno = EPROTONOSUPPORT;
        return false;
    }
    if (size > state->size)
        size = state->size;
    return sv_state_read_more(fd, state + 1, size - sizeof *state) &&
           lseek(fd, (off_t)state->size, SEEK_SET) != -1;
}

int sv_state_can_take(const char *text)
{
    uint32_t version;
    char known[SV_NUMBER_MAX];

    if (!uint320_scan(text, &version)) {
        sv_say(SV_FATAL, 0, SV_STRINGS("not a version of state: ", text));
        return SV_EXIT_USAGE;
    }
    if (version <= SV_STATE_VERSION)
        return SV_EXIT_OK;
    sv_say(SV_FATAL, 0,
           SV_STRINGS("the state that runs here is of a newer version, ", text,
                      ": ", SV_VERSION, " knows those up to ",
                      sv_number(known, SV_STATE_VERSION)));
    return SV_EXIT_NO;
}
