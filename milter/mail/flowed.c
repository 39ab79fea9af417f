/* SPDX-License-Identifier: BSD-2-Clause
 *
 * flowed.c - see flowed.h.
 *
 * The result has at most one byte more than the text, a LF at its end.
 */
#include "mail/flowed.h"

#include <string.h>

struct line {
    size_t depth;                  /* the number of quote marks */
    struct patchmark_text content; /* without quote marks and stuffing */
    bool soft;                     /* ends in a soft break: the paragraph continues */
};

static struct line line_read(struct patchmark_text raw) {
    struct line line = {.depth = 0};

    while (line.depth < raw.length && raw.data[line.depth] == '>')
        line.depth++;
    line.content = (struct patchmark_text){raw.data + line.depth, raw.length - line.depth};
    if (line.content.length > 0 && line.content.data[0] == ' ') { /* space-stuffing, RFC 3676 4.4 */
        line.content.data++;
        line.content.length--;
    }
    line.soft = line.content.length > 0 && line.content.data[line.content.length - 1] == ' ' &&
                !(line.content.length == 3 && memcmp(line.content.data, "-- ", 3) == 0);
    return line;
}

/* Writes the quote marks of LINE, and a space behind them if RAW has one there.  Returns the end of
 * what was written. */
static char *start_write(char *to, struct patchmark_text raw, const struct line *line) {
    memcpy(to, raw.data, line->depth);
    to += line->depth;
    if (line->depth > 0 && line->content.data > raw.data + line->depth)
        *to++ = ' ';
    return to;
}

struct patchmark_text flowed_decode(struct arena *arena, struct patchmark_text text, bool delsp) {
    char *decoded = arena_allocate(arena, text.length + 1), *to = decoded;
    struct patchmark_text rest = text, raw;
    bool open = false; /* the previous line ended in a soft break */
    size_t depth = 0;

    while (patchmark_text_line(&rest, &raw)) {
        struct line line = line_read(raw);
        size_t length = line.content.length;

        /* A change of the quote depth ends a paragraph (RFC 3676 4.5). */
        if (open && line.depth != depth)
            *to++ = '\n';
        if (!open || line.depth != depth)
            to = start_write(to, raw, &line);
        memcpy(to, line.content.data, length);
        to += length - (line.soft && delsp);
        open = line.soft;
        depth = line.depth;
        if (!open)
            *to++ = '\n';
    }
    return (struct patchmark_text){decoded, (size_t)(to - decoded)};
}
