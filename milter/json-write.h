/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-write.h - JSON on its way out: one text, on one line, written from its first byte to its
 * last.
 *
 * What is read is read with Jansson.  To write, it makes a tree of small pieces of memory first:
 * 166,000 instructions an event of 1,000 bytes, where this takes 19,000, and all other mails wait
 * for the store meanwhile.
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer { /* empty: all 0 */
    char *text;      /* on the heap; not terminated until the end */
    size_t length, room;
    bool failed; /* out of memory: nothing comes out of it */
};

/* KEY is a name that has nothing in it to escape, as those of facts and our own; NULL in an array.
 * Commas are written by themselves.  BRACKET: '{' or '[', and the one that closes it. */
void json_write_open(struct json_writer *writer, const char *key, char bracket);
void json_write_close(struct json_writer *writer, char bracket);
void json_write_number(struct json_writer *writer, const char *key, int64_t number);
void json_write_truth(struct json_writer *writer, const char *key, bool truth);
/* A string, of LENGTH bytes or up to its NUL.  False: it is no UTF-8 and was left out. */
bool json_write_text(struct json_writer *writer, const char *key, const char *text, size_t length);
bool json_write_string(struct json_writer *writer, const char *key, const char *string);

/* The same where there is something to say: not NULL, not "", not below 0. */
void json_add_string(struct json_writer *writer, const char *key, const char *string);
void json_add_number(struct json_writer *writer, const char *key, int64_t number);

/* The text, for the caller to free, and the writer is empty again.  NULL: out of memory. */
char *json_write_done(struct json_writer *writer);

#endif
