/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-write.c - see json-write.h.  Owns nothing; GLib ends the process when memory is out.
 */
#include "json-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROOM_BYTES 2048 /* most events fit */

GString *json_write_begin(void) {
    return g_string_sized_new(ROOM_BYTES);
}

/* What precedes a value: a comma, unless it is the first of its object or array, and its key. */
static void key_add(GString *json, const char *key) {
    char last = json->len > 0 ? json->str[json->len - 1] : '[';

    if (last != '{' && last != '[')
        g_string_append_c(json, ',');
    if (key) {
        g_string_append_c(json, '"');
        g_string_append(json, key);
        g_string_append_c(json, '"');
        g_string_append_c(json, ':');
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
    char digits[24];

    key_add(json, key);
    g_string_append_len(json, digits, snprintf(digits, sizeof(digits), "%" PRId64, number));
}

void json_write_truth(GString *json, const char *key, bool truth) {
    key_add(json, key);
    g_string_append(json, truth ? "true" : "false");
}

static void escape_add(GString *json, char byte) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *letter = letters; *letter; letter += 2)
        if (*letter == byte) {
            g_string_append_c(json, '\\');
            g_string_append_c(json, letter[1]);
            return;
        }
    g_string_append_printf(json, "\\u%04X", (unsigned)byte);
}

/* A character of ASCII that is not escaped. */
static bool is_plain(unsigned char byte) {
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

bool json_write_text(GString *json, const char *key, const char *text, size_t length) {
    size_t plain = 0;

    while (plain < length && is_plain((unsigned char)text[plain]))
        plain++;
    if (plain < length && !g_utf8_validate(text + plain, (gssize)(length - plain), NULL))
        return false;
    key_add(json, key);
    g_string_append_c(json, '"');
    g_string_append_len(json, text, (gssize)plain);
    for (; plain < length; plain++)
        if (is_plain((unsigned char)text[plain]) || (unsigned char)text[plain] >= 0x80)
            g_string_append_c(json, text[plain]);
        else
            escape_add(json, text[plain]);
    g_string_append_c(json, '"');
    return true;
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
