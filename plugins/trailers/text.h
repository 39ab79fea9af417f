/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - functions on struct patchmark_text that the files of this plugin share.
 */
#ifndef TRAILERS_TEXT_H
#define TRAILERS_TEXT_H

#include "patchmark-plugin.h"

/* Returns the address after the last byte of TEXT. */
static inline const char *text_end(struct patchmark_text text) {
    return text.data + text.length;
}

/* Returns the number of blanks at the start of LINE; a tab counts as four. */
static inline size_t text_indent(struct patchmark_text line) {
    size_t columns = 0;
    for (size_t i = 0; i < line.length && patchmark_is_blank(line.data[i]); i++)
        columns += line.data[i] == '\t' ? 4 : 1;
    return columns;
}

#endif
