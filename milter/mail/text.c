/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.c - functions of patchmark-plugin.h for a text that need no mail.
 */
#include "patchmark-plugin.h"

#include <string.h>

bool patchmark_text_line(struct patchmark_text *rest, struct patchmark_text *line) {
    const char *start = rest->data, *newline;
    size_t left = rest->length, length, used;

    if (left == 0)
        return false;
    newline = memchr(start, '\n', left);
    length = newline ? (size_t)(newline - start) : left;
    used = newline ? length + 1 : length;
    rest->data = start + used;
    rest->length = left - used;
    line->data = start;
    line->length = length > 0 && start[length - 1] == '\r' ? length - 1 : length;
    return true;
}
