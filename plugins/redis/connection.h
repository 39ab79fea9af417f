/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.h - one connection to Redis: opened when it is needed, dropped at the first error.
 *
 * A context of hiredis does the protocol and, without TLS, reads and writes.  hiredis bounds each
 * system call, not an exchange, and answers not at all; so the socket is non-blocking, each wait
 * ends at a deadline, and what a server makes us allocate is bounded here.  Nothing sleeps or tries
 * again by itself.  Publishing and following have a connection each, as they run at the same time.
 * SIGPIPE must be ignored.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "settings.h"

#include <glib.h>
#include <hiredis/hiredis.h>

#define ERROR_BYTES  160         /* of an error's text that go to the log */
#define ANSWER_BYTES (64 * 1024) /* one answer; ours have 40 bytes, errors a few hundred */

#define ROUTE_HOPS 4 /* new connections, for a redirection or a lost script, in one go */

/* Something that fails for a while. */
struct trouble {
    enum patchmark_level level;
    const char *what;        /* in front of the reason, such as "PUBLISH"; "": nothing */
    const char *consequence; /* behind it: "the events wait" */
    const char *tries;       /* what is counted: "batches" */
    char kind[32];           /* first word of the last reason */
    uint64_t failed;         /* tries since it started; 0: all is well */
};

struct connection {
    const struct settings *settings;
    redisContext *redis; /* NULL: not open */
    struct ssl_st *tls;  /* NULL: none */
    struct server at;    /* where it is, or was */

    size_t bytes_most, elements_most;    /* bounds of the answer that is being read, */
    size_t bytes, elements;              /* and what was read of it */
    bool oversize;                       /* an answer was refused because of the bounds */
    redisReplyObjectFunctions functions; /* those of hiredis, but for createArray */
    const redisReplyObjectFunctions *original_functions;

    /* see route_ready */
    struct server moved;      /* the node of a cluster that has the keys; port 0: not known */
    size_t sentinel;          /* that is asked first: it knew last time */
    bool logs_server;         /* where it goes is logged when that changes */
    char logged[SERVER_TEXT]; /* what was logged last */

    char reason[320]; /* why the last call failed; its first word is the kind of error */
    bool script_lost; /* Redis forgot the script */
    bool again;       /* it is worth another try at once, on a new connection */
};

/* Monotonic time; all deadlines are in it. */
static inline int64_t milliseconds(void) {
    return g_get_monotonic_time() / 1000;
}

void connection_init(struct connection *connection, const struct settings *settings);
/* Frees all. */
void connection_close(struct connection *connection);

/* Drops the connection and keeps the reason.  Returns false. */
bool connection_failed(struct connection *connection, const char *format, ...)
    PATCHMARK_PRINTF(2, 3);
/* Likewise for REPLY, an error or a reply of an unknown shape. */
bool connection_refused(struct connection *connection, const redisReply *reply);
void connection_drop(struct connection *connection);

/* Connects to SERVER and authenticates there. */
bool connection_open(struct connection *connection, const struct server *server, int64_t deadline);
/* True: it is open, and nothing is under way on it. */
bool connection_is_idle(const struct connection *connection);
/* Waits until there is something to read or the connection ended, MILLISECONDS at most. */
bool connection_readable(const struct connection *connection, int64_t milliseconds);

/* Queues a command; FORMAT is that of redisAppendCommand.  Of this and the two functions below, an
 * error is reported by the next connection_answer. */
void connection_send(struct connection *connection, const char *format, ...);
/* Queues a command of COUNT strings, which the next calls of connection_put give. */
void connection_begin(struct connection *connection, size_t count);
/* FIRST and SECOND as one string. */
void connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length);

/* Writes what is queued and returns the next answer, for freeReplyObject; NULL on error. */
redisReply *connection_answer(struct connection *connection, int64_t deadline);
/* Bounds the next answer: about BYTES, and ELEMENTS in all of its arrays.  Without this call it has
 * the size that most commands need, and no arrays. */
void connection_bound(struct connection *connection, size_t bytes, size_t elements);
/* The next answer in what was read; NULL: it is not whole yet, or an error dropped the connection.
 */
redisReply *connection_next(struct connection *connection);
/* Makes REDIS, which is connected and not blocking, the connection. */
void connection_adopt(struct connection *connection, redisContext *redis);

/* A reply that is freed at the end of its scope. */
#define AUTO_REPLY __attribute__((cleanup(reply_clear))) redisReply
static inline void reply_clear(redisReply **reply) {
    if (*reply)
        freeReplyObject(*reply);
}

enum route_state { ROUTE_FAILED, ROUTE_KEPT, ROUTE_OPENED };

/* Makes sure that there is a connection on which nothing is under way, to the server that has the
 * keys: the one that is configured, the one that Sentinel names, or the node of a cluster that
 * another one named.  In route.c. */
enum route_state route_ready(struct connection *connection);
/* Redis gave this ERROR.  True: the next connection will go elsewhere. */
bool route_changed(struct connection *connection, const char *error);

/* Notes that one more try failed for REASON, whose first word tells its kind, or went well: NULL.
 * Logs a line when that starts, when it turns into something else, and when it ends. */
void trouble_report(struct trouble *trouble, const struct settings *settings, const char *reason);

/* Element I of REPLY, when that is an array and the element is of TYPE; else NULL. */
const redisReply *reply_element(const redisReply *reply, size_t i, int type);

#endif
