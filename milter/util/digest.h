/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.h - names made from hashes.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "patchmark-plugin.h"

#define DIGEST_EVENT_SIZE 33

/* The first 128 bits, in hex, of SHA-256 over the COUNT strings of FIELDS, each with its NUL so
 * that no two lists of fields read alike.  A NULL field counts as "". */
void digest_fields(const char *const *fields, size_t count, char out[DIGEST_EVENT_SIZE]);

#endif
