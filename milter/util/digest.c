/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - see digest.h, and patchmark_id and patchmark_sha1_begin of patchmark-plugin.h.
 *
 * Uses the hashes of OpenSSL, which use the hash instructions of the processor.  Those of GLib take
 * twice as long, a tenth of the time of a mail with patches.  The functions of EVP make three
 * allocations for each hash, which takes longer than hashing a Message-ID; so this uses those below
 * them, which need no memory and no provider, and cannot fail.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* since OpenSSL 3.0 it advises EVP */
#include "util/digest.h"

#include <endian.h>
#include <glib.h>
#include <openssl/sha.h>
#include <string.h>

void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]) {
    static const char hexadecimal[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX hash;

    SHA256_Init(&hash);
    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i] ? fields[i] : "";

        SHA256_Update(&hash, field, strlen(field) + 1);
    }
    SHA256_Final(digest, &hash);
    for (size_t i = 0; i < DIGEST_EVENT_SIZE / 2; i++) {
        out[2 * i] = hexadecimal[digest[i] >> 4];
        out[2 * i + 1] = hexadecimal[digest[i] & 15];
    }
    out[DIGEST_EVENT_SIZE - 1] = '\0';
}

struct digest *digest_begin(void) {
    SHA256_CTX *hash = g_new(SHA256_CTX, 1);

    SHA256_Init(hash);
    return (struct digest *)hash;
}

void digest_add(struct digest *digest, const char *piece, size_t length) {
    SHA256_Update((SHA256_CTX *)digest, piece, length);
}

/* Ends HASH and returns the first 64 bits of the digest. */
static int64_t number_end(SHA256_CTX *hash) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    uint64_t number;

    SHA256_Final(digest, hash);
    memcpy(&number, digest, sizeof(number));
    return (int64_t)be64toh(number);
}

int64_t digest_end(struct digest *digest) {
    int64_t number = number_end((SHA256_CTX *)digest);

    g_free(digest);
    return number;
}

int64_t digest_number(const char *text, size_t length) {
    SHA256_CTX hash;

    SHA256_Init(&hash);
    SHA256_Update(&hash, text, length);
    return number_end(&hash);
}

/* ---- SHA-1 for plugins: the opaque struct of the interface is a SHA_CTX --------------------- */

struct patchmark_sha1 *patchmark_sha1_begin(void) {
    SHA_CTX *hash = g_new(SHA_CTX, 1);

    SHA1_Init(hash);
    return (struct patchmark_sha1 *)hash;
}

void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece) {
    SHA1_Update((SHA_CTX *)hash, piece.data, piece.length);
}

void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[SHA_DIGEST_LENGTH]) {
    SHA1_Final(digest, (SHA_CTX *)hash);
    g_free(hash);
}

void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]) {
    static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX hash;
    size_t at = 0;

    SHA256_Init(&hash);
    SHA256_Update(&hash, text.data, text.length);
    SHA256_Final(digest, &hash);
    while (prefix && *prefix && at < PATCHMARK_ID_SIZE - 17)
        id[at++] = *prefix++;
    for (size_t bit = 0; bit < 80; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        id[at++] = base32[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}
