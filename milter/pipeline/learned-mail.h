/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned-mail.h - records a mail in the index, from its facts.
 *
 * The functions are called between store_begin and store_commit, on the thread that called
 * store_begin.
 */
#ifndef LEARNED_MAIL_H
#define LEARNED_MAIL_H

#include "pipeline/mail.h"
#include "store/store.h"

/* Records MAIL, its series and its tags in the index.  Sets MAIL->learned, series_opened and
 * series_completed, and members and elapsed if MAIL completed its series and is not imported.
 * MAIL->learned stays NULL if nothing was recorded: MAIL has no Message-ID, is
 * recorded already, or the store failed, which was logged. */
void learned_mail_record(struct store *store, struct mail *mail);

/* Does the same for MAIL that is recorded as KNOWN and was seen again: adds its lists and, if this
 * pass publishes it first, publishes it as a member of its series. */
void learned_mail_record_again(struct store *store, struct mail *mail,
                               const struct index_message *known);

/* Records MAIL, which has no Message-ID, under its hash.  Returns true if the same mail was
 * recorded before, and sets *POSTED to the lists on which it was posted until then, a string of the
 * store; false if it is new, or if the store failed. */
bool learned_mail_is_duplicate(struct store *store, struct mail *mail, const char **posted);

#endif
