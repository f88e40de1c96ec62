/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svlog_logdir.c - a logdir with whatever in it: svlog logs there or says
 * why not, and what its files hold is there afterwards.
 *
 * The input is a file after the other: a byte that says which and of what kind,
 * one with its length, its bytes.  Of the in-flight file, the fields of a ledger
 * that is whole can be chosen, which may mark any of the others.
 */
#include <stdint.h>

#include "sv/at.h"
#include "sv/birth.h"
#include "svlog_run.h"

enum { FILES = 9, KIND_SHIFT = 4, TEXT_MAX = 255, MOST_MARKS = 4 };

static const char *const names[FILES] = {
    "a/current",
    "a/previous",
    "a/processed",
    "a/state",
    "a/newstate",
    "a/lock",
    "a/.inflight",
    "a/@400000005f00000000000001.s",
    "a/@400000005f00000000000002.u",
};

enum { CURRENT, PREVIOUS, PROCESSED, INFLIGHT_FILE = 6, ARCHIVE_1, ARCHIVE_2 };

enum kind { WHOLE, UNCLEAN, EXECUTABLE, LEDGER, DIRECTORY, FIFO, LINK, KINDS };

/* The regular files as they were. */
static struct {
    struct run_text text;
    bool is_file;
    bool is_whole;   /* executable */
    uint64_t kept;   /* no mark may cut it below that */
} before[FILES];

/* ---- making it ----------------------------------------------------------- */

static void put(const char *path, mode_t mode, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        return; /* it is something else by now */
    must(ftruncate(fd, 0) == 0);
    must(write(fd, bytes, size) == (ssize_t)size);
    must(fchmod(fd, mode) == 0);
    close(fd);
}

static uint8_t next(const uint8_t **data, size_t *size)
{
    if (!*size)
        return 0;
    --*size;
    return *(*data)++;
}

/* Of one of the files, at some size of it. */
static void make_mark(struct logdir_mark *mark, const uint8_t **data,
                      size_t *size)
{
    size_t file = next(data, size) % FILES;
    struct stat st;

    *mark = (struct logdir_mark){.size = next(data, size)};
    if (stat(names[file], &st) < 0)
        return;
    mark->dev = st.st_dev;
    mark->ino = st.st_ino;
    mark->born = sv_birth_of(AT_FDCWD, names[file]);
}

/* A ledger of this boot, and the bytes in flight. */
static void put_ledger(const char *text, size_t text_size,
                       const uint8_t **data, size_t *size)
{
    static char page[INFLIGHT_LEDGER + TEXT_MAX];
    struct ledger ledger = {.magic = "svlog 3"};
    uint8_t how = next(data, size);

    ledger.magic[7] = '\n';
    must(sv_at_read(AT_FDCWD, "/proc/sys/kernel/random", "boot_id", ledger.boot,
                    INFLIGHT_BOOT - 1) > 0);
    ledger.begin = INFLIGHT_LEDGER + how % 8U;
    ledger.column = how / 8 % 4;
    ledger.cut = how & 32 ? ledger.begin + how / 64 : 0;
    ledger.marks = next(data, size) % MOST_MARKS;
    for (size_t i = 0; i < ledger.marks; i++)
        make_mark(ledger.mark + i, data, size);
    memset(page, 0, INFLIGHT_LEDGER);
    memcpy(page, &ledger, sizeof ledger);
    memcpy(page + INFLIGHT_LEDGER, text, text_size);
    put("a/.inflight", 0600, page, INFLIGHT_LEDGER + text_size);
}

static void make_file(size_t file, enum kind kind, const char *text,
                      size_t text_size, const uint8_t **data, size_t *size)
{
    const char *path = names[file];

    switch (kind) {
    case LEDGER: put_ledger(text, text_size, data, size); break;
    case DIRECTORY: mkdir(path, 0700); break;
    case FIFO: mkfifo(path, 0700); break;
    case LINK: symlink("elsewhere", path); break;
    case EXECUTABLE: put(path, 0744, text, text_size); break;
    default: put(path, 0644, text, text_size); break;
    }
}

static void make_logdir(const uint8_t *data, size_t size)
{
    must(mkdir("a", 0700) == 0);
    while (size >= 2) {
        uint8_t which = next(&data, &size);
        size_t text_size = next(&data, &size);
        const char *text = (const char *)data;

        if (text_size > size)
            text_size = size;
        data += text_size;
        size -= text_size;
        make_file((which & 15U) % FILES, (which >> KIND_SHIFT) % KINDS, text,
                  text_size, &data, &size);
    }
}

/* ---- looking at it ------------------------------------------------------- */

/* Marks say what may be cut; their ledger must be one that counts. */
static void note_cuts(void)
{
    struct inflight inflight = {.fd = -1};
    char path[] = "a/.inflight";
    struct stat st;

    if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    inflight.fd = open(path, O_RDONLY | O_CLOEXEC);
    must(inflight.fd >= 0);
    memset(&inflight.written, 0, sizeof inflight.written);
    must(pread(inflight.fd, &inflight.written, sizeof inflight.written, 0) >=
         0);
    close(inflight.fd);
    for (uint64_t i = 0; i < MOST_MARKS; i++)
        for (size_t file = 0; file < FILES; file++)
            if (stat(names[file], &st) == 0 &&
                st.st_ino == inflight.written.mark[i].ino &&
                inflight.written.mark[i].size < before[file].kept)
                before[file].kept = inflight.written.mark[i].size;
}

static void look(void)
{
    struct stat st;

    for (size_t i = 0; i < FILES; i++) {
        free(before[i].text.bytes);
        memset(before + i, 0, sizeof before[i]);
        before[i].is_file = run_add_file(&before[i].text, names[i]);
        before[i].is_whole = stat(names[i], &st) == 0 && st.st_mode & S_IXUSR;
        before[i].kept = before[i].text.size;
    }
    note_cuts();
}

/* A NUL in what went straight to current becomes a newline later. */
static void unify(struct run_text *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (!text->bytes[i])
            text->bytes[i] = '\n';
}

static bool holds(const struct run_text *all, size_t file)
{
    size_t size = (size_t)before[file].kept;

    return !size ||
           (all->size >= size &&
            memmem(all->bytes, all->size, before[file].text.bytes, size));
}

/* Of a rotation with a processor, one of the two is the archive. */
static void check_kept(const struct run_text *all)
{
    bool is_processed =
        before[PROCESSED].is_file && before[PROCESSED].is_whole;

    must(holds(all, CURRENT));
    must(holds(all, ARCHIVE_1) && holds(all, ARCHIVE_2));
    must(holds(all, is_processed ? PROCESSED : PREVIOUS));
}

/* A svlog that gives up may have made archives of some, and of others not. */
static void check_logged(int code)
{
    struct run_text all = run_logged("a");
    static const size_t others[] = {PREVIOUS, PROCESSED};

    for (size_t i = 0; code && i < sizeof others / sizeof *others; i++)
        run_add_file(&all, names[others[i]]);
    unify(&all);
    for (size_t i = 0; i < FILES; i++)
        unify(&before[i].text);
    check_kept(&all);
    if (!code)
        must(all.size >= 5 &&
             !memcmp(all.bytes + all.size - 5, "last\n", 5));
    free(all.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"n9999", "./a", NULL};
    static const char *const stamped[] = {"n9999", "p", "t", "./a", NULL};
    int ends[2];
    int code;

    if (!size)
        return 0;
    enter_scratch();
    make_logdir(data + 1, size - 1);
    look();
    must(pipe2(ends, O_CLOEXEC) == 0);
    must(write(ends[1], "last\n", 5) == 5);
    close(ends[1]);
    code = run_end(run_start(data[0] & 1 ? words : stamped, ends[0], -1));
    close(ends[0]);
    must(code == 0 || code == SV_EXIT_SYSTEM);
    check_logged(code);
    leave_scratch();
    return 0;
}
