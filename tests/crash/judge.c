/* SPDX-License-Identifier: ISC */
/*
 * judge.c - after the stop: what the ledger, the tallies, the status files and
 * the logs say, one service at a time.
 *
 * A run that has been told to go may be gone before it could write that it
 * started: its death, by the signal that was sent, is nobody's fault.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"
#include "sv/say.h"
#include "sv/tally.h"

enum {
    RUNS_MAX = 4096,
    EARLY_TICKS = 80, /* hundredths; a second is promised, forks take time */
    UNKNOWN = -1,
    LOGGED_MAX = 512, /* bytes of a line in a log, and more */
};

struct run {
    pid_t pid;
    int64_t started;
    int64_t ended;   /* 0: it did not say */
    int64_t killed;  /* 0: it was not */
    int ticks;
    int wstat;       /* as it said; UNKNOWN */
    int lines;       /* UNKNOWN */
    int logged; /* the last of its lines that was found */
    int finishes;
    bool is_tallied;
    bool is_left; /* it outlived its tree */
};

struct trial {
    struct life *life;
    const struct plan *plan;
    bool is_there; /* its directory is */
    const struct entry *entries;
    size_t n;
    struct run runs[RUNS_MAX];
    size_t count;
};

/* ---- what the ledger says ------------------------------------------------ */

static bool is_of(const struct trial *it, const struct entry *entry)
{
    return strcmp(entry->name, it->plan->name) == 0;
}

/* The last run of that pid so far. */
static struct run *run_of(struct trial *it, pid_t pid)
{
    for (size_t i = it->count; i > 0; i--)
        if (it->runs[i - 1].pid == pid)
            return &it->runs[i - 1];
    return NULL;
}

static void begin_run(struct trial *it, const struct entry *entry)
{
    if (it->count == RUNS_MAX)
        sv_die(SV_EXIT_BUG, "too many runs of ", it->plan->name);
    it->runs[it->count++] = (struct run){ .pid = entry->pid,
                                          .started = entry->time,
                                          .ticks = entry->a,
                                          .wstat = UNKNOWN,
                                          .lines = UNKNOWN };
}

static void learn(struct trial *it, const struct entry *entry)
{
    struct run *run = run_of(it, entry->pid);

    if (entry->kind == START)
        begin_run(it, entry);
    else if (entry->kind == TWICE)
        life_blame(it->life, DUPLICATES, "%s: %d beside %d", it->plan->name,
                   entry->pid, entry->a);
    else if (run == NULL)
        return;
    else if (entry->kind == KILLED)
        run->killed = entry->time;
    else if (entry->kind == END) {
        run->ended = entry->time;
        run->wstat = entry->a;
        run->lines = entry->b;
    }
}

/* It was killed when all was over, for having been left behind; or taken for
 * svscan, as which it was seen just before its exec. */
static void note_left(struct trial *it, const struct entry *entry)
{
    struct run *run =
        entry->kind == KILLED ? run_of(it, entry->pid) : NULL;

    if (run != NULL) {
        run->killed = entry->time;
        run->is_left = entry->a == 0;
    }
}

/* Did somebody ask for it to end, or to start, between the two times? */
static bool was_told(const struct trial *it, int64_t from, int64_t to)
{
    for (size_t i = 0; i < it->n; i++) {
        const struct entry *entry = &it->entries[i];

        if (entry->kind == ASKED && entry->time >= from && entry->time <= to
            && (is_of(it, entry) || entry->a == ASK_STOP_ALL))
            return true;
    }
    return false;
}

static int64_t death_of(const struct run *run)
{
    return run->ended != 0 ? run->ended : run->killed;
}

/* ---- restarts ------------------------------------------------------------ */

static void judge_ends(struct trial *it)
{
    for (size_t i = 0; i < it->count; i++) {
        const struct run *run = &it->runs[i];

        if (death_of(run) == 0)
            life_blame(it->life, RESTARTS, "%s: %d ended, who knows why",
                       it->plan->name, run->pid);
        else if (run->wstat == SIGTERM && !was_told(it, 0, run->ended))
            life_blame(it->life, RESTARTS, "%s: %d was told to go by nobody",
                       it->plan->name, run->pid);
    }
}

static void judge_pipes(struct trial *it)
{
    for (size_t i = 0; i < it->count; i++) {
        const struct run *run = &it->runs[i];

        if (run->wstat == MUTE_CODE << 8)
            life_blame(it->life, READINESSES, "%s: nobody hears %d",
                       it->plan->name, run->pid);
        if (run->wstat == PIPE_CODE << 8)
            life_blame(it->life, LOST_LINES, "%s: nobody reads what %d writes",
                       it->plan->name, run->pid);
    }
}

static void judge_pauses(struct trial *it)
{
    for (size_t i = 1; i < it->count; i++) {
        const struct run *run = &it->runs[i], *before = run - 1;

        if (run->ticks - before->ticks < EARLY_TICKS
            && !was_told(it, before->started, run->started))
            life_blame(it->life, RESTARTS, "%s: %d started %d0 ms after %d",
                       it->plan->name, run->pid, run->ticks - before->ticks,
                       before->pid);
    }
}

static void judge_once(struct trial *it)
{
    size_t asked = 0;

    for (size_t i = 0; i < it->n; i++)
        asked += it->entries[i].kind == ASKED && is_of(it, &it->entries[i]);
    if (it->plan->role == ONCE && it->count > asked)
        life_blame(it->life, RESTARTS, "%s: %zu starts, asked for %zu",
                   it->plan->name, it->count, asked);
}

/* ---- exit statuses ------------------------------------------------------- */

/* code and signal as finish gets them: 256 for a death by a signal. */
static bool is_end(const struct run *run, int code, int signal)
{
    if (run->killed != 0 && code == 256 && signal == SIGKILL)
        return true;
    if (run->wstat == UNKNOWN)
        return false;
    if (WIFSIGNALED(run->wstat))
        return code == 256 && signal == WTERMSIG(run->wstat);
    return code == WEXITSTATUS(run->wstat) && signal == 0;
}

static bool is_silent(const struct trial *it, int code, int signal)
{
    return code == 256 && (signal == SIGTERM || signal == SIGKILL)
           && was_told(it, 0, INT64_MAX);
}

/* Older s6, and runit, do not say of whom: the first that it may be of. */
static struct run *run_for(struct trial *it, const struct entry *entry)
{
    for (size_t i = 0; i < it->count; i++)
        if (it->runs[i].finishes == 0
            && is_end(&it->runs[i], entry->a, entry->b))
            return &it->runs[i];
    return it->count > 0 ? &it->runs[it->count - 1] : NULL;
}

static void judge_finish(struct trial *it, const struct entry *entry)
{
    struct run *run = run_of(it, entry->c);

    if (entry->c == 0)
        run = run_for(it, entry);
    if (run == NULL) {
        if (!is_silent(it, entry->a, entry->b))
            life_blame(it->life, INVENTED_STATUSES,
                       "%s: a finish for %d, whom nobody knows",
                       it->plan->name, entry->c);
        return;
    }
    if (run->finishes++ > 0)
        life_blame(it->life, INVENTED_STATUSES, "%s: another finish for %d",
                   it->plan->name, run->pid);
    else if (!is_end(run, entry->a, entry->b))
        life_blame(it->life,
                   entry->a == 256 && entry->b == 0 ? LOST_STATUSES
                                                    : INVENTED_STATUSES,
                   "%s: %d ended with %d, killed: %d; finish got %d %d",
                   it->plan->name, run->pid, run->wstat, run->killed != 0,
                   entry->a, entry->b);
}

static void judge_finishes(struct trial *it)
{
    if (!it->plan->finish)
        return;
    for (size_t i = 0; i < it->count; i++)
        if (it->runs[i].finishes == 0 && !it->runs[i].is_left)
            life_blame(it->life, LOST_STATUSES, "%s: no finish for %d",
                       it->plan->name, it->runs[i].pid);
}

/* The first run that a death may be of. */
static bool find_death(struct trial *it, int code, int signal)
{
    for (size_t i = 0; i < it->count; i++)
        if (!it->runs[i].is_tallied && is_end(&it->runs[i], code, signal)) {
            it->runs[i].is_tallied = true;
            return true;
        }
    return false;
}

/* Every death once. */
static void judge_tally(struct trial *it)
{
    static struct sv_death deaths[SV_TALLY_MAX];
    char path[CRASH_PATH_MAX];
    size_t n = 0;
    int base = open(system_path(it->life, path, "live", "", ""),
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (base < 0
        || !sv_tally_read(base, it->plan->name, deaths, SV_TALLY_MAX, &n))
        sv_die_sys("unable to read the tally of ", it->plan->name);
    close(base);
    for (size_t i = 0; i < n; i++) {
        int signal = deaths[i].signal;
        int code = signal != 0 ? 256 : deaths[i].code;

        if (!find_death(it, code, signal) && !is_silent(it, code, signal))
            life_blame(it->life,
                       deaths[i].code == 255 ? LOST_STATUSES
                                             : INVENTED_STATUSES,
                       "%s: the tally's death %zu is %d %d", it->plan->name,
                       i + 1, deaths[i].code, signal);
    }
    for (size_t i = 0; i < it->count; i++)
        if (!it->runs[i].is_tallied && !it->runs[i].is_left)
            life_blame(it->life, LOST_STATUSES,
                       "%s: the end of %d is not in the tally",
                       it->plan->name, it->runs[i].pid);
}

static void judge_status(struct trial *it)
{
    const struct run *run = &it->runs[it->count - 1];
    struct sv_status status;

    if (it->count == 0 || run->is_left)
        return;
    if (!system_status(it->life, it->plan->name, &status)) {
        life_blame(it->life, LOST_STATUSES, "%s has no status",
                   it->plan->name);
        return;
    }

    int wstat = status.wstat;
    bool by_signal = wstat == SV_WSTAT_UNKNOWN || WIFSIGNALED(wstat);
    int signal = by_signal && wstat != SV_WSTAT_UNKNOWN ? WTERMSIG(wstat) : 0;
    int code = by_signal ? 256 : WEXITSTATUS(wstat);

    if (!is_end(run, code, signal) && !is_silent(it, code, signal))
        life_blame(it->life, LOST_STATUSES, "%s: the status says %d, %d ended"
                   " with %d", it->plan->name, wstat, run->pid, run->wstat);
}

/* ---- lines --------------------------------------------------------------- */

/* Each line counts; those up to number are not there. */
static void blame_lost(const struct trial *it, const struct run *run,
                       int number)
{
    life_blame(it->life, LOST_LINES, "%s: %d to %d of %d", it->plan->name,
               run->logged + 1, number, run->pid);
    it->life->counts[LOST_LINES] += (unsigned)(number - run->logged - 1);
}

/* PID NUMBER ..., after a stamp where there is one. */
static void take_line(struct trial *it, const char *line)
{
    const char *text = line[0] == '@' ? strchr(line, ' ') : line;
    int pid, number;

    if (text == NULL || sscanf(text, "%d %d", &pid, &number) != 2) {
        life_blame(it->life, LOST_LINES, "not a line: %s", line);
        return;
    }

    struct run *run = run_of(it, pid);

    if (run == NULL)
        life_blame(it->life, DOUBLED_LINES, "%s: %d, whom nobody knows, wrote"
                   " %d", it->plan->name, pid, number);
    else if (number <= run->logged)
        life_blame(it->life, DOUBLED_LINES, "%s: %d after %d of %d",
                   it->plan->name, number, run->logged, pid);
    else if (number != run->logged + 1)
        blame_lost(it, run, number - 1);
    if (run != NULL && number > run->logged)
        run->logged = number;
}

static void judge_last_lines(const struct trial *it)
{
    for (size_t i = 0; i < it->count; i++) {
        const struct run *run = &it->runs[i];

        if (run->lines != UNKNOWN && run->lines > run->logged)
            blame_lost(it, run, run->lines);
    }
}

static void take_file(struct trial *it, const char *name)
{
    char dir[CRASH_PATH_MAX], path[CRASH_PATH_MAX + NAME_MAX + 2];
    char line[LOGGED_MAX];

    system_path(it->life, dir, "logs/", it->plan->name, "");
    snprintf(path, sizeof path, "%s/%s", dir, name);

    FILE *file = fopen(path, "re");

    if (file == NULL)
        sv_die_sys("unable to read ", path);
    while (fgets(line, sizeof line, file) != NULL)
        take_line(it, line);
    fclose(file);
}

static int is_part(const struct dirent *entry)
{
    return entry->d_name[0] == '@' || strcmp(entry->d_name, "current") == 0;
}

/* Archives are named after their time, and '@' comes before 'c'. */
static void judge_lines(struct trial *it)
{
    char path[CRASH_PATH_MAX];
    struct dirent **parts;

    if (it->plan->log == NULL)
        return;

    int n = scandir(system_path(it->life, path, "logs/", it->plan->name, ""),
                    &parts, is_part, alphasort);

    for (int i = 0; i < n; i++) {
        take_file(it, parts[i]->d_name);
        free(parts[i]);
    }
    if (n >= 0)
        free(parts);
    judge_last_lines(it);
}

bool judge_has_last_line(const struct life *life, const struct plan *plan)
{
    char path[CRASH_PATH_MAX], line[LOGGED_MAX], wanted[48] = "";
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);
    bool found = false;

    for (size_t i = 0; i < n; i++)
        if (entries[i].kind == END && entries[i].b > 0
            && strcmp(entries[i].name, plan->name) == 0)
            snprintf(wanted, sizeof wanted, "%d %d ", entries[i].pid,
                     entries[i].b);
    free(entries);
    if (plan->log == NULL || wanted[0] == '\0')
        return true;

    FILE *file =
        fopen(system_path(life, path, "logs/", plan->name, "/current"), "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found |= strstr(line, wanted) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

/* ---- all of it ----------------------------------------------------------- */

static void judge_service(struct trial *it)
{
    for (size_t i = 0; i < it->n; i++) {
        if (!is_of(it, &it->entries[i])) {
            note_left(it, &it->entries[i]);
            continue;
        }
        learn(it, &it->entries[i]);
        if (it->entries[i].kind == FINISH)
            judge_finish(it, &it->entries[i]);
    }
    judge_ends(it);
    judge_pipes(it);
    judge_pauses(it);
    judge_once(it);
    judge_finishes(it);
    judge_lines(it);
    if (it->life->system == RUNIT || !it->is_there)
        return;
    judge_tally(it);
    judge_status(it);
}

void judge(struct life *life)
{
    static struct trial it;
    size_t n;
    struct entry *entries = ledger_read(life->dir, &n);

    for (size_t i = 0; i < life->services; i++) {
        it.life = life;
        it.plan = &life->plans[i];
        it.is_there = life->is_there[i];
        it.entries = entries;
        it.n = n;
        it.count = 0;
        judge_service(&it);
    }
    order_judge(life, entries, n);
    free(entries);
}
