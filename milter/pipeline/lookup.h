/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.h - gives plugins access to the index: the functions patchmark_index_... of
 * patchmark-plugin.h.
 *
 * For a message without a lookup these functions return false or 0.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "store/index.h"

#include "patchmark-plugin.h"

struct lookup {
    struct store *store;
    const struct index_message *known; /* the earlier mail with the Message-ID of the message; NULL
                                        * if there is none */
};

/* Allows the functions patchmark_index_... to use the store for MESSAGE.  Call it between
 * store_begin and store_commit, and with NULL before store_commit.  LOOKUP belongs to the caller
 * and must be valid until then. */
void lookup_set(struct patchmark_message *message, const struct lookup *lookup);

#endif
