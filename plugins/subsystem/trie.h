/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trie.h - many globs, of which those that match a path are found without trying them all.
 *
 * A node is a folder, or a file, that globs name before their first wildcard.  A path is followed
 * from the top; only the globs of the nodes on its way are tried, and of these only such as begin
 * with the byte that the path goes on with.
 */
#ifndef SUBSYSTEM_TRIE_H
#define SUBSYSTEM_TRIE_H

#include "patchmark-plugin.h"

struct trie;

/* For trie_free.  NULL: out of memory. */
struct trie *trie_new(void);
void trie_free(struct trie *trie);

/* Adds a glob without a problem; its bytes must live as long as the trie.  False: out of memory. */
bool trie_add(struct trie *trie, struct patchmark_text glob, uint32_t value);

/* Call once, after the last trie_add and before trie_match.  False: out of memory. */
bool trie_finish(struct trie *trie);

/* Calls FOUND with the value of each glob that matches PATH, in no order.  Any thread. */
void trie_match(const struct trie *trie, struct patchmark_text path,
                void (*found)(void *context, uint32_t value), void *context);

#endif
