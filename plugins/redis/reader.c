/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reader.c - see reader.h.  All calls to hiredis are here; freeReplyObject and the struct that it
 * frees are used by all who ask.
 */
#include "reader.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MOST 6 /* arrays in arrays: of XREAD 4; hiredis frees them by recursion */

/* hiredis allocates as many elements as the server says that there will be. */
static void *bounded_array(const redisReadTask *task, reader_array_length length) {
    struct reader *reader = task->privdata;
    size_t depth = 0;

    for (const redisReadTask *each = task; each && depth <= DEPTH_MOST; each = each->parent)
        depth++;
    if (depth > DEPTH_MOST || (size_t)length > reader->bounds.elements - reader->elements) {
        reader->oversize = true;
        return NULL;
    }
    reader->elements += (size_t)length;
    return reader->create_array(task, length);
}

bool reader_open(struct reader *reader) {
    reader_close(reader);
    reader->parser = redisReaderCreate();
    if (!reader->parser)
        return false;
    reader->functions = *reader->parser->fn;
    reader->create_array = reader->functions.createArray;
    reader->functions.createArray = bounded_array;
    reader->parser->fn = &reader->functions;
    reader->parser->privdata = reader;
    reader->bytes = reader->elements = 0;
    reader->oversize = false;
    return true;
}

void reader_close(struct reader *reader) {
    if (reader->parser)
        redisReaderFree(reader->parser);
    reader->parser = NULL;
}

bool reader_feed(struct reader *reader, const char *data, size_t length) {
    if (redisReaderFeed(reader->parser, data, length) != REDIS_OK) {
        snprintf(reader->wrong, sizeof(reader->wrong), "memory: %s", reader->parser->errstr);
        return false;
    }
    reader->bytes += length;
    return true;
}

bool reader_is_empty(const struct reader *reader) {
    return reader->parser->pos == reader->parser->len && reader->parser->ridx < 0;
}

/* Types of RESP3 are refused: we ask for none. */
static bool is_expected(const struct reader *reader) {
    const redisReader *parser = reader->parser;
    char first = parser->buf[parser->pos];

    return parser->ridx >= 0 || memchr("+-:$", first, 4) ||
           (first == '*' && reader->bounds.elements > 0);
}

redisReply *reader_next(struct reader *reader) {
    redisReader *parser = reader->parser;
    void *reply = NULL;

    *reader->wrong = '\0';
    if (parser->pos == parser->len)
        return NULL;
    if (!is_expected(reader)) {
        snprintf(reader->wrong, sizeof(reader->wrong), "unexpected type of answer, is this Redis?");
        return NULL;
    }
    int result = redisReaderGetReply(parser, &reply);
    if (reader->oversize)
        snprintf(reader->wrong, sizeof(reader->wrong),
                 "unexpected size of an answer, more than %zu elements or too deep",
                 reader->bounds.elements);
    else if (result != REDIS_OK)
        snprintf(reader->wrong, sizeof(reader->wrong), "unreadable answer: %s", parser->errstr);
    if (reply) {
        reader->bytes = parser->len - parser->pos;
        reader->elements = 0;
    } else if (!*reader->wrong && reader->bytes > reader->bounds.bytes) {
        reader->oversize = true;
        snprintf(reader->wrong, sizeof(reader->wrong),
                 "unexpected size of an answer, more than %zu bytes", reader->bounds.bytes);
    }
    return reply;
}

const redisReply *reply_element(const redisReply *reply, size_t i, int type) {
    if (reply->type != REDIS_REPLY_ARRAY || i >= reply->elements || !reply->element[i] ||
        reply->element[i]->type != type)
        return NULL;
    return reply->element[i];
}
