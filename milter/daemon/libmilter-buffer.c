/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libmilter-buffer.c - buffers the connections that libmilter accepts, to save system calls.
 *
 * libmilter polls three times and reads twice for each packet, and each header field is a packet:
 * a mail of 45 packets takes 280 system calls, and they take more time than the classification of
 * the mail.  So each connection has an input buffer, which is filled with all bytes that the kernel
 * has, and an output buffer, which is sent when libmilter polls for the next command, that is,
 * before it waits.
 *
 * libmilter has no interface for this.  It is linked statically, and the option --wrap of ld
 * (LIBMILTER_WRAP in configure.ac) replaces the calls of accept, poll, read, writev and close in
 * all objects of this link, those of libmilter and of patchmark, by the functions below; the
 * __real_ names are the functions of libc.  Shared libraries and plugins still call libc, because
 * the program does not export these functions.  Only libmilter accepts connections in this program,
 * and no other code uses their descriptors.
 *
 * Input is read ahead only on connections that libmilter polls before it reads, and output is held
 * back only if libmilter also polls before it writes.  With a libmilter that was built for
 * select(), all calls are passed on to libc.
 *
 * Owns the buffers.  Threads: libmilter accepts on one thread, uses a connection on one thread at a
 * time, and passes it to another thread under a lock of its own, after it has polled the connection
 * and found no input.  So no connection has bytes in a buffer while libmilter's controller polls
 * many connections at once.
 *
 * Errors are returned as errors of the wrapped function, or as the end of the connection.  If
 * memory for the buffers of a connection runs out, that connection is not buffered.
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

/* The size of a typical mail. */
#define INPUT_BYTES (16 * 1024)
/* Four times the size of the reply to a mail with all its inserted fields (LIMIT_HEADERS_WRITTEN).
 */
#define OUTPUT_BYTES (4 * 1024)

struct connection {
    size_t start, end;    /* offsets in INPUT of the bytes that libmilter has not read yet */
    size_t held;          /* number of bytes in OUTPUT that are not sent yet */
    int write_timeout_ms; /* how long libmilter waits until it can write; 0 if it does not poll
                           * before it writes */
    int read_timeout_ms;  /* the SO_RCVTIMEO of the socket; 0 if a read waits forever */
    bool polled;          /* libmilter polls before it reads */
    bool ended;           /* no more input follows that in INPUT, and no output can be sent */
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

/* A table in pages, with one slot for each possible descriptor.  A page is allocated with the first
 * connection in it and is never freed. */
#define PAGE_SLOTS 65536

typedef _Atomic(struct connection *) slot;
static _Atomic(slot *) pages[INT32_MAX / PAGE_SLOTS + 1];

/* Returns the slot of DESCRIPTOR; NULL if its page is not allocated. */
static slot *slot_of(int descriptor) {
    slot *page;

    if (descriptor < 0)
        return NULL;
    page = atomic_load_explicit(&pages[descriptor / PAGE_SLOTS], memory_order_acquire);
    return page ? &page[descriptor % PAGE_SLOTS] : NULL;
}

/* Returns the connection of DESCRIPTOR; NULL if libmilter did not accept it or it is not buffered.
 */
static struct connection *connection_of(int descriptor) {
    slot *found = slot_of(descriptor);

    return found ? atomic_load_explicit(found, memory_order_acquire) : NULL;
}

/* Allocates the buffers of DESCRIPTOR.  Without memory, it stays unbuffered. */
static void connection_add(int descriptor) {
    slot *found = slot_of(descriptor);

    if (!found) {
        atomic_store_explicit(&pages[descriptor / PAGE_SLOTS], calloc(PAGE_SLOTS, sizeof(slot)),
                              memory_order_release);
        found = slot_of(descriptor);
    }
    if (found)
        atomic_store_explicit(found, calloc(1, sizeof(struct connection)), memory_order_release);
}

/* ---- a connection -------------------------------------------------------------------------- */

/* Returns true if a read would not block, because the buffer has bytes or the connection ended. */
static bool is_readable(const struct connection *connection) {
    return connection->start < connection->end || connection->ended;
}

/* Waits until the socket accepts output, at most for libmilter's write timeout.  Returns false
 * after the timeout or an error; true also if a signal interrupted the wait. */
static bool wait_until_writable(int descriptor, const struct connection *connection) {
    struct pollfd polled = {.fd = descriptor, .events = POLLOUT};

    return __real_poll(&polled, 1, connection->write_timeout_ms) > 0 || errno == EINTR;
}

/* Sends the bytes in OUTPUT.  If that fails, marks the connection as ended. */
static void flush(int descriptor, struct connection *connection) {
    size_t sent = 0;

    while (sent < connection->held && !connection->ended) {
        ssize_t count = send(descriptor, connection->output + sent, connection->held - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0)
            sent += (size_t)count;
        else if (errno != EINTR)
            connection->ended = errno != EAGAIN || !wait_until_writable(descriptor, connection);
    }
    connection->held = 0;
}

/* Appends SIZE bytes of DATA to OUTPUT, and sends OUTPUT each time it is full. */
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

/* Reads what the kernel has into INPUT, with FLAGS as recv(2) takes them.  Returns true if it read
 * bytes or the end of the connection; false with errno set. */
static bool fill(int descriptor, struct connection *connection, int flags) {
    ssize_t count = recv(descriptor, connection->input, sizeof(connection->input), flags);

    if (count < 0)
        return false;
    connection->start = 0;
    connection->end = (size_t)count;
    connection->ended = count == 0;
    return true;
}

/* Waits for input and reads it with one system call.  Returns 1, 0 after MILLISECONDS, or -1, as
 * poll(2) does. */
static int fill_wait(int descriptor, struct connection *connection, int milliseconds) {
    struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000L};

    if (connection->read_timeout_ms != milliseconds) {
        if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
            return -1;
        connection->read_timeout_ms = milliseconds;
    }
    if (fill(descriptor, connection, 0))
        return 1;
    if (errno == EAGAIN)
        return 0;
    if (errno == EINTR)
        return -1;
    connection->ended = true; /* poll(2) would return 1 here, and read(2) would fail */
    return 1;
}

/* ---- the functions that libmilter calls ---------------------------------------------------- */

int __wrap_accept(int listener, struct sockaddr *address, socklen_t *length) {
    int descriptor = __real_accept(listener, address, length);

    if (descriptor >= 0)
        connection_add(descriptor);
    return descriptor;
}

/* libmilter polls before a write. */
static int poll_output(struct pollfd *polled, struct connection *connection, int milliseconds) {
    connection->write_timeout_ms = milliseconds;
    if (!connection->polled)
        return __real_poll(polled, 1, milliseconds);
    polled->revents = POLLOUT;
    return 1;
}

/* libmilter polls before a read. */
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

    if (!connection || !connection->polled || connection->write_timeout_ms == 0)
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
        /* Before the close: after it, a new connection may get the same descriptor at once. */
        atomic_store_explicit(slot_of(descriptor), NULL, memory_order_release);
        free(connection);
    }
    return __real_close(descriptor);
}

/* A libmilter that was compiled with -D_FORTIFY_SOURCE may call these two instead of poll and read.
 * ROOM is the size of the caller's buffer in bytes. */
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
