/* SPDX-License-Identifier: BSD-2-Clause
 *
 * walk.c - see walk.h.
 *
 * For benchmarks only: GMime recurses into nested mails, and deeply nested mail makes it overflow
 * the stack.  patchmark itself uses mime.c.
 */
#include "walk.h"

#include <string.h>

static void part_count(GMimeObject *parent, GMimeObject *part, gpointer counted) {
    (void)parent;
    (void)part;
    ++*(size_t *)counted;
}

static void text_decode(GMimeObject *parent, GMimeObject *part, gpointer decoded) {
    char *text;

    (void)parent;
    if (!GMIME_IS_TEXT_PART(part))
        return;
    text = g_mime_text_part_get_text((GMimeTextPart *)part);
    if (text)
        *(size_t *)decoded += strlen(text);
    g_free(text);
}

size_t walk_parts(GMimeMessage *mail) {
    size_t count = 0;

    g_mime_message_foreach(mail, part_count, &count);
    return count;
}

size_t walk_texts(GMimeMessage *mail) {
    size_t bytes = 0;

    g_mime_message_foreach(mail, text_decode, &bytes);
    return bytes;
}
