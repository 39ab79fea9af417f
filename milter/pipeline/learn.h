/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learn.h - facts to index: what a mail teaches about later ones.
 */
#ifndef LEARN_H
#define LEARN_H

#include "pipeline/mail.h"
#include "store/store.h"

/* Inside store_begin .. store_commit: remembers the mail, its series, its tags; notes in MAIL what
 * it taught and what that brought about.  Faults were logged; the mail then teaches nothing. */
void learn(struct store *store, struct mail *mail);

/* For a mail that the index does not know by its Message-ID alone, as it has none, or as another
 * sender's mail had it first.  Returns true when the same mail was here before. */
bool learn_is_repeated(struct store *store, struct mail *mail);

#endif
