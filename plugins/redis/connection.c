/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.c - see connection.h.
 *
 * From top to bottom: failures, commands, answers, the connection.
 */
#define _GNU_SOURCE 1

#include "connection.h"

#include "route.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_BYTES (64 * 1024) /* one answer; ours have 40 bytes, errors a few hundred */
#define HEAD_MOST    32          /* of what comes before a list and before a string */

/* ---- failures ----------------------------------------------------------------------------- */

void connection_init(struct connection *connection, const struct settings *settings) {
    memset(connection, 0, sizeof(*connection));
    connection->settings = settings;
    transport_init(&connection->transport);
    connection_bound(connection, 0, 0);
}

void connection_drop(struct connection *connection) {
    transport_drop(&connection->transport);
    reader_close(&connection->reader);
}

void connection_close(struct connection *connection) {
    connection_drop(connection);
    transport_close(&connection->transport);
    explicit_bzero(connection, sizeof(*connection));
}

bool connection_failed(struct connection *connection, const char *format, ...) {
    const char *at = connection->at.text;
    size_t length;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(connection->reason, sizeof(connection->reason), format, arguments);
    va_end(arguments);
    length = strlen(connection->reason);
    if (*at && strcmp(at, connection->settings->name) != 0)
        snprintf(connection->reason + length, sizeof(connection->reason) - length, " (at %s)", at);
    connection_drop(connection);
    return false;
}

bool connection_refused(struct connection *connection, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return connection_failed(connection, "unexpected answer of type %d", reply->type);
    const char *text = reply->str, *hint = "";
    connection->script_lost = strncmp(text, "NOSCRIPT ", 9) == 0;
    connection->again = connection->script_lost || route_changed(connection, text);
    if (strcasestr(text, "unknown command") || strcasestr(text, "unknown redis command"))
        hint = " (EVALSHA and XADD are needed: Redis 5 or later)";
    else if (!connection->settings->one_slot &&
             (strncmp(text, "CROSSSLOT ", 10) == 0 || strncmp(text, "MOVED ", 6) == 0))
        hint = " (in a cluster the names of all keys need the same tag in braces)";
    return connection_failed(connection, "%.*s%s", ERROR_BYTES, text, hint);
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

struct command command_of(const char *first, ...) {
    struct command command = {0};
    va_list more;

    va_start(more, first);
    for (const char *text = first; text; text = va_arg(more, const char *))
        command_add(&command, text);
    va_end(more);
    return command;
}

/* "*3\r\n", "$5\r\n": what comes before a list and before a string.  Gives the end. */
static char *prefix(char *to, char kind, size_t number) {
    char digits[24];
    size_t n = sizeof(digits);

    do
        digits[--n] = (char)('0' + number % 10);
    while (number /= 10);
    *to++ = kind;
    memcpy(to, digits + n, sizeof(digits) - n);
    to += sizeof(digits) - n;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

bool connection_begin(struct connection *connection, size_t count) {
    char head[HEAD_MOST];
    size_t length = (size_t)(prefix(head, '*', count) - head);
    char *to = transport_queue(&connection->transport, length);

    if (!to)
        return connection_failed(connection, "memory: none left");
    memcpy(to, head, length);
    return true;
}

bool connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length) {
    char head[HEAD_MOST];
    size_t first_length = strlen(first), length = first_length + second_length;
    size_t head_length = (size_t)(prefix(head, '$', length) - head);
    char *to = transport_queue(&connection->transport, head_length + length + 2);

    if (!to)
        return connection_failed(connection, "memory: none left");
    memcpy(to, head, head_length);
    memcpy(to + head_length, first, first_length);
    memcpy(to + head_length + first_length, second, second_length);
    memcpy(to + head_length + length, "\r\n", 2);
    return true;
}

bool connection_send(struct connection *connection, const struct command *command) {
    bool sent = connection_begin(connection, (size_t)command->count);

    for (int i = 0; sent && i < command->count; i++)
        sent = connection_put(connection, "", command->argument[i], command->length[i]);
    return sent;
}

/* ---- answers ------------------------------------------------------------------------------ */

void connection_bound(struct connection *connection, size_t bytes, size_t elements) {
    connection->reader.bounds.bytes = bytes ? bytes : ANSWER_BYTES;
    connection->reader.bounds.elements = elements;
}

redisReply *connection_answer(struct connection *connection, int64_t deadline) {
    struct reader *reader = &connection->reader;
    char input[TRANSPORT_PIECE];

    while (connection->transport.socket >= 0) {
        redisReply *reply = reader_next(reader);
        if (reply)
            return reply;
        if (*reader->wrong) {
            connection_failed(connection, "%s", reader->wrong);
            break;
        }
        ssize_t got = transport_move(&connection->transport, input, deadline);
        if (got == TRANSPORT_LATE)
            connection_failed(connection, "timeout: no answer within %d ms",
                              (int)connection->settings->timeout);
        else if (got < 0)
            connection_failed(connection, "%s", connection->transport.reason);
        else if (got > 0 && !reader_feed(reader, input, (size_t)got))
            connection_failed(connection, "%s", reader->wrong);
    }
    return NULL;
}

redisReply *connection_ask(struct connection *connection, const struct command *command,
                           int64_t deadline) {
    return connection_send(connection, command) ? connection_answer(connection, deadline) : NULL;
}

/* ---- the connection ----------------------------------------------------------------------- */

static bool authenticate(struct connection *connection, const struct credentials *credentials,
                         int64_t deadline) {
    const char *password = credentials->password;
    size_t length = credentials->password_length;
    if (length == 0)
        return true;
    struct command command = {0};
    command_add(&command, "AUTH");
    if (*credentials->username)
        command_add(&command, credentials->username);
    command_add_bytes(&command, password, length);

    redisReply *reply = connection_ask(connection, &command, deadline);
    if (!reply)
        return false;
    bool accepted = reply->type == REDIS_REPLY_STATUS;
    /* A server that does not know AUTH quotes it: the password must not get into the log. */
    if (!accepted && reply->type == REDIS_REPLY_ERROR &&
        memmem(reply->str, reply->len, password, length))
        connection_failed(connection, "AUTH was refused with an error that quotes the password");
    else if (!accepted)
        connection_refused(connection, reply);
    freeReplyObject(reply);
    return accepted;
}

bool connection_open(struct connection *connection, const struct server *server, int64_t deadline) {
    const struct settings *settings = connection->settings;
    const char *name = settings->server_name ? settings->server_name : server->host;

    connection_drop(connection);
    if (server != &connection->at)
        connection->at = *server;
    if (!reader_open(&connection->reader))
        return connection_failed(connection, "memory: none left");
    if (!transport_open(&connection->transport, server, settings->tls, name, deadline))
        return connection_failed(connection, "%s", connection->transport.reason);
    return authenticate(connection, &server->credentials, deadline);
}

bool connection_is_idle(const struct connection *connection) {
    return connection->transport.socket >= 0 && reader_is_empty(&connection->reader) &&
           !transport_ready(&connection->transport, 0);
}
