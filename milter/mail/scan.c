/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scan.c - see scan.h.
 */
#include "mail/scan.h"

#include "mail/bounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A buffer of up to this size is kept for the next mail.  More than 99 % of mails fit, and idle
 * connections do not use much memory. */
#define BUFFER_KEPT (128 * 1024)

/* ---- buffers ------------------------------------------------------------------------------ */

/* Ensures that BUFFER has room for MORE bytes. */
static void buffer_reserve(struct scan_buffer *buffer, size_t more) {
    size_t room = buffer->room ? buffer->room : 8192;

    if (buffer->length + more <= buffer->room)
        return;
    while (room < buffer->length + more)
        room *= 2;
    buffer->data = realloc(buffer->data, room);
    if (!buffer->data) {
        fputs("patchmark: error: out of memory\n", stderr);
        abort();
    }
    buffer->room = room;
}

static void buffer_add(struct scan_buffer *buffer, const char *data, size_t length) {
    if (length == 0)
        return;
    buffer_reserve(buffer, length);
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

static void buffer_reset(struct scan_buffer *buffer) {
    buffer->length = 0;
    if (buffer->room > BUFFER_KEPT) {
        free(buffer->data);
        buffer->data = NULL;
        buffer->room = 0;
    }
}

void scan_free(struct scan *scan) {
    free(scan->header.data);
    free(scan->entity.data);
    free(scan->fields);
    memset(scan, 0, sizeof(*scan));
}

void scan_reset(struct scan *scan) {
    struct scan kept = {.header = scan->header,
                        .entity = scan->entity,
                        .fields = scan->fields,
                        .field_room = scan->field_room,
                        .line_start = true};

    buffer_reset(&kept.header);
    buffer_reset(&kept.entity);
    *scan = kept;
}

/* ---- header fields ------------------------------------------------------------------------ */

static bool name_starts(struct patchmark_text name, const char *prefix) {
    size_t length = strlen(prefix);

    return name.length >= length && strncasecmp(name.data, prefix, length) == 0;
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static bool name_is(struct patchmark_text name, const char *other) {
    return name.length == strlen(other) && strncasecmp(name.data, other, name.length) == 0;
}

/* Returns the bit of struct scan.addresses_left_out for the address field NAME; 0 if it is no
 * address field. */
static unsigned address_bit(struct patchmark_text name) {
    static const char *const addresses[] = {"From",        "Sender",    "Reply-To",
                                            "To",          "Cc",        "Bcc",
                                            "Resent-From", "Resent-To", "X-Original-From",
                                            NULL};

    for (unsigned i = 0; addresses[i]; i++)
        if (name_is(name, addresses[i]))
            return 1u << i;
    return 0;
}

bool scan_addresses_left_out(const struct scan *scan, const char *name) {
    return scan->addresses_left_out & address_bit((struct patchmark_text){name, strlen(name)});
}

/* Returns true if WORD is anywhere in TEXT; ASCII letters are equal in either case. */
static bool text_contains(struct patchmark_text text, const char *word) {
    size_t length = strlen(word);

    for (size_t at = 0; at + length <= text.length; at++)
        if (strncasecmp(text.data + at, word, length) == 0)
            return true;
    return false;
}

/* Adds the semicolons of VALUE to *COUNT.  Returns the number of bytes before the one that exceeds
 * the limit, or all bytes. */
static size_t parameters_fit(struct patchmark_text value, size_t *count) {
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] == ';' && ++*count > LIMIT_PARAMETERS)
            return i;
    return value.length;
}

/* Copies VALUE to TO with CR LF changed to LF and NUL to a space; few values have either.  Returns
 * the end of the copy. */
static char *value_clean(struct scan *scan, char *to, struct patchmark_text value) {
    for (size_t i = 0; i < value.length; i++) {
        char byte = value.data[i];

        if (byte == '\r' && i + 1 < value.length && value.data[i + 1] == '\n')
            continue;
        scan->malformed |= byte == '\0' || (byte == '\r' && i + 1 < value.length);
        if (byte == '\0')
            byte = ' ';
        *to++ = byte;
    }
    return to;
}

/* Adds a value to the header buffer, without a line end at its end.  Returns its length. */
static size_t value_add(struct scan *scan, struct patchmark_text value) {
    size_t start = scan->header.length;
    char *to;

    buffer_reserve(&scan->header, value.length + 1);
    to = scan->header.data + start;
    if (value.length > 0 &&
        (memchr(value.data, '\r', value.length) || memchr(value.data, '\0', value.length)))
        to = value_clean(scan, to, value);
    else if (value.length > 0)
        to = mempcpy(to, value.data, value.length);
    while (to > scan->header.data + start && (to[-1] == '\n' || to[-1] == '\r'))
        to--;
    scan->header.length = (size_t)(to - scan->header.data);
    return scan->header.length - start;
}

/* Adds FIELD to the entity if it is a Content- field; the parser needs no other one. */
static void entity_add_field(struct scan *scan, const struct scan_field *field) {
    struct patchmark_text name = scan_name(scan, field), value = scan_value(scan, field);
    size_t parameters = 0, fit;

    if (name.length == 0 || (name.data[0] | 0x20) != 'c' || !name_starts(name, "Content-"))
        return;
    fit = parameters_fit(value, &parameters);
    if (fit < value.length) {
        value.length = fit;
        scan->truncated = true;
    }
    buffer_add(&scan->entity, name.data, name.length);
    buffer_add(&scan->entity, ":", 1);
    buffer_add(&scan->entity, value.data, value.length);
    buffer_add(&scan->entity, "\n", 1);
    /* The word may be anywhere, because the parser skips folds and comments.  If it does not mean
     * the type, lines are counted without need, which does no harm. */
    if (name_is(name, "Content-Type") && text_contains(value, "multipart"))
        scan->multipart = true;
}

/* Returns the hash of NAME.  It uses the length, the first and the last letter, in which most names
 * of header fields differ. */
static size_t chain_of(struct patchmark_text name) {
    unsigned first = 0, last = 0;

    if (name.length > 0) {
        first = (unsigned char)name.data[0] | 0x20;
        last = (unsigned char)name.data[name.length - 1] | 0x20;
    }
    return (name.length + 5 * first + 11 * last) % SCAN_CHAINS;
}

static void chain_add(struct scan *scan, struct scan_field *field) {
    size_t chain = chain_of(scan_name(scan, field)), number = (size_t)(field - scan->fields);

    field->next = -1;
    if (scan->last[chain])
        scan->fields[scan->last[chain] - 1].next = (ptrdiff_t)number;
    else
        scan->first[chain] = (uint16_t)(number + 1);
    scan->last[chain] = (uint16_t)(number + 1);
}

ptrdiff_t scan_find(const struct scan *scan, const char *name, ptrdiff_t after) {
    struct patchmark_text wanted = {name, strlen(name)};
    ptrdiff_t at =
        after < 0 ? (ptrdiff_t)scan->first[chain_of(wanted)] - 1 : scan->fields[after].next;

    for (; at >= 0; at = scan->fields[at].next)
        if (scan->fields[at].name_length == wanted.length &&
            strncasecmp(scan_name(scan, &scan->fields[at]).data, name, wanted.length) == 0)
            return at;
    return -1;
}

void scan_add_field(struct scan *scan, struct patchmark_text name, struct patchmark_text value) {
    struct scan_field *field;

    scan->size += name.length + value.length + 3;
    while (name.length > 0 && is_blank(name.data[name.length - 1]))
        name.length--;
    if (scan->field_count == LIMIT_HEADER_FIELDS ||
        name.length + value.length > LIMIT_HEADER_BYTES ||
        (value.length > LIMIT_ADDRESS_BYTES && address_bit(name)) ||
        scan->header.length + name.length + value.length > LIMIT_MAIL_BYTES) {
        scan->truncated = true;
        scan->addresses_left_out |= address_bit(name);
        return;
    }
    if (scan->field_count == scan->field_room) {
        scan->field_room = scan->field_room ? 2 * scan->field_room : 64;
        scan->fields = realloc(scan->fields, scan->field_room * sizeof(*scan->fields));
        if (!scan->fields) {
            fputs("patchmark: error: out of memory\n", stderr);
            abort();
        }
    }
    field = &scan->fields[scan->field_count++];
    field->name = scan->header.length;
    field->name_length = name.length;
    buffer_add(&scan->header, name.data, name.length);
    field->value = scan->header.length;
    field->value_length = value_add(scan, value);
    chain_add(scan, field);
    entity_add_field(scan, field);
}

struct patchmark_text scan_name(const struct scan *scan, const struct scan_field *field) {
    return (struct patchmark_text){scan->header.data + field->name, field->name_length};
}

struct patchmark_text scan_value(const struct scan *scan, const struct scan_field *field) {
    return (struct patchmark_text){scan->header.data + field->value, field->value_length};
}

/* ---- body --------------------------------------------------------------------------------- */

static void header_end(struct scan *scan) {
    if (scan->in_body)
        return;
    buffer_add(&scan->entity, "\n", 1);
    scan->body_start = scan->entity.length;
    scan->in_body = true;
    scan->line_start = true;
}

/* Returns true if the parser may read LINE as a header field.  It accepts bytes beyond ASCII in
 * names. */
static bool may_be_field(const char *line, size_t length) {
    size_t at = 0;

    while (at < length && (unsigned char)line[at] > ' ' && line[at] != ':')
        at++;
    while (at < length && is_blank(line[at]))
        at++;
    return at < length && line[at] == ':';
}

/* Counts in a multipart body what makes the parser slow or uses memory: lines that may be
 * boundaries, and behind them what may be header fields of a part.  A diff has a few lines of both
 * kinds.  Returns false if a limit is exceeded.  A line that is split between two pieces of the
 * body is judged by its first piece; MTAs split a body every 64 KiB. */
static bool line_count(struct scan *scan, const char *data, size_t length) {
    if (scan->line_start && length >= 2 && data[0] == '-' && data[1] == '-') {
        scan->part_header = true;
        scan->content_field = false;
        scan->part_field_bytes = 0;
        return ++scan->boundary_lines <= LIMIT_BOUNDARY_LINES;
    }
    if (scan->line_start && *data == '\n')
        scan->part_header = false;
    if (!scan->part_header)
        return true;
    if (scan->line_start && !is_blank(*data)) {
        scan->content_field = name_starts((struct patchmark_text){data, length}, "Content-");
        scan->parameters = scan->part_field_bytes = 0;
        if (may_be_field(data, length) && ++scan->part_fields > LIMIT_PART_FIELDS)
            return false;
    }
    scan->part_field_bytes += length;
    if (scan->part_field_bytes > LIMIT_HEADER_BYTES)
        return false;
    return !scan->content_field ||
           parameters_fit((struct patchmark_text){data, length}, &scan->parameters) == length;
}

/* Returns the number of bytes by which the body may still grow. */
static size_t body_room(const struct scan *scan) {
    return LIMIT_MAIL_BYTES - (scan->entity.length - scan->body_start);
}

/* Adds a line or a piece of one; if the body is no multipart, any bytes. */
static void line_add(struct scan *scan, const char *data, size_t length) {
    size_t room = body_room(scan);

    if (scan->full || length == 0)
        return;
    if (scan->multipart && !line_count(scan, data, length)) {
        scan->full = scan->truncated = true;
        return;
    }
    if (length > room) {
        scan->full = scan->truncated = true;
        length = room;
    }
    buffer_add(&scan->entity, data, length);
    scan->line_start = length > 0 && data[length - 1] == '\n';
}

/* Adds bytes of a multipart body, line by line, with CR LF changed to LF. */
static void lines_add(struct scan *scan, const char *data, const char *end) {
    while (data < end && !scan->full) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *stop = newline ? newline : end;
        bool carriage = stop > data && stop[-1] == '\r';

        line_add(scan, data, (size_t)(stop - data) - carriage);
        if (newline)
            line_add(scan, "\n", 1);
        scan->carriage_held = carriage && !newline;
        data = newline ? newline + 1 : end;
    }
}

/* Adds bytes of another body, from one CR to the next, with CR LF changed to LF. */
static void text_add(struct scan *scan, const char *data, const char *end) {
    size_t length = (size_t)(end - data), room = body_room(scan);

    buffer_reserve(&scan->entity, length < room ? length : room);
    while (data < end && !scan->full) {
        const char *carriage = memchr(data, '\r', (size_t)(end - data));
        const char *stop = carriage ? carriage : end;

        line_add(scan, data, (size_t)(stop - data));
        if (!carriage)
            return;
        if (carriage + 1 == end)
            scan->carriage_held = true;
        else if (carriage[1] != '\n')
            line_add(scan, "\r", 1);
        data = carriage + 1;
    }
}

bool scan_add_body(struct scan *scan, const char *data, size_t length) {
    header_end(scan);
    scan->size += length;
    if (scan->carriage_held && length > 0) {
        scan->carriage_held = false;
        if (*data != '\n')
            line_add(scan, "\r", 1);
    }
    if (scan->multipart)
        lines_add(scan, data, data + length);
    else
        text_add(scan, data, data + length);
    return !scan->full;
}

void scan_end(struct scan *scan) {
    header_end(scan);
    if (scan->carriage_held)
        line_add(scan, "\r", 1);
    scan->carriage_held = false;
}

/* ---- a mail in one piece ------------------------------------------------------------------ */

/* Returns the length of the line at DATA, including its LF. */
static size_t line_length(const char *data, const char *end) {
    const char *newline = memchr(data, '\n', (size_t)(end - data));

    return newline ? (size_t)(newline - data) + 1 : (size_t)(end - data);
}

/* Returns the colon of the header field LINE; NULL if it is none.  The name is that of RFC 5322
 * 3.6.8, and blanks may precede the colon (obsolete syntax, RFC 5322 4.5). */
static const char *field_colon(const char *line, size_t length) {
    const char *colon = memchr(line, ':', length), *end = colon;

    while (end && end > line && is_blank(end[-1]))
        end--;
    if (!end || end == line)
        return NULL;
    for (const char *at = line; at < end; at++)
        if ((unsigned char)(*at - 33) > 126 - 33)
            return NULL;
    return colon;
}

void scan_add_mail(struct scan *scan, struct patchmark_text raw) {
    const char *at = raw.data, *end = raw.data + raw.length;

    if (raw.length >= 5 && memcmp(at, "From ", 5) == 0)
        at += line_length(at, end);
    while (at < end) {
        size_t length = line_length(at, end);
        const char *colon, *stop;

        if (*at == '\n' || (*at == '\r' && length == 2)) {
            at += length;
            break;
        }
        colon = field_colon(at, length);
        if (!colon) {
            scan->malformed = true;
            break;
        }
        for (stop = at + length; stop < end && is_blank(*stop);)
            stop += line_length(stop, end);
        scan_add_field(scan, (struct patchmark_text){at, (size_t)(colon - at)},
                       (struct patchmark_text){colon + 1, (size_t)(stop - colon - 1)});
        at = stop;
    }
    header_end(scan);
    if (at < end)
        scan_add_body(scan, at, (size_t)(end - at));
    scan_end(scan);
    scan->size = raw.length; /* the sum of the fields assumes one line end for each */
}
