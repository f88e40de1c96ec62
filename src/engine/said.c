/* SPDX-License-Identifier: ISC */
/*
 * said.c - what a service says of itself through its notify socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/said.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"

enum {
    BATCH = 16,           /* datagrams in a round: others have their turn */
    QUEUE_MOST = 1024,    /* ... at a death, and before a start */
    VARIABLES = 2,
    ANCESTORS_MOST = 64,
    TICK_MS = 10,
};

/* What has been said of it in this run, so that it is said once. */
enum { OF_STRANGERS = 1 << 0, OF_GARBAGE = 1 << 1, OF_STORE = 1 << 2 };

#define UID_LINE "\nUid:\t"
#define SOCKET_VARIABLE "NOTIFY_SOCKET="
#define WATCHDOG_VARIABLE "WATCHDOG_USEC="

struct notify {
    struct service *service;
    struct watch socket;
    struct timer watchdog;
    unsigned told;
    struct said said;
    char socket_variable[sizeof SOCKET_VARIABLE
                         + sizeof((struct sockaddr_un *)0)->sun_path];
    char watchdog_variable[sizeof WATCHDOG_VARIABLE + 20];
};

extern char **environ;

/* ---- what outlives svscan ------------------------------------------------ */

bool said_is_whole(const struct said *said, size_t size)
{
    return size == sizeof *said && said->main_pid >= 0
           && memchr(said->status, '\0', sizeof said->status) != NULL;
}

static void save(const struct notify *notify)
{
    const struct service *service = notify->service;

    if (!sv_at_replace(service->base, service->dir, SV_SAID, SV_SAID_NEW,
                       (const char *)&notify->said, sizeof notify->said))
        sv_warn_sys("unable to write what ", service->name, " says");
}

static void recall(struct notify *notify)
{
    const struct service *service = notify->service;
    ssize_t size = sv_at_read(service->base, service->dir, SV_SAID,
                              (char *)&notify->said, sizeof notify->said);

    if (size < 0 || !said_is_whole(&notify->said, (size_t)size))
        notify->said = (struct said){ 0 };
}

/* ---- whose word counts --------------------------------------------------- */

/* Does it live, and did it before the run at hand was started? */
static bool is_older(pid_t pid, const struct sv_child *run)
{
    return sv_child_is(pid, 0, run->t0 - TICK_MS * SV_MS);
}

static bool lives(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

/* Is uid one of the user ids of the process?  A zombie has them still. */
static bool has_user(pid_t pid, uid_t uid)
{
    char dir[32], text[1025];

    snprintf(dir, sizeof dir, "/proc/%ld", (long)pid);

    ssize_t n = sv_at_read(AT_FDCWD, dir, "status", text, sizeof text - 1);

    text[n > 0 ? n : 0] = '\0';

    char *at = strstr(text, UID_LINE);

    if (at == NULL)
        return false;
    at += strlen(UID_LINE);
    for (int i = 0; i < 4; i++) /* real, effective, saved, of files */
        if (strtoul(at, &at, 10) == uid)
            return true;
    return false;
}

static bool descends(pid_t pid, pid_t from)
{
    for (int i = 0; i < ANCESTORS_MOST && pid > 1; i++) {
        if (pid == from)
            return true;
        pid = sv_child_parent(pid);
    }
    return false;
}

/* Where both are gone nobody can tell, and nothing is at stake but the order of
 * two events. */
static bool is_of(const struct service *service, const struct ucred *sender)
{
    const struct sv_child *run = service->child;

    if (sender->pid == run->pid)
        return true;
    if (is_older(sender->pid, run))
        return false;
    return sender->uid == 0 || sender->uid == geteuid()
           || has_user(run->pid, sender->uid)
           || descends(sender->pid, run->pid)
           || (!lives(run->pid) && !lives(sender->pid));
}

/* ---- the watchdog -------------------------------------------------------- */

static void on_watchdog(struct timer *timer);

static void arm_watchdog(struct notify *notify)
{
    struct loop *loop = &notify->service->engine->loop;

    if (notify->said.watchdog_ms > 0)
        loop_arm(loop, &notify->watchdog,
                 sv_boottime() + notify->said.watchdog_ms * SV_MS, on_watchdog);
    else
        loop_disarm(loop, &notify->watchdog);
}

/* Who is paused can say nothing. */
static void on_watchdog(struct timer *timer)
{
    struct notify *notify = CONTAINER(timer, struct notify, watchdog);
    char ms[SV_NUMBER_MAX];

    if (notify->service->paused)
        arm_watchdog(notify);
    else
        service_be_unhealthy(notify->service,
                             SV_STRINGS("unhealthy: no WATCHDOG=1 for ",
                                        sv_number(ms,
                                                  notify->said.watchdog_ms),
                                        " ms: it is stopped"));
}

/* ---- what is said -------------------------------------------------------- */

static void say_once(struct notify *notify, unsigned of, const char *text)
{
    if (!(notify->told & of))
        service_say(notify->service, text);
    notify->told |= of;
}

static void name_main(struct notify *notify, pid_t pid)
{
    pid_t run = notify->service->child->pid;

    if (pid == run)
        notify->said.main_pid = 0;
    else if (descends(pid, run)) {
        notify->said.main_pid = pid;
        notify->said.main_at = sv_boottime();
    }
}

static void note_words(struct notify *notify, const struct sv_notify *words)
{
    struct said *said = &notify->said;

    if (words->says & SV_NOTIFY_WATCHDOG)
        said->watchdog_ms = words->watchdog_ms;
    if (words->says & SV_NOTIFY_MAIN_PID)
        name_main(notify, words->main_pid);
    if (words->says & SV_NOTIFY_STATUS)
        memcpy(said->status, words->status, sizeof said->status);
    if (words->says & SV_NOTIFY_READY)
        said->flags &= ~(unsigned)SAID_RELOADING;
    if (words->says & SV_NOTIFY_RELOADING)
        said->flags |= SAID_RELOADING;
    if (words->says & SV_NOTIFY_STOPPING)
        said->flags |= SAID_STOPPING;
}

static bool is_same(const struct said *one, const struct said *other)
{
    return one->flags == other->flags
           && one->watchdog_ms == other->watchdog_ms
           && one->main_at == other->main_at
           && one->main_pid == other->main_pid
           && strcmp(one->status, other->status) == 0;
}

static void believe(struct notify *notify, const struct sv_notify *words)
{
    struct service *service = notify->service;
    struct said before = notify->said;

    note_words(notify, words);
    if (!is_same(&before, &notify->said)) {
        save(notify);
        if (service->engine->hooks.changed != NULL)
            service->engine->hooks.changed(service);
    }
    if (words->says & SV_NOTIFY_STORE)
        say_once(notify, OF_STORE, "it said FDSTORE=1, but no descriptors are"
                                   " kept here: they were closed");
    if (words->says & SV_NOTIFY_READY)
        service_announce(service);
    if (words->says & (SV_NOTIFY_READY | SV_NOTIFY_ALIVE | SV_NOTIFY_WATCHDOG))
        arm_watchdog(notify);
    if (words->says & SV_NOTIFY_SICK)
        service_be_unhealthy(service, SV_STRINGS("unhealthy: it says so itself"
                                                 " (WATCHDOG=trigger): it is"
                                                 " stopped"));
}

/* Descriptors that came along are for nobody: there is no room for them in what
 * is looked at, and the kernel closes them when the datagram is taken.  That is
 * also what BARRIER=1 waits for. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
};

static bool get_sender(struct msghdr *message, struct ucred *sender)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    if (header == NULL || header->cmsg_level != SOL_SOCKET
        || header->cmsg_type != SCM_CREDENTIALS
        || header->cmsg_len != CMSG_LEN(sizeof *sender))
        return false;
    memcpy(sender, CMSG_DATA(header), sizeof *sender);
    return true;
}

static void judge(struct notify *notify, struct msghdr *message, size_t size)
{
    const struct service *service = notify->service;
    struct sv_notify words;
    struct ucred sender;

    if (!service_is_running(service)
        || sv_child_role(service->child) != SV_ROLE_RUN)
        return;
    if (!get_sender(message, &sender) || !is_of(service, &sender))
        say_once(notify, OF_STRANGERS, "somebody else speaks to its notify"
                                       " socket: ignored");
    else if (message->msg_flags & MSG_TRUNC
             || !sv_notify_parse(&words, message->msg_iov->iov_base, size))
        say_once(notify, OF_GARBAGE, "what it said to its notify socket has a"
                                     " NUL in it, or more than 4096 bytes:"
                                     " ignored");
    else
        believe(notify, &words);
}

/* False: there is nothing more to hear now. */
static bool hear_one(struct notify *notify)
{
    static char bytes[SV_NOTIFY_MAX];
    union control control;
    struct iovec part = { bytes, sizeof bytes };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control };
    ssize_t n = recvmsg(notify->socket.fd, &message, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0)
        return errno == EINTR;
    judge(notify, &message, (size_t)n);
    recv(notify->socket.fd, NULL, 0, MSG_DONTWAIT);
    return true;
}

static void on_socket(struct watch *watch, uint32_t events)
{
    struct notify *notify = CONTAINER(watch, struct notify, socket);

    (void)events;
    for (int left = BATCH; left > 0 && hear_one(notify); left--)
        continue;
}

void service_hear_said(struct service *service)
{
    if (service->notify == NULL || service->notify->socket.fd < 0)
        return;
    for (int left = QUEUE_MOST; left > 0 && hear_one(service->notify); left--)
        continue;
}

/* ---- the socket ---------------------------------------------------------- */

/* The directory's own path, for others, who have no descriptor of it: false
 * with errno set, ENAMETOOLONG if there is no such address. */
static bool find_address(const struct service *service,
                         struct sockaddr_un *address)
{
    char base[SV_PATH_MAX], path[SV_PATH_MAX], number[SV_NUMBER_MAX];
    ssize_t n;

    sv_at(path, "/proc/self/fd", sv_number(number, service->base));
    n = readlink(service->base == AT_FDCWD ? "/proc/self/cwd" : path, base,
                 sizeof base - 1);
    if (n < 0)
        return false;
    base[n] = '\0';
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    n = snprintf(address->sun_path, sizeof address->sun_path, "%s/%s%s%s",
                 base, strcmp(service->dir, ".") == 0 ? "" : service->dir,
                 strcmp(service->dir, ".") == 0 ? "" : "/", SV_NOTIFY_NAME);
    errno = ENAMETOOLONG;
    return n > 0 && (size_t)n < sizeof address->sun_path;
}

/* What is there under its name must be a socket of an earlier time. */
static bool make_way(const struct service *service, const char *path)
{
    struct stat st;

    if (fstatat(service->base, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    if (S_ISSOCK(st.st_mode))
        return unlinkat(service->base, path, 0) == 0;
    errno = EEXIST;
    return false;
}

/* Whoever the service has become may write to it: the credentials count. */
static int make_socket(const struct service *service,
                       const struct sockaddr_un *address)
{
    const int yes = 1;
    char path[SV_PATH_MAX];
    int fd = loop_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                            0));

    if (fd < 0)
        return -1;

    mode_t mask = umask(0);
    bool ok =
        make_way(service, sv_at(path, service->dir, SV_NOTIFY_NAME))
        && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0
        && fchmod(fd, 0666) == 0
        && bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    int error = errno;

    umask(mask);
    if (ok)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static bool watch_socket(struct notify *notify, int fd)
{
    int error;

    if (loop_watch(&notify->service->engine->loop, &notify->socket, fd,
                   EPOLLIN, on_socket))
        return true;
    error = errno;
    close(fd);
    errno = error;
    return false;
}

/* Its socket, made if need be, under the name that it has now. */
static bool have_socket(struct notify *notify)
{
    struct service *service = notify->service;
    struct sockaddr_un address;
    char path[SV_PATH_MAX];
    struct stat st;

    if (!find_address(service, &address))
        return false;
    snprintf(notify->socket_variable, sizeof notify->socket_variable, "%s%s",
             SOCKET_VARIABLE, address.sun_path);
    sv_at(path, service->dir, SV_NOTIFY_NAME);
    if (notify->socket.fd >= 0
        && fstatat(service->base, path, &st, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISSOCK(st.st_mode))
        return true;

    loop_unwatch(&service->engine->loop, &notify->socket);

    int fd = make_socket(service, &address);

    if (fd < 0 || !watch_socket(notify, fd))
        return false;
    line_hold(service->engine, SV_KIND_NOTIFY, service->dev, service->ino, 0,
              notify->socket.fd);
    return true;
}

/* Room for what its run is given, which is put together anew for each. */
static bool have_environment(struct engine *engine)
{
    size_t n = 0;

    if (engine->environment != NULL)
        return true;
    while (environ[n] != NULL)
        n++;
    engine->environment =
        calloc(n + VARIABLES + 1, sizeof *engine->environment);
    return engine->environment != NULL;
}

static bool have_notify(struct service *service)
{
    if (service->notify != NULL)
        return true;
    if (!have_environment(service->engine))
        return false;
    if (!engine_reserve_timers(service->engine, 1))
        return false;
    service->notify = calloc(1, sizeof *service->notify);
    if (service->notify == NULL)
        return false;
    service->notify->service = service;
    service->notify->socket.fd = -1;
    return true;
}

/* What its predecessors have left unsaid is not its word. */
static void begin(struct notify *notify)
{
    struct service *service = notify->service;
    uint32_t ms = service_number(service, SV_WATCHDOG, 0);

    service_hear_said(service);
    notify->told = 0;
    notify->said = (struct said){ .watchdog_ms = ms };
    notify->watchdog_variable[0] = '\0';
    if (ms > 0)
        snprintf(notify->watchdog_variable, sizeof notify->watchdog_variable,
                 "%s%llu", WATCHDOG_VARIABLE, 1000ULL * ms);
    save(notify);
}

bool service_open_said(struct service *service)
{
    if (!service_has(service, SV_NOTIFY_SOCKET)) {
        service_close_said(service);
        return false;
    }
    if (have_notify(service) && have_socket(service->notify)) {
        begin(service->notify);
        return true;
    }
    service_note(service, SV_STRINGS(SV_NOTIFY_SOCKET ": unable to make its"
                                     " socket (it is started without): ",
                                     strerror(errno)));
    service_close_said(service);
    return false;
}

void service_close_said(struct service *service)
{
    struct notify *notify = service->notify;
    char path[SV_PATH_MAX];

    if (notify == NULL)
        return;
    service_end_said(service);
    notify->said = (struct said){ 0 };
    if (notify->socket.fd < 0)
        return;
    loop_unwatch(&service->engine->loop, &notify->socket);
    line_drop(service->engine, SV_KIND_NOTIFY, service->dev, service->ino);
    unlinkat(service->base, sv_at(path, service->dir, SV_NOTIFY_NAME), 0);
    unlinkat(service->base, sv_at(path, service->dir, SV_SAID), 0);
}

void service_end_said(struct service *service)
{
    struct notify *notify = service->notify;

    if (notify == NULL)
        return;
    loop_disarm(&service->engine->loop, &notify->watchdog);
    notify->said.flags = 0;
    notify->said.main_pid = 0;
}

/* ---- for the rest of the engine ------------------------------------------ */

int service_said_socket(const struct service *service)
{
    return service->notify != NULL ? service->notify->socket.fd : -1;
}

void service_leave_said(struct service *service)
{
    struct notify *notify = service->notify;

    if (notify == NULL)
        return;
    loop_disarm(&service->engine->loop, &notify->watchdog);
    if (service_is_running(service))
        loop_unwatch(&service->engine->loop, &notify->socket);
    else
        service_close_said(service);
}

void service_free_said(struct service *service)
{
    if (service->notify == NULL)
        return;
    service->engine->more_timers--;
    free(service->notify);
}

static bool is_variable(const char *entry, const char *name)
{
    return strncmp(entry, name, strlen(name)) == 0;
}

char **service_environment(const struct service *service)
{
    struct engine *engine = service->engine;
    struct notify *notify = service->notify;
    size_t n = 0;

    if (service_said_socket(service) < 0)
        return NULL;
    for (char **entry = environ; *entry != NULL; entry++)
        if (!is_variable(*entry, SOCKET_VARIABLE)
            && !is_variable(*entry, WATCHDOG_VARIABLE)
            && !is_variable(*entry, "WATCHDOG_PID="))
            engine->environment[n++] = *entry;
    engine->environment[n++] = notify->socket_variable;
    if (notify->watchdog_variable[0] != '\0')
        engine->environment[n++] = notify->watchdog_variable;
    engine->environment[n] = NULL;
    return engine->environment;
}

/* Without an init of ours the socket is gone with the svscan that had it, and
 * the name leads to a new one. */
void service_adopt_said(struct service *service)
{
    int fd = line_claim(service->engine, SV_KIND_NOTIFY, service->dev,
                        service->ino, NULL);
    bool has_run = sv_child_state(service->child) == SV_CHILD_RUNNING
                   && sv_child_role(service->child) == SV_ROLE_RUN;

    if (fd < 0 && (!has_run || !service_has(service, SV_NOTIFY_SOCKET)))
        return;
    if (!have_notify(service)
        || (fd >= 0 ? !watch_socket(service->notify, fd)
                    : !have_socket(service->notify))) {
        service_note(service, SV_STRINGS("unable to hear its notify socket: ",
                                         strerror(errno)));
        return;
    }
    recall(service->notify);
    if (has_run && service->ready)
        arm_watchdog(service->notify);
}

bool service_send_main(const struct service *service, int signal)
{
    const struct notify *notify = service->notify;

    if (notify == NULL || notify->said.main_pid == 0)
        return false;

    pid_t pid = notify->said.main_pid;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    bool ok = fd >= 0
              && sv_child_is(pid, service->child->t0, notify->said.main_at)
              && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

void service_show_said(const struct service *service, struct sv_wire_row *row)
{
    const struct notify *notify = service->notify;

    if (notify == NULL)
        return;
    row->main_pid = (uint32_t)notify->said.main_pid;
    memcpy(row->said, notify->said.status, sizeof row->said);
    if (notify->said.flags & SAID_RELOADING)
        row->flags |= SV_ROW_RELOADING;
    if (notify->said.flags & SAID_STOPPING && row->state == SV_WIRE_UP)
        row->state = SV_WIRE_STOPPING;
}
