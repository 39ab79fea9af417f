/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-write.c - see json-write.h.  Owns nothing; GLib aborts the process if memory runs out.
 */
#include "util/json-write.h"

#include <string.h>

#define INITIAL_BYTES 2048 /* enough for most events */

GString *json_write_begin(void) {
    return g_string_sized_new(INITIAL_BYTES);
}

/* Makes the text LENGTH bytes longer.  Returns a pointer to these bytes, which the caller fills. */
static char *extend(GString *json, size_t length) {
    size_t end = json->len;

    g_string_set_size(json, end + length);
    return json->str + end;
}

/* Writes what precedes a value: a comma, unless the value is the first of its object or array, and
 * its key, unless KEY is NULL. */
static void key_add(GString *json, const char *key) {
    char last = json->len > 0 ? json->str[json->len - 1] : '[';
    bool comma = last != '{' && last != '[';
    size_t length = key ? strlen(key) : 0;
    char *at = extend(json, comma + (key ? length + 3 : 0));

    if (comma)
        *at++ = ',';
    if (key) {
        *at++ = '"';
        memcpy(at, key, length);
        memcpy(at + length, "\":", 2);
    }
}

void json_write_open(GString *json, const char *key, char bracket) {
    key_add(json, key);
    g_string_append_c(json, bracket);
}

void json_write_close(GString *json, char bracket) {
    g_string_append_c(json, bracket);
}

void json_write_number(GString *json, const char *key, int64_t number) {
    char digits[24], *end = digits + sizeof(digits), *at = end;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    key_add(json, key);
    g_string_append_len(json, at, end - at);
}

void json_write_raw(GString *json, const char *key, const char *value, size_t length) {
    key_add(json, key);
    g_string_append_len(json, value, (gssize)length);
}

void json_write_truth(GString *json, const char *key, bool truth) {
    key_add(json, key);
    g_string_append(json, truth ? "true" : "false");
}

/* Returns the number of bytes that the escape of an ASCII BYTE adds: 0 if it needs no escape, 1 for
 * "\n", 5 for "\u001F" (RFC 8259, section 7). */
static size_t escape_length(unsigned char byte) {
    if (byte >= ' ')
        return byte == '"' || byte == '\\';
    return strchr("\b\f\n\r\t", byte) && byte ? 1 : 5;
}

/* Writes BYTE to AT, escaped if JSON requires it.  Returns the address behind what was written. */
static char *byte_write(char *at, unsigned char byte) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt", digits[] = "0123456789ABCDEF";
    const char *letter = letters;

    if (byte >= 0x80 || escape_length(byte) == 0) {
        *at++ = (char)byte;
        return at;
    }
    *at++ = '\\';
    while (*letter && *letter != (char)byte)
        letter += 2;
    if (*letter) {
        *at++ = letter[1];
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = digits[byte >> 4];
    at[4] = digits[byte & 15];
    return at + 5;
}

/* Returns true if one of 8 bytes needs an escape or is not ASCII.  Looks at all of them at once: a
 * byte is 0 in one of the differences where BYTES has the byte looked for, and the subtraction then
 * borrows from its highest bit. */
static bool is_special(uint64_t bytes) {
    const uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
    uint64_t quotes = bytes ^ each * '"', backslashes = bytes ^ each * '\\';

    return ((bytes - each * ' ') | (quotes - each) | (backslashes - each) | bytes) & high;
}

/* Returns the length of the start of TEXT that is ASCII and needs no escape, or less than that by
 * up to 7 bytes. */
static size_t plain_length(const char *text, size_t length) {
    size_t plain = 0;
    uint64_t bytes;

    for (; length - plain >= sizeof(bytes); plain += sizeof(bytes)) {
        memcpy(&bytes, text + plain, sizeof(bytes));
        if (is_special(bytes))
            break;
    }
    return plain;
}

bool json_write_text(GString *json, const char *key, const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t plain = plain_length(text, length), escapes = 0;
    bool ascii = true;
    char *at;

    for (size_t i = plain; i < length; i++) {
        ascii = ascii && bytes[i] < 0x80;
        escapes +=
            bytes[i] < ' ' || bytes[i] == '"' || bytes[i] == '\\' ? escape_length(bytes[i]) : 0;
    }
    if (!ascii && !g_utf8_validate(text + plain, (gssize)(length - plain), NULL))
        return false;
    key_add(json, key);
    at = extend(json, length + escapes + 2);
    *at++ = '"';
    if (escapes == 0) {
        memcpy(at, text, length);
        at += length;
    } else {
        at = mempcpy(at, text, plain);
        for (size_t i = plain; i < length; i++)
            at = byte_write(at, bytes[i]);
    }
    *at = '"';
    return true;
}

size_t json_text_fit(const char *text, size_t length, size_t max) {
    size_t used = 0, fits = 0;

    if (length <= max / 6) /* no character has a longer escape */
        return length;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte & 0xC0) != 0x80)
            fits = i;
        used += 1 + (byte < 0x80 ? escape_length(byte) : 0);
        if (used > max)
            return fits;
    }
    return length;
}

bool json_write_string(GString *json, const char *key, const char *string) {
    return json_write_text(json, key, string, strlen(string));
}

void json_add_string(GString *json, const char *key, const char *string) {
    if (string && *string)
        json_write_string(json, key, string);
}

void json_add_number(GString *json, const char *key, int64_t number) {
    if (number >= 0)
        json_write_number(json, key, number);
}
