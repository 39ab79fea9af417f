/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signature.c - see signature.h.
 */
#include "signature.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PREFIX       "whsec_"
#define DIGEST_BYTES 32
/* The longest base64 text of a secret; EVP_DecodeBlock writes 3 bytes for each 4 of its characters.
 */
#define CODED_MAX ((SECRET_MAX + 2) / 3 * 4)

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/* Decodes the LENGTH characters of TEXT.  Returns the number of bytes; 0 if it is not base64, or if
 * it is longer than a secret may be. */
static size_t decode(unsigned char decoded[CODED_MAX], const char *text, size_t length) {
    size_t padding = 0;

    while (padding < 2 && padding < length && text[length - padding - 1] == '=')
        padding++;
    for (size_t i = 0; i < length - padding; i++)
        if (!memchr(BASE64, text[i], sizeof(BASE64) - 1))
            return 0;
    if (length == 0 || length > CODED_MAX || length % 4 != 0 ||
        EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)length) < 0)
        return 0;
    return length / 4 * 3 - padding;
}

const char *secret_read(struct secret *secret, const char *text, size_t length) {
    unsigned char decoded[CODED_MAX];
    size_t size;

    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    if (length < strlen(PREFIX) || memcmp(text, PREFIX, strlen(PREFIX)) != 0)
        return "does not begin with whsec_";
    size = decode(decoded, text + strlen(PREFIX), length - strlen(PREFIX));
    if (size >= SECRET_MIN && size <= SECRET_MAX) {
        memcpy(secret->key, decoded, size);
        secret->length = size;
    }
    explicit_bzero(decoded, sizeof(decoded));
    return size >= SECRET_MIN && size <= SECRET_MAX
               ? NULL
               : "must have one line, whsec_ and 24 to 64 bytes in base64";
}

/* Writes HMAC-SHA256 with SECRET over HEAD and BODY to DIGEST.  Returns false if OpenSSL failed. */
static bool digest_make(EVP_MAC_CTX *context, const struct secret *secret, const char *head,
                        const char *body, size_t length, unsigned char digest[DIGEST_BYTES]) {
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0),
                                     OSSL_PARAM_construct_end()};
    size_t size;

    return EVP_MAC_init(context, secret->key, secret->length, parameters) == 1 &&
           EVP_MAC_update(context, (const unsigned char *)head, strlen(head)) == 1 &&
           EVP_MAC_update(context, (const unsigned char *)body, length) == 1 &&
           EVP_MAC_final(context, digest, &size, DIGEST_BYTES) == 1 && size == DIGEST_BYTES;
}

int signature_make(const struct secret *secrets, size_t count, const char *id, int64_t timestamp,
                   const char *body, size_t length, char signature[SIGNATURE_SIZE]) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    unsigned char digest[DIGEST_BYTES];
    bool made = context != NULL;
    char head[128], *at = signature;

    snprintf(head, sizeof(head), "%s.%" PRId64 ".", id, timestamp);
    for (size_t i = 0; i < count && made; i++) {
        made = digest_make(context, &secrets[i], head, body, length, digest);
        at += sprintf(at, "%sv1,", i > 0 ? " " : "");
        at += EVP_EncodeBlock((unsigned char *)at, digest, DIGEST_BYTES);
    }
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return made ? 0 : -1;
}
