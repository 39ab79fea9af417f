/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-write.c - see json-write.h.
 *
 * Owns the text until it is done.  Only memory can fail: then the rest is lost, and so is the
 * whole.
 */
#include "json-write.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES 2048 /* what most events fit in */

/* ---- bytes -------------------------------------------------------------------------------- */

static bool room_make(struct json_writer *writer, size_t more) {
    size_t room = writer->room ? writer->room : ROOM_BYTES / 2;
    char *text = NULL;

    while (room <= SIZE_MAX / 2 && room - writer->length < more)
        room *= 2;
    if (!writer->failed && room - writer->length >= more)
        text = realloc(writer->text, room);
    if (!text) {
        writer->failed = true;
        return false;
    }
    writer->text = text;
    writer->room = room;
    return true;
}

/* Room for MORE bytes at the end of the text; NULL: out of memory. */
static inline char *room_for(struct json_writer *writer, size_t more) {
    if (writer->room - writer->length < more && !room_make(writer, more))
        return NULL;
    return writer->text + writer->length;
}

static inline void bytes_add(struct json_writer *writer, const char *bytes, size_t length) {
    char *to = room_for(writer, length);

    if (to) {
        memcpy(to, bytes, length);
        writer->length += length;
    }
}

static inline void byte_add(struct json_writer *writer, char byte) {
    char *to = room_for(writer, 1);

    if (to) {
        *to = byte;
        writer->length++;
    }
}

/* What stands before a value: a comma, as the last byte tells, and its key. */
static inline void key_add(struct json_writer *writer, const char *key) {
    char last = writer->length > 0 ? writer->text[writer->length - 1] : '[';
    size_t length;
    char *to;

    if (last != '{' && last != '[')
        byte_add(writer, ',');
    if (!key)
        return;
    length = strlen(key);
    to = room_for(writer, length + 3);
    if (!to)
        return;
    *to = '"';
    memcpy(to + 1, key, length);
    memcpy(to + 1 + length, "\":", 2);
    writer->length += length + 3;
}

/* ---- brackets, words, numbers ------------------------------------------------------------- */

void json_write_open(struct json_writer *writer, const char *key, char bracket) {
    key_add(writer, key);
    byte_add(writer, bracket);
}

void json_write_close(struct json_writer *writer, char bracket) {
    byte_add(writer, bracket);
}

void json_write_number(struct json_writer *writer, const char *key, int64_t number) {
    char digits[20], *at = digits + sizeof(digits); /* INT64_MIN takes them all */
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    key_add(writer, key);
    bytes_add(writer, at, (size_t)(digits + sizeof(digits) - at));
}

void json_write_truth(struct json_writer *writer, const char *key, bool truth) {
    key_add(writer, key);
    if (truth)
        bytes_add(writer, "true", 4);
    else
        bytes_add(writer, "false", 5);
}

/* ---- strings ------------------------------------------------------------------------------ */

#define EACH(byte) ((byte)*UINT64_C(0x0101010101010101))

static inline bool is_special(unsigned char byte) {
    return byte < ' ' || byte == '"' || byte == '\\';
}

/* As many bytes of TEXT as are ASCII and stand in a string as they are. */
static size_t plain_length(const char *text, size_t length) {
    size_t at = 0;

    /* Eight at a time: in each of the four words, a byte that is not plain gets its highest bit -
     * itself, below a blank, a quote, a backslash - and a byte that is plain gets none unless
     * there is one that is not. */
    for (; at + 8 <= length; at += 8) {
        uint64_t bytes;

        memcpy(&bytes, text + at, 8);
        if ((bytes | (bytes - EACH(' ')) | ((bytes ^ EACH('"')) - EACH(1)) |
             ((bytes ^ EACH('\\')) - EACH(1))) &
            EACH(0x80))
            break;
    }
    while (at < length && (unsigned char)text[at] < 0x80 && !is_special((unsigned char)text[at]))
        at++;
    return at;
}

static void escape_add(struct json_writer *writer, unsigned char byte) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    char escape[] = "\\u00xx";

    for (const char *letter = letters; *letter; letter += 2)
        if ((unsigned char)*letter == byte) {
            escape[1] = letter[1];
            bytes_add(writer, escape, 2);
            return;
        }
    escape[4] = "0123456789ABCDEF"[byte >> 4];
    escape[5] = "0123456789ABCDEF"[byte & 15];
    bytes_add(writer, escape, 6);
}

/* What is left of a string after a byte that is not plain; valid UTF-8. */
static void rest_add(struct json_writer *writer, const char *text, size_t length) {
    size_t at = 0;

    while (at < length) {
        size_t start = at;

        while (at < length && !is_special((unsigned char)text[at]))
            at++;
        bytes_add(writer, text + start, at - start);
        if (at < length)
            escape_add(writer, (unsigned char)text[at++]);
    }
}

bool json_write_text(struct json_writer *writer, const char *key, const char *text, size_t length) {
    size_t plain = plain_length(text, length);
    char *to;

    if (plain < length && !g_utf8_validate(text + plain, (gssize)(length - plain), NULL))
        return false;
    key_add(writer, key);
    to = room_for(writer, plain + 2);
    if (!to)
        return true;
    *to = '"';
    memcpy(to + 1, text, plain);
    writer->length += plain + 1;
    if (plain < length)
        rest_add(writer, text + plain, length - plain);
    byte_add(writer, '"');
    return true;
}

bool json_write_string(struct json_writer *writer, const char *key, const char *string) {
    return json_write_text(writer, key, string, strlen(string));
}

/* ---- where there is something to say ------------------------------------------------------ */

void json_add_string(struct json_writer *writer, const char *key, const char *string) {
    if (string && *string)
        json_write_string(writer, key, string);
}

void json_add_number(struct json_writer *writer, const char *key, int64_t number) {
    if (number >= 0)
        json_write_number(writer, key, number);
}

/* ---- the end ------------------------------------------------------------------------------ */

char *json_write_done(struct json_writer *writer) {
    char *text;

    byte_add(writer, '\0');
    text = writer->text;
    if (writer->failed) {
        free(text);
        text = NULL;
    }
    *writer = (struct json_writer){.text = NULL};
    return text;
}
