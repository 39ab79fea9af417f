/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content.c - extracts the text of a mail that K: lines are matched against; see content.h.
 *
 * It owns nothing; the caller owns the result.  Only the allocation of memory can fail.
 */
#include "content.h"

#include "bounds.h"

#include <stdlib.h>

struct content {
    char *data;
    size_t length, room;
};

/* Fills PART with part I.  Returns false if there is no such part or if it is HTML. */
static bool get_part(const struct patchmark_message *message, size_t i,
                     struct patchmark_part *part) {
    *part = (struct patchmark_part){.struct_size = sizeof *part};
    return patchmark_message_part(message, i, part) && strcmp(part->type, "text/html") != 0;
}

/* Appends LINE, cut at its limit.  Does nothing if it does not fit. */
static void add_line(struct content *content, struct patchmark_text line) {
    if (line.length > BOUND_CONTENT_LINE)
        line.length = BOUND_CONTENT_LINE;
    if (line.length + 1 > content->room - content->length)
        return;
    memcpy(content->data + content->length, line.data, line.length);
    content->length += line.length;
    content->data[content->length++] = '\n';
}

static bool is_file_header(struct patchmark_text line, struct patchmark_text rest) {
    return patchmark_text_starts(line, "--- ") && patchmark_text_starts(rest, "+++ ");
}

static void add_part(struct content *content, struct patchmark_text rest) {
    struct patchmark_text line;
    bool in_diff = false;
    while (content->length < content->room && patchmark_text_line(&rest, &line)) {
        if (patchmark_text_starts(line, "diff --git ")) {
            in_diff = true;
        } else if (is_file_header(line, rest)) {
            in_diff = true;
            patchmark_text_line(&rest, &line);
        } else if (line.length > 0 &&
                   (in_diff ? line.data[0] == '+' || line.data[0] == '-' : line.data[0] != '>')) {
            add_line(content, line);
        }
    }
}

/* Returns the number of bytes to allocate: the size of all texts, each with one byte more because
 * its last line may have no newline, or the limit if that is less. */
static size_t content_room(const struct patchmark_message *message, struct patchmark_text subject) {
    size_t room = subject.length + 1, count = patchmark_message_part_count(message);
    struct patchmark_part part;
    for (size_t i = 0; i < count; i++)
        if (get_part(message, i, &part))
            room += part.text.length + 1;
    return room < BOUND_CONTENT_BYTES ? room : BOUND_CONTENT_BYTES;
}

struct patchmark_text content_read(const struct patchmark_message *message) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    struct patchmark_text title = patchmark_text_of(subject ? subject : "");
    struct content content = {.room = content_room(message, title)};
    struct patchmark_part part;
    size_t count = patchmark_message_part_count(message);
    content.data = malloc(content.room);
    if (!content.data)
        return (struct patchmark_text){NULL, 0};
    add_line(&content, title);
    for (size_t i = 0; i < count; i++)
        if (get_part(message, i, &part))
            add_part(&content, part.text);
    return (struct patchmark_text){content.data, content.length};
}
