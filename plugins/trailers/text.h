/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - functions on struct patchmark_text that the files of this plugin share.
 *
 * They treat bytes as ASCII in every locale, and letters are equal in either case.  Nothing here
 * allocates or fails; results point into the arguments.
 */
#ifndef TRAILERS_TEXT_H
#define TRAILERS_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

/* Returns the text from the start of FIRST up to END, which points into the same text. */
static inline struct patchmark_text text_up_to(struct patchmark_text first, const char *end) {
    return (struct patchmark_text){first.data, (size_t)(end - first.data)};
}

/* Returns the address after the last byte of TEXT. */
static inline const char *text_end(struct patchmark_text text) {
    return text.data + text.length;
}

/* Returns TEXT without the bytes of the string SET at both ends. */
static inline struct patchmark_text text_trim_of(struct patchmark_text text, const char *set) {
    while (text.length > 0 && text.data[0] != '\0' && strchr(set, text.data[0]))
        text = patchmark_text_skip(text, 1);
    while (text.length > 0 && text.data[text.length - 1] != '\0' &&
           strchr(set, text.data[text.length - 1]))
        text.length--;
    return text;
}

/* Returns true if A and B are equal. */
static inline bool text_same(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

/* Returns true if TEXT is one of WORDS, an array that ends with NULL. */
static inline bool text_is_one_of(struct patchmark_text text, const char *const *words) {
    for (; *words != NULL; words++)
        if (patchmark_text_case_equals(text, *words))
            return true;
    return false;
}

/* Returns the number of blanks at the start of LINE; a tab counts as four. */
static inline size_t text_indent(struct patchmark_text line) {
    size_t columns = 0;
    for (size_t i = 0; i < line.length && patchmark_is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? 4 : 1;
    return columns;
}

#endif
