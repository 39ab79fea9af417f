/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.c - see connection.h.
 *
 * From top to bottom: failures, answers, commands, the connection.
 */
#define _GNU_SOURCE 1

#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ANSWER_BYTES (64 * 1024) /* one answer; ours have 40 bytes, errors a few hundred */

/* ---- failures ----------------------------------------------------------------------------- */

void connection_drop(struct connection *connection) {
    if (connection->context)
        redisFree(connection->context);
    connection->context = NULL;
    connection->unsent = false;
}

bool connection_failed(struct connection *connection, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(connection->reason, sizeof(connection->reason), format, arguments);
    va_end(arguments);
    connection_drop(connection);
    return false;
}

int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- answers ------------------------------------------------------------------------------ */

/* Waits until the socket takes or gives something, and moves what it can. */
static bool transfer(struct connection *connection, int64_t deadline) {
    redisContext *context = connection->context;
    struct pollfd ready = {.fd = context->fd,
                           .events = (short)(POLLIN | (connection->unsent ? POLLOUT : 0))};
    int64_t left = deadline - milliseconds();

    if (left <= 0)
        return connection_failed(connection, "timeout: no answer within %d ms",
                                 (int)connection->settings->timeout);
    int found = poll(&ready, 1, (int)left);
    if (found < 0 && errno != EINTR)
        return connection_failed(connection, "poll: %s", strerror(errno));
    if (found <= 0)
        return true;
    /* Reading comes first: a server that hangs up on us may have said why. */
    if (ready.revents & ~POLLOUT) {
        if (redisBufferRead(context) != REDIS_OK)
            return connection_failed(connection, "lost connection: %s", context->errstr);
        return true;
    }
    int done = 0;
    if (redisBufferWrite(context, &done) != REDIS_OK)
        return connection_failed(connection, "lost connection: %s", context->errstr);
    connection->unsent = !done;
    return true;
}

/* The next answer, for freeReplyObject; NULL: failed.  The reader is never shown an array or a
 * type of RESP3: we ask for none, and a length in one of those makes it allocate. */
redisReply *connection_answer(struct connection *connection, int64_t deadline) {
    while (connection->context) {
        redisReader *reader = connection->context->reader;
        if (reader->pos < reader->len) {
            if (reader->ridx < 0 && !memchr("+-:$", reader->buf[reader->pos], 4)) {
                connection_failed(connection, "unexpected type of answer, is this Redis?");
                return NULL;
            }
            void *reply = NULL;
            if (redisGetReplyFromReader(connection->context, &reply) != REDIS_OK) {
                connection_failed(connection, "unreadable answer: %s", connection->context->errstr);
                return NULL;
            }
            if (reply)
                return reply;
            if (reader->len - reader->pos > ANSWER_BYTES) {
                connection_failed(connection, "unexpected size of an answer, more than %d bytes",
                                  ANSWER_BYTES);
                return NULL;
            }
        }
        transfer(connection, deadline);
    }
    return NULL;
}

bool connection_refused(struct connection *connection, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return connection_failed(connection, "unexpected answer of type %d", reply->type);
    connection->script_lost = strncmp(reply->str, "NOSCRIPT ", 9) == 0;
    bool old = strcasestr(reply->str, "unknown command") ||
               strcasestr(reply->str, "unknown redis command");
    return connection_failed(connection, "%.*s%s", ERROR_BYTES, reply->str,
                             old ? " (EVALSHA and XADD are needed: Redis 5 or later)" : "");
}

/* ---- commands ----------------------------------------------------------------------------- */

void command_add_bytes(struct command *command, const char *data, size_t length) {
    command->argument[command->count] = data;
    command->length[command->count] = length;
    command->count++;
}

void command_add(struct command *command, const char *text) {
    command_add_bytes(command, text, strlen(text));
}

bool connection_send(struct connection *connection, const struct command *command) {
    if (redisAppendCommandArgv(connection->context, command->count,
                               (const char **)command->argument, command->length) != REDIS_OK)
        return connection_failed(connection, "memory: %s", connection->context->errstr);
    connection->unsent = true;
    return true;
}

redisReply *connection_ask(struct connection *connection, const struct command *command,
                           int64_t deadline) {
    return connection_send(connection, command) ? connection_answer(connection, deadline) : NULL;
}

/* ---- the connection ----------------------------------------------------------------------- */

static bool authenticate(struct connection *connection, int64_t deadline) {
    if (connection->settings->password_length == 0)
        return true;
    struct command command = {0};
    command_add(&command, "AUTH");
    if (connection->settings->username)
        command_add(&command, connection->settings->username);
    command_add_bytes(&command, connection->settings->password,
                      connection->settings->password_length);

    redisReply *reply = connection_ask(connection, &command, deadline);
    if (!reply)
        return false;
    bool accepted = reply->type == REDIS_REPLY_STATUS;
    /* A server that does not know AUTH quotes it: the password must not get into the log. */
    if (!accepted && reply->type == REDIS_REPLY_ERROR &&
        memmem(reply->str, reply->len, connection->settings->password,
               connection->settings->password_length))
        connection_failed(connection, "AUTH was refused with an error that quotes the password");
    else if (!accepted)
        connection_refused(connection, reply);
    freeReplyObject(reply);
    return accepted;
}

/* Waits for a connect that was begun. */
static bool connected(struct connection *connection, int64_t deadline) {
    struct pollfd ready = {.fd = connection->context->fd, .events = POLLOUT};
    int found, error = 0;
    socklen_t size = sizeof(error);

    do {
        int64_t left = deadline - milliseconds();
        found = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (found < 0 && errno == EINTR);
    if (found == 0)
        return connection_failed(connection, "connect: no answer within %d ms",
                                 (int)connection->settings->timeout);
    if (found < 0 || getsockopt(ready.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error == 0 || connection_failed(connection, "connect: %s", strerror(error));
}

static bool connection_open(struct connection *connection) {
    connection->context =
        connection->settings->port
            ? redisConnectNonBlock(connection->settings->host, connection->settings->port)
            : redisConnectUnixNonBlock(connection->settings->host);
    if (!connection->context)
        return connection_failed(connection, "connect: out of memory");
    if (connection->context->err)
        return connection_failed(connection, "connect: %s", connection->context->errstr);
    fcntl(connection->context->fd, F_SETFD, FD_CLOEXEC);

    int64_t deadline = milliseconds() + connection->settings->timeout;
    return connected(connection, deadline) && authenticate(connection, deadline);
}

/* Between batches Redis has nothing to say: what comes then is its good-bye, after a restart or
 * its own idle timeout.  That is no failure, a new connection serves as well. */
enum connection_state connection_ready(struct connection *connection) {
    if (connection->context) {
        struct pollfd ready = {.fd = connection->context->fd, .events = POLLIN};
        const redisReader *reader = connection->context->reader;
        if (reader->pos == reader->len && poll(&ready, 1, 0) == 0)
            return CONNECTION_KEPT;
        connection_drop(connection);
    }
    return connection_open(connection) ? CONNECTION_OPENED : CONNECTION_FAILED;
}
