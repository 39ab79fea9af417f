/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signature.h - signs a request as Standard Webhooks describes it (symmetric signatures, "v1").
 *
 * All calls of OpenSSL of this plugin are in signature.c.
 */
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#define SECRET_MIN 24 /* bytes of a secret; the limits are those of Standard Webhooks */
#define SECRET_MAX 64
#define SECRETS    2 /* the current one, and another one while it is rotated */

struct secret {
    unsigned char key[SECRET_MAX];
    size_t length;
};

/* Reads a secret, "whsec_" and 24 to 64 bytes in base64 (RFC 4648 4, padded), from the first LENGTH
 * bytes of TEXT, which may end with one line end.  Returns NULL on success, and otherwise what is
 * wrong, as the end of a sentence; the text is static and has no part of the secret. */
const char *secret_read(struct secret *secret, const char *text, size_t length);

#define SIGNATURE_SIZE (SECRETS * 48) /* "v1," and 44 characters for each, separators, the NUL */

/* Writes the header field webhook-signature, NUL-terminated, to SIGNATURE: for each of the COUNT
 * SECRETS "v1," and the base64 of HMAC-SHA256 over ID "." TIMESTAMP "." BODY, separated by spaces.
 * TIMESTAMP is in seconds since 1970-01-01 UTC; BODY has LENGTH bytes.  Returns 0; -1 if OpenSSL
 * failed, which means that memory ran out. */
int signature_make(const struct secret *secrets, size_t count, const char *id, int64_t timestamp,
                   const char *body, size_t length, char signature[SIGNATURE_SIZE]);

#endif
