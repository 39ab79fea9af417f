/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive-url.c - see archive-url.h.  Owns nothing and cannot fail.
 */
#include "pipeline/archive-url.h"

#include "patchmark-plugin.h"

#include <glib.h>
#include <string.h>

/* Returns the X-Message-ID-Hash of Mailman: the upper-case base32 (RFC 4648) of the SHA-1 of the
 * Message-ID. */
static const char *message_id_hash(struct arena *arena, const char *message_id) {
    static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct patchmark_sha1 *hash = patchmark_sha1_begin();
    unsigned char digest[20];
    char text[32];

    patchmark_sha1_add(hash, patchmark_text_of(message_id));
    patchmark_sha1_end(hash, digest);
    for (size_t i = 0; i < sizeof(text); i++) {
        size_t bit = 5 * i;
        unsigned pair = (unsigned)digest[bit / 8] << 8 |
                        (bit / 8 + 1 < sizeof(digest) ? digest[bit / 8 + 1] : 0);

        text[i] = base32[pair >> (11 - bit % 8) & 31];
    }
    return arena_copy(arena, text, sizeof(text));
}

const char *archive_url_fill(struct arena *arena, const char *template, const char *message_id) {
    g_autofree char *escaped = g_uri_escape_string(message_id, NULL, FALSE);
    const char *text = "", *open;

    while ((open = strchr(template, '{'))) {
        const char *value = NULL;
        size_t length = 1;

        if (g_str_has_prefix(open, "{message_id}")) {
            value = escaped;
            length = strlen("{message_id}");
        } else if (g_str_has_prefix(open, "{message_id_hash}")) {
            value = message_id_hash(arena, message_id);
            length = strlen("{message_id_hash}");
        }
        text = arena_join(
            arena, (const char *[]){text, arena_copy(arena, template, (size_t)(open - template)),
                                    value ? value : "{", NULL});
        template = open + length;
    }
    return arena_join(arena, (const char *[]){text, template, NULL});
}

const char *archive_url_find(struct arena *arena, const struct configuration *configuration,
                             const char *lists, const char *message_id) {
    const char *next;

    if (!*message_id)
        return NULL;
    for (const char *at = lists + strspn(lists, " "); *at; at = next + strspn(next, " ")) {
        const char *id = arena_copy(arena, at, strcspn(at, " "));
        const struct configuration_list *list = configuration_list_by_id(configuration, id);

        next = at + strlen(id);
        if (list && list->publish && list->archive_url && *list->archive_url)
            return archive_url_fill(arena, list->archive_url, message_id);
    }
    return NULL;
}
