/* SPDX-License-Identifier: ISC */
/*
 * logkiller - see logs.h.
 *
 *   logkiller [-p svlog|s6-log|svlogd] [-a] [-k KILLS] [-s SEED] [-j JOBS]
 *             [-c COURSE[:NUMBER]] random|sweep BIN DIR
 *
 * BIN: where svlog is; the others are found in PATH.  random: lives of each
 * course in turn, of 25 kills each, until there were KILLS kills.  sweep: a
 * logger is killed at every stop of every course, and the next at a stop that
 * the seed says; with -k at so many, chosen by the seed.  -c: that course only,
 * or that stop; -a: only courses that all three loggers can run.
 *
 * Each life has a process, and a directory below DIR, which stays if something
 * was wrong.  DIR/report says what was, and counts; exit code 1 if anything was.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "logs.h"
#include "report.h"
#include "sv/say.h"
#include "sv/tree.h"

#define USAGE                                                                  \
    "logkiller [-p svlog|s6-log|svlogd] [-a] [-k KILLS] [-s SEED] [-j JOBS]"   \
    " [-c COURSE[:NUMBER]] random|sweep BIN DIR"

enum {
    MOST_JOBS = 64,
    MOST_STOPS = 20000, /* of a course */
    SLACK = 3,          /* lives that no stop was reached in, and it is over */
};

static struct {
    enum logger logger;
    bool is_common;
    unsigned kills;
    uint64_t seed;
    unsigned jobs;
    bool sweeps;
    size_t only;     /* COURSES: all */
    unsigned number; /* 0: all */
    const char *bin;
    const char *dir;
    FILE *report;
} plan = { .jobs = 2, .only = COURSES };

static struct job {
    pid_t pid; /* 0: nobody */
    size_t course;
    unsigned number; /* of a sweep: the stop; of others, the life */
    char dir[PATH_ROOM / 2];
    struct outcome *outcome; /* shared */
} jobs[MOST_JOBS];

static unsigned lives, bad_lives, all_kills, counts[DAMAGES];
static unsigned long long all_lines;

/* How far each course has come. */
static struct {
    unsigned lives;
    unsigned stops; /* of a sweep: of a life that nobody ended */
    unsigned misses;
    unsigned bad;
} progress[COURSES];

/* ---- a life -------------------------------------------------------------- */

static _Noreturn void be_a_life(const struct job *job)
{
    static struct log_life life;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    life.course = &courses[job->course];
    life.logger = plan.logger;
    life.bin = plan.bin;
    life.random = plan.seed + job->number * COURSES + job->course;
    life.sweeps = plan.sweeps;
    life.number = job->number;
    life.outcome = job->outcome;
    snprintf(life.dir, sizeof life.dir, "%s", job->dir);
    life_of_loggers(&life);
    _exit(0);
}

/* Chance may choose one stop twice, at the same time. */
static void start(struct job *job)
{
    static unsigned begun;

    snprintf(job->dir, sizeof job->dir, "%s/%s-%u.%u", plan.dir,
             courses[job->course].name, job->number, ++begun);
    sv_tree_remove(AT_FDCWD, job->dir);
    make_directory(job->dir);
    *job->outcome = (struct outcome){ .is_done = false };
    job->pid = fork();
    if (job->pid < 0)
        sv_die_sys("unable to fork");
    if (job->pid == 0)
        be_a_life(job);
}

/* ---- which life comes next ----------------------------------------------- */

static bool can(size_t course, enum logger logger)
{
    return courses[course].script[logger][0] != NULL;
}

static bool is_wanted(size_t course)
{
    if (plan.only < COURSES)
        return course == plan.only;
    if (plan.is_common)
        return can(course, SVLOG) && can(course, S6_LOG) && can(course, SVLOGD);
    return can(course, plan.logger);
}

/* Courses in turn. */
static bool next_random(struct job *job)
{
    static size_t turn;

    if (all_kills >= plan.kills && lives > 0)
        return false;
    do {
        job->course = turn++ % COURSES;
    } while (!is_wanted(job->course));
    job->number = ++progress[job->course].lives;
    return true;
}

static bool next_of_all(struct job *job)
{
    for (size_t i = 0; i < COURSES; i++) {
        if (!is_wanted(i) || progress[i].misses >= SLACK
            || progress[i].lives == MOST_STOPS)
            continue;
        job->course = i;
        job->number = ++progress[i].lives;
        return true;
    }
    return false;
}

static struct log_life chance;

/* One of all stops of all courses. */
static bool next_of_some(struct job *job)
{
    static unsigned begun;
    unsigned total = 0, at;
    size_t i = 0;

    if (begun == plan.kills)
        return false;
    begun++;
    for (size_t k = 0; k < COURSES; k++)
        total += progress[k].stops;
    at = logs_random(&chance, total);
    while (at >= progress[i].stops)
        at -= progress[i++].stops;
    job->course = i;
    job->number = at + 1;
    return true;
}

static bool is_measured(void)
{
    for (size_t i = 0; i < COURSES; i++)
        if (is_wanted(i) && progress[i].stops == 0)
            return false;
    return true;
}

/* First, how long each course is: a life that nobody ends. */
static bool next_stop(struct job *job)
{
    static size_t measured;

    job->course = plan.only;
    job->number = plan.number;
    if (plan.number > 0)
        return measured++ == 0;
    while (measured < COURSES && !is_wanted(measured))
        measured++;
    if (measured < COURSES) {
        job->course = measured++;
        return true;
    }
    if (!is_measured())
        return false;
    return plan.kills > 0 ? next_of_some(job) : next_of_all(job);
}

/* ---- what came of it ----------------------------------------------------- */

static void say_how_to_replay(FILE *to, const struct job *job)
{
    fprintf(to, "bad life, in %s; again: loggers -s %llu -c %s", job->dir,
            (unsigned long long)plan.seed, courses[job->course].name);
    if (plan.sweeps)
        fprintf(to, ":%u sweep (%s)\n", job->number, job->outcome->call);
    else
        fprintf(to, " -k %u random\n", job->number * 25);
}

static void learn(const struct job *job)
{
    if (!plan.sweeps || plan.number > 0)
        return;
    if (job->number == 0)
        progress[job->course].stops = job->outcome->stops;
    else if (!job->outcome->reached
             && job->number > progress[job->course].stops)
        progress[job->course].misses++;
}

static void finish(struct job *job, int wstat)
{
    const struct outcome *outcome = job->outcome;
    bool is_bad = !outcome->is_done || wstat != 0;

    job->pid = 0;
    lives++;
    all_kills += outcome->kills;
    all_lines += outcome->lines;
    for (size_t i = 0; i < DAMAGES; i++) {
        counts[i] += outcome->counts[i];
        is_bad |= outcome->counts[i] > 0;
    }
    learn(job);
    if (!is_bad) {
        sv_tree_remove(AT_FDCWD, job->dir);
        return;
    }
    bad_lives++;
    progress[job->course].bad++;
    if (plan.logger != SVLOG)
        return;
    if (!outcome->is_done)
        printf("a life was not lived to its end: status %d\n", wstat);
    say_how_to_replay(plan.report, job);
    say_how_to_replay(stdout, job);
    report_copy(plan.report, job->dir);
    fflush(stdout);
}

static void run(void)
{
    for (;;) {
        bool any = false;
        int wstat;

        for (size_t i = 0; i < plan.jobs; i++) {
            struct job *job = &jobs[i];

            if (job->pid == 0
                && (plan.sweeps ? next_stop(job) : next_random(job)))
                start(job);
            any |= job->pid != 0;
        }
        if (!any)
            return;

        pid_t pid = wait(&wstat);

        for (size_t i = 0; i < plan.jobs; i++)
            if (pid > 0 && jobs[i].pid == pid)
                finish(&jobs[i], wstat);
    }
}

static int summary(FILE *to)
{
    fprintf(to, "%s, seed %llu: %u lives, %u kills, %llu lines, %u bad lives\n",
            logger_names[plan.logger], (unsigned long long)plan.seed, lives,
            all_kills, all_lines, bad_lives);
    for (size_t i = 0; i < COURSES; i++)
        if (is_wanted(i) && plan.sweeps)
            fprintf(to, "  %5u stops: %s\n", progress[i].stops,
                    courses[i].name);
        else if (is_wanted(i))
            fprintf(to, "  %5u lives, %u bad: %s\n", progress[i].lives,
                    progress[i].bad, courses[i].name);
    for (size_t i = 0; i < DAMAGES; i++)
        fprintf(to, "  %5u %s\n", counts[i], damage_names[i]);
    return bad_lives > 0;
}

/* ---- the beginning ------------------------------------------------------- */

static void name_logger(const char *name)
{
    while (plan.logger < LOGGERS
           && strcmp(name, logger_names[plan.logger]) != 0)
        plan.logger++;
    if (plan.logger == LOGGERS)
        sv_die(SV_EXIT_USAGE, "no such logger: ", name);
}

/* COURSE, or COURSE:NUMBER */
static void name_course(char *text)
{
    char *colon = strchr(text, ':');

    if (colon != NULL)
        *colon = '\0';
    plan.only = 0;
    while (plan.only < COURSES && strcmp(text, courses[plan.only].name) != 0)
        plan.only++;
    if (plan.only == COURSES)
        sv_die(SV_EXIT_USAGE, "no such course: ", text);
    if (colon != NULL)
        plan.number = (unsigned)word_number(colon + 1);
}

static void read_words(int argc, char *argv[])
{
    int letter;

    plan.seed = (uint64_t)time(NULL) % 1000000 * 1000;
    while ((letter = getopt(argc, argv, "+p:ak:s:j:c:")) != -1) {
        switch (letter) {
        case 'p': name_logger(optarg); break;
        case 'a': plan.is_common = true; break;
        case 'k': plan.kills = (unsigned)word_number(optarg); break;
        case 's': plan.seed = word_number(optarg); break;
        case 'j': plan.jobs = (unsigned)word_number(optarg); break;
        case 'c': name_course(optarg); break;
        default: sv_die_usage(USAGE);
        }
    }
    if (argc - optind != 3 || plan.jobs < 1 || plan.jobs > MOST_JOBS
        || (plan.only < COURSES && !can(plan.only, plan.logger)))
        sv_die_usage(USAGE);
    plan.sweeps = strcmp(argv[optind], "sweep") == 0;
    if (!plan.sweeps && strcmp(argv[optind], "random") != 0)
        sv_die_usage(USAGE);
    plan.bin = word_path(argv[optind + 1]);
    make_directory(argv[optind + 2]);
    plan.dir = word_path(argv[optind + 2]);
    chance.random = plan.seed;
}

static void prepare(void)
{
    struct outcome *outcomes = report_share(MOST_JOBS * sizeof *outcomes);

    for (size_t i = 0; i < MOST_JOBS; i++)
        jobs[i].outcome = &outcomes[i];
    plan.report = report_open(plan.dir);
}

int main(int argc, char *argv[])
{
    sv_program = "logkiller";
    read_words(argc, argv);
    prepare();
    run();
    summary(plan.report);
    return summary(stdout);
}
