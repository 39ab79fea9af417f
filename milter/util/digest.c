/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - see digest.h, and patchmark_id and patchmark_sha1_begin of patchmark-plugin.h.
 *
 * Uses the hashes of OpenSSL, which use the hash instructions of the processor.  Those of GLib take
 * twice as long, a tenth of the time of a mail with patches.  Hashing fails only if memory runs
 * out; the process then aborts.
 */
#include "util/digest.h"

#include <glib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#define SHA1_SIZE   20
#define SHA256_SIZE 32

static OSSL_LIB_CTX *library;
static EVP_MD *sha1, *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Has a library context of its own, so that no openssl.cnf can take the algorithms away. */
static void algorithms_fetch(void) {
    library = OSSL_LIB_CTX_new();
    sha1 = EVP_MD_fetch(library, "SHA1", NULL);
    sha256 = EVP_MD_fetch(library, "SHA256", NULL);
    if (!sha1 || !sha256)
        g_error("OpenSSL has no SHA-1 or no SHA-256");
}

/* ALGORITHM is the address of sha1 or sha256, which are set by the first call. */
static EVP_MD_CTX *hash_begin(EVP_MD *const *algorithm) {
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    pthread_once(&once, algorithms_fetch);
    if (!hash || !EVP_DigestInit_ex(hash, *algorithm, NULL))
        g_error("out of memory");
    return hash;
}

/* Writes the digest of HASH to DIGEST and frees HASH. */
static void hash_end(EVP_MD_CTX *hash, unsigned char *digest) {
    EVP_DigestFinal_ex(hash, digest, NULL);
    EVP_MD_CTX_free(hash);
}

void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]) {
    static const char hexadecimal[] = "0123456789abcdef";
    EVP_MD_CTX *hash = hash_begin(&sha256);
    unsigned char digest[SHA256_SIZE];

    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i] ? fields[i] : "";

        EVP_DigestUpdate(hash, field, strlen(field) + 1);
    }
    hash_end(hash, digest);
    for (size_t i = 0; i < DIGEST_EVENT_SIZE / 2; i++) {
        out[2 * i] = hexadecimal[digest[i] >> 4];
        out[2 * i + 1] = hexadecimal[digest[i] & 15];
    }
    out[DIGEST_EVENT_SIZE - 1] = '\0';
}

struct digest *digest_begin(void) {
    return (struct digest *)hash_begin(&sha256);
}

void digest_add(struct digest *digest, const char *piece, size_t length) {
    EVP_DigestUpdate((EVP_MD_CTX *)digest, piece, length);
}

int64_t digest_end(struct digest *digest) {
    unsigned char bytes[SHA256_SIZE];
    uint64_t number = 0;

    hash_end((EVP_MD_CTX *)digest, bytes);
    for (size_t i = 0; i < sizeof(number); i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

int64_t digest_number(const char *text, size_t length) {
    struct digest *digest = digest_begin();

    digest_add(digest, text, length);
    return digest_end(digest);
}

/* ---- SHA-1 for plugins: the opaque struct of the interface is an EVP_MD_CTX ----------------- */

struct patchmark_sha1 *patchmark_sha1_begin(void) {
    return (struct patchmark_sha1 *)hash_begin(&sha1);
}

void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece) {
    EVP_DigestUpdate((EVP_MD_CTX *)hash, piece.data, piece.length);
}

void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[SHA1_SIZE]) {
    hash_end((EVP_MD_CTX *)hash, digest);
}

void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]) {
    static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */
    EVP_MD_CTX *hash = hash_begin(&sha256);
    unsigned char digest[SHA256_SIZE];
    size_t at = 0;

    EVP_DigestUpdate(hash, text.data, text.length);
    hash_end(hash, digest);
    while (*prefix && at < PATCHMARK_ID_SIZE - 17)
        id[at++] = *prefix++;
    for (size_t bit = 0; bit < 80; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        id[at++] = base32[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}
