/* SPDX-License-Identifier: BSD-2-Clause
 *
 * delivered.c - see delivered.h.
 *
 * Owns the texts of changed and inserted fields; other fields point into the mail.  The only error
 * is that memory runs out.
 */
#include "delivered.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "wire.h"

/* ---- headers ------------------------------------------------------------------------------ */

/* Makes a field from EDIT.  As Postfix does, inserts a tab into a line that would start a new
 * field.
 */
static int header_make(struct delivered_header *header, const struct mta_edit *edit,
                       bool leading_space) {
    size_t name_length = strlen(edit->name), value_length = strlen(edit->value);
    char *text = malloc(name_length + 3 + 2 * value_length), *end = text;
    if (!text)
        return -1;
    end = mempcpy(end, edit->name, name_length);
    *end++ = ':';
    if (!leading_space)
        *end++ = ' ';
    for (const char *value = edit->value; *value; value++) {
        *end++ = *value;
        if (*value == '\n' && value[1] != ' ' && value[1] != '\t')
            *end++ = '\t';
    }
    *header = (struct delivered_header){.text = text,
                                        .length = (size_t)(end - text),
                                        .name_length = name_length,
                                        .by_filter = true,
                                        .owned = text};
    return 0;
}

/* Returns the position of field number INDEX of those with NAME, counted from 1 without the MTA's
 * own field; header_count if there is none. */
static size_t header_find(const struct delivered *delivered, const char *name, uint32_t index) {
    size_t length = strlen(name);
    uint32_t wanted = index == 0 ? 1 : index;
    for (size_t i = 0; i < delivered->header_count; i++) {
        const struct delivered_header *header = &delivered->headers[i];
        bool same = !header->by_mta && header->name_length == length &&
                    strncasecmp(header->text, name, length) == 0;
        if (same && --wanted == 0)
            return i;
    }
    return delivered->header_count;
}

static int header_insert(struct delivered *delivered, size_t at, const struct mta_edit *edit,
                         bool leading_space) {
    if (at > delivered->header_count)
        at = delivered->header_count;
    struct delivered_header *place = &delivered->headers[at];
    struct delivered_header made;
    if (header_make(&made, edit, leading_space) < 0)
        return -1;
    memmove(place + 1, place, (delivered->header_count - at) * sizeof *place);
    *place = made;
    delivered->header_count++;
    return 0;
}

static void header_delete(struct delivered *delivered, size_t at) {
    if (at == delivered->header_count)
        return;
    struct delivered_header *place = &delivered->headers[at];
    free(place->owned);
    delivered->header_count--;
    memmove(place, place + 1, (delivered->header_count - at) * sizeof *place);
}

static int header_change(struct delivered *delivered, const struct mta_edit *edit,
                         bool leading_space) {
    size_t at = header_find(delivered, edit->name, edit->index);
    if (at == delivered->header_count)
        return header_insert(delivered, at, edit, leading_space);
    struct delivered_header *place = &delivered->headers[at], made;
    if (header_make(&made, edit, leading_space) < 0)
        return -1;
    made.by_filter = place->by_filter; /* changed, not inserted */
    free(place->owned);
    *place = made;
    return 0;
}

static int edit_apply(struct delivered *delivered, const struct mta_edit *edit,
                      bool leading_space) {
    switch (edit->kind) {
    case MTA_EDIT_INSERT:
        return header_insert(delivered, edit->index, edit, leading_space);
    case MTA_EDIT_ADD:
        return header_insert(delivered, delivered->header_count, edit, leading_space);
    case MTA_EDIT_CHANGE:
        return header_change(delivered, edit, leading_space);
    case MTA_EDIT_DELETE:
        header_delete(delivered, header_find(delivered, edit->name, edit->index));
        return 0;
    default:
        return 0; /* edits of the envelope and the body do not change header fields */
    }
}

/* ---- body --------------------------------------------------------------------------------- */

/* Replaces CRLF by LF, in place.  Returns the new length. */
static size_t line_ends_convert(char *text, size_t length) {
    char *end = text;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
            *end++ = text[i];
    return (size_t)(end - text);
}

/* Sets the body to the pieces that replace it, if there are any, else to that of the mail. */
static int body_build(struct delivered *delivered, const struct mail *mail,
                      const struct mta_result *result) {
    size_t length = mail->body_bytes;
    bool replaced = false;
    for (size_t i = 0; i < result->edit_count; i++)
        if (result->edits[i].kind == MTA_EDIT_BODY) {
            length += result->edits[i].value_length;
            replaced = true;
        }
    char *end = delivered->body = malloc(length + 1);
    if (!end)
        return -1;
    for (size_t i = 0; replaced && i < result->edit_count; i++)
        if (result->edits[i].kind == MTA_EDIT_BODY)
            end = mempcpy(end, result->edits[i].value, result->edits[i].value_length);
    for (size_t at = 0; !replaced && at < mail->body_bytes;) {
        size_t bytes = wire_packet_bytes(mail->body_packets + at);
        end = mempcpy(end, mail->body_packets + at + WIRE_HEAD_BYTES, bytes - WIRE_HEAD_BYTES);
        at += bytes;
    }
    delivered->body_length = line_ends_convert(delivered->body, (size_t)(end - delivered->body));
    return 0;
}

/* ---- the mail ----------------------------------------------------------------------------- */

int delivered_build(struct delivered *delivered, const struct mail *mail,
                    const struct mta_result *result) {
    memset(delivered, 0, sizeof *delivered);
    size_t capacity = 1 + mail->header_count + result->edit_count;
    delivered->headers = calloc(capacity, sizeof *delivered->headers);
    if (!delivered->headers)
        return -1;
    delivered->headers[0] = (struct delivered_header){.text = "", .by_mta = true};
    for (size_t i = 0; i < mail->header_count; i++) {
        const struct mail_header *header = &mail->headers[i];
        delivered->headers[i + 1] = (struct delivered_header){.text = header->text,
                                                              .length = header->length,
                                                              .name_length = header->name_length};
    }
    delivered->header_count = 1 + mail->header_count;
    int failed = 0;
    for (size_t i = 0; i < result->edit_count && !failed; i++)
        failed = edit_apply(delivered, &result->edits[i], result->leading_space);
    if (failed || body_build(delivered, mail, result) < 0) {
        delivered_clear(delivered);
        return -1;
    }
    return 0;
}

void delivered_clear(struct delivered *delivered) {
    for (size_t i = 0; i < delivered->header_count; i++)
        free(delivered->headers[i].owned);
    free(delivered->headers);
    free(delivered->body);
    memset(delivered, 0, sizeof *delivered);
}

char *delivered_text(const struct delivered *delivered, size_t *length) {
    size_t bytes = 1 + delivered->body_length + 1;
    for (size_t i = 0; i < delivered->header_count; i++)
        bytes += delivered->headers[i].length + 1;
    char *text = malloc(bytes), *end = text;
    if (!text)
        return NULL;
    for (size_t i = 0; i < delivered->header_count; i++) {
        const struct delivered_header *header = &delivered->headers[i];
        if (header->by_mta)
            continue;
        end = mempcpy(end, header->text, header->length);
        *end++ = '\n';
    }
    *end++ = '\n';
    end = mempcpy(end, delivered->body, delivered->body_length);
    *end = '\0';
    if (length)
        *length = (size_t)(end - text);
    return text;
}
