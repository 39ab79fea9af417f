/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - see digest.h, and patchmark_id and patchmark_sha1_begin of patchmark-plugin.h.
 */
#include "util/digest.h"

#include <glib.h>
#include <string.h>

#define SHA256_SIZE 32
#define SHA1_SIZE   20

/* Writes the digest of HASH, and frees it. */
static void hash_end(GChecksum *hash, unsigned char *digest, size_t size) {
    gsize room = size;

    g_checksum_get_digest(hash, digest, &room);
    g_checksum_free(hash);
}

void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]) {
    GChecksum *hash = g_checksum_new(G_CHECKSUM_SHA256);

    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i] ? fields[i] : "";

        g_checksum_update(hash, (const guchar *)field, (gssize)strlen(field) + 1);
    }
    g_strlcpy(out, g_checksum_get_string(hash), DIGEST_EVENT_SIZE);
    g_checksum_free(hash);
}

/* ---- SHA-1 for plugins: the opaque struct of the interface is a GChecksum ------------------- */

struct patchmark_sha1 *patchmark_sha1_begin(void) {
    return (struct patchmark_sha1 *)g_checksum_new(G_CHECKSUM_SHA1);
}

void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece) {
    if (piece.length > 0)
        g_checksum_update((GChecksum *)hash, (const guchar *)piece.data, (gssize)piece.length);
}

void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[SHA1_SIZE]) {
    hash_end((GChecksum *)hash, digest, SHA1_SIZE);
}

void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]) {
    static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */
    GChecksum *hash = g_checksum_new(G_CHECKSUM_SHA256);
    unsigned char digest[SHA256_SIZE];
    size_t at = 0;

    g_checksum_update(hash, (const guchar *)text.data, (gssize)text.length);
    hash_end(hash, digest, sizeof(digest));
    while (*prefix && at < PATCHMARK_ID_SIZE - 17)
        id[at++] = *prefix++;
    for (size_t bit = 0; bit < 80; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        id[at++] = base32[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}
