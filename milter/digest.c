/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - see digest.h, and patchmark_id of patchmark-plugin.h.  SHA-256 is GLib's.
 */
#include "digest.h"

#include <glib.h>
#include <string.h>

#define SHA256_SIZE 32

static void checksum_end(GChecksum *checksum, guint8 digest[SHA256_SIZE]) {
    gsize size = SHA256_SIZE;

    g_checksum_get_digest(checksum, digest, &size);
    g_checksum_free(checksum);
}

void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]) {
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[SHA256_SIZE];

    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i] ? fields[i] : "";

        g_checksum_update(checksum, (const guchar *)field, (gssize)strlen(field) + 1);
    }
    checksum_end(checksum, digest);
    for (size_t i = 0; i < (DIGEST_EVENT_SIZE - 1) / 2; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[DIGEST_EVENT_SIZE - 1] = '\0';
}

/* ---- SHA-1 for plugins -------------------------------------------------------------------- */

/* The opaque struct of the interface is GLib's checksum by another name. */

struct patchmark_sha1 *patchmark_sha1_begin(void) {
    return (struct patchmark_sha1 *)g_checksum_new(G_CHECKSUM_SHA1);
}

void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece) {
    if (hash && piece.length > 0)
        g_checksum_update((GChecksum *)hash, (const guchar *)piece.data, (gssize)piece.length);
}

void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[20]) {
    gsize size = 20;

    memset(digest, 0, 20);
    if (!hash)
        return;
    g_checksum_get_digest((GChecksum *)hash, digest, &size);
    g_checksum_free((GChecksum *)hash);
}

void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]) {
    static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[SHA256_SIZE];
    size_t at = 0;

    g_checksum_update(checksum, (const guchar *)text.data, (gssize)text.length);
    checksum_end(checksum, digest);
    while (*prefix && at < PATCHMARK_ID_SIZE - 17)
        id[at++] = *prefix++;
    for (size_t bit = 0; bit < 80; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        id[at++] = base32[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}
