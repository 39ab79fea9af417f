/* SPDX-License-Identifier: BSD-2-Clause
 *
 * transport.c - see transport.h.
 */
#define _GNU_SOURCE 1

#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_FIRST (64 * 1024)
#define OUTPUT_KEPT  (1024 * 1024) /* from one batch to the next */

static bool __attribute__((format(printf, 2, 3)))
failed(struct transport *transport, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(transport->reason, sizeof(transport->reason), format, arguments);
    va_end(arguments);
    return false;
}

/* ---- open and close ----------------------------------------------------------------------- */

void transport_init(struct transport *transport) {
    memset(transport, 0, sizeof(*transport));
    transport->socket = -1;
}

void transport_drop(struct transport *transport) {
    if (transport->socket >= 0)
        close(transport->socket);
    transport->socket = -1;
    tls_free(transport->tls);
    transport->tls = NULL;
    transport->output_length = transport->output_sent = 0;
    transport->cipher_length = transport->cipher_sent = 0;
}

void transport_close(struct transport *transport) {
    transport_drop(transport);
    free(transport->output);
    transport->output = NULL;
    transport->output_size = 0;
    lookups_close(&transport->lookups);
}

/* Waits for a connect that was begun; 0, or an errno. */
static int connected(int fd, int64_t deadline) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int found, error = 0;
    socklen_t size = sizeof(error);

    do {
        int64_t left = deadline - milliseconds();
        found = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (found < 0 && errno == EINTR);
    if (found == 0)
        return ETIMEDOUT;
    if (found < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

/* Sets transport->socket; 0, or an errno. */
static int connect_to(struct transport *transport, const struct sockaddr *address, socklen_t size,
                      int64_t deadline) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

    if (fd < 0)
        return errno;
    if (address->sa_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    int error = connect(fd, address, size) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR)
        error = connected(fd, deadline);
    if (error == 0)
        transport->socket = fd;
    else
        close(fd);
    return error;
}

static int connect_to_path(struct transport *transport, const char *path, int64_t deadline) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, path, strlen(path));
    return connect_to(transport, (struct sockaddr *)&address, sizeof(address), deadline);
}

/* An address that does not answer must not take the time of those behind it. */
static int connect_to_any(struct transport *transport, const struct addrinfo *addresses,
                          int64_t deadline) {
    int error = EADDRNOTAVAIL, count = 0;

    for (const struct addrinfo *each = addresses; each; each = each->ai_next)
        count++;
    for (; addresses && transport->socket < 0; addresses = addresses->ai_next) {
        int64_t share = (deadline - milliseconds()) / count--;
        error = connect_to(transport, addresses->ai_addr, addresses->ai_addrlen,
                           milliseconds() + share);
    }
    return error;
}

bool transport_open(struct transport *transport, const struct server *server,
                    struct tls_context *context, const char *name, int64_t deadline) {
    int error;

    transport_drop(transport);
    if (server->port == 0) {
        error = connect_to_path(transport, server->host, deadline);
    } else {
        const char *wrong = NULL;
        struct addrinfo *addresses =
            lookup_addresses(&transport->lookups, server->host, server->port, deadline, &wrong);
        if (!addresses)
            return failed(transport, "name: %s: %s", server->host, wrong);
        error = connect_to_any(transport, addresses, deadline);
        freeaddrinfo(addresses);
    }
    if (error != 0)
        return failed(transport, "connect: %s", strerror(error));
    if (server->tls && !(transport->tls = tls_new(context, name))) {
        transport_drop(transport);
        return failed(transport, "TLS: no memory");
    }
    return true;
}

/* ---- bytes -------------------------------------------------------------------------------- */

char *transport_queue(struct transport *transport, size_t length) {
    size_t size = transport->output_size ? transport->output_size : OUTPUT_FIRST;

    if (length > SIZE_MAX / 4 || transport->output_length > SIZE_MAX / 4)
        return NULL;
    while (size - transport->output_length < length)
        size *= 2;
    if (size != transport->output_size) {
        char *output = realloc(transport->output, size);
        if (!output)
            return NULL;
        transport->output = output;
        transport->output_size = size;
    }
    transport->output_length += length;
    return transport->output + transport->output_length - length;
}

static void output_sent(struct transport *transport, size_t length) {
    transport->output_sent += length;
    if (transport->output_sent < transport->output_length)
        return;
    transport->output_length = transport->output_sent = 0;
    if (transport->output_size > OUTPUT_KEPT) {
        free(transport->output);
        transport->output = NULL;
        transport->output_size = 0;
    }
}

/* With TLS: makes the next piece of output into something for the socket. */
static bool encrypt(struct transport *transport) {
    size_t length = transport->output_length - transport->output_sent;

    if (transport->cipher_length > 0)
        return true;
    if (length > 0) {
        ssize_t taken =
            tls_write(transport->tls, transport->output + transport->output_sent,
                      length < TRANSPORT_PIECE ? length : TRANSPORT_PIECE, transport->reason);
        if (taken < 0)
            return false;
        if (taken > 0)
            output_sent(transport, (size_t)taken);
    }
    transport->cipher_length =
        tls_take(transport->tls, transport->cipher, sizeof(transport->cipher));
    return true;
}

/* What waits for the socket to take it. */
static size_t waiting(const struct transport *transport) {
    return transport->tls ? transport->cipher_length - transport->cipher_sent
                          : transport->output_length - transport->output_sent;
}

static ssize_t give(struct transport *transport) {
    const char *data = transport->tls ? transport->cipher + transport->cipher_sent
                                      : transport->output + transport->output_sent;
    ssize_t sent = send(transport->socket, data, waiting(transport), MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        failed(transport, "lost connection: %s", strerror(errno));
        return TRANSPORT_FAILED;
    }
    if (sent > 0 && !transport->tls) {
        output_sent(transport, (size_t)sent);
    } else if (sent > 0) {
        transport->cipher_sent += (size_t)sent;
        if (transport->cipher_sent == transport->cipher_length)
            transport->cipher_length = transport->cipher_sent = 0;
    }
    return 0;
}

static ssize_t take(struct transport *transport, char *input) {
    ssize_t got = recv(transport->socket, input, TRANSPORT_PIECE, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        failed(transport, "lost connection: %s",
               got == 0 ? "the server closed it" : strerror(errno));
        return TRANSPORT_FAILED;
    }
    if (!transport->tls)
        return got;
    if (!tls_put(transport->tls, input, (size_t)got)) {
        failed(transport, "TLS: no memory");
        return TRANSPORT_FAILED;
    }
    return tls_read(transport->tls, input, TRANSPORT_PIECE, transport->reason);
}

ssize_t transport_move(struct transport *transport, char *input, int64_t deadline) {
    if (transport->tls) {
        ssize_t got = tls_read(transport->tls, input, TRANSPORT_PIECE, transport->reason);
        if (got != 0)
            return got;
        if (!encrypt(transport))
            return TRANSPORT_FAILED;
    }
    struct pollfd ready = {.fd = transport->socket,
                           .events = (short)(POLLIN | (waiting(transport) > 0 ? POLLOUT : 0))};
    int64_t left = deadline - milliseconds();
    if (left <= 0)
        return TRANSPORT_LATE;
    int found = poll(&ready, 1, (int)left);
    if (found < 0 && errno != EINTR) {
        failed(transport, "poll: %s", strerror(errno));
        return TRANSPORT_FAILED;
    }
    if (found <= 0)
        return 0;
    /* Reading comes first: a server that hangs up on us may have said why. */
    return ready.revents & ~POLLOUT ? take(transport, input) : give(transport);
}

bool transport_ready(const struct transport *transport, int64_t milliseconds_most) {
    struct pollfd ready = {.fd = transport->socket, .events = POLLIN};

    return (transport->tls && tls_holds(transport->tls)) ||
           poll(&ready, 1, (int)milliseconds_most) != 0;
}
