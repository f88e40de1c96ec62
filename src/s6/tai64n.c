/* SPDX-License-Identifier: ISC */
/*
 * tai64n.c - s6-tai64n, s6-tai64nlocal: lines with labels, and labels as dates.
 */
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "s6/face.h"
#include "sv/clock.h"
#include "sv/filter.h"
#include "sv/say.h"
#include "sv/stamp.h"

static struct sv_filter filter; /* zero, or its buffers would lie in the file */

static bool is_utc;

static size_t add_label(char head[static SV_FILTER_HEAD], const char *line,
                        size_t size, size_t *skip)
{
    (void)line;
    (void)size;
    (void)skip;
    sv_stamp_label(head, sv_realtime());
    return SV_STAMP_LABEL;
}

/* As in s6, a label that is the last line, and lacks its newline, stays. */
static size_t label_to_date(char head[static SV_FILTER_HEAD], const char *line,
                            size_t size, size_t *skip)
{
    size_t used = 0;

    if (size > SV_STAMP_NAME)
        used = sv_stamp_to_date(head, line, is_utc);
    if (used > 0)
        *skip = SV_STAMP_NAME;
    return used;
}

static int run_filter(void)
{
    filter.from = STDIN_FILENO;
    filter.to = STDOUT_FILENO;
    switch (sv_filter_run(&filter)) {
    case SV_FILTER_UNREAD: sv_die_sys("unable to read from stdin");
    case SV_FILTER_UNWRITTEN: sv_die_sys("unable to write to stdout");
    case SV_FILTER_DONE: break;
    }
    return SV_EXIT_OK;
}

/* s6's looks at no argument. */
int s6_tai64n(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    filter.edit = add_label;
    filter.completes = true;
    return run_filter();
}

int s6_tai64nlocal(int argc, char *argv[])
{
    for (int letter; (letter = getopt(argc, argv, "+g")) >= 0;) {
        if (letter != 'g')
            face_usage();
        is_utc = true;
    }
    filter.edit = label_to_date;
    return run_filter();
}
