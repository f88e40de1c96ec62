/* SPDX-License-Identifier: ISC */
/*
 * svlisten.c - s6-svlisten, s6-svlisten1: listen to services, then start a
 * program that changes them, then wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <skalibs/uint32.h>

#include "chain/run.h"
#include "s6/face.h"
#include "s6/wait.h"
#include "sv/say.h"

static size_t listen_and_start(struct waiting *waiting, char *const dirs[],
                               size_t count, char *argv[])
{
    struct sv_wait wait;

    waiting_begin(waiting, &wait, dirs, count);
    if (!sv_wait_spawn(&wait, argv)) {
        sv_wait_close(&wait);
        sv_die_sys("unable to spawn ", argv[0]);
    }
    return waiting_end(waiting, &wait);
}

/* Parses options; who listens wants a restart to begin with finish's end. */
static void parse(struct waiting *waiting, int argc, char *argv[],
                  const char *options)
{
    for (int option; (option = getopt(argc, argv, options)) != -1;)
        waiting_option(waiting, option, optarg);
    waiting->goal.is_over_first = waiting->goal.is_down_first;
}

/* ---- execline's block --------------------------------------------------- */

/* As execline judges a word of a block that is not marked as one. */
static void judge_unquoted(const char *word, size_t position)
{
    const char *value = getenv("EXECLINE_STRICT");
    char number[SV_NUMBER_MAX];
    uint32_t strict;

    if (value == NULL || uint320_scan(value, &strict) == 0 || strict == 0)
        return;
    sv_number(number, (int64_t)position);
    if (strict > 1)
        sv_die(SV_EXIT_USAGE, "unquoted argument ", word,
               " at block 1 position ", number);
    sv_warn("unquoted argument ", word, " at block 1 position ", number);
}

/* Takes the space off each word up to the empty one; how many these are. */
static size_t take_block(char *words[])
{
    size_t n = 0;

    for (; words[n] != NULL && *words[n] != '\0'; n++)
        if (*words[n] == ' ')
            words[n]++;
        else
            judge_unquoted(words[n], n);
    return n;
}

int s6_svlisten(int argc, char *argv[])
{
    struct waiting waiting = { .goal.is_up = true, .deadline = INT64_MAX };

    parse(&waiting, argc, argv, "+uUdDrRaot:");
    if (argc - optind < 2)
        face_usage();

    char **dirs = argv + optind;
    size_t count = take_block(dirs);

    if (dirs[count] == NULL)
        sv_die(SV_EXIT_USAGE, "unterminated servicedir block");

    char **program = dirs + count + 1;

    if (program[0] == NULL)
        face_usage();
    if (waiting.goal.is_down_first && waiting.is_any) {
        waiting.is_any = false;
        sv_warn("-o is unsupported when combined with -",
                waiting.goal.is_ready ? "R" : "r", " - using -a instead");
    }
    if (count == 0)
        run_program(program);
    return waiting_code(listen_and_start(&waiting, dirs, count, program));
}

int s6_svlisten1(int argc, char *argv[])
{
    struct waiting waiting = { .goal.is_up = true, .deadline = INT64_MAX };

    parse(&waiting, argc, argv, "+uUdDrRt:");
    if (argc - optind < 2)
        face_usage();

    char **dir = argv + optind;

    if (listen_and_start(&waiting, dir, 1, dir + 1) > 0)
        sv_die(SV_EXIT_NO, dir[0],
               " failed permanently or its supervisor died");
    return SV_EXIT_OK;
}
