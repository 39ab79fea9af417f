/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.h - one connection to Redis: opened when it is needed, thrown away at the first thing
 * that goes wrong on it.
 *
 * Nothing here sleeps or tries again by itself; all is bounded by a deadline.  Publishing and
 * following have one each, as they run at the same time.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "reader.h"
#include "settings.h"
#include "transport.h"

#define ERROR_BYTES 160 /* of an error's text that go to the log */

struct connection {
    const struct settings *settings;
    struct transport transport;
    struct reader reader;
    struct server at; /* where it is, or was */

    /* see route.h */
    struct server moved;    /* the node of a cluster that has the keys; port 0: not known */
    size_t sentinel;        /* that is asked first: it knew last time */
    bool tells;             /* where it goes is logged when that changes */
    char told[SERVER_TEXT]; /* what was logged last */

    char reason[320]; /* why the last call failed; its first word tells the kind */
    bool script_lost; /* Redis forgot the script */
    bool again;       /* it is worth another try at once, on a new connection */
};

/* A command as Redis wants it: counted strings, so any byte may be in them. */
struct command {
    int count;
    const char *argument[10]; /* the longest, of follow.c, has 8 */
    size_t length[10];
};

void command_add(struct command *command, const char *text);
void command_add_bytes(struct command *command, const char *data, size_t length);
/* The command of these strings; ends with NULL. */
struct command command_of(const char *first, ...) __attribute__((sentinel));

void connection_init(struct connection *connection, const struct settings *settings);
/* Frees all. */
void connection_close(struct connection *connection);

/* Drops the connection and keeps the reason; false. */
bool connection_failed(struct connection *connection, const char *format, ...)
    PATCHMARK_PRINTF(2, 3);
/* Redis said no, for a reason of its own or not in the way that we know; false. */
bool connection_refused(struct connection *connection, const redisReply *reply);
void connection_drop(struct connection *connection);

/* Connects to SERVER and says who we are there. */
bool connection_open(struct connection *connection, const struct server *server, int64_t deadline);
/* True: it is open, and nothing is under way on it. */
bool connection_is_idle(const struct connection *connection);

/* Puts the command, copied, behind the others that wait for the socket. */
bool connection_send(struct connection *connection, const struct command *command);
/* The same for a longer one: that it has COUNT strings; then each of these, FIRST and SECOND as
 * one. */
bool connection_begin(struct connection *connection, size_t count);
bool connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length);
/* The next answer, for freeReplyObject; NULL: failed.  No arrays, but within connection_bound. */
redisReply *connection_answer(struct connection *connection, int64_t deadline);
/* Both. */
redisReply *connection_ask(struct connection *connection, const struct command *command,
                           int64_t deadline);

/* What the next answers may be: arrays of that many ELEMENTS in all, and BYTES; 0, 0: what most
 * commands answer.  Holds until it is set again. */
void connection_bound(struct connection *connection, size_t bytes, size_t elements);

#endif
