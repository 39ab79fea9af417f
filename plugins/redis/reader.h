/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reader.h - answers of a server that is not trusted, read by hiredis within bounds.
 *
 * No length on the wire makes anything larger than what came over the wire itself, or than the
 * bounds allow.
 */
#ifndef READER_H
#define READER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(HIREDIS_MAJOR) && HIREDIS_MAJOR >= 1
typedef size_t reader_array_length;
#else
typedef int reader_array_length;
#endif

/* Of one answer. */
struct reader_bounds {
    size_t bytes;    /* about */
    size_t elements; /* of all its arrays; 0: no array is expected */
};

struct reader {
    redisReader *parser;                 /* NULL: none */
    redisReplyObjectFunctions functions; /* those of hiredis, but for createArray, which is: */
    void *(*create_array)(const redisReadTask *, reader_array_length);
    struct reader_bounds bounds; /* of the next answer; set by who asks */
    size_t bytes, elements;      /* of the answer that is being read */
    bool oversize;               /* the answer was refused because of the bounds */
    char wrong[200];             /* why there is no answer; its first word tells the kind */
};

/* False: out of memory. */
bool reader_open(struct reader *reader);
void reader_close(struct reader *reader);

/* Takes what came.  False: out of memory, see wrong. */
bool reader_feed(struct reader *reader, const char *data, size_t length);
/* The next answer, for freeReplyObject.  NULL: it is not whole yet (WRONG is ""), or see wrong. */
redisReply *reader_next(struct reader *reader);
/* True: nothing is left over of what came. */
bool reader_is_empty(const struct reader *reader);

/* Element I of REPLY, when that is an array and the element is of TYPE; else NULL. */
const redisReply *reply_element(const redisReply *reply, size_t i, int type);

#endif
