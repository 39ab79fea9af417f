/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned-mail.h - records a mail in the index, from its facts.
 */
#ifndef LEARNED_MAIL_H
#define LEARNED_MAIL_H

#include "pipeline/mail.h"
#include "store/store.h"

/* Records MAIL, its series and its tags in the index, within store_begin .. store_commit.  Sets
 * `learned`, and what follows from it, in MAIL; after a fault, which was logged, `learned` is
 * NULL. */
void learned_mail_record(struct store *store, struct mail *mail);

/* For a mail that its Message-ID alone does not identify, as it has none, or as another sender's
 * mail had it first.  Records it and returns true if the same mail was seen before. */
bool learned_mail_is_duplicate(struct store *store, struct mail *mail);

#endif
