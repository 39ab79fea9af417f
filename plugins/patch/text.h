/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - small words on runs of bytes, shared by the files of this plugin.
 */
#ifndef PATCH_TEXT_H
#define PATCH_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>

static inline bool text_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static inline struct patchmark_text text_slice(struct patchmark_text text, size_t from, size_t to) {
    return (struct patchmark_text){text.data + from, to - from};
}

static inline struct patchmark_text text_skip(struct patchmark_text text, size_t length) {
    return text_slice(text, length, text.length);
}

/* TEXT without blanks at its end. */
static inline struct patchmark_text text_trim_end(struct patchmark_text text) {
    while (text.length > 0 && text_is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* TEXT without blanks at both ends. */
static inline struct patchmark_text text_trim(struct patchmark_text text) {
    text = text_trim_end(text);
    while (text.length > 0 && text_is_blank(text.data[0]))
        text = text_skip(text, 1);
    return text;
}

static inline bool text_starts_with(struct patchmark_text text, const char *prefix) {
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

static inline bool text_ends_with(struct patchmark_text text, const char *suffix) {
    size_t length = strlen(suffix);
    return text.length >= length && memcmp(text.data + text.length - length, suffix, length) == 0;
}

static inline bool text_equals(struct patchmark_text text, const char *string) {
    return text.length == strlen(string) && memcmp(text.data, string, text.length) == 0;
}

#endif
