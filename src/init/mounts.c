/* SPDX-License-Identifier: ISC */
/*
 * mounts.c - leaving the file systems clean.
 *
 * The table is taken from its end, since what was mounted last lies above the
 * rest, and read again after each pass, until a pass frees nothing more.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/say.h"
#include "init/mounts.h"

enum {
    TABLE_MAX = 256 * 1024, /* of a longer table the end, and then again */
    PASSES = 32,
};

static char table[TABLE_MAX];

/* ---- the table ----------------------------------------------------------- */

static bool is_octal(const char *digits)
{
    return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' &&
           digits[1] <= '7' && digits[2] >= '0' && digits[2] <= '7';
}

/* Decodes a field in place; it ends at a NUL, and never grows. */
static void decode(char *field)
{
    char *to = field;

    for (const char *from = field; *from != '\0'; to++) {
        if (from[0] == '\\' && is_octal(from + 1)) {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
                         (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Cuts the next field off *rest, which becomes NULL after the last one. */
static char *cut_field(char **rest)
{
    char *field = *rest;
    char *space = field ? strchr(field, ' ') : NULL;

    if (space)
        *space = '\0';
    *rest = space ? space + 1 : NULL;
    return field;
}

bool mounts_take_last(char *text, size_t *size, struct mount_line *line)
{
    struct mount_line none = {NULL, NULL, NULL};
    size_t end = *size;
    size_t start;
    char *rest;

    if (end == 0)
        return false;
    *line = none;
    start = --end;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    *size = start;
    /* What does not end with a newline was cut short. */
    if (text[end] != '\n')
        return true;
    text[end] = '\0';
    rest = text + start;
    line->device = cut_field(&rest);
    line->path = cut_field(&rest);
    line->type = cut_field(&rest);
    if (!line->type || line->path[0] != '/') {
        *line = none;
        return true;
    }
    decode(line->device);
    decode(line->path);
    decode(line->type);
    return true;
}

bool mounts_is_real(const char *type)
{
    static const char *const airy[] = {
        "autofs",    "binfmt_misc", "bpf",        "cgroup", "cgroup2",
        "configfs",  "debugfs",     "devpts",     "devtmpfs", "efivarfs",
        "fusectl",   "hugetlbfs",   "mqueue",     "nsfs",   "proc",
        "pstore",    "ramfs",       "rootfs",     "rpc_pipefs", "securityfs",
        "selinuxfs", "sysfs",       "tmpfs",      "tracefs",
    };

    for (size_t i = 0; i < sizeof airy / sizeof *airy; i++)
        if (strcmp(type, airy[i]) == 0)
            return false;
    return true;
}

/* Reads all of path into the table, or its end, beginning at some line. */
static size_t read_table(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t got;

    if (fd == -1)
        return 0;
    while ((got = read(fd, table + used, sizeof table - used)) > 0) {
        used += (size_t)got;
        if (used < sizeof table)
            continue;
        memmove(table, table + used / 2, used - used / 2);
        used -= used / 2;
    }
    close(fd);
    return used;
}

/* ---- leaving ------------------------------------------------------------- */

static void swap_off(void)
{
    size_t size = read_table("/proc/swaps");
    char *end;

    for (char *line = table; (end = memchr(line, '\n', size)); line = end + 1) {
        size -= (size_t)(end + 1 - line);
        *end = '\0';
        line[strcspn(line, " \t")] = '\0';
        decode(line);
        if (line[0] == '/' && swapoff(line) == -1)
            sv_warn_sys("unable to stop swapping to ", line);
    }
}

/* Does something to every mount but the root's, from the last to the first;
 * returns how often it did. */
static size_t for_each_mount(bool (*leave)(const char *path))
{
    size_t size = read_table("/proc/self/mounts");
    struct mount_line line;
    size_t done = 0;

    while (mounts_take_last(table, &size, &line))
        if (line.path && strcmp(line.path, "/") != 0 &&
            mounts_is_real(line.type) && leave(line.path))
            done++;
    return done;
}

static bool unmount(const char *path)
{
    return umount2(path, UMOUNT_NOFOLLOW) == 0;
}

/* A frozen file system is as clean on disk as a read-only one, and can be had
 * in spite of a deleted file that is in use; what writes to it, waits. */
static bool freeze(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    /* Not ioctl(2): C libraries differ in the type of a request. */
    bool frozen = fd != -1 && syscall(SYS_ioctl, fd, FIFREEZE, 0) == 0;

    if (fd != -1)
        close(fd);
    return frozen;
}

static bool make_read_only(const char *path)
{
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0 ||
        freeze(path))
        return true;
    sv_warn_sys("unable to unmount ", path, ", or make it read-only, or freeze");
    return false;
}

void mounts_leave_clean(void)
{
    sync();
    /* Without a table nobody can say whose mounts these are. */
    if (access("/proc/self/mounts", R_OK) == -1)
        return;
    swap_off();
    for (int i = 0; i < PASSES && for_each_mount(unmount) > 0; i++)
        continue;
    sync();
    for_each_mount(make_read_only);
    make_read_only("/");
}
