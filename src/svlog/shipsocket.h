/* SPDX-License-Identifier: ISC */
/*
 * shipsocket.h - the collector: its address, and the connection to it.
 *
 *   udp:HOST[:PORT]      514 if nothing is said
 *   tcp:HOST[:PORT]      601
 *   unix:PATH            datagrams, as on /dev/log
 *   unix-stream:PATH
 *
 * HOST is an address, an IPv6 one in brackets, or a name of /etc/hosts, which is
 * read each time.  No other resolver is asked: it could keep us waiting, and a
 * name server that is away must not stop logs.
 */
#ifndef SVLOG_SHIPSOCKET_H
#define SVLOG_SHIPSOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { SHIP_HOST_MAX = 255 };

struct collector {
    bool is_stream;
    bool is_unix;
    uint16_t port;
    char host[SHIP_HOST_MAX + 1]; /* or the path */
};

/* False if the text is none of the above. */
bool collector_parse(struct collector *collector, const char *text);

/* A name of a file as /etc/hosts, or an address in digits, to that of a socket.
 * False if it is neither. */
bool collector_resolve(const char *host, uint16_t port, const char *hosts,
                       struct sockaddr_storage *address, socklen_t *size);

/* Begins to connect, without waiting: once the socket can be written to,
 * collector_error() says whether it is connected.  -1 with errno set; ENOENT
 * for a host that has no address. */
int collector_connect(const struct collector *collector);

/* The error of the socket, which it forgets; 0 if there is none. */
int collector_error(int fd);

enum life {
    LIFE_UP,     /* nothing is wrong */
    LIFE_CLOSED, /* the other end closed it, having read all it had */
    LIFE_BROKEN, /* anything else; errno says what */
};

/* Is the connection still one?  What the collector says is read, and dropped. */
enum life collector_life(int fd);

/* How many bytes of a stream the other end has not got: for TCP, what its system
 * has not acknowledged; for a Unix socket, what it has not read.  Of use only if
 * the connection is up after that. */
size_t collector_waits(int fd);

#endif
