/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - small words on runs of bytes, shared by the files of this plugin.
 */
#ifndef SUBSYSTEM_TEXT_H
#define SUBSYSTEM_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>

static inline bool text_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static inline bool text_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool text_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char text_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline struct patchmark_text text_of(const char *string) {
    return (struct patchmark_text){string, strlen(string)};
}

static inline struct patchmark_text text_slice(struct patchmark_text text, size_t from, size_t to) {
    return (struct patchmark_text){text.data + from, to - from};
}

static inline struct patchmark_text text_skip(struct patchmark_text text, size_t length) {
    return text_slice(text, length, text.length);
}

/* TEXT without blanks at both ends. */
static inline struct patchmark_text text_trim(struct patchmark_text text) {
    while (text.length > 0 && text_is_blank(text.data[text.length - 1]))
        text.length--;
    while (text.length > 0 && text_is_blank(text.data[0]))
        text = text_skip(text, 1);
    return text;
}

static inline bool text_starts_with(struct patchmark_text text, const char *prefix) {
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

static inline bool text_equals(struct patchmark_text text, const char *string) {
    return text.length == strlen(string) && memcmp(text.data, string, text.length) == 0;
}

#endif
