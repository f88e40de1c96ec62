/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svlog_input.c - what svlog logs does not depend on how its input arrives.
 *
 * The first byte chooses a script, the second how often the rest is to be
 * repeated, the third in what portions it comes.  The rest is pairs: a byte, and
 * how often it is there, so that few bytes make long lines.  svlog gets it as a
 * file, and then, in portions, by a pipe; each time, what is in its logdirs must
 * be what the definition of a line says, but for the stamps.
 */
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "sv/json.h"
#include "svlog_run.h"

enum {
    PORTIONS_MAX = 24,
    REPEATED_MAX = 6,
    PORTION_MAX = 60000, /* what fits in a pipe */
    INPUT_MAX = 320 * 1024,
    LABELLED = 26,
    DATED = 31,
    UTC = 28,
    JSON = 37, /* {"time":"YYYY-MM-DDTHH:MM:SS.uuuuuuZ" */
    DIRS = 2,
};

/* Which lines are for a logdir, and what is put before them. */
struct meant {
    const char *dir;
    char has;  /* only lines with this byte in them, 0: all */
    char lacks; /* only lines without */
    size_t column;
    const char *prefix;
    const char *suffix; /* of JSON, and then the line is escaped */
};

static const struct plan {
    const char *words[RUN_WORDS];
    uint64_t limit;
    struct meant meant[DIRS];
} plans[] = {
    {{"n9999", "./a"}, 0, {{"a", 0, 0, 0, "", NULL}}},
    {{"n9999", "s20000", "./a"}, 0, {{"a", 0, 0, 0, "", NULL}}},
    {{"n9999", "s4096", "t", "./a"}, 0, {{"a", 0, 0, LABELLED, "", NULL}}},
    {{"-l", "48", "n9999", "s4096", "./a"}, 48, {{"a", 0, 0, 0, "", NULL}}},
    {{"n9999", "s30000", "./a", "s4096", "T", "p>", "./b"},
     0,
     {{"a", 0, 0, 0, "", NULL}, {"b", 0, 0, DATED, "> ", NULL}}},
    {{"-l", "300", "--", "-a", "n9999", "./a", "f", "pf:", "t", "./b"},
     300,
     {{"a", 0, 'a', 0, "", NULL}, {"b", 'a', 0, LABELLED, "f: ", NULL}}},
    {{"-l", "60000", "--", "-", "+e", "n9999", "s4096", "./a", "-", "+[e]", "t",
      "n9999", "./b"},
     60000,
     {{"a", 'e', 0, 0, "", NULL}, {"b", 'e', 0, LABELLED, "", NULL}}},
    {{"n9999", ":json", ":name=w\"", "./a", ":text", ":utc", "s4096", "./b"},
     0,
     {{"a", 0, 0, JSON, ",\"service\":\"w\\\"\",\"stream\":\"stdout\",\"msg\":\"",
       "\"}"},
      {"b", 0, 0, UTC, "w\": ", NULL}}},
};

enum { PLANS = sizeof plans / sizeof *plans };

static bool is_for(const struct meant *meant, const char *line, size_t size)
{
    return (!meant->has || memchr(line, meant->has, size)) &&
           (!meant->lacks || !memchr(line, meant->lacks, size));
}

/* Where the line that begins at at ends, and *next the following one begins. */
static const char *end_line(const char *at, const char *end, uint64_t limit,
                            const char **next)
{
    const char *to = at;

    while (to < end && *to != '\n' && *to &&
           !(limit && (uint64_t)(to - at) == limit))
        to++;
    *next = to < end && (*to == '\n' || !*to) ? to + 1 : to;
    return to;
}

static void escape(struct run_text *text, const char *at, size_t size)
{
    char escaped[SV_JSON_ESCAPED];
    size_t used;

    for (; size; at += used, size -= used) {
        size_t made = sv_json_escape(escaped, at, size, &used);

        run_add(text, escaped, made);
    }
}

/* Whole, but for what is in the columns of the stamp. */
static void shape(struct run_text *text, const struct meant *meant,
                  const char *at, size_t size)
{
    text->size = 0;
    run_add(text, meant->prefix, strlen(meant->prefix));
    if (meant->suffix) {
        escape(text, at, size);
        run_add(text, meant->suffix, strlen(meant->suffix));
    } else {
        run_add(text, at, size);
    }
    run_add(text, "\n", 1);
}

/* Compares what is in the logdir with what is meant; the stamps are skipped. */
static void check_logdir(const struct meant *meant, uint64_t limit,
                         const char *at, const char *end)
{
    static struct run_text line;
    struct run_text text = run_logged(meant->dir);
    const char *logged = text.bytes;
    size_t left = text.size;
    const char *next;

    for (; at < end; at = next) {
        const char *to = end_line(at, end, limit, &next);

        if (!is_for(meant, at, (size_t)(to - at)))
            continue;
        shape(&line, meant, at, (size_t)(to - at));
        must(left >= meant->column + line.size);
        must(!memcmp(logged + meant->column, line.bytes, line.size));
        logged += meant->column + line.size;
        left -= meant->column + line.size;
    }
    must(left == 0);
    free(text.bytes);
}

static void check(const struct plan *plan, const char *input, size_t size)
{
    for (size_t i = 0; i < DIRS && plan->meant[i].dir; i++)
        check_logdir(plan->meant + i, plan->limit, input, input + size);
}

static void from_file(const struct plan *plan, const char *input, size_t size)
{
    int fd;

    enter_scratch();
    fd = open("input", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(fd >= 0 && pwrite(fd, input, size, 0) == (ssize_t)size);
    must(run_end(run_start(plan->words, fd, -1)) == 0);
    close(fd);
    check(plan, input, size);
}

/* Until all that was written has been taken. */
static void await_taken(int fd, pid_t pid)
{
    siginfo_t info = {0};
    int waiting = 1;

    while (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0) {
        must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
        must(info.si_pid == 0);
        sched_yield();
    }
}

static void from_pipe(const struct plan *plan, const char *input, size_t size,
                      size_t seed)
{
    size_t portion = seed;
    int ends[2];
    pid_t pid;

    enter_scratch();
    must(pipe2(ends, O_CLOEXEC) == 0);
    pid = run_start(plan->words, ends[0], ends[1]);
    for (int i = 1; size; i++) {
        size_t most = (portion = portion * 5 % 251) * (1 + seed % 64) + 1;

        if (most > size || i >= PORTIONS_MAX)
            most = size;
        if (most > PORTION_MAX)
            most = PORTION_MAX;
        must(write(ends[1], input, most) == (ssize_t)most);
        await_taken(ends[0], pid);
        input += most;
        size -= most;
    }
    close(ends[1]);
    must(run_end(pid) == 0);
    close(ends[0]);
}

static size_t unfold(const uint8_t *data, size_t size, char *to, size_t room)
{
    static const size_t times[] = {1, 1, 1, 3, 20, 100, 900, 9000};
    size_t all = 0;

    for (; size >= 2; data += 2, size -= 2) {
        size_t count = times[data[1] % 8];

        if (count > room - all)
            break;
        memset(to + all, data[0], count);
        all += count;
    }
    return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char input[INPUT_MAX];
    const struct plan *plan = plans + (size ? data[0] % PLANS : 0);
    size_t once, all;

    if (size < 3)
        return 0;
    once = all = unfold(data + 3, size - 3, input, INPUT_MAX);
    for (unsigned i = 0; i < data[1] % REPEATED_MAX; i++)
        if (all + once <= INPUT_MAX) {
            memcpy(input + all, input, once);
            all += once;
        }
    from_file(plan, input, all);
    from_pipe(plan, input, all, data[2]);
    check(plan, input, all);
    leave_scratch();
    return 0;
}
