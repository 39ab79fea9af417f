/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.h - what plugins ask the index: the functions patchmark_index_... of patchmark-plugin.h.
 *
 * They answer "not known" for a message without a lookup.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "store/index.h"

#include "patchmark-plugin.h"

struct lookup {
    struct store *store;
    const struct index_message *known; /* what STORE has of the message's own Message-ID, or NULL */
};

/* Sets what the functions ask for MESSAGE, inside of store_begin .. store_commit; NULL ends that.
 * LOOKUP stays the caller's. */
void lookup_set(struct patchmark_message *message, const struct lookup *lookup);

#endif
