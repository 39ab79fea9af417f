/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.h - one connection to Redis: opened when it is needed, thrown away at the first thing
 * that goes wrong on it.
 *
 * Nothing here sleeps or tries again by itself; all is bounded by a deadline but the look-up of a
 * host name, which belongs to the resolver.  A server is not trusted: only the four kinds of answer
 * that we ask for are read, up to a size.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "settings.h"

#include <hiredis/hiredis.h>

#define ERROR_BYTES 160 /* of an error's text that go to the log */

struct connection {
    const struct settings *settings;
    redisContext *context; /* NULL: none */
    bool unsent;           /* there is output that the socket did not take yet */
    char reason[256];      /* why the last call failed; its first word tells the kind */
    bool script_lost;      /* Redis forgot the script */
};

/* A command as Redis wants it: counted strings, so any byte may be in them. */
struct command {
    int count;
    const char *argument[16];
    size_t length[16];
};

void command_add(struct command *command, const char *text);
void command_add_bytes(struct command *command, const char *data, size_t length);

/* Monotonic; deadlines are told in it. */
int64_t milliseconds(void);

/* Drops the connection and keeps the reason; false. */
bool connection_failed(struct connection *connection, const char *format, ...)
    PATCHMARK_PRINTF(2, 3);
/* Redis said no, for a reason of its own or not in the way that we know; false. */
bool connection_refused(struct connection *connection, const redisReply *reply);
void connection_drop(struct connection *connection);

enum connection_state { CONNECTION_FAILED, CONNECTION_KEPT, CONNECTION_OPENED };

/* Makes sure that there is one, on which nothing is under way. */
enum connection_state connection_ready(struct connection *connection);

/* Puts the command, copied, behind the others that wait for the socket. */
bool connection_send(struct connection *connection, const struct command *command);
/* The next answer, for freeReplyObject; NULL: failed. */
redisReply *connection_answer(struct connection *connection, int64_t deadline);
/* Both. */
redisReply *connection_ask(struct connection *connection, const struct command *command,
                           int64_t deadline);

#endif
