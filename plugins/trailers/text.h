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
        text = patchmark_text_skip(text, 1);
    while (text.length > 0 && text.data[text.length - 1] != '\0' &&
           strchr(set, text.data[text.length - 1]))
        text.length--;
    return text;
}

static inline bool text_same(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

/* One of WORDS, which ends with NULL. */
static inline bool text_is_one_of(struct patchmark_text text, const char *const *words) {
    for (; *words != NULL; words++)
        if (patchmark_text_case_equals(text, *words))
            return true;
    return false;
}

/* Blanks at the start of a line; a tab is as good as four. */
static inline size_t text_indent(struct patchmark_text line) {
    size_t columns = 0;
    for (size_t i = 0; i < line.length && patchmark_is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? 4 : 1;
    return columns;
}

#endif
