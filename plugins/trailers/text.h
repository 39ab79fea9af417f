/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - small words on runs of bytes, shared by the files of this plugin.  ASCII only, whatever
 * the locale; words are compared without regard to case.
 */
#ifndef TRAILERS_TEXT_H
#define TRAILERS_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

static inline bool text_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static inline bool text_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool text_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_hex(char c) {
    return text_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline struct patchmark_text text_of(const char *string) {
    return (struct patchmark_text){string, strlen(string)};
}

static inline struct patchmark_text text_skip(struct patchmark_text text, size_t length) {
    return (struct patchmark_text){text.data + length, text.length - length};
}

/* From the start of FIRST to END, which lies behind it in the same text. */
static inline struct patchmark_text text_up_to(struct patchmark_text first, const char *end) {
    return (struct patchmark_text){first.data, (size_t)(end - first.data)};
}

static inline const char *text_end(struct patchmark_text text) {
    return text.data + text.length;
}

/* TEXT without bytes of SET at both ends. */
static inline struct patchmark_text text_trim_of(struct patchmark_text text, const char *set) {
    while (text.length > 0 && text.data[0] != '\0' && strchr(set, text.data[0]))
        text = text_skip(text, 1);
    while (text.length > 0 && text.data[text.length - 1] != '\0' &&
           strchr(set, text.data[text.length - 1]))
        text.length--;
    return text;
}

static inline struct patchmark_text text_trim(struct patchmark_text text) {
    while (text.length > 0 && text_is_blank(text.data[0]))
        text = text_skip(text, 1);
    while (text.length > 0 && text_is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

/* False when TEXT does not even start with the letter of WORD, which tells nearly always and
 * spares a call. */
static inline bool text_may_start(struct patchmark_text text, const char *word) {
    return word[0] == '\0' || (text.length > 0 && ((text.data[0] ^ word[0]) & ~0x20) == 0);
}

static inline bool text_is(struct patchmark_text text, const char *word) {
    return text_may_start(text, word) && text.length == strlen(word) &&
           strncasecmp(text.data, word, text.length) == 0;
}

static inline bool text_same(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

static inline bool text_starts(struct patchmark_text text, const char *word) {
    size_t length = strlen(word);
    return text_may_start(text, word) && text.length >= length &&
           strncasecmp(text.data, word, length) == 0;
}

static inline bool text_ends(struct patchmark_text text, const char *word) {
    size_t length = strlen(word);
    return text.length >= length && strncasecmp(text_end(text) - length, word, length) == 0;
}

static inline bool text_has(struct patchmark_text text, char c) {
    return text.length > 0 && memchr(text.data, c, text.length) != NULL;
}

/* One of WORDS, which ends with NULL. */
static inline bool text_is_one_of(struct patchmark_text text, const char *const *words) {
    for (; *words != NULL; words++)
        if (text_is(text, *words))
            return true;
    return false;
}

/* Blanks at the start of a line; a tab is as good as four. */
static inline size_t text_indent(struct patchmark_text line) {
    size_t columns = 0;
    for (size_t i = 0; i < line.length && text_is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? 4 : 1;
    return columns;
}

#endif
