/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - small functions on texts and on NUL-terminated UTF-8 strings.  None of them depends on
 * the locale, allocates memory or fails.
 */
#ifndef SUBJECT_TEXT_H
#define SUBJECT_TEXT_H

#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

/* Returns true if A and B have the same bytes. */
static inline bool text_equal(struct patchmark_text a, struct patchmark_text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* Returns TEXT without the bytes of SET at its start. */
static inline struct patchmark_text text_trim(struct patchmark_text text, const char *set) {
    while (text.length > 0 && strchr(set, text.data[0]))
        text = patchmark_text_skip(text, 1);
    return text;
}

/* Returns TEXT without the bytes of SET at its end. */
static inline struct patchmark_text text_trim_end(struct patchmark_text text, const char *set) {
    while (text.length > 0 && strchr(set, text.data[text.length - 1]))
        text.length--;
    return text;
}

static inline const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t");
}

static inline const char *skip_blanks_and_colons(const char *text) {
    return text + strspn(text, " \t:");
}

#endif
