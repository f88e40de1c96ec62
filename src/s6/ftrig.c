/* SPDX-License-Identifier: ISC */
/*
 * ftrig.c - s6-ftrig-wait, s6-ftrig-listen1, s6-ftrig-listen: waiting until
 * what is said in fifodirs matches patterns.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "s6/face.h"
#include "s6/wait.h"
#include "sv/say.h"

/* As s6-svwait's: no letters, the patterns decide. */
static const struct sv_goal what_patterns_say = { .letters = "" };

/* One fifodir. */
struct listening {
    struct sv_waited waited;
    struct sv_pattern pattern;
};

/* Takes the options of letters. */
static void options(struct waiting *waiting, int argc, char *argv[],
                    const char *letters)
{
    *waiting = (struct waiting){ .goal = what_patterns_say,
                                 .deadline = INT64_MAX };
    for (int option; (option = getopt(argc, argv, letters)) != -1;) {
        if (option == '?')
            face_usage();
        waiting_option(waiting, option, optarg);
    }
}

/* Subscribes to count pairs of a fifodir and a regular expression. */
static struct listening *subscribe(const struct waiting *waiting,
                                   struct sv_wait *wait, char **pairs,
                                   size_t count)
{
    struct listening *all = calloc(count, sizeof *all);

    if (all == NULL || !sv_wait_open(wait, &waiting->goal, waiting->is_any))
        sv_die_sys("unable to wait");
    for (size_t i = 0; i < count; i++) {
        const char *dir = pairs[2 * i];
        const char *regex = pairs[2 * i + 1];

        /* Nothing has no name: below it would be the root's. */
        errno = ENOENT;
        if (*dir != '\0' && sv_pattern_begin(&all[i].pattern, regex) &&
            sv_wait_subscribe_to(wait, &all[i].waited, AT_FDCWD, dir,
                                 &all[i].pattern))
            continue;
        sv_wait_close(wait);
        sv_die_sys("unable to subscribe to ", dir, " with regexp ", regex);
    }
    return all;
}

static void start(struct sv_wait *wait, char *argv[])
{
    if (sv_wait_spawn(wait, argv))
        return;
    sv_wait_close(wait);
    sv_die_sys("unable to spawn ", argv[0]);
}

/* Waits; what for is how a message names it. */
static void finish(const struct waiting *waiting, struct sv_wait *wait,
                   const char *what, const char *of)
{
    enum sv_wait_end end = sv_wait_run(wait, waiting->deadline);

    sv_wait_close(wait);
    switch (end) {
    case SV_WAIT_DONE:
        return;
    case SV_WAIT_TIMEOUT:
        sv_say_and_exit(SV_EXIT_TIMEOUT, ETIMEDOUT,
                        SV_STRINGS("unable to ", what, of));
    case SV_WAIT_SIGNAL:
        sv_die(SV_EXIT_SYSTEM, "told to end by a signal");
    case SV_WAIT_ERROR:
        sv_die_sys("unable to ", what, of);
    }
}

static void forget(struct listening *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sv_pattern_end(&all[i].pattern);
    free(all);
}

static int print(struct listening *one)
{
    printf("%s\n", one->pattern.bytes);
    if (fflush(stdout) != 0)
        sv_die_sys("unable to write to standard output");
    forget(one, 1);
    return SV_EXIT_OK;
}

/* Waits for one regex on one fifodir, argv[0] and argv[1], the least of what
 * must be there; with a program as well, starts it once it listens. */
static int wait_for_one(int argc, char *argv[], int least, const char *what)
{
    struct waiting waiting;
    struct sv_wait wait;
    struct listening *one;
    bool has_program = least > 2;

    options(&waiting, argc, argv, "+t:");
    argc -= optind;
    argv += optind;
    if (argc < least)
        face_usage();
    one = subscribe(&waiting, &wait, argv, 1);
    if (has_program)
        start(&wait, argv + 2);
    finish(&waiting, &wait, what, has_program ? "" : argv[0]);
    return print(one);
}

int s6_ftrig_wait(int argc, char *argv[])
{
    return wait_for_one(argc, argv, 2, "match regexp on ");
}

int s6_ftrig_listen1(int argc, char *argv[])
{
    return wait_for_one(argc, argv, 3, "get expected event");
}

/* The words before an empty one; a block of an execline script has a blank
 * before each, which is taken away. */
static int block(int argc, char *argv[])
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '\0')
            return i;
        if (argv[i][0] == ' ')
            argv[i]++;
    }
    sv_die(SV_EXIT_USAGE, "unterminated fifodir+regex block");
}

int s6_ftrig_listen(int argc, char *argv[])
{
    struct waiting waiting;
    struct sv_wait wait;
    int words;

    options(&waiting, argc, argv, "+aot:");
    argc -= optind;
    argv += optind;
    if (argc < 4)
        face_usage();
    words = block(argc, argv);
    if (words == 0 || words % 2 != 0 || words + 1 >= argc)
        face_usage();

    struct listening *all = subscribe(&waiting, &wait, argv, (size_t)words / 2);

    start(&wait, argv + words + 1);
    finish(&waiting, &wait, "get expected event", "");
    forget(all, (size_t)words / 2);
    return SV_EXIT_OK;
}
