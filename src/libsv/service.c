/* SPDX-License-Identifier: ISC */
/*
 * service.c - a service directory's files, read and checked.
 *
 * The limits (11 and 15 bytes, the first line only) are s6's, so that a file
 * that s6 takes is taken here with the same meaning, and one that it refuses is
 * refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <skalibs/sig.h>
#include <skalibs/uint32.h>

#include "sv/at.h"
#include "sv/service.h"

enum { UINT_BYTES = 11, SIGNAL_BYTES = 15, KIND_BYTES = 15 };

/* Reads the first line, of at most size bytes, as a string.  A NUL in it makes
 * it invalid. */
static enum sv_value read_line(int base, const char *dir, const char *file,
                               char *line, size_t size)
{
    ssize_t n = sv_at_read(base, dir, file, line, size);

    if (n < 0)
        return errno == ENOENT ? SV_ABSENT : SV_UNREADABLE;

    size_t used = (size_t)n;
    const char *newline = memchr(line, '\n', used);

    if (newline != NULL)
        used = (size_t)(newline - line);
    line[used] = '\0';
    return strlen(line) == used ? SV_FOUND : SV_INVALID;
}

enum sv_value sv_service_uint(int base, const char *dir, const char *file,
                              uint32_t *value)
{
    char line[UINT_BYTES + 1];
    uint32_t number;
    enum sv_value found = read_line(base, dir, file, line, UINT_BYTES);

    if (found != SV_FOUND)
        return found;
    if (uint320_scan(line, &number) == 0)
        return SV_INVALID;
    *value = number;
    return SV_FOUND;
}

enum sv_value sv_service_signal(int base, const char *dir, const char *file,
                                int *signal)
{
    char line[SIGNAL_BYTES + 1];
    enum sv_value found = read_line(base, dir, file, line, SIGNAL_BYTES);

    if (found != SV_FOUND)
        return found;

    int number = sv_signal_number(line);

    if (number == 0)
        return SV_INVALID;
    *signal = number;
    return SV_FOUND;
}

static const char *const kinds[] = {
    [SV_LONGRUN] = "longrun",
    [SV_ONESHOT] = "oneshot",
    [SV_BUNDLE] = "bundle",
};

enum sv_value sv_service_kind(int base, const char *dir, enum sv_kind *kind)
{
    char line[KIND_BYTES + 1];
    enum sv_value found = read_line(base, dir, SV_TYPE, line, KIND_BYTES);

    *kind = SV_LONGRUN;
    if (found != SV_FOUND)
        return found;
    line[strcspn(line, " \t\r")] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(line, kinds[i]) == 0) {
            *kind = (enum sv_kind)i;
            return SV_FOUND;
        }
    return SV_INVALID;
}

const char *sv_kind_name(enum sv_kind kind)
{
    return kinds[kind];
}

enum sv_program sv_service_program(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return SV_PROGRAM_IRREGULAR;
    if (st->st_size == 0)
        return SV_PROGRAM_EMPTY;
    return (st->st_mode & 0111) == 0 ? SV_PROGRAM_INERT : SV_PROGRAM_FINE;
}

const char *sv_program_fault(enum sv_program program)
{
    static const char *const faults[] = {
        [SV_PROGRAM_FINE] = NULL,
        [SV_PROGRAM_IRREGULAR] = "is not a regular file",
        [SV_PROGRAM_EMPTY] = "is empty",
        [SV_PROGRAM_INERT] = "is not executable",
    };

    return faults[program];
}

int sv_signal_number(const char *text)
{
    int number;

    if (sig0_scan(text, &number) == 0)
        return 0;
    return number > 0 && number < _NSIG ? number : 0;
}

const char *sv_signal_name(int number)
{
    /* Of two names for one number, which skalibs answers with depends on its
     * version. */
    switch (number) {
    case SIGABRT:
        return "ABRT";
    case SIGCHLD:
        return "CHLD";
    case SIGIO:
        return "IO";
    default:
        return sig_name(number);
    }
}

const char *sv_service_name_fault(const char *name)
{
    if (name[0] == '\0')
        return "the name is empty";
    if (name[0] == '.')
        return "the name begins with a dot";
    if (strlen(name) > SV_NAME_MAX)
        return "the name is too long";
    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        if (c == '/')
            return "the name contains a slash";
        if (c < ' ' || c == 0x7f)
            return "the name contains a control character";
    }
    return NULL;
}

static bool is_noexec(int base)
{
    struct statvfs fs;
    bool is = base >= 0 && fstatvfs(base, &fs) == 0
              && (fs.f_flag & ST_NOEXEC) != 0;

    errno = EACCES;
    return is;
}

bool sv_service_executable(int base, const char *dir, const char *file)
{
    char path[SV_PATH_MAX];
    struct stat st;

    if (fstatat(base, sv_at(path, dir, file), &st, 0) < 0)
        return false;
    if (!S_ISREG(st.st_mode)) {
        errno = EACCES; /* what execve(2) would say */
        return false;
    }
    if (faccessat(base, path, X_OK, AT_EACCESS) == 0)
        return true;
    return errno == EACCES && (st.st_mode & 0111) != 0 && is_noexec(base);
}
