/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - see digest.h, and patchmark_id of patchmark-plugin.h.
 *
 * A patch-id is the SHA-1 of a whole diff.  OpenSSL uses the processor's own instructions for it
 * and takes a fraction of GLib's time; where it is not there, or a system forbids it one of the
 * algorithms, GLib does both.  They are fetched once, into a library of their own, so no
 * configuration of the system's is read on the way of a mail.
 *
 * Only memory can fail; a digest is then all zeros.
 */
#include "digest.h"

#include <glib.h>
#include <pthread.h>
#include <string.h>
#ifdef HAVE_OPENSSL
#include <openssl/evp.h>
#endif

#define SHA256_SIZE 32
#define SHA1_SIZE   20

/* ---- hashing ------------------------------------------------------------------------------ */

enum algorithm { SHA1, SHA256 };

#if defined(HAVE_OPENSSL) && OPENSSL_VERSION_MAJOR >= 3

static EVP_MD *algorithms[2];

static void algorithms_fetch(void) {
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new(); /* as long as the program */

    algorithms[SHA1] = EVP_MD_fetch(library, "SHA1", NULL);
    algorithms[SHA256] = EVP_MD_fetch(library, "SHA2-256", NULL);
}

static bool by_openssl(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, algorithms_fetch);
    return algorithms[SHA1] && algorithms[SHA256];
}

static void *openssl_begin(enum algorithm algorithm) {
    EVP_MD_CTX *state = EVP_MD_CTX_new();

    if (state && !EVP_DigestInit_ex2(state, algorithms[algorithm], NULL)) {
        EVP_MD_CTX_free(state);
        return NULL;
    }
    return state;
}

static void openssl_end(EVP_MD_CTX *state, unsigned char *digest) {
    EVP_DigestFinal_ex(state, digest, NULL);
    EVP_MD_CTX_free(state);
}

#else

#define by_openssl()                  false
#define openssl_begin(algorithm)      NULL
#define EVP_DigestUpdate(state, d, n) ((void)0)
#define openssl_end(state, digest)    ((void)0)

#endif

/* The state is that of the library. */
static void *hash_begin(enum algorithm algorithm) {
    if (by_openssl())
        return openssl_begin(algorithm);
    return g_checksum_new(algorithm == SHA1 ? G_CHECKSUM_SHA1 : G_CHECKSUM_SHA256);
}

static void hash_add(void *state, const void *data, size_t length) {
    if (by_openssl())
        EVP_DigestUpdate(state, data, length);
    else
        g_checksum_update(state, data, (gssize)length);
}

/* Frees STATE. */
static void hash_end(void *state, unsigned char *digest, size_t size) {
    gsize room = size;

    if (by_openssl()) {
        openssl_end(state, digest);
    } else {
        g_checksum_get_digest(state, digest, &room);
        g_checksum_free(state);
    }
}

/* ---- names -------------------------------------------------------------------------------- */

void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]) {
    void *hash = hash_begin(SHA256);
    unsigned char digest[SHA256_SIZE] = {0};

    for (size_t i = 0; hash && i < count; i++) {
        const char *field = fields[i] ? fields[i] : "";

        hash_add(hash, field, strlen(field) + 1);
    }
    if (hash)
        hash_end(hash, digest, sizeof(digest));
    for (size_t i = 0; i < (DIGEST_EVENT_SIZE - 1) / 2; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[DIGEST_EVENT_SIZE - 1] = '\0';
}

/* ---- SHA-1 for plugins -------------------------------------------------------------------- */

/* The opaque struct of the interface is the library's by another name. */

struct patchmark_sha1 *patchmark_sha1_begin(void) {
    return hash_begin(SHA1);
}

void patchmark_sha1_add(struct patchmark_sha1 *hash, struct patchmark_text piece) {
    if (hash && piece.length > 0)
        hash_add(hash, piece.data, piece.length);
}

void patchmark_sha1_end(struct patchmark_sha1 *hash, unsigned char digest[SHA1_SIZE]) {
    memset(digest, 0, SHA1_SIZE);
    if (hash)
        hash_end(hash, digest, SHA1_SIZE);
}

void patchmark_id(const char *prefix, struct patchmark_text text, char id[PATCHMARK_ID_SIZE]) {
    static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6 */
    void *hash = hash_begin(SHA256);
    unsigned char digest[SHA256_SIZE] = {0};
    size_t at = 0;

    if (hash) {
        hash_add(hash, text.data, text.length);
        hash_end(hash, digest, sizeof(digest));
    }
    while (*prefix && at < PATCHMARK_ID_SIZE - 17)
        id[at++] = *prefix++;
    for (size_t bit = 0; bit < 80; bit += 5) {
        unsigned pair = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];

        id[at++] = base32[pair >> (11 - bit % 8) & 31];
    }
    id[at] = '\0';
}
