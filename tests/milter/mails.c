/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mails.c - see mails.h.
 *
 * The only errors are that memory runs out and that a file cannot be read: any sequence of bytes is
 * a valid mail.
 */
#include "mails.h"

#include <errno.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/cleanup.h"
#include "wire.h"

/* Returns the length of the line at TEXT in bytes, with its LF. */
static size_t line_length(const char *text, size_t length) {
    const char *end = memchr(text, '\n', length);
    return end ? (size_t)(end - text) + 1 : length;
}

/* Returns the length of LINE without its LF or CRLF. */
static size_t line_content(const char *line, size_t length) {
    if (length > 0 && line[length - 1] == '\n') {
        length--;
        if (length > 0 && line[length - 1] == '\r')
            length--;
    }
    return length;
}

/* ---- header block ------------------------------------------------------------------------- */

/* Returns true if LINE starts a field: a name of printable ASCII, white space, a colon.  Sets
 * name_length and value_offset of HEADER. */
static bool line_is_field(const char *line, size_t length, struct mail_header *header) {
    size_t i = 0;
    while (i < length && line[i] > 32 && line[i] < 127 && line[i] != ':')
        i++;
    header->name_length = i;
    while (i < length && (line[i] == ' ' || line[i] == '\t'))
        i++;
    header->value_offset = i + 1;
    return header->name_length > 0 && i < length && line[i] == ':';
}

static struct mail_header *header_append(struct mail *mail) {
    size_t count = mail->header_count;
    if ((count & (count - 1)) == 0) { /* the array is full at each power of two */
        size_t capacity = count ? count * 2 : 1;
        struct mail_header *grown = realloc(mail->headers, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        mail->headers = grown;
    }
    return &mail->headers[mail->header_count++];
}

/* Appends LENGTH bytes to HEADER, which ends at *END, up to MAIL_HEADER_LIMIT. */
static void header_extend(struct mail_header *header, char **end, const char *bytes,
                          size_t length) {
    size_t room = MAIL_HEADER_LIMIT - header->length;
    if (length > room)
        length = room;
    memcpy(*end, bytes, length);
    *end += length;
    header->length += length;
}

/* Reads the header block of TEXT and sets *BODY to the offset of the body.  Returns 0, or -1 if
 * memory runs out. */
static int headers_parse(struct mail *mail, const char *text, size_t length, size_t *body) {
    struct mail_header *header = NULL;
    char *end = mail->text;
    size_t at = 0;
    while (at < length) {
        const char *line = text + at;
        size_t bytes = line_length(line, length - at);
        size_t content = line_content(line, bytes);
        struct mail_header found = {.text = end};
        if (content == 0) {
            at += bytes; /* the empty line is not part of the body */
            break;
        }
        if (header && (*line == ' ' || *line == '\t'))
            header_extend(header, &end, "\n", 1);
        else if (line_is_field(line, content, &found) && found.value_offset < MAIL_HEADER_LIMIT) {
            header = header_append(mail);
            if (!header)
                return -1;
            *header = found;
        } else
            break;
        header_extend(header, &end, line, content);
        at += bytes;
    }
    *body = at;
    return 0;
}

/* Adds a field of exactly MAIL_HEADER_LIMIT bytes, folded so that any MTA passes it on. */
static int header_add_big(struct mail *mail) {
    char *text = mail->text;
    if (mail->header_count > 0) {
        const struct mail_header *last = &mail->headers[mail->header_count - 1];
        text += (size_t)(last->text - mail->text) + last->length;
    }
    struct mail_header *header = header_append(mail);
    if (!header)
        return -1;
    memset(text, 'x', MAIL_HEADER_LIMIT);
    memcpy(text, "X-Big: ", 7);
    for (size_t i = 900; i + 900 < MAIL_HEADER_LIMIT; i += 900)
        memcpy(text + i, "\n\t", 2);
    *header = (struct mail_header){text, MAIL_HEADER_LIMIT, 5, 6};
    return 0;
}

/* ---- packets ------------------------------------------------------------------------------ */

/* Returns the length of TEXT up to its first NUL, which ends the string in the packet. */
static size_t string_length(const char *text, size_t length) {
    const char *nul = memchr(text, '\0', length);
    return nul ? (size_t)(nul - text) : length;
}

/* Builds the packets of all fields; LEADING_SPACE keeps the space after the colon. */
static int header_packets_build(struct mail *mail, bool leading_space) {
    size_t total = 1;
    for (size_t i = 0; i < mail->header_count; i++)
        total += WIRE_HEAD_BYTES + mail->headers[i].length + 2;
    char *packets = malloc(total), *end = packets;
    if (!packets)
        return -1;
    for (size_t i = 0; i < mail->header_count; i++) {
        const struct mail_header *header = &mail->headers[i];
        const char *value = header->text + header->value_offset;
        size_t length = header->length - header->value_offset;
        if (!leading_space && length > 0 && *value == ' ') {
            value++;
            length--;
        }
        length = string_length(value, length);
        wire_head(end, SMFIC_HEADER, header->name_length + 1 + length + 1);
        end += WIRE_HEAD_BYTES;
        end = mempcpy(end, header->text, header->name_length);
        *end++ = '\0';
        end = mempcpy(end, value, length);
        *end++ = '\0';
    }
    mail->header_packets[leading_space] = packets;
    mail->header_bytes[leading_space] = (size_t)(end - packets);
    return 0;
}

/* Returns the body with CRLF line ends, also at its end, which the caller frees; NULL if memory
 * runs out. */
static char *body_convert(const char *text, size_t length, size_t *converted) {
    char *body = malloc(2 * length + 2), *end = body;
    if (!body)
        return NULL;
    for (size_t at = 0; at < length;) {
        size_t bytes = line_length(text + at, length - at);
        end = mempcpy(end, text + at, line_content(text + at, bytes));
        end = mempcpy(end, "\r\n", 2);
        at += bytes;
    }
    *converted = (size_t)(end - body);
    return body;
}

static int body_packets_build(struct mail *mail, const char *text, size_t length,
                              const struct mail_options *options) {
    size_t limit = options->chunk_bytes ? options->chunk_bytes : MAIL_CHUNK_LIMIT;
    size_t bytes = 0;
    AUTO(free) char *body = body_convert(text, length, &bytes);
    if (!body)
        return -1;
    size_t first = options->first_chunk_bytes ? options->first_chunk_bytes : limit;
    char *end = malloc(bytes + (bytes / limit + 2) * WIRE_HEAD_BYTES);
    if (!end)
        return -1;
    mail->body_packets = end;
    for (size_t at = 0; at < bytes;) {
        size_t most = at == 0 ? first : limit;
        size_t chunk = bytes - at < most ? bytes - at : most;
        bool last = at + chunk == bytes;
        wire_head(end, last && options->last_chunk_with_eob ? SMFIC_BODYEOB : SMFIC_BODY, chunk);
        end = mempcpy(end + WIRE_HEAD_BYTES, body + at, chunk);
        at += chunk;
    }
    mail->body_bytes = (size_t)(end - mail->body_packets);
    return 0;
}

int mail_prepare(struct mail *mail, const char *text, size_t length,
                 const struct mail_options *options) {
    size_t body = 0;
    memset(mail, 0, sizeof *mail);
    mail->text = calloc(1, length + 1 + (options->big_header ? MAIL_HEADER_LIMIT : 0));
    if (mail->text && headers_parse(mail, text, length, &body) == 0 &&
        (!options->big_header || header_add_big(mail) == 0) &&
        header_packets_build(mail, false) == 0 && header_packets_build(mail, true) == 0 &&
        body_packets_build(mail, text + body, length - body, options) == 0)
        return 0;
    mail_clear(mail);
    return -1;
}

void mail_clear(struct mail *mail) {
    free(mail->from_line);
    free(mail->text);
    free(mail->headers);
    free(mail->header_packets[0]);
    free(mail->header_packets[1]);
    free(mail->body_packets);
    memset(mail, 0, sizeof *mail);
}

const struct mail_header *mail_header_find(const struct mail *mail, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < mail->header_count; i++) {
        const struct mail_header *header = &mail->headers[i];
        if (header->name_length == length && strncasecmp(header->text, name, length) == 0)
            return header;
    }
    return NULL;
}

/* ---- mbox --------------------------------------------------------------------------------- */

static int mails_append(struct mails *mails, const char *from_line, size_t from_length,
                        const char *text, size_t length, const struct mail_options *options) {
    if (mails->count == mails->capacity) {
        size_t capacity = mails->capacity ? mails->capacity * 2 : 64;
        struct mail *grown = realloc(mails->mail, capacity * sizeof *grown);
        if (!grown)
            return -1;
        mails->mail = grown;
        mails->capacity = capacity;
    }
    struct mail *mail = &mails->mail[mails->count];
    if (mail_prepare(mail, text, length, options) < 0)
        return -1;
    if (from_line && !(mail->from_line = strndup(from_line, from_length))) {
        mail_clear(mail);
        return -1;
    }
    mails->count++;
    return 0;
}

static bool line_is_quoted_from(const char *line, size_t length) {
    size_t i = 0;
    while (i < length && line[i] == '>')
        i++;
    return i > 0 && length - i >= 5 && memcmp(line + i, "From ", 5) == 0;
}

/* Returns the number of bytes up to the next From line that follows an empty line.  Sets *SEPARATOR
 * to the size of that empty line, which is part of the mbox and not of the mail. */
static size_t mbox_mail_length(const char *text, size_t length, size_t *separator) {
    size_t at = line_length(text, length);
    *separator = 0;
    while (at < length) {
        const char *line = text + at;
        size_t bytes = line_length(line, length - at);
        if (*separator && bytes >= 5 && memcmp(line, "From ", 5) == 0)
            break;
        *separator = line_content(line, bytes) == 0 ? bytes : 0;
        at += bytes;
    }
    return at;
}

/* Adds the mail whose From line is at TEXT.  Returns its size in the mbox in bytes, or 0 if memory
 * runs out. */
static size_t mbox_read(struct mails *mails, const char *text, size_t length,
                        const struct mail_options *options) {
    size_t separator;
    size_t consumed = mbox_mail_length(text, length, &separator);
    size_t from = line_length(text, length), stop = consumed - separator;
    AUTO(free) char *message = malloc(consumed);
    if (!message)
        return 0;
    char *end = message;
    for (size_t at = from; at < stop;) {
        const char *line = text + at;
        size_t bytes = line_length(line, stop - at);
        size_t quote = line_is_quoted_from(line, bytes) ? 1 : 0;
        end = mempcpy(end, line + quote, bytes - quote);
        at += bytes;
    }
    if (mails_append(mails, text, line_content(text, from), message, (size_t)(end - message),
                     options) < 0)
        return 0;
    return consumed;
}

int mails_add(struct mails *mails, const char *text, size_t length,
              const struct mail_options *options) {
    size_t start = 0; /* public-inbox also writes an empty line before the first mail */
    while (start < length &&
           line_content(text + start, line_length(text + start, length - start)) == 0)
        start += line_length(text + start, length - start);
    if (length == 0)
        return 0;
    if (length - start < 5 || memcmp(text + start, "From ", 5) != 0)
        return mails_append(mails, NULL, 0, text, length, options);
    text += start;
    length -= start;
    while (length > 0) {
        size_t consumed = mbox_read(mails, text, length, options);
        if (consumed == 0)
            return -1;
        text += consumed;
        length -= consumed;
    }
    return 0;
}

int mails_load(struct mails *mails, const char *path, const struct mail_options *options) {
    AUTO(fclose) FILE *file = fopen(path, "r");
    AUTO(free) char *text = NULL;
    size_t length = 0, capacity = 0;
    if (!file)
        return -1;
    do {
        if (length == capacity) {
            capacity = capacity ? capacity * 2 : 1 << 16;
            char *grown = realloc(text, capacity);
            if (!grown)
                return -1;
            text = grown;
        }
        length += fread(text + length, 1, capacity - length, file);
    } while (!feof(file) && !ferror(file));
    if (ferror(file))
        return -1;
    int result = mails_add(mails, text, length, options);
    if (result < 0)
        errno = ENOMEM;
    return result;
}

void mails_free(struct mails *mails) {
    for (size_t i = 0; i < mails->count; i++)
        mail_clear(&mails->mail[i]);
    free(mails->mail);
    memset(mails, 0, sizeof *mails);
}
