/* SPDX-License-Identifier: ISC */
/* shipsocket.c - the collector: its address, and what it has for sure. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "svlog/shipsocket.h"

enum { PORT_UDP = 514, PORT_TCP = 601, UNANSWERED_MS = 30000 };

/* ---- addresses ---------------------------------------------------------- */

static bool read_port(const char *text, uint16_t *port)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n < 1 || n > UINT16_MAX)
        return false;
    *port = (uint16_t)n;
    return true;
}

/* "HOST", "HOST:PORT", "[ADDRESS]" or "[ADDRESS]:PORT". */
static bool read_host(struct collector *collector, const char *text)
{
    bool is_in_brackets = *text == '[';
    size_t size = strcspn(text += is_in_brackets, is_in_brackets ? "]" : ":");
    const char *rest = text + size;

    if (is_in_brackets && *rest++ != ']')
        return false;
    if (!size || size > SHIP_HOST_MAX)
        return false;
    memcpy(collector->host, text, size);
    collector->host[size] = 0;
    return !*rest || (*rest == ':' && read_port(rest + 1, &collector->port));
}

static bool read_path(struct collector *collector, const char *text)
{
    size_t size = strlen(text);

    if (*text != '/' || size >= sizeof((struct sockaddr_un *)0)->sun_path)
        return false;
    memcpy(collector->host, text, size + 1);
    return true;
}

bool collector_parse(struct collector *collector, const char *text)
{
    static const struct {
        const char *scheme;
        struct collector is;
    } schemes[] = {
        {"udp:", {.port = PORT_UDP}},
        {"tcp:", {.port = PORT_TCP, .is_stream = true}},
        {"unix:", {.is_unix = true}},
        {"unix-stream:", {.is_unix = true, .is_stream = true}},
    };

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t size = strlen(schemes[i].scheme);

        if (strncmp(text, schemes[i].scheme, size) != 0)
            continue;
        *collector = schemes[i].is;
        return collector->is_unix ? read_path(collector, text + size)
                                  : read_host(collector, text + size);
    }
    return false;
}

static bool from_digits(const char *host, uint16_t port,
                        struct sockaddr_storage *address, socklen_t *size)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        *size = sizeof *four;
        return true;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        *size = sizeof *six;
        return true;
    }
    return false;
}

/* Is the host one of the names of a line of /etc/hosts?  Cuts the line. */
static bool is_named(char *line, const char *host, const char **address)
{
    static const char spaces[] = " \t\r\n";
    char *rest;

    line[strcspn(line, "#")] = 0;
    *address = strtok_r(line, spaces, &rest);
    if (!*address)
        return false;
    for (const char *name = strtok_r(NULL, spaces, &rest); name;
         name = strtok_r(NULL, spaces, &rest))
        if (strcasecmp(name, host) == 0)
            return true;
    return false;
}

bool collector_resolve(const char *host, uint16_t port, const char *hosts,
                       struct sockaddr_storage *address, socklen_t *size)
{
    char line[1024];
    const char *found;
    bool good = false;
    FILE *file;

    if (from_digits(host, port, address, size))
        return true;
    file = fopen(hosts, "re");
    while (file && !good && fgets(line, sizeof line, file))
        good = is_named(line, host, &found) &&
               from_digits(found, port, address, size);
    if (file)
        fclose(file);
    return good;
}

static bool address_of(const struct collector *collector,
                       struct sockaddr_storage *address, socklen_t *size)
{
    struct sockaddr_un *local = (struct sockaddr_un *)address;

    if (!collector->is_unix)
        return collector_resolve(collector->host, collector->port,
                                 "/etc/hosts", address, size);
    memset(address, 0, sizeof *address);
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, collector->host, strlen(collector->host));
    *size = sizeof *local;
    return true;
}

/* ---- the connection ----------------------------------------------------- */

/* A machine that has gone away answers nothing: that is noticed in the end, be
 * there something to send or not. */
static void set_patience(int fd)
{
    const int on = 1;
    const int seconds = UNANSWERED_MS / 1000;
    const unsigned int ms = UNANSWERED_MS;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

int collector_connect(const struct collector *collector)
{
    int type = collector->is_stream ? SOCK_STREAM : SOCK_DGRAM;
    struct sockaddr_storage address;
    socklen_t size;
    int fd;

    errno = ENOENT;
    if (!address_of(collector, &address, &size))
        return -1;
    fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (collector->is_stream && !collector->is_unix)
        set_patience(fd);
    if (connect(fd, (struct sockaddr *)&address, size) == 0 ||
        errno == EINPROGRESS)
        return fd;
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

int collector_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno
                                                                   : error;
}

enum life collector_life(int fd)
{
    char dropped[1024];
    ssize_t n;

    while ((n = recv(fd, dropped, sizeof dropped, MSG_DONTWAIT)) > 0)
        continue;
    if (n == 0)
        return LIFE_CLOSED;
    return errno == EAGAIN || errno == EINTR ? LIFE_UP : LIFE_BROKEN;
}

size_t collector_waits(int fd)
{
    int waiting = 0;

    if (ioctl(fd, SIOCOUTQ, &waiting) < 0 || waiting < 0)
        return SIZE_MAX;
    return (size_t)waiting;
}
