/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content.c - digests by which copies of a mail are recognised; see author.h.
 *
 * List managers encode a text anew, fold its lines and append footers, so white space is left out,
 * and the digest of a beginning can be compared.
 */
#include "mail/author.h"
#include "mail/message-private.h"
#include "util/digest.h"

#include <string.h>

/* Adds the bytes of TEXT that are no white space to DIGEST, at most LEFT of them.  Returns their
 * number. */
static uint64_t text_add(struct digest *digest, struct patchmark_text text, uint64_t left) {
    char piece[4096];
    uint64_t added = 0;
    size_t used = 0;

    for (size_t i = 0; i < text.length && added < left; i++) {
        char byte = text.data[i];

        if (byte == ' ' || (byte >= '\t' && byte <= '\r'))
            continue;
        piece[used++] = byte;
        added++;
        if (used == sizeof(piece)) {
            digest_add(digest, piece, used);
            used = 0;
        }
    }
    digest_add(digest, piece, used);
    return added;
}

/* Returns the digest of the first LIMIT bytes of the content, and sets *LENGTH to their number. */
static uint64_t content_digest(const struct patchmark_message *message, uint64_t limit,
                               uint64_t *length) {
    struct digest *digest = digest_begin();

    *length = 0;
    for (size_t i = 0; i < patchmark_message_part_count(message) && *length < limit; i++) {
        struct patchmark_part part = {.struct_size = sizeof(part)};

        if (patchmark_message_part(message, i, &part) && strncmp(part.type, "text/", 5) == 0)
            *length += text_add(digest, part.text, limit - *length);
    }
    return (uint64_t)digest_end(digest);
}

uint64_t message_content_digest(const struct patchmark_message *message, uint64_t *length) {
    return content_digest(message, UINT64_MAX, length);
}

bool message_content_starts(const struct patchmark_message *message, uint64_t digest,
                            uint64_t length) {
    uint64_t own;

    return length >= MESSAGE_CONTENT_MINIMUM && content_digest(message, length, &own) == digest &&
           own == length;
}
