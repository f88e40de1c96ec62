/* SPDX-License-Identifier: ISC */
/*
 * permafailon.c - s6-permafailon, for finish scripts: no more starts after so
 * many deaths.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include <skalibs/uint32.h>

#include "chain/run.h"
#include "s6/face.h"
#include "sv/causes.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

enum { PERMANENT_FAILURE = 125 };

/* Reads the tally of the directory we are in; none where it cannot. */
static size_t read_tally(struct sv_death deaths[static SV_TALLY_MAX])
{
    struct stat st;
    size_t n;

    if (!sv_tally_read(AT_FDCWD, ".", deaths, SV_TALLY_MAX, &n)) {
        sv_warn_sys("unable to read " SV_TALLY);
        return 0;
    }
    if (n == 0) {
        if (stat(SV_TALLY, &st) < 0)
            sv_warn_sys("unable to stat " SV_TALLY);
        else if (st.st_size > 0)
            sv_warn("invalid " SV_TALLY);
    }
    return n;
}

static tain seconds_ago(uint32_t seconds)
{
    return sv_stamp_of(sv_realtime() - seconds * SV_SECOND);
}

static int fail_for_good(const struct sv_death *last, uint32_t count,
                         uint32_t seconds)
{
    char times[SV_NUMBER_MAX], cause[SV_NUMBER_MAX], time[SV_NUMBER_MAX];

    sv_info("PERMANENT FAILURE triggered after ", sv_number(times, count),
            " events involving ",
            last->signal > 0 ? "signal " : "exit code ",
            sv_number(cause, last->signal > 0 ? last->signal : last->code),
            " in the last ", sv_number(time, seconds), " seconds");
    return PERMANENT_FAILURE;
}

/* s6's has no options: a word is what it stands for. */
int s6_permafailon(int argc, char *argv[])
{
    static struct sv_death deaths[SV_TALLY_MAX];
    struct sv_causes causes;
    uint32_t seconds, count;

    argv++;
    if (argc < 4)
        face_usage();
    if (uint320_scan(argv[0], &seconds) == 0 ||
        uint320_scan(argv[1], &count) == 0 || count == 0)
        face_usage();
    if (count > SV_TALLY_MAX)
        count = SV_TALLY_MAX;

    const char *fault = sv_causes_scan(&causes, argv[2]);

    if (fault != NULL)
        sv_die(SV_EXIT_USAGE, fault);

    tain since = seconds_ago(seconds);
    const struct sv_death *last =
        sv_causes_reach(&causes, deaths, read_tally(deaths), &since, count);

    if (last != NULL)
        return fail_for_good(last, count, seconds);
    run_program(argv + 3);
}
