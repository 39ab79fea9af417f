/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libmilter-buffer.c - fewer system calls on the connections that libmilter accepts.
 *
 * libmilter polls three times and reads twice for each packet, and each header field is a packet:
 * a mail of 45 packets takes 280 system calls, more time than everything that is done with the
 * mail.  So a connection has an input buffer, filled with all bytes that the kernel has, and an
 * output buffer, sent when libmilter polls for the next command, that is, before it waits.
 *
 * libmilter has no interface for this.  It is linked statically, and ld's --wrap (LIBMILTER_WRAP in
 * configure.ac) replaces the calls of accept, poll, read, writev and close in the objects of this
 * link, libmilter's and ours, by the functions below; __real_ names are libc's.  Shared libraries
 * and plugins keep libc's functions, as the program exports none of these.  Only libmilter accepts
 * connections in this program, and no other code uses their descriptors.
 *
 * Bytes are read ahead only on connections that libmilter polls before it reads, and held back only
 * where it also polls before it writes; with a libmilter built for select() all calls pass.
 *
 * Owns the buffers.  libmilter accepts in one thread, lets one thread at a time work with a
 * connection, and hands it on under a lock of its own, after a poll of it that found nothing: so
 * where its controller polls many connections at once, none has bytes in a buffer.
 *
 * Errors are returned as those of the wrapped function, or as the end of the connection; a
 * connection without memory for its buffers is not buffered.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* A usual mail. */
#define INPUT_BYTES (16 * 1024)
/* Four times the answer to a mail, with all fields that are inserted (LIMIT_HEADERS_WRITTEN). */
#define OUTPUT_BYTES (4 * 1024)

struct connection {
    size_t start, end; /* of the bytes of INPUT that libmilter has not read yet */
    size_t held;       /* bytes of OUTPUT */
    int timeout_ms;    /* milliseconds that libmilter waits to write; 0: it does not poll before */
    int timeout;       /* milliseconds that a read waits for bytes; 0: for ever */
    bool polled;       /* libmilter polls before it reads */
    bool ended;        /* nothing comes behind what was read, and nothing can be sent */
    unsigned char input[INPUT_BYTES], output[OUTPUT_BYTES];
};

int __real_accept(int listener, struct sockaddr *address, socklen_t *length);
int __wrap_accept(int listener, struct sockaddr *address, socklen_t *length);
int __real_poll(struct pollfd *polled, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds);
__typeof__(read) __real_read, __wrap_read;
__typeof__(writev) __real_writev, __wrap_writev;
__typeof__(close) __real_close, __wrap_close;
int __wrap___poll_chk(struct pollfd *polled, nfds_t count, int milliseconds, size_t room);
ssize_t __wrap___read_chk(int descriptor, void *data, size_t size, size_t room);

/* ---- connections by descriptor ------------------------------------------------------------- */

/* Any descriptor has its place; a page is allocated with the first connection in it, and stays. */
#define PAGE_PLACES 65536

typedef _Atomic(struct connection *) place;
static _Atomic(place *) pages[INT32_MAX / PAGE_PLACES + 1];

/* NULL: no connection has needed the page yet. */
static place *place_of(int descriptor) {
    place *page;

    if (descriptor < 0)
        return NULL;
    page = atomic_load_explicit(&pages[descriptor / PAGE_PLACES], memory_order_acquire);
    return page ? &page[descriptor % PAGE_PLACES] : NULL;
}

/* NULL: not a connection of libmilter, or one that is not buffered. */
static struct connection *connection_of(int descriptor) {
    place *at = place_of(descriptor);

    return at ? atomic_load_explicit(at, memory_order_acquire) : NULL;
}

static void connection_add(int descriptor) {
    place *at = place_of(descriptor);

    if (!at) {
        atomic_store_explicit(&pages[descriptor / PAGE_PLACES], calloc(PAGE_PLACES, sizeof(place)),
                              memory_order_release);
        at = place_of(descriptor);
    }
    if (at)
        atomic_store_explicit(at, calloc(1, sizeof(struct connection)), memory_order_release);
}

/* ---- a connection -------------------------------------------------------------------------- */

/* True when a read would not wait: there are bytes, or the end. */
static bool is_readable(const struct connection *connection) {
    return connection->start < connection->end || connection->ended;
}

/* Waits until the peer reads.  False: it did not in the time that libmilter gives it. */
static bool wait_for_room(int descriptor, const struct connection *connection) {
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};

    return __real_poll(&room, 1, connection->timeout_ms) > 0 || errno == EINTR;
}

/* Sends the bytes held.  A connection on which that fails has ended. */
static void flush(int descriptor, struct connection *connection) {
    size_t sent = 0;

    while (sent < connection->held && !connection->ended) {
        ssize_t count = send(descriptor, connection->output + sent, connection->held - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0)
            sent += (size_t)count;
        else if (errno != EINTR)
            connection->ended = errno != EAGAIN || !wait_for_room(descriptor, connection);
    }
    connection->held = 0;
}

/* Holds bytes back, and sends those that are held when the buffer is full. */
static void hold(int descriptor, struct connection *connection, const char *data, size_t size) {
    while (size > 0 && !connection->ended) {
        size_t room = OUTPUT_BYTES - connection->held, count = size < room ? size : room;

        memcpy(connection->output + connection->held, data, count);
        connection->held += count;
        data += count;
        size -= count;
        if (connection->held == OUTPUT_BYTES)
            flush(descriptor, connection);
    }
}

/* Reads what the kernel has; FLAGS as of recv.  False: nothing, errno has the reason. */
static bool fill(int descriptor, struct connection *connection, int flags) {
    ssize_t count = recv(descriptor, connection->input, sizeof(connection->input), flags);

    if (count < 0)
        return false;
    connection->start = 0;
    connection->end = (size_t)count;
    connection->ended = count == 0;
    return true;
}

/* Waits for bytes and reads them in one call, which returns as poll does. */
static int fill_wait(int descriptor, struct connection *connection, int milliseconds) {
    struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000L};

    if (connection->timeout != milliseconds) {
        if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
            return -1;
        connection->timeout = milliseconds;
    }
    if (fill(descriptor, connection, 0))
        return 1;
    if (errno == EAGAIN)
        return 0;
    if (errno == EINTR)
        return -1;
    connection->ended = true; /* poll would return an event, and read the error */
    return 1;
}

/* ---- the functions that libmilter calls ---------------------------------------------------- */

int __wrap_accept(int listener, struct sockaddr *address, socklen_t *length) {
    int descriptor = __real_accept(listener, address, length);

    if (descriptor >= 0)
        connection_add(descriptor);
    return descriptor;
}

/* Before a write. */
static int poll_output(struct pollfd *polled, struct connection *connection, int milliseconds) {
    connection->timeout_ms = milliseconds;
    if (!connection->polled)
        return __real_poll(polled, 1, milliseconds);
    polled->revents = POLLOUT;
    return 1;
}

/* Before a read. */
static int poll_input(struct pollfd *polled, struct connection *connection, int milliseconds) {
    int result = 1;

    connection->polled = true;
    flush(polled->fd, connection);
    if (!is_readable(connection) && milliseconds > 0)
        result = fill_wait(polled->fd, connection, milliseconds);
    else if (!is_readable(connection) && !fill(polled->fd, connection, MSG_DONTWAIT))
        return __real_poll(polled, 1, milliseconds);
    polled->revents = result > 0 ? polled->events & POLLIN : 0;
    return result;
}

int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds) {
    struct connection *connection = count == 1 ? connection_of(polled->fd) : NULL;

    if (!connection)
        return __real_poll(polled, count, milliseconds);
    return polled->events == POLLOUT ? poll_output(polled, connection, milliseconds)
                                     : poll_input(polled, connection, milliseconds);
}

ssize_t __wrap_read(int descriptor, void *data, size_t size) {
    struct connection *connection = connection_of(descriptor);
    size_t count;

    if (!connection || !connection->polled)
        return __real_read(descriptor, data, size);
    if (!is_readable(connection) && !fill(descriptor, connection, 0))
        return -1;
    count = connection->end - connection->start;
    if (count > size)
        count = size;
    memcpy(data, connection->input + connection->start, count);
    connection->start += count;
    return (ssize_t)count;
}

ssize_t __wrap_writev(int descriptor, const struct iovec *pieces, int count) {
    struct connection *connection = connection_of(descriptor);
    size_t sum = 0;

    if (!connection || !connection->polled || connection->timeout_ms == 0)
        return __real_writev(descriptor, pieces, count);
    for (int i = 0; i < count; i++) {
        hold(descriptor, connection, pieces[i].iov_base, pieces[i].iov_len);
        sum += pieces[i].iov_len;
    }
    if (connection->ended) {
        errno = EPIPE;
        return -1;
    }
    return (ssize_t)sum;
}

int __wrap_close(int descriptor) {
    struct connection *connection = connection_of(descriptor);

    if (connection) {
        flush(descriptor, connection);
        /* Another connection may get the number as soon as it is closed. */
        atomic_store_explicit(place_of(descriptor), NULL, memory_order_release);
        free(connection);
    }
    return __real_close(descriptor);
}

/* poll and read as a libmilter compiled with -D_FORTIFY_SOURCE may call them: ROOM is the size of
 * the caller's buffer. */
int __wrap___poll_chk(struct pollfd *polled, nfds_t count, int milliseconds, size_t room) {
    if (count > room / sizeof(*polled))
        abort();
    return __wrap_poll(polled, count, milliseconds);
}

ssize_t __wrap___read_chk(int descriptor, void *data, size_t size, size_t room) {
    if (size > room)
        abort();
    return __wrap_read(descriptor, data, size);
}
