/* SPDX-License-Identifier: ISC */
/* count.c - the lines of a logdir, oldest archive first, beside those that were
 * written. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs.h"
#include "sv/say.h"

enum { SHOWN = 60 };

struct count {
    struct log_life *life;
    const struct place *place;
    unsigned char *seen; /* how often each line was */
    unsigned lines;      /* that are what was written, all of them */
    unsigned next;       /* after the last one */
    const char *file;
};

static bool has_label(const char *line, size_t size)
{
    return size >= 26 && line[0] == '@' && line[25] == ' ';
}

/* Steps over what was put before the line; false if it is not there. */
static bool skip_head(const struct count *it, const char **line, size_t *size)
{
    size_t column = it->place->column;

    if (it->life->course->is_marked && *size > 0 && **line == 'p') {
        (*line)++;
        (*size)--;
    }
    if (*size < column || (column == 26 && !has_label(*line, *size)))
        return false;
    *line += column;
    *size -= column;
    return true;
}

/* Is that, with its newline, the line of that number? */
static bool is_line(const struct count *it, unsigned n, const char *line,
                    size_t size)
{
    static char text[LINE_ROOM];

    return size == line_text(it->life->course->text, n, text)
           && memcmp(text, line, size) == 0;
}

static void note(struct count *it, unsigned n)
{
    it->lines++;
    if (it->life->course->text == SAME)
        return;
    if (it->seen[n] < UCHAR_MAX)
        it->seen[n]++;
    if (n < it->next && it->seen[n] == 1)
        blame(it->life, MIXED, 1, "%s/%s: line %u after line %u",
              it->place->dir, it->file, n, it->next - 1);
    it->next = n + 1;
}

/* One line with its newline; without, it is torn. */
static void take_line(struct count *it, const char *line, size_t size)
{
    const char *whole = line;
    size_t whole_size = size;
    unsigned n = 0;
    bool good = skip_head(it, &line, &size);

    if (good && it->life->course->text != SAME)
        for (size_t i = 0; i < size && line[i] >= '0' && line[i] <= '9'; i++)
            n = n * 10 + (unsigned)(line[i] - '0');
    if (good && n < *it->life->written && place_has(it->place, n)
        && is_line(it, n, line, size)) {
        note(it, n);
        return;
    }
    blame(it->life, TORN, 1, "%s/%s: \"%.*s\"", it->place->dir, it->file,
          (int)(whole_size < SHOWN ? whole_size : SHOWN), whole);
}

static void take_lines(struct count *it, const char *text, size_t size)
{
    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        size_t line = newline != NULL ? (size_t)(newline - text) + 1 : size;

        take_line(it, text, line);
        text += line;
        size -= line;
    }
}

static void take_file(struct count *it, int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    void *text;

    it->file = name;
    if (fd < 0 || fstat(fd, &st) < 0)
        sv_die_sys("unable to read ", name);
    if (st.st_size > 0) {
        text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (text == MAP_FAILED)
            sv_die_sys("unable to read ", name);
        take_lines(it, text, (size_t)st.st_size);
        munmap(text, (size_t)st.st_size);
    }
    close(fd);
}

/* Archives, and then current: in the order of the alphabet. */
static int is_log(const struct dirent *entry)
{
    return entry->d_name[0] == '@' || strcmp(entry->d_name, "current") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void take_logdir(struct count *it)
{
    struct dirent **entries;
    int n = scandir(it->place->dir, &entries, is_log, by_name);
    int dir = open(it->place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (n < 0 || dir < 0)
        sv_die_sys("unable to read ", it->place->dir);
    for (int i = 0; i < n; i++) {
        take_file(it, dir, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    close(dir);
}

static void miss(struct count *it, unsigned from, unsigned to)
{
    if (!course_has_window(it->life->course) && to > from)
        blame(it->life, LOST, to - from, "%s: lines %u to %u are not there",
              it->place->dir, from, to - 1);
}

static void judge_numbers(struct count *it)
{
    unsigned from = 0, lost = 0;

    for (unsigned n = 0; n < *it->life->written; n++) {
        if (!place_has(it->place, n))
            continue;
        if (it->seen[n] > 1)
            blame(it->life, DOUBLED, it->seen[n] - 1U, "%s: line %u, %u times",
                  it->place->dir, n, it->seen[n]);
        if (it->seen[n] == 0) {
            from = lost == 0 ? n : from;
            lost++;
        } else {
            miss(it, from, from + lost);
            lost = 0;
        }
    }
    miss(it, from, from + lost);
}

static void judge_count(struct count *it)
{
    unsigned written = *it->life->written;

    if (it->lines > written)
        blame(it->life, DOUBLED, it->lines - written, "%s: %u lines too many",
              it->place->dir, it->lines - written);
    else if (it->lines < written && !course_has_window(it->life->course))
        blame(it->life, LOST, written - it->lines, "%s: %u lines too few",
              it->place->dir, written - it->lines);
}

/* Where bytes may be lost, two halves of lines may come together, once a kill;
 * and a terminal that hangs up keeps the end of what it was given. */
static void forgive(struct log_life *life)
{
    unsigned *torn = &life->outcome->counts[TORN];
    unsigned most = life->outcome->kills + 1;

    if (course_has_window(life->course))
        *torn -= *torn < most ? *torn : most;
}

static void count_logdir(struct log_life *life, const struct place *place)
{
    struct count it = { .life = life, .place = place,
                        .seen = calloc(*life->written + 1U, 1) };

    if (it.seen == NULL)
        sv_die_sys("unable to count");
    take_logdir(&it);
    if (life->course->text == SAME)
        judge_count(&it);
    else
        judge_numbers(&it);
    free(it.seen);
}

void count_lines(struct log_life *life)
{
    const struct place *place = life->course->places;

    for (; place < life->course->places + PLACES_MAX && place->dir; place++)
        count_logdir(life, place);
    forgive(life);
}
