/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire.c - see wire.h.
 *
 * Owns the socket and the input buffer.  Every call can fail: the filter may not be running, may
 * close the connection, may not answer, or may send an invalid packet.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The size limit for a packet of a filter.  libmilter sends bodies in pieces of 64 KiB, and each
 * header field in one packet; a larger length is invalid. */
#define PACKET_LIMIT (4 * 1024 * 1024)

void wire_init(struct wire *wire, int timeout_ms) {
    memset(wire, 0, sizeof *wire);
    wire->fd = -1;
    wire->timeout_ms = timeout_ms;
}

int wire_fail(struct wire *wire, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(wire->error, sizeof wire->error, format, arguments);
    va_end(arguments);
    return -1;
}

void wire_close(struct wire *wire) {
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
    wire->start = wire->end = 0;
}

void wire_free(struct wire *wire) {
    wire_close(wire);
    free(wire->input);
    wire->input = NULL;
    wire->capacity = 0;
}

void wire_head(char *head, char command, size_t length) {
    uint32_t counted = htonl((uint32_t)length + 1);
    memcpy(head, &counted, sizeof counted);
    head[sizeof counted] = command;
}

size_t wire_packet_bytes(const char *head) {
    uint32_t counted;
    memcpy(&counted, head, sizeof counted);
    return sizeof counted + ntohl(counted);
}

/* ---- connecting --------------------------------------------------------------------------- */

/* Connects with a timeout.  The connect is blocking, with SO_SNDTIMEO, which Linux applies to it:
 * if the backlog of a unix socket is full, a non-blocking connect would fail at once. */
static int socket_connect(struct wire *wire, int family, const struct sockaddr *address,
                          socklen_t length) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return wire_fail(wire, "socket: %s", strerror(errno));
    struct timeval limit = {wire->timeout_ms / 1000, wire->timeout_ms % 1000 * 1000L};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int result;
    do {
        result = connect(fd, address, length);
    } while (result < 0 && errno == EINTR);
    if (result < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        int saved = errno;
        close(fd);
        return wire_fail(wire, "connect: %s", strerror(saved));
    }
    wire->fd = fd;
    return 0;
}

static int connect_unix(struct wire *wire, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return wire_fail(wire, "path of the socket is too long: %s", path);
    strcpy(address.sun_path, path);
    return socket_connect(wire, AF_UNIX, (struct sockaddr *)&address, sizeof address);
}

static int connect_inet(struct wire *wire, const char *port_and_host) {
    char port[32];
    const char *at = strchr(port_and_host, '@');
    size_t length = at ? (size_t)(at - port_and_host) : strlen(port_and_host);
    if (length == 0 || length >= sizeof port)
        return wire_fail(wire, "no port in inet:%s", port_and_host);
    memcpy(port, port_and_host, length);
    port[length] = '\0';

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int code = getaddrinfo(at ? at + 1 : "127.0.0.1", port, &hints, &found);
    if (code != 0)
        return wire_fail(wire, "inet:%s: %s", port_and_host, gai_strerror(code));
    int result = -1;
    for (struct addrinfo *one = found; one && result < 0; one = one->ai_next)
        result = socket_connect(wire, one->ai_family, one->ai_addr, one->ai_addrlen);
    freeaddrinfo(found);
    if (result == 0) {
        int on = 1;
        setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return result;
}

int wire_connect(struct wire *wire, const char *address) {
    wire_close(wire);
    if (strncmp(address, "unix:", 5) == 0)
        return connect_unix(wire, address + 5);
    if (strncmp(address, "inet:", 5) == 0)
        return connect_inet(wire, address + 5);
    return wire_fail(wire, "not unix:/path or inet:port@host: %s", address);
}

/* ---- reading and writing ------------------------------------------------------------------ */

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_for(struct wire *wire, short events, long long deadline) {
    for (;;) {
        long long left = deadline - now_ms();
        struct pollfd one = {.fd = wire->fd, .events = events};
        int ready = poll(&one, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            return 0;
        if (ready == 0)
            return wire_fail(wire, "no %s from the filter within %d ms",
                             events == POLLIN ? "answer" : "room to write", wire->timeout_ms);
        if (errno != EINTR)
            return wire_fail(wire, "poll: %s", strerror(errno));
    }
}

static void vectors_advance(struct iovec **vectors, size_t *count, size_t written) {
    while (*count > 0 && written >= (*vectors)->iov_len) {
        written -= (*vectors)->iov_len;
        ++*vectors;
        --*count;
    }
    if (*count > 0) {
        (*vectors)->iov_base = (char *)(*vectors)->iov_base + written;
        (*vectors)->iov_len -= written;
    }
}

/* Sleeps for dribble_ms.  Returns that number of milliseconds. */
static int dribble(const struct wire *wire) {
    struct timespec pause = {wire->dribble_ms / 1000, wire->dribble_ms % 1000 * 1000000L};
    if (wire->dribble_ms > 0)
        nanosleep(&pause, NULL);
    return wire->dribble_ms;
}

int wire_write(struct wire *wire, struct iovec *vectors, size_t count) {
    if (wire->fd < 0)
        return wire_fail(wire, "not connected");
    long long deadline = now_ms() + wire->timeout_ms;
    vectors_advance(&vectors, &count, 0);
    while (count > 0) {
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
        ssize_t written = wire->dribble_ms > 0 ? send(wire->fd, vectors->iov_base, 1, MSG_NOSIGNAL)
                                               : sendmsg(wire->fd, &message, MSG_NOSIGNAL);
        if (written >= 0) {
            vectors_advance(&vectors, &count, (size_t)written);
            deadline += dribble(wire);
        } else if (errno == EAGAIN) {
            if (wait_for(wire, POLLOUT, deadline) < 0)
                return -1;
        } else if (errno != EINTR)
            return wire_fail(wire, "write: %s", strerror(errno));
    }
    return 0;
}

/* Moves the input to the start of the buffer, which is enlarged to at least BYTES bytes. */
static int input_reserve(struct wire *wire, size_t bytes) {
    if (wire->start > 0) {
        memmove(wire->input, wire->input + wire->start, wire->end - wire->start);
        wire->end -= wire->start;
        wire->start = 0;
    }
    if (bytes <= wire->capacity)
        return 0;
    size_t capacity = bytes < 4096 ? 4096 : bytes;
    char *input = realloc(wire->input, capacity);
    if (!input)
        return wire_fail(wire, "out of memory");
    wire->input = input;
    wire->capacity = capacity;
    return 0;
}

static int input_fill(struct wire *wire, size_t bytes, long long deadline) {
    if (wire->end - wire->start >= bytes)
        return 0;
    if (input_reserve(wire, bytes) < 0)
        return -1;
    while (wire->end < bytes) {
        ssize_t got = recv(wire->fd, wire->input + wire->end, wire->capacity - wire->end, 0);
        if (got > 0)
            wire->end += (size_t)got;
        else if (got == 0)
            return wire_fail(wire, "the filter closed the connection");
        else if (errno == EAGAIN) {
            if (wait_for(wire, POLLIN, deadline) < 0)
                return -1;
        } else if (errno != EINTR)
            return wire_fail(wire, "read: %s", strerror(errno));
    }
    return 0;
}

int wire_read(struct wire *wire, struct wire_packet *packet) {
    if (wire->fd < 0)
        return wire_fail(wire, "not connected");
    long long deadline = now_ms() + wire->timeout_ms;
    if (input_fill(wire, sizeof(uint32_t), deadline) < 0)
        return -1;
    size_t bytes = wire_packet_bytes(wire->input + wire->start);
    if (bytes < WIRE_HEAD_BYTES || bytes > PACKET_LIMIT)
        return wire_fail(wire, "the filter sent a packet of %zu bytes", bytes - sizeof(uint32_t));
    if (input_fill(wire, bytes, deadline) < 0)
        return -1;
    const char *head = wire->input + wire->start;
    packet->command = head[sizeof(uint32_t)];
    packet->data = head + WIRE_HEAD_BYTES;
    packet->length = bytes - WIRE_HEAD_BYTES;
    wire->start += bytes;
    return 0;
}
