/* SPDX-License-Identifier: ISC */
/*
 * killer - see crash.h.
 *
 *   killer [-p ours|s6|runit] [-k KILLS] [-s SEED] [-j JOBS] random BIN DIR
 *   killer [-k KILLS] [-s SEED] [-j JOBS] ordered BIN DIR
 *   killer [-k KILLS] [-s SEED] booted BIN DIR
 *   killer [-k LIVES] [-s SEED] [-j JOBS] [-w PATH[:NUMBER]] sweep BIN DIR
 *
 * BIN: the programs under test.  random: lives, with the seeds from SEED on,
 * until there were KILLS kills; every fourth is one of services that need each
 * other, as all of ordered are.  booted: one life, in the tree of process 1,
 * which stays.  sweep: svscan is killed at every stop of every path; with -k at
 * so many of them, chosen by the seed; with -w on that path, or at that stop.
 * Each life has a process, and a directory below DIR, which stays if something
 * was wrong, and with -w PATH:NUMBER.  What was wrong is in DIR/report, and
 * each stop of a sweep; exit code 1 if anything was.
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
#include "report.h"
#include "sv/clock.h"
#include "sv/say.h"
#include "sv/tree.h"

#define USAGE                                                                  \
    "killer [-p ours|s6|runit] [-k KILLS] [-s SEED] [-j JOBS]"                 \
    " [-w PATH[:NUMBER]] random|ordered|sweep|booted BIN DIR"

enum {
    JOBS_MAX = 64,
    STOPS_MAX = 20000, /* of a path */
    SLACK = 3,         /* lives that no stop was reached in, and it is over */
};

static struct {
    enum system system;
    unsigned kills;
    uint64_t seed;
    unsigned jobs;
    bool sweeps;
    bool is_ordered;
    bool is_booted;
    const char *bin;
    const char *dir;
    struct position only; /* number 0: all; path PATHS: of all paths */
    FILE *report;
} plan = { .jobs = 4, .only.path = PATHS };

/* What a life hands back. */
struct outcome {
    bool is_done;
    unsigned kills;
    unsigned counts[CATEGORIES];
    struct position position;
};

static struct job {
    pid_t pid; /* 0: nobody */
    uint64_t seed;
    char dir[CRASH_PATH_MAX / 2];
    struct outcome *outcome; /* shared */
} jobs[JOBS_MAX];

static unsigned lives, bad_lives, kills, counts[CATEGORIES];

/* Of the sweep: how far each path has come. */
static struct {
    unsigned stops; /* of an undisturbed life */
    unsigned next;
    unsigned misses;
} paths[PATHS];

/* ---- a life -------------------------------------------------------------- */

/* Ours alone has an order. */
static bool is_ordered(const struct life *life)
{
    return plan.is_ordered
           || (life->system == OURS && !life->is_booted && life->seed % 4 == 0);
}

static void live(struct life *life, struct outcome *outcome)
{
    if (plan.sweeps)
        sweep_live(life, &outcome->position);
    else
        (is_ordered(life) ? order_live : random_live)(life);
    outcome->kills = life->kills;
    memcpy(outcome->counts, life->counts, sizeof outcome->counts);
    outcome->is_done = true;
}

static _Noreturn void be_a_life(const struct job *job)
{
    static struct life life;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    life.system = plan.system;
    life.bin = life.init_bin = plan.bin;
    life.seed = job->seed;
    life.is_booted = plan.is_booted;
    life.kills_wanted = plan.is_booted ? plan.kills : 0;
    life_begin(&life, job->dir);
    live(&life, job->outcome);
    _exit(0); /* the report is our parent's */
}

/* A fifo may lose its reader between our open and our write.  Not ignored, which
 * whom we start would inherit. */
static void shrug(int signal)
{
    (void)signal;
}

static void start(struct job *job)
{
    const struct position *position = &job->outcome->position;

    if (plan.sweeps)
        snprintf(job->dir, sizeof job->dir, "%s/%s-%u", plan.dir,
                 sweep_paths[position->path], position->number);
    else
        snprintf(job->dir, sizeof job->dir, "%s/%llu", plan.dir,
                 (unsigned long long)job->seed);
    sv_tree_remove(AT_FDCWD, job->dir);
    job->pid = fork();
    if (job->pid < 0)
        sv_die_sys("unable to fork");
    if (job->pid == 0) {
        signal(SIGPIPE, shrug);
        be_a_life(job);
    }
}

/* ---- which life comes next ----------------------------------------------- */

static bool next_random(struct job *job)
{
    static uint64_t begun;

    if (kills >= plan.kills && begun > 0)
        return false;
    job->seed = plan.seed + begun++;
    return true;
}

static bool is_to_be_walked(size_t path)
{
    return plan.only.path == PATHS || plan.only.path == path;
}

static bool is_measured(void)
{
    for (size_t i = 0; i < PATHS; i++)
        if (is_to_be_walked(i) && paths[i].stops == 0)
            return false;
    return true;
}

/* Every stop of every path, and a few more: paths differ in length from life to
 * life. */
static bool next_of_all(struct position *position)
{
    for (size_t i = 0; i < PATHS; i++) {
        if (!is_to_be_walked(i) || paths[i].misses >= SLACK
            || paths[i].next == STOPS_MAX)
            continue;
        *position = (struct position){ .path = i, .number = ++paths[i].next };
        return true;
    }
    return false;
}

/* splitmix64, as in life.c */
static struct life chance;

/* Of those left, as many as are still wanted, each as likely as the others.  None
 * twice: the lives of a stop have one directory. */
static bool next_of_some(struct position *position)
{
    static unsigned begun;
    static uint32_t seen;
    uint32_t total = 0;

    for (size_t i = 0; i < PATHS; i++)
        total += paths[i].stops;
    while (seen < total) {
        uint32_t at = seen++;
        size_t i = 0;

        if (life_random(&chance, total - at) >= plan.kills - begun)
            continue;
        begun++;
        while (at >= paths[i].stops)
            at -= paths[i++].stops;
        *position = (struct position){ .path = i, .number = at + 1 };
        return true;
    }
    return false;
}

static bool next_position(struct position *position)
{
    static size_t begun;

    if (plan.only.number > 0) {
        *position = plan.only;
        return begun++ == 0;
    }
    while (begun < PATHS && !is_to_be_walked(begun))
        begun++;
    if (begun < PATHS) {
        *position = (struct position){ .path = begun++ };
        return true;
    }
    if (!is_measured())
        return false;
    return plan.kills > 0 ? next_of_some(position) : next_of_all(position);
}

static bool next(struct job *job)
{
    *job->outcome = (struct outcome){ .is_done = false };
    return plan.sweeps ? next_position(&job->outcome->position)
                       : next_random(job);
}

/* ---- what came of it ----------------------------------------------------- */

static void say_how_to_replay(const struct job *job)
{
    const struct position *position = &job->outcome->position;
    char how[128];

    if (plan.sweeps)
        snprintf(how, sizeof how, "sweep -w %s:%u (%s)",
                 sweep_paths[position->path], position->number,
                 position->call);
    else
        snprintf(how, sizeof how, "%s -s %llu -k 1",
                 plan.is_ordered ? "ordered" : "random",
                 (unsigned long long)job->seed);
    fprintf(plan.report, "bad life, in %s; again: %s\n", job->dir, how);
    printf("bad life, in %s; again: %s\n", job->dir, how);
}

static void learn_path(const struct position *position)
{
    size_t i = position->path;

    if (plan.only.number > 0)
        return;
    if (position->number == 0)
        paths[i].stops = position->stops;
    else if (!position->reached && position->number > paths[i].stops)
        paths[i].misses++;
}

/* Each stop, in a line, for whoever wants to know what was tried. */
static void note_stop(const struct outcome *outcome, bool is_bad)
{
    const struct position *position = &outcome->position;

    if (position->number > 0)
        fprintf(plan.report, "%s %u: %s: %s\n", sweep_paths[position->path],
                position->number,
                position->reached ? position->call : "not reached",
                is_bad ? "BAD" : "nothing lost");
}

static void finish(struct job *job, int wstat)
{
    const struct outcome *outcome = job->outcome;
    bool is_bad = !outcome->is_done || wstat != 0;

    job->pid = 0;
    lives++;
    kills += outcome->kills;
    for (size_t i = 0; i < CATEGORIES; i++) {
        counts[i] += outcome->counts[i];
        is_bad |= outcome->counts[i] > 0;
    }
    if (plan.sweeps) {
        learn_path(&outcome->position);
        note_stop(outcome, is_bad);
    }
    if (!is_bad && plan.only.number == 0) {
        sv_tree_remove(AT_FDCWD, job->dir);
        return;
    }
    if (!is_bad)
        return;
    bad_lives++;
    if (!outcome->is_done)
        printf("a life was not lived to its end: status %d\n", wstat);
    say_how_to_replay(job);
    report_copy(plan.report, job->dir);
    fflush(stdout);
}

static void run(void)
{
    for (;;) {
        bool any = false;
        int wstat;

        for (size_t i = 0; i < plan.jobs; i++) {
            if (jobs[i].pid == 0 && next(&jobs[i]))
                start(&jobs[i]);
            any |= jobs[i].pid != 0;
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
    fprintf(to, "%s, seed %llu: %u lives, %u kills, %u bad lives\n",
            system_names[plan.system], (unsigned long long)plan.seed, lives,
            kills, bad_lives);
    for (size_t i = 0; plan.sweeps && i < PATHS; i++)
        fprintf(to, "  %5u stops: %s\n", paths[i].stops, sweep_paths[i]);
    for (size_t i = 0; i < CATEGORIES; i++)
        fprintf(to, "  %5u %s\n", counts[i], category_names[i]);
    return bad_lives > 0;
}

/* ---- the beginning ------------------------------------------------------- */

static void name_system(const char *name)
{
    while (plan.system < SYSTEMS
           && strcmp(name, system_names[plan.system]) != 0)
        plan.system++;
    if (plan.system == SYSTEMS)
        sv_die(SV_EXIT_USAGE, "no such system: ", name);
}

/* PATH, or PATH:NUMBER */
static void name_position(char *text)
{
    char *colon = strchr(text, ':');

    if (colon != NULL)
        *colon = '\0';
    plan.only.path = 0;
    while (plan.only.path < PATHS
           && strcmp(text, sweep_paths[plan.only.path]) != 0)
        plan.only.path++;
    if (plan.only.path == PATHS)
        sv_die(SV_EXIT_USAGE, "no such path: ", text);
    if (colon != NULL)
        plan.only.number = (unsigned)word_number(colon + 1);
}

static void read_words(int argc, char *argv[])
{
    int letter;

    plan.seed = (uint64_t)time(NULL) % 1000000 * 1000;
    while ((letter = getopt(argc, argv, "+p:k:s:j:w:")) != -1) {
        switch (letter) {
        case 'p': name_system(optarg); break;
        case 'k': plan.kills = (unsigned)word_number(optarg); break;
        case 's': plan.seed = word_number(optarg); break;
        case 'j': plan.jobs = (unsigned)word_number(optarg); break;
        case 'w': name_position(optarg); break;
        default: sv_die_usage(USAGE);
        }
    }
    if (argc - optind != 3 || plan.jobs < 1 || plan.jobs > JOBS_MAX)
        sv_die_usage(USAGE);
    plan.sweeps = strcmp(argv[optind], "sweep") == 0;
    plan.is_booted = strcmp(argv[optind], "booted") == 0;
    plan.is_ordered = strcmp(argv[optind], "ordered") == 0;
    if ((!plan.sweeps && !plan.is_booted && !plan.is_ordered
         && strcmp(argv[optind], "random") != 0)
        || ((plan.sweeps || plan.is_ordered) && plan.system != OURS))
        sv_die_usage(USAGE);
    if (plan.is_booted)
        plan.jobs = 1;
    plan.bin = word_path(argv[optind + 1]);
    make_directory(argv[optind + 2]);
    plan.dir = word_path(argv[optind + 2]);
}

static void prepare(void)
{
    struct outcome *outcomes = report_share(JOBS_MAX * sizeof *outcomes);

    for (size_t i = 0; i < JOBS_MAX; i++)
        jobs[i].outcome = &outcomes[i];
    plan.report = report_open(plan.dir);
    chance.random = plan.seed;
}

int main(int argc, char *argv[])
{
    const char *slash = strrchr(argv[0], '/');

    sv_program = "killer";
    if (strcmp(slash != NULL ? slash + 1 : argv[0], "svscan") == 0)
        return sweep_gate(argv);
    if (argc > 1 && argv[1][0] == '@')
        return service_main(argv[1], argc - 2, argv + 2);
    read_words(argc, argv);
    prepare();
    run();
    summary(plan.report);
    return summary(stdout);
}
