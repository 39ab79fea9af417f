/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-redis.c - the answers of a server to the plugin redis, and the value of the option `server`.
 *
 * If the first byte of an input is 0, the rest is a value of `server`.  Else the rest is what the
 * server sends, and the first byte is the size of the pieces in which it arrives.
 */
#include "../../plugins/redis/follow.c"

#include "fuzz.h"

#define BYTES    (64 * 1024)
#define ELEMENTS 1000

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return 0;
}

/* Reads each answer as one to XREAD. */
static void answer_read(const redisReply *reply) {
    const redisReply *stream = reply_element(reply, 0, REDIS_REPLY_ARRAY);
    const redisReply *list = stream ? reply_element(stream, 1, REDIS_REPLY_ARRAY) : NULL;
    struct patchmark_event event;

    for (size_t i = 0; list && i < list->elements; i++) {
        const char *id = entry_id(list, i);

        if (id)
            PROMISE(strlen(id) < POSITION_BYTES);
        if (id && event_read(list->element[i], &event))
            PROMISE(strlen(event.id) == 32 && event.json_length > 0);
    }
}

static void answers_read(const char *data, size_t size, size_t piece) {
    static const struct settings settings = {.name = ""};
    struct connection connection;
    redisContext *redis = redisConnectFd(-1);

    PROMISE(redis);
    connection_init(&connection, &settings);
    connection_adopt(&connection, redis);
    for (size_t at = 0; at < size && connection.redis; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        redisReply *reply;

        PROMISE(redisReaderFeed(redis->reader, data + at, length) == REDIS_OK);
        connection.bytes += length;
        do {
            connection_bound(&connection, BYTES, ELEMENTS);
            reply = connection_next(&connection);
            PROMISE(connection.elements <= ELEMENTS);
            if (reply) {
                answer_read(reply);
                freeReplyObject(reply);
            }
        } while (reply && connection.redis);
    }
    connection_close(&connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct server server = {.port = 0};
    char *copy;

    if (size == 0)
        return 0;
    copy = fuzz_string(data + 1, size - 1);
    if (data[0] == 0) {
        if (server_read(&server, copy, 6379))
            PROMISE(*server.host && server.port >= 0 && server.port <= 65535);
    } else {
        memcpy(copy, data + 1, size - 1); /* fuzz_string has replaced its NUL bytes */
        answers_read(copy, size - 1, data[0]);
    }
    free(copy);
    return 0;
}
