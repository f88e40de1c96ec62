/* SPDX-License-Identifier: ISC */
/*
 * boot.c - from what the kernel, a container runtime or a shell hands over to a
 * place in which a tree can be started.
 *
 * In here nothing is fatal: a mount that fails is said and gone without,
 * because a machine that comes up in part can be mended and one whose process 1
 * has exited cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/hold.h"
#include "sv/say.h"
#include "sv/state.h"
#include "init/boot.h"

enum {
    ENVIRONMENT_MAX = 1024,  /* variables; a runtime may give many */
    CMDLINE_MAX = 8192,      /* the longest of any architecture, and more */
    OWN_FDS = 64,            /* descriptors of init that are no holds */
    SIGNALS = 64,            /* of the kernel's */
    MESSAGES_FD = 10,        /* at least: what a child is given lies below */
};

/* The inode of the kernel's first pid namespace, the same since Linux 3.8. */
static const ino_t first_pid_namespace = 0xEFFFFFFC;

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum place place;

static char *const *given_argv;
static sigset_t given_mask;
static struct rlimit given_files;
static bool was_closed[3];
static bool is_all;

/* ---- standard descriptors ------------------------------------------------ */

/* Something that can be had before anything is mounted. */
static int open_placeholder(void)
{
    int fd = open("/dev/null", O_RDWR);

    return fd != -1 ? fd : open("/", O_RDONLY | O_DIRECTORY);
}

/* In order, so that each lands on its own number: what is opened later must
 * never be taken for a standard descriptor. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        was_closed[fd] = fcntl(fd, F_GETFD) == -1;
        if (was_closed[fd])
            open_placeholder();
    }
}

int boot_open_console(void)
{
    return open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* The console takes the place of what was closed; in a container, which has no
 * console of its own, /dev/null does. */
static void replace_placeholders(void)
{
    int fd = -1;

    if (!was_closed[0] && !was_closed[1] && !was_closed[2])
        return;
    if (place == PLACE_MACHINE)
        fd = boot_open_console();
    if (fd == -1)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd == -1)
        return;
    for (int i = 0; i < 3; i++)
        if (was_closed[i])
            dup2(fd, i);
    close(fd);
}

/* Messages must never wait for a reader.  The mode belongs to the open file,
 * which others share, so that it takes an open of our own; a regular file
 * cannot make us wait, and a socket cannot be opened again, but need not be
 * (sv/say.h). */
static int open_unshared(const struct stat *st)
{
    if (S_ISSOCK(st->st_mode))
        return fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode))
        return -1;
    return open("/proc/self/fd/2",
                O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void open_messages(void)
{
    struct stat st;
    int fd = fstat(2, &st) == 0 ? open_unshared(&st) : -1;

    if (fd == -1)
        return;
    sv_say_fd = fcntl(fd, F_DUPFD_CLOEXEC, MESSAGES_FD);
    if (sv_say_fd == -1)
        sv_say_fd = STDERR_FILENO;
    close(fd);
}

/* ---- what was given ------------------------------------------------------ */

void boot_begin(char *const *argv)
{
    /* Without NOCLDSTOP each stopped service would wake us; and a SIGCHLD that
     * is ignored, as a careless parent leaves it, would cost every status. */
    struct sigaction plain = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
    sigset_t all;

    given_argv = argv;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &given_mask);
    sigaction(SIGCHLD, &plain, NULL);
    fill_standard_descriptors();
    if (prlimit(0, RLIMIT_NOFILE, NULL, &given_files) == -1)
        given_files = (struct rlimit){.rlim_cur = 1024, .rlim_max = 4096};
}

void boot_restore(void)
{
    prlimit(0, RLIMIT_NOFILE, &given_files, NULL);
    sigprocmask(SIG_SETMASK, &given_mask, NULL);
}

void boot_save(struct boot_state *state)
{
    *state = (struct boot_state){.place = (int32_t)place,
                                 .is_all = is_all,
                                 .files_soft = given_files.rlim_cur,
                                 .files_hard = given_files.rlim_max};
    for (int n = 1; n <= SIGNALS; n++)
        if (sigismember(&given_mask, n) == 1)
            state->mask |= UINT64_C(1) << (n - 1);
}

void boot_resume(const struct boot_state *state)
{
    place = (enum place)state->place;
    is_all = state->is_all != 0;
    given_files = (struct rlimit){.rlim_cur = (rlim_t)state->files_soft,
                                  .rlim_max = (rlim_t)state->files_hard};
    sigemptyset(&given_mask);
    for (int n = 1; n <= SIGNALS; n++)
        if (state->mask >> (n - 1) & 1)
            sigaddset(&given_mask, n);
    open_messages();
}

/* By prlimit(2), here and elsewhere in init: setrlimit(3) brings in what musl
 * needs to stop threads, a tenth of init's size.
 *
 * The hard limit is 4096 where the kernel starts us; process 1 of a machine may
 * raise it, and elsewhere the hard limit is what there is. */
void boot_raise_limit(void)
{
    const rlim_t wanted = SV_HOLDS_MAX + OWN_FDS;
    struct rlimit more = {.rlim_cur = wanted, .rlim_max = wanted};
    struct rlimit most = {.rlim_cur = given_files.rlim_max,
                          .rlim_max = given_files.rlim_max};

    if (given_files.rlim_max < wanted &&
        prlimit(0, RLIMIT_NOFILE, &more, NULL) == 0)
        return;
    if (prlimit(0, RLIMIT_NOFILE, &most, NULL) == -1)
        sv_warn_sys("unable to raise the limit of descriptors");
}

/* By hand, since putenv(3) allocates. */
void boot_set(char *variable)
{
    static char *copy[ENVIRONMENT_MAX + 2];
    size_t n = 0;

    while (n < ENVIRONMENT_MAX && environ[n])
        n++;
    memmove(copy, environ, n * sizeof *copy);
    copy[n] = variable;
    copy[n + 1] = NULL;
    environ = copy;
}

void boot_set_path(void)
{
    static char path[] = "PATH=" DEFAULT_PATH;

    if (!getenv("PATH"))
        boot_set(path);
}

/* In a directory that all may write to, somebody else may have been first. */
bool boot_can_live(const char *path)
{
    struct stat st;

    if (mkdir(path, 0755) == 0)
        return true;
    return errno == EEXIST && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
           (st.st_uid == 0 || st.st_uid == geteuid()) && access(path, W_OK) == 0;
}

/* ---- the place ----------------------------------------------------------- */

static bool is_file_system(const char *path, unsigned long magic)
{
    struct statfs fs;

    return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

/* Is there a mount of its own at path?  A directory that is not one lies on the
 * same device as the directory above it. */
static bool is_mount_point(const char *path)
{
    char above[SV_PATH_MAX];
    struct stat here, there;

    return stat(path, &here) == 0 && stat(sv_at(above, path, ".."), &there) == 0 &&
           (here.st_dev != there.st_dev || here.st_ino == there.st_ino);
}

struct mount {
    const char *type;
    const char *path;
    unsigned long flags;
    const char *options;
    unsigned long magic; /* of a file system that may lie there unmounted on its
                            own; 0: a mount point is what counts */
};

/* In this order. */
enum {
    MOUNT_PROC,
    MOUNT_SYS,
    MOUNT_DEV,
    MOUNT_PTS,
    MOUNT_SHM,
    MOUNT_RUN,
    MOUNT_CGROUP,
    MOUNTS
};

static const struct mount mounts[MOUNTS] = {
    [MOUNT_PROC] = {"proc", "/proc", MS_NOSUID | MS_NODEV, NULL,
                    PROC_SUPER_MAGIC},
    [MOUNT_SYS] = {"sysfs", "/sys", MS_NOSUID | MS_NODEV, NULL, SYSFS_MAGIC},
    [MOUNT_DEV] = {"devtmpfs", "/dev", MS_NOSUID, "mode=0755", 0},
    [MOUNT_PTS] = {"devpts", "/dev/pts", MS_NOSUID,
                   "gid=5,mode=0620,ptmxmode=0666", 0},
    [MOUNT_SHM] = {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", 0},
    [MOUNT_RUN] = {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755", 0},
    [MOUNT_CGROUP] = {"cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV, NULL,
                      0},
};

static bool is_missing(const struct mount *mount)
{
    return mount->magic ? !is_file_system(mount->path, mount->magic)
                        : !is_mount_point(mount->path);
}

/* EBUSY: it is there after all.  EPERM, EACCES: it is for somebody else to
 * do. */
static void mount_missing(const struct mount *what)
{
    if (!is_missing(what))
        return;
    mkdir(what->path, 0755);
    if (mount(what->type, what->path, what->type, what->flags, what->options) ==
            -1 &&
        errno != EBUSY && errno != EPERM && errno != EACCES)
        sv_warn_sys("unable to mount ", what->path, " (going on without it)");
}

static bool has_capability(unsigned capability)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[capability / 32].effective >> capability % 32 & 1) != 0;
}

/* The marks that runtimes leave. */
static bool is_marked_container(void)
{
    const char *mark = getenv("container");

    return (mark && *mark) || access("/run/.containerenv", F_OK) == 0 ||
           access("/.dockerenv", F_OK) == 0;
}

/* The pid namespace says it for certain: on a machine's root may lie the mark of
 * the container that it was made from.  Without /proc, or in a kernel without
 * namespaces, only the marks are left.  A machine that is taken for a container
 * would end in a panic; the other way round, what a machine does more either
 * needs /proc or ends the namespace. */
static bool is_machine(void)
{
    bool may_mount = has_capability(CAP_SYS_ADMIN);
    struct stat st;

    if (may_mount)
        mount_missing(&mounts[MOUNT_PROC]);
    if (stat("/proc/self/ns/pid", &st) == 0)
        return st.st_ino == first_pid_namespace;
    return may_mount && !is_marked_container();
}

void boot_find_place(bool guardian)
{
    is_all = getppid() <= 1 && is_marked_container();
    if (guardian)
        place = PLACE_GUARDIAN;
    else
        place = is_machine() ? PLACE_MACHINE : PLACE_CONTAINER;
}

/* ---- what each place needs ----------------------------------------------- */

/* Elsewhere the session is left as it is: there, a terminal and its ctrl-c come
 * with it. */
static void prepare_machine(void)
{
    setsid();
    for (size_t i = 0; i < MOUNTS; i++)
        mount_missing(&mounts[i]);
    replace_placeholders();
    /* From now on ctrl-alt-del is SIGINT to us. */
    if (reboot(RB_DISABLE_CAD) == -1)
        sv_warn_sys("unable to take ctrl-alt-del");
    if (chdir("/") == -1)
        sv_warn_sys("unable to change to the root directory");
}

/* A container's mounts are its runtime's.  Only what nobody can have meant is
 * mended: no devices at all (plain namespaces on a plain directory), and a /run
 * that cannot be written to (a read-only root). */
static void prepare_container(void)
{
    if (access("/dev/null", F_OK) == -1)
        for (size_t i = MOUNT_DEV; i <= MOUNT_SHM; i++)
            mount_missing(&mounts[i]);
    if (access("/run", W_OK) == -1)
        mount_missing(&mounts[MOUNT_RUN]);
    replace_placeholders();
}

static void prepare_guardian(void)
{
    replace_placeholders();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
        sv_warn_sys("unable to become the reaper of orphans");
}

bool boot_is_all(void)
{
    return is_all;
}

void boot_prepare(void)
{
    static void (*const prepare[])(void) = {
        [PLACE_MACHINE] = prepare_machine,
        [PLACE_CONTAINER] = prepare_container,
        [PLACE_GUARDIAN] = prepare_guardian,
    };

    prepare[place]();
    open_messages();
}

static void say_unknown(const char *word)
{
    sv_warn("not understood on the kernel's command line: ", word);
}

void boot_read_settings(struct settings *settings)
{
    char text[CMDLINE_MAX];
    ssize_t n;

    if (place != PLACE_MACHINE)
        return;
    n = sv_at_read(AT_FDCWD, "/proc", "cmdline", text, sizeof text - 1);
    if (n == -1) {
        sv_warn_sys("unable to read /proc/cmdline");
        return;
    }
    text[n] = '\0';
    settings_from_kernel(settings, text, say_unknown);
}

/* ---- programs ------------------------------------------------------------ */

void boot_exec(const char *path, const char *const *argv)
{
    /* execve(2) changes no word, but its prototype is older than const. */
    union {
        const char *const *mine;
        char *const *theirs;
    } words = {argv};

    execve(path, words.theirs, environ);
}

void boot_exec_resumed(const char *path, int memory)
{
    static char word[sizeof SV_STATE_VARIABLE + SV_NUMBER_MAX];
    static char *copy[ENVIRONMENT_MAX + 2];
    char number[SV_NUMBER_MAX];
    size_t n = 0;

    while (environ[n])
        if (++n > ENVIRONMENT_MAX) {
            errno = E2BIG;
            return;
        }
    stpcpy(stpcpy(word, SV_STATE_VARIABLE "="), sv_number(number, memory));
    memcpy(copy, environ, n * sizeof *copy);
    copy[n] = word;
    copy[n + 1] = NULL;
    execve(path, given_argv, copy);
}

static void exec_in(const char *directory, const char *name,
                    const char *const *argv)
{
    char path[SV_PATH_MAX];

    boot_exec(sv_at(path, directory, name), argv);
}

/* Not looked up beforehand: an upgrade may come between. */
void boot_exec_sibling(const char *name, const char *const *argv)
{
    static const char *const path[] = {"/sbin", "/usr/sbin", "/bin",
                                       "/usr/bin"};
    char own[SV_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    char *slash;

    errno = ENOENT;
    if (n > 0) {
        own[n] = '\0';
        slash = strrchr(own, '/');
        if (slash) {
            *slash = '\0';
            exec_in(own, name, argv);
        }
    }
    for (size_t i = 0; i < sizeof path / sizeof *path && errno == ENOENT; i++)
        exec_in(path[i], name, argv);
}
