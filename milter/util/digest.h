/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.h - event ids, which are digests of the fields of an event, and numbers for texts.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "patchmark-plugin.h"

#include <stddef.h>
#include <stdint.h>

#define DIGEST_EVENT_SIZE 33 /* 32 hexadecimal digits and the NUL */

/* Writes to OUT, NUL-terminated, the first 128 bits of SHA-256 over the COUNT strings of FIELDS as
 * lower-case hexadecimal digits.  Each string is hashed with its NUL, so that different lists of
 * strings never have the same bytes.  A NULL field counts as "".  Any thread. */
void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]);

/* Returns the first 64 bits of SHA-256 over the LENGTH bytes at TEXT.  Any thread. */
int64_t digest_number(const char *text, size_t length);

/* Computes digest_number of a text that is added in pieces.  digest_end returns the number and
 * frees what digest_begin returned.  Any thread, one at a time for each text. */
struct digest;
struct digest *digest_begin(void);
void digest_add(struct digest *digest, const char *piece, size_t length);
int64_t digest_end(struct digest *digest);

#endif
