/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packets.c - many packets of the milter protocol with one system call.
 *
 * libmilter polls three times and reads twice for each packet, and a header field is one: a mail of
 * 45 packets takes 280 system calls, more time than all that is done with the mail.  It has no
 * other way in than the functions of libc, so those are here.  A connection that it accepts gets a
 * buffer for what comes, filled with all that is there, and one for what goes, sent when libmilter
 * looks for the next command: so before anybody waits.
 *
 * Bytes are read ahead and held back only on connections that are known to be polled, as libmilter
 * does before it reads.
 *
 * Owns the buffers.  libmilter has one thread at a time work with a connection, and hands it on
 * under a lock of its own.  What can fail is told to libmilter as the failing of its own call, or
 * as the end of the connection.
 */
#undef _FORTIFY_SOURCE /* its read and poll are inline functions */
#include "packets.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Descriptors beyond are as libc has them. */
#define CONNECTIONS_MOST 4096

/* A usual mail whole. */
#define IN_BYTES (16 * 1024)
/* The answer to a mail, with all fields that we write (LIMIT_HEADERS_WRITTEN), four times. */
#define OUT_BYTES (4 * 1024)

struct connection {
    size_t from, to; /* of what was read ahead */
    size_t held;     /* bytes to be sent */
    bool polled;     /* whoever reads asks poll first */
    bool ended;      /* nothing will come behind what was read, and nothing can be sent */
    unsigned char in[IN_BYTES], out[OUT_BYTES];
};

static _Atomic(struct connection *) connections[CONNECTIONS_MOST];
static int listening = -1, patience;

/* ---- libc's own ---------------------------------------------------------------------------- */

static struct {
    __typeof__(&accept) accept;
    __typeof__(&poll) poll;
    __typeof__(&read) read;
    __typeof__(&writev) writev;
    __typeof__(&close) close;
} libc;

static void libc_find(void) {
    *(void **)&libc.accept = dlsym(RTLD_NEXT, "accept");
    *(void **)&libc.poll = dlsym(RTLD_NEXT, "poll");
    *(void **)&libc.read = dlsym(RTLD_NEXT, "read");
    *(void **)&libc.writev = dlsym(RTLD_NEXT, "writev");
    *(void **)&libc.close = dlsym(RTLD_NEXT, "close");
}

/* The constructors of libraries run before ours, when there is one thread. */
#define LIBC(name) (libc.name ? libc.name : (libc_find(), libc.name))

__attribute__((constructor)) static void libc_find_early(void) {
    libc_find();
}

/* ---- a connection -------------------------------------------------------------------------- */

void packets_gather(int listener, int milliseconds) {
    patience = milliseconds;
    listening = listener;
}

static struct connection *connection_of(int descriptor) {
    return descriptor >= 0 && descriptor < CONNECTIONS_MOST
               ? atomic_load_explicit(&connections[descriptor], memory_order_acquire)
               : NULL;
}

/* True when there is something to read without a system call, if only the end. */
static bool has_some(const struct connection *connection) {
    return connection->from < connection->to || connection->ended;
}

/* Waits until the other side reads.  False: it does not. */
static bool wait_for_room(int descriptor) {
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};

    return LIBC(poll)(&room, 1, patience) > 0 || errno == EINTR;
}

/* Sends what was held.  False: the connection has ended. */
static bool flush(int descriptor, struct connection *connection) {
    size_t sent = 0;

    while (sent < connection->held && !connection->ended) {
        ssize_t count = send(descriptor, connection->out + sent, connection->held - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0)
            sent += (size_t)count;
        else if (errno != EINTR)
            connection->ended = errno != EAGAIN || !wait_for_room(descriptor);
    }
    connection->held = 0;
    return !connection->ended;
}

/* Reads what is there; FLAGS as of recv.  False: there is nothing, or errno tells. */
static bool fill(int descriptor, struct connection *connection, int flags) {
    ssize_t count = recv(descriptor, connection->in, sizeof(connection->in), flags);

    if (count < 0)
        return false;
    connection->from = 0;
    connection->to = (size_t)count;
    connection->ended = count == 0;
    return true;
}

/* ---- what libmilter calls ------------------------------------------------------------------ */

int accept(int listener, __SOCKADDR_ARG address, socklen_t *restrict length) {
    int descriptor = LIBC(accept)(listener, address, length);

    if (descriptor >= 0 && descriptor < CONNECTIONS_MOST && listener == listening)
        atomic_store_explicit(&connections[descriptor], calloc(1, sizeof(struct connection)),
                              memory_order_release);
    return descriptor;
}

/* Of a connection that is to be read or written, as it is before each read and write. */
static int poll_one(struct pollfd *asked, struct connection *connection, int milliseconds) {
    if (asked->events == POLLOUT && connection->polled) {
        asked->revents = POLLOUT;
        return 1;
    }
    connection->polled = true;
    /* Who gets an answer now has to think first: no use in looking at once. */
    if (connection->held > 0)
        flush(asked->fd, connection);
    else if (!has_some(connection))
        fill(asked->fd, connection, MSG_DONTWAIT);
    if (!has_some(connection))
        return LIBC(poll)(asked, 1, milliseconds);
    asked->revents = asked->events & POLLIN;
    return 1;
}

/* Of those that wait for a command: libmilter asks for all of them at once. */
static int poll_many(struct pollfd *asked, nfds_t count, int milliseconds) {
    int ready = 0, result;

    for (nfds_t i = 0; i < count; i++) {
        struct connection *connection = connection_of(asked[i].fd);

        if (!connection || !connection->polled)
            continue;
        if (connection->held > 0)
            flush(asked[i].fd, connection);
        ready += has_some(connection);
    }
    result = LIBC(poll)(asked, count, ready > 0 ? 0 : milliseconds);
    for (nfds_t i = 0; i < count && ready > 0 && result >= 0; i++) {
        struct connection *connection = connection_of(asked[i].fd);

        if (connection && has_some(connection)) {
            result += asked[i].revents == 0;
            asked[i].revents |= asked[i].events & POLLIN;
        }
    }
    return result;
}

/* poll.h tells gcc that poll does not look at what it is asked. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
int poll(struct pollfd *asked, nfds_t count, int milliseconds) {
    struct connection *connection = count == 1 ? connection_of(asked->fd) : NULL;

    return connection ? poll_one(asked, connection, milliseconds)
                      : poll_many(asked, count, milliseconds);
}

ssize_t read(int descriptor, void *data, size_t size) {
    struct connection *connection = connection_of(descriptor);
    size_t count;

    if (!connection || !connection->polled)
        return LIBC(read)(descriptor, data, size);
    if (!has_some(connection) && !fill(descriptor, connection, 0))
        return -1;
    count = connection->to - connection->from;
    if (count > size)
        count = size;
    memcpy(data, connection->in + connection->from, count);
    connection->from += count;
    return (ssize_t)count;
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    struct connection *connection = connection_of(descriptor);
    size_t sum = 0;

    if (!connection || !connection->polled)
        return LIBC(writev)(descriptor, pieces, count);
    for (int i = 0; i < count; i++)
        sum += pieces[i].iov_len;
    if (connection->held + sum > OUT_BYTES)
        flush(descriptor, connection);
    if (connection->ended) {
        errno = EPIPE;
        return -1;
    }
    if (sum > OUT_BYTES)
        return LIBC(writev)(descriptor, pieces, count);
    for (int i = 0; i < count; i++) {
        memcpy(connection->out + connection->held, pieces[i].iov_base, pieces[i].iov_len);
        connection->held += pieces[i].iov_len;
    }
    return (ssize_t)sum;
}

/* What gcc makes of the two where -D_FORTIFY_SOURCE knows how much room there is, and does not know
 * that it is enough. */
_Noreturn void __chk_fail(void);
ssize_t __read_chk(int descriptor, void *data, size_t size, size_t room);
int __poll_chk(struct pollfd *asked, nfds_t count, int milliseconds, size_t room);

ssize_t __read_chk(int descriptor, void *data, size_t size, size_t room) {
    if (size > room)
        __chk_fail();
    return read(descriptor, data, size);
}

int __poll_chk(struct pollfd *asked, nfds_t count, int milliseconds, size_t room) {
    if (count > room / sizeof(*asked))
        __chk_fail();
    return poll(asked, count, milliseconds);
}

int close(int descriptor) {
    struct connection *connection = connection_of(descriptor);

    if (connection) {
        flush(descriptor, connection);
        /* Another connection may get the number as soon as it is closed. */
        atomic_store_explicit(&connections[descriptor], NULL, memory_order_release);
        free(connection);
    }
    return LIBC(close)(descriptor);
}
