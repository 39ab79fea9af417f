/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.h - one connection to Redis.  It is opened when it is needed and closed at the first
 * error.
 *
 * A context of hiredis implements the protocol (RESP2) and, without TLS, reads and writes the
 * socket.  The timeout of hiredis applies to each system call, not to a whole exchange, and hiredis
 * does not limit the size of a reply.  Therefore the socket is non-blocking, each wait ends at a
 * deadline, and this module limits what a server can make the process allocate.  No function sleeps
 * or retries; the caller does.
 *
 * A struct connection must be used by one thread at a time.  Publishing and following run at once,
 * so each of them has its own.  The process must ignore SIGPIPE.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "settings.h"

#include <glib.h>
#include <hiredis/hiredis.h>

#define ERROR_BYTES 160         /* of the text of an error reply that are logged */
#define REPLY_BYTES (64 * 1024) /* of one reply; most have 40 bytes, errors a few hundred */

#define ROUTE_HOPS 4 /* reconnects in one call, after a redirection or a lost script */

/* An operation that can fail for some time, and what was logged about it. */
struct trouble {
    enum patchmark_level level;
    const char *operation;   /* logged in front of the reason, such as "PUBLISH"; "" if none */
    const char *consequence; /* logged after the reason: "events wait in the outbox" */
    const char *unit;        /* what `failed` counts: "batches" */
    char kind[32];           /* the first word of the last reason */
    uint64_t failed;         /* failures since the operation began to fail; 0 if it works */
};

struct connection {
    const struct settings *settings;
    redisContext *redis;  /* NULL if the connection is not open */
    struct ssl_st *tls;   /* NULL without TLS */
    struct server server; /* the server of this connection, or of the last one */

    size_t max_bytes, max_elements;      /* limits of the reply that is being read */
    size_t bytes, elements;              /* what was read of that reply so far */
    bool oversize;                       /* a reply was rejected because of the limits */
    redisReplyObjectFunctions functions; /* those of hiredis, with another createArray */
    const redisReplyObjectFunctions *original_functions;

    /* The state of route_ready. */
    struct server moved;      /* the cluster node that has the keys; port 0 if it is unknown */
    size_t sentinel;          /* index of the Sentinel that replied last; it is asked first */
    bool logs_server;         /* true if a change of the server is logged */
    char logged[SERVER_TEXT]; /* the server that was logged last */

    char reason[320]; /* why the last call failed; its first word is the kind of error */
    bool script_lost; /* Redis no longer has the script (NOSCRIPT) */
    bool retry;       /* the caller can retry at once on a new connection */
};

/* Returns the monotonic time in milliseconds.  All deadlines are such times. */
static inline int64_t milliseconds(void) {
    return g_get_monotonic_time() / 1000;
}

/* Initialises CONNECTION, which is not open afterwards.  SETTINGS must live as long as CONNECTION,
 * and may be filled later, before the first other call. */
void connection_init(struct connection *connection, const struct settings *settings);
/* Closes CONNECTION and erases the struct, which has passwords. */
void connection_close(struct connection *connection);

/* Stores the reason of a failure, formatted as by printf(3), and closes the connection.  Appends
 * the server if it is not the configured one.  Returns false. */
bool connection_failed(struct connection *connection, const char *format, ...)
    PATCHMARK_PRINTF(2, 3);
/* Does the same for REPLY, which is an error reply or a reply of an unexpected type, and sets
 * `script_lost` and `retry`.  REPLY remains the caller's.  Returns false. */
bool connection_error_reply(struct connection *connection, const redisReply *reply);
/* Closes the connection and keeps the reason.  Does nothing if it is not open. */
void connection_drop(struct connection *connection);

/* Closes the connection, connects to SERVER, which is copied, starts TLS if SERVER has it, and
 * authenticates.  Blocks until DEADLINE at most.  Returns false after connection_failed. */
bool connection_open(struct connection *connection, const struct server *server, int64_t deadline);
/* Returns true if the connection is open, has nothing to read and was not closed by the server. */
bool connection_is_idle(const struct connection *connection);
/* Waits for at most MILLISECONDS.  Returns true as soon as there is something to read or the server
 * closed the connection; false if neither happened.  The connection must be open. */
bool connection_readable(const struct connection *connection, int64_t milliseconds);

/* The next three functions only queue.  connection_read_reply writes, and reports their errors. */

/* Queues a command; FORMAT is that of redisAppendCommand.  Does nothing if the connection is not
 * open. */
void connection_send(struct connection *connection, const char *format, ...);
/* Begins a command of COUNT strings; the next COUNT calls of connection_put queue the strings.  For
 * this function and connection_put the connection must be open. */
void connection_begin(struct connection *connection, size_t count);
/* Queues one string of that command: FIRST, NUL-terminated, followed by the SECOND_LENGTH bytes of
 * SECOND. */
void connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length);

/* Writes what is queued and reads one reply.  Blocks until DEADLINE at most.  The caller frees the
 * reply with freeReplyObject.  Returns NULL after connection_failed, or if the connection was not
 * open.  An error reply is a reply. */
redisReply *connection_read_reply(struct connection *connection, int64_t deadline);
/* Limits the next reply to about BYTES bytes, and to ELEMENTS elements in all of its arrays
 * together.  Without this call the limits are REPLY_BYTES and no array. */
void connection_bound(struct connection *connection, size_t bytes, size_t elements);
/* Returns the next reply from the bytes that were read; the caller frees it with freeReplyObject.
 * Returns NULL if the reply is not complete yet, or after connection_failed. */
redisReply *connection_next(struct connection *connection);
/* Makes REDIS, which must be connected and non-blocking, the context of this connection, and takes
 * ownership of it. */
void connection_adopt(struct connection *connection, redisContext *redis);

/* Declares a pointer to a reply that is freed at the end of its scope. */
#define AUTO_REPLY __attribute__((cleanup(reply_clear))) redisReply
static inline void reply_clear(redisReply **reply) {
    if (*reply)
        freeReplyObject(*reply);
}

enum route_state {
    ROUTE_FAILED, /* there is no connection; the reason is stored */
    ROUTE_KEPT,   /* the connection was open and is idle */
    ROUTE_OPENED, /* a new connection was opened */
};

/* Ensures that CONNECTION is open and idle, and connected to the server that has the keys: the
 * configured server, the master that Sentinel names, or the cluster node that the last MOVED named.
 * Blocks for a small multiple of the option `timeout`.  In route.c. */
enum route_state route_ready(struct connection *connection);
/* Evaluates ERROR, the text of an error reply.  Returns true if the next route_ready connects to
 * another server because of it.  In route.c. */
bool route_changed(struct connection *connection, const char *error);

/* Records the result of one attempt: REASON if it failed, whose first word is the kind of error;
 * NULL if it succeeded.  Logs one line when the operation begins to fail, when the kind of error
 * changes, and when the operation works again. */
void trouble_report(struct trouble *trouble, const struct settings *settings, const char *reason);

/* Returns element I of REPLY, counted from 0, which belongs to REPLY.  Returns NULL if REPLY is not
 * an array, has no such element, or the element is not of TYPE (REDIS_REPLY_...). */
const redisReply *reply_element(const redisReply *reply, size_t i, int type);

#endif
