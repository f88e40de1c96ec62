/* SPDX-License-Identifier: ISC */
/*
 * chain.c - s6-envdir, s6-softlimit, s6-setlock, s6-setsid: a process is
 * changed, and becomes another program.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "chain/envdir.h"
#include "chain/limit.h"
#include "chain/lockfile.h"
#include "chain/run.h"
#include "chain/session.h"
#include "s6/face.h"
#include "sv/say.h"

static int number_of(const char *text)
{
    unsigned int n;

    if (uint0_scan(text, &n) == 0 || n > INT_MAX)
        face_usage();
    return (int)n;
}

int s6_envdir(int argc, char *argv[])
{
    struct envdir_how how = { .nul = '\n' };
    bool may_be_missing = false;
    int letter;

    while ((letter = getopt(argc, argv, "+iInfLc:")) >= 0)
        switch (letter) {
        case 'i': may_be_missing = false; break;
        case 'I': may_be_missing = true; break;
        case 'n': how.keeps_end = true; break;
        case 'f': how.is_verbatim = true; break;
        case 'L': how.is_unlimited = true; break;
        case 'c': how.nul = *optarg; break;
        default: face_usage();
        }
    if (argc - optind < 2)
        face_usage();
    errno = EINVAL;
    if ((how.nul == '\0' || !envdir_apply(argv[optind], &how)) &&
        !(errno == ENOENT && may_be_missing))
        sv_die_sys("unable to envdir ", argv[optind]);
    run_program(argv + optind + 1);
}

static void set_limit(int resource, enum limit_which which, const char *text)
{
    struct limit_value value;

    if (!limit_scan(&value, text, false))
        face_usage();
    if (!limit_set(resource, which, &value))
        sv_die_sys("unable to setrlimit");
}

static void set_memory(enum limit_which which, const char *text)
{
    set_limit(RLIMIT_DATA, which, text);
    set_limit(RLIMIT_STACK, which, text);
    set_limit(RLIMIT_MEMLOCK, which, text);
    set_limit(RLIMIT_AS, which, text);
}

int s6_softlimit(int argc, char *argv[])
{
    enum limit_which which = LIMIT_SOFT;
    int letter;

    while ((letter = getopt(argc, argv, "+hHa:c:d:f:l:m:o:p:P:r:s:t:")) >= 0)
        switch (letter) {
        case 'h': which = LIMIT_HARD; break;
        case 'H': which = LIMIT_BOTH; break;
        case 'a': set_limit(RLIMIT_AS, which, optarg); break;
        case 'c': set_limit(RLIMIT_CORE, which, optarg); break;
        case 'd': set_limit(RLIMIT_DATA, which, optarg); break;
        case 'f': set_limit(RLIMIT_FSIZE, which, optarg); break;
        case 'l': set_limit(RLIMIT_MEMLOCK, which, optarg); break;
        case 'm': set_memory(which, optarg); break;
        case 'o': set_limit(RLIMIT_NOFILE, which, optarg); break;
        case 'p': set_limit(RLIMIT_NPROC, which, optarg); break;
        case 'P': set_limit(RLIMIT_RTPRIO, which, optarg); break;
        case 'r': set_limit(RLIMIT_RSS, which, optarg); break;
        case 's': set_limit(RLIMIT_STACK, which, optarg); break;
        case 't': set_limit(RLIMIT_CPU, which, optarg); break;
        default: face_usage();
        }
    if (optind == argc)
        face_usage();
    run_program(argv + optind);
}

static _Noreturn void die_unlocked(const char *file)
{
    bool is_held = errno == EAGAIN || errno == EACCES;

    if (errno == ETIMEDOUT)
        sv_say_and_exit(SV_EXIT_NO, errno, SV_STRINGS("unable to acquire lock"));
    sv_say_and_exit(SV_EXIT_NO, is_held ? EBUSY : errno,
                    SV_STRINGS("unable to lock ", file));
}

/* Without -d a record lock, as s6's: it ends with the program.  With -d one
 * of the description, which alone survives the move to another number. */
static void lock_and_show(const char *file, const struct lockfile *how, int fd)
{
    int opened = lockfile_open(file, how->is_shared);

    if (opened < 0)
        sv_die_sys("unable to open ", file,
                   how->is_shared ? " for reading" : " for writing");
    if (!lockfile_take(opened, how))
        die_unlocked(file);
    if (fd >= 0 && fd != opened &&
        (dup2(opened, fd) < 0 || close(opened) < 0))
        sv_die_sys("unable to move the lock's descriptor");
}

int s6_setlock(int argc, char *argv[])
{
    struct lockfile how = { .wait_ms = LOCKFILE_WAITS };
    int fd = -1;
    int letter;

    while ((letter = getopt(argc, argv, "+nNt:d:rw")) >= 0)
        switch (letter) {
        case 'n': how.wait_ms = 0; break;
        case 'N': how.wait_ms = LOCKFILE_WAITS; break;
        case 't': how.wait_ms = number_of(optarg); break;
        case 'd': fd = number_of(optarg); break;
        case 'r': how.is_shared = true; break;
        case 'w': how.is_shared = false; break;
        default: face_usage();
        }
    if (argc - optind < 2)
        face_usage();
    how.is_description = fd >= 0;
    lock_and_show(argv[optind], &how, fd);
    run_program(argv + optind + 1);
}

int s6_setsid(int argc, char *argv[])
{
    enum session_kind kind = SESSION_NEW;
    enum { STRICT, LOOSE, SILENT } temper = LOOSE;
    int tty = -1;
    int letter;

    while ((letter = getopt(argc, argv, "+sbfgiIqd:")) >= 0)
        switch (letter) {
        case 's': kind = SESSION_NEW; break;
        case 'b': kind = SESSION_BACKGROUND; break;
        case 'f': kind = SESSION_FOREGROUND; break;
        case 'g': kind = SESSION_GRAB; break;
        case 'i': temper = STRICT; break;
        case 'I': temper = LOOSE; break;
        case 'q': temper = SILENT; break;
        case 'd': tty = number_of(optarg); break;
        default: face_usage();
        }
    if (optind == argc)
        face_usage();

    const char *failed = session_enter(kind, tty);

    if (failed != NULL && temper == STRICT)
        sv_die_sys("unable to ", failed);
    if (failed != NULL && temper == LOOSE)
        sv_warn_sys("unable to ", failed);
    run_program(argv + optind);
}
