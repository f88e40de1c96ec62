/* SPDX-License-Identifier: ISC */
/*
 * ledger.c - a file of lines, each appended in one write, so that it is whole
 * and in its place whoever is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "sv/clock.h"
#include "sv/say.h"

static const char *const kind_names[KINDS] = {
    [START] = "start",   [READY] = "ready",       [END] = "end",
    [FINISH] = "finish", [FINISHED] = "finished", [TWICE] = "twice",
    [TOLD] = "told",     [DOING] = "doing",       [DONE] = "done",
    [UNDOING] = "undoing", [UNDONE] = "undone",
    [KILLED] = "killed", [ASKED] = "asked",       [ANSWERED] = "answered",
};

void ledger_write(const char *dir, enum kind kind, const char *name, int pid,
                  int a, int b, int c)
{
    char path[CRASH_PATH_MAX + 8], line[160];
    int n = snprintf(line, sizeof line, "%lld %s %s %d : %d %d %d\n",
                     (long long)sv_boottime(), kind_names[kind], name, pid, a,
                     b, c);

    snprintf(path, sizeof path, "%s/ledger", dir);

    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0 || write(fd, line, (size_t)n) != n)
        sv_die_sys("unable to write to ", path);
    close(fd);
}

static enum kind kind_of(const char *word)
{
    enum kind kind = 0;

    while (kind < KINDS && strcmp(kind_names[kind], word) != 0)
        kind++;
    return kind;
}

struct entry *ledger_read(const char *dir, size_t *n)
{
    char path[CRASH_PATH_MAX + 8], line[160], word[16];
    struct entry *entries = NULL;
    size_t room = 0;

    snprintf(path, sizeof path, "%s/ledger", dir);
    *n = 0;

    FILE *file = fopen(path, "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        struct entry entry;
        long long time;

        if (sscanf(line, "%lld %15s %23s %d : %d %d %d", &time, word,
                   entry.name, &entry.pid, &entry.a, &entry.b, &entry.c)
                != 7
            || (entry.kind = kind_of(word)) == KINDS)
            sv_die(SV_EXIT_BUG, "not a line of a ledger: ", line);
        entry.time = time;
        if (*n == room) {
            room = room == 0 ? 256 : 2 * room;
            entries = realloc(entries, room * sizeof *entries);
            if (entries == NULL)
                sv_die_sys("unable to read ", path);
        }
        entries[(*n)++] = entry;
    }
    if (file != NULL)
        fclose(file);
    return entries;
}

void ledger_print(FILE *to, const struct entry *entry)
{
    fprintf(to, "%lld.%06lld %s %s %d : %d %d %d\n",
            (long long)(entry->time / SV_SECOND),
            (long long)(entry->time % SV_SECOND / 1000),
            kind_names[entry->kind], entry->name, entry->pid, entry->a,
            entry->b, entry->c);
}
