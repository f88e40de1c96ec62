/* SPDX-License-Identifier: ISC */
/*
 * said.c - the notify socket of a service, and what of its word is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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
#include "sv/join.h"
#include "sv/paths.h"
#include "sv/say.h"

enum { VARIABLES = 2 };

extern char **environ;

/* ---- what outlives svscan ------------------------------------------------ */

bool said_is_whole(const struct said *said, size_t size)
{
    return size == sizeof *said && said->main_pid >= 0
           && memchr(said->status, '\0', sizeof said->status) != NULL;
}

void notify_save(const struct notify *notify)
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
    return sv_join(address->sun_path, sizeof address->sun_path,
                   SV_STRINGS(base, "/",
                              sv_at(path, service->dir, SV_NOTIFY_NAME)));
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

/* Its socket, made if need be, under the name that it has now. */
static bool have_socket(struct notify *notify)
{
    struct service *service = notify->service;
    struct sockaddr_un address;
    char path[SV_PATH_MAX];
    struct stat st;

    if (!find_address(service, &address))
        return false;
    sv_join(notify->socket_variable, sizeof notify->socket_variable,
            SV_STRINGS(SOCKET_VARIABLE, address.sun_path));
    sv_at(path, service->dir, SV_NOTIFY_NAME);
    if (notify->socket.fd >= 0
        && fstatat(service->base, path, &st, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISSOCK(st.st_mode))
        return true;

    loop_unwatch(&service->engine->loop, &notify->socket);

    int fd = make_socket(service, &address);

    if (fd < 0 || !notify_listen(notify, fd))
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
    char number[SV_NUMBER_MAX];

    service_hear_said(service);
    notify->told = 0;
    notify->said = (struct said){ .watchdog_ms = ms };
    notify->watchdog_variable[0] = '\0';
    if (ms > 0)
        sv_join(notify->watchdog_variable, sizeof notify->watchdog_variable,
                SV_STRINGS(WATCHDOG_VARIABLE,
                           sv_number(number, INT64_C(1000) * ms)));
    notify_save(notify);
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
        || (fd >= 0 ? !notify_listen(service->notify, fd)
                    : !have_socket(service->notify))) {
        service_note(service, SV_STRINGS("unable to hear its notify socket: ",
                                         strerror(errno)));
        return;
    }
    recall(service->notify);
    if (has_run && service->ready)
        notify_arm_watchdog(service->notify);
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
